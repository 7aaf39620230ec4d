"""The expression that a time rule counts from, and what it may not read."""

from __future__ import annotations

from typing import Any

from engine.expressions import CheckedExpression
from engine.findings import text
from rules.trigger import TriggerScope, is_stored


def anchor(source: Any, part: str, scope: TriggerScope) -> CheckedExpression | None:
    """The checked anchor at `part` of the trigger, or None after adding a finding.

    It must be a date or a moment that moves only when the record is saved: a value read across a
    reference, or from the clock, could change without anybody noticing.
    """
    context, pointer = scope.context, f"{scope.pointer}/{part}"
    checked = context.expression(source, pointer, context.scope(scope.shape))
    if checked is None:
        return None
    if checked.type.kind not in {"date", "datetime"}:
        context.error(
            "not_a_moment",
            pointer,
            text(
                f"此处需要日期或日期时间，而这是{checked.type.label['zh']}。",
                f"A date or a moment is needed here; this is a {checked.type.label['en']}.",
            ),
            text("请改用日期类字段或表达式。", "Use a date field or an expression that gives one."),
        )
        return None
    if checked.volatile or checked.variables:
        context.error(
            "moving_anchor",
            pointer,
            text(
                "计时起点不能取自当前时间或变量。",
                "The anchor of a timer cannot come from the clock or a variable.",
            ),
            text("请使用记录自身的字段。", "Use fields of the record."),
        )
        return None
    return checked if _noticed(checked, pointer, scope) else None


def _noticed(checked: CheckedExpression, pointer: str, scope: TriggerScope) -> bool:
    for path in sorted(checked.dependencies):
        own = 2 if scope.shape.child(path[0]) is not None else 1
        if len(path) > own:
            name = ".".join(path)
            scope.context.error(
                "anchor_not_followed",
                pointer,
                text(
                    f"“{name}”在另一张表上，它变化时本记录不会被重新计时。",
                    f"'{name}' belongs to another record; when it changes, this record would not notice.",
                ),
                text(
                    "请在本表加一个复制或汇总字段后引用它。",
                    "Add a copy or a rollup field to this form and use that.",
                ),
            )
            return False
        if not is_stored(scope.form, path[0]):
            scope.refuse_unnoticed(path[0], pointer)
            return False
    return True
