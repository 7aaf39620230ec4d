"""Which options of a field may be chosen in a record: by condition, not archived, or from other records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.definitions.app import CompiledApp
from engine.expressions import CheckedExpression, Env
from engine.findings import Finding, Text
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Field, RowKind
from forms.compute import Saving, holds
from forms.linked import offered

CHOOSE = Text(zh="请重新选择。", en="Choose again.")


def choices_of(field: Field) -> Mapping[str, Any]:
    """The fixed options of a field by key."""
    found: Mapping[str, Any] = getattr(field.kind, "choices", {})
    return found


def find_refused(save: Saving) -> Iterator[Finding]:
    """Options that were chosen though they may not be, or that a change took away."""
    before = save.before or {}
    yield from _of_row(save, save.form, save.after, save.before, save.env, "")
    for child in save.form.children.values():
        if not child.choosing:
            continue
        known = {row["id"]: row for row in before.get(child.key, [])}
        for index, row in enumerate(save.after[child.key]):
            pointer = f"/{child.key}/{index}"
            yield from _of_row(save, child, row, known.get(row["id"]), save.row_env, pointer)


def _of_row(
    save: Saving, kind: RowKind, row: Record, before: Record | None, env: Env, pointer: str
) -> Iterator[Finding]:
    for field in kind.choosing:
        chosen = _values(row.get(field.key))
        if not chosen:
            continue
        old = _values(before.get(field.key)) if before is not None else ()
        moved = before is None or _moved(save, kind, field, row, before)
        for value in chosen:
            if (moved or value not in old) and not _may(save, kind, field, row, env, value):
                yield _not_offered(f"{pointer}/{field.key}", field, value)
            elif value not in old and getattr(choices_of(field).get(value), "archived", False):
                yield _archived(f"{pointer}/{field.key}", field, value)


def _values(value: Any) -> Sequence[Any]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _moved(save: Saving, kind: RowKind, field: Field, row: Record, before: Record) -> bool:
    """Whether something changed that decides what may be chosen."""
    own, above = decided_by(field)
    if any(row.get(name) != before.get(name) for name in own):
        return True
    earlier = save.before or {}
    return kind is not save.form and any(save.after.get(name) != earlier.get(name) for name in above)


def decided_by(field: Field) -> tuple[set[str], set[str]]:
    """The fields of the row (of the record, if the field is its own), and of the record that a child row belongs
    to, that decide which options there are.
    """
    own: set[str] = set()
    above: set[str] = set()
    for rule in field.choosable.values():
        for path in rule.dependencies if isinstance(rule, CheckedExpression) else ():
            if path[0] == "parent":
                above.add(path[1])
            else:
                own.add(path[0])
    if field.offered is not None:
        own |= field.offered.reads()
        above |= field.offered.reads("parent")
    return own, above


def _may(save: Saving, kind: RowKind, field: Field, row: Record, env: Env, value: Any) -> bool:
    if field.offered is not None:
        access = Access(save.work, save.app)
        parent = None if kind is save.form else save.after
        found = offered(save.work, save.app, field.offered, row, parent, seen=access.seen, chosen=value)
        return value in found
    return holds(field.choosable.get(value, True), row, env)


def _not_offered(pointer: str, field: Field, value: Any) -> Finding:
    zh, en = _named(field, value)
    message = Text(zh=f"此处不能选“{zh}”。", en=f"'{en}' cannot be chosen here.")
    return Finding("error", "option_not_offered", pointer, message, CHOOSE)


def _archived(pointer: str, field: Field, value: Any) -> Finding:
    zh, en = _named(field, value)
    message = Text(zh=f"选项“{zh}”已停用。", en=f"The option '{en}' is archived.")
    return Finding("error", "option_archived", pointer, message, CHOOSE)


def _named(field: Field, value: Any) -> tuple[str, str]:
    if field.sealed:
        return "…", "…"
    option = choices_of(field).get(value)
    return (option.label.zh, option.label.en) if option is not None else (str(value), str(value))


def options_json(
    work: UnitOfWork,
    app: CompiledApp,
    field: Field,
    record: Record,
    env: Env,
    *,
    parent: Record | None = None,
) -> list[dict[str, Any]]:
    """{"value", "label"} of what may be chosen in a record as it is now, in order."""
    if field.offered is not None:
        seen = Access(work, app).seen
        found = offered(work, app, field.offered, record, parent, seen=seen)
        return [
            {"value": value, "label": {"zh": str(label or value), "en": str(label or value)}}
            for value, label in found.items()
        ]
    return [
        {"value": key, "label": {"zh": option.label.zh, "en": option.label.en}}
        for key, option in choices_of(field).items()
        if not getattr(option, "archived", False) and holds(field.choosable.get(key, True), record, env)
    ]
