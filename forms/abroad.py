"""What a form says of the forms of other apps: which it refers to, and what may not be kept of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definitions.app import split_key
from engine.definitions.context import Context, read_abroad
from engine.expressions import CheckedExpression
from engine.findings import Text
from forms.compiled import Field

REFERENCES = ("ref", "refs")


def targets_abroad(document: Any) -> Iterator[str]:
    """The forms of other apps that the fields of a form document name, whatever else is wrong with it."""
    fields = document.get("fields") if isinstance(document, Mapping) else None
    for field in fields if isinstance(fields, list) else ():
        if not isinstance(field, Mapping):
            continue
        target = field.get("form")
        if field.get("type") in REFERENCES and isinstance(target, str) and split_key(target)[0]:
            yield target
        if field.get("type") == "subtable":
            yield from targets_abroad(field)


def refuse_kept(field: Field, expression: CheckedExpression | None, pointer: str, context: Context) -> None:
    """A copy is kept beside the record: nothing tells it when the other app changes the rights on what it holds."""
    if field.type == "copy" and expression is not None and (read := sorted(read_abroad(expression))):
        context.error(
            "kept_from_other_app",
            pointer,
            Text(
                zh=f"“{field.key}”会把其他应用的“{read[-1]}”存入本应用。",
                en=f"'{field.key}' would keep '{read[-1]}' of another app in this one.",
            ),
            Text(
                zh="请改用 lookup 或公式，它们在读取时才取值。",
                en="Use a lookup or a formula: they read it when they are asked for.",
            ),
        )


def refuse_unique(condition: CheckedExpression | None, pointer: str, context: Context) -> None:
    """What a unique constraint holds for is kept with the record, too."""
    if condition is not None and (read := sorted(read_abroad(condition))):
        context.error(
            "kept_from_other_app",
            pointer,
            Text(
                zh=f"唯一约束的条件不能读取其他应用的“{read[-1]}”：其结果会被保存。",
                en=f"The condition of a unique constraint cannot read '{read[-1]}' of another app: its result "
                "is kept.",
            ),
            Text(zh="请只使用本应用的字段。", en="Use fields of this app alone."),
        )
