"""`set` of actions: fields of a target form with literal values or expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from engine.expressions import CheckedExpression, Env
from engine.findings import Text
from engine.protocols import ActionScope
from forms.compiled import Field, Form, RowKind
from forms.field_type import Reading
from forms.sealing import refuse_leak_abroad
from forms.shape import PART
from forms.values import Problem

SETTABLE_SYSTEM = ("owner", "dept")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One field and where its value comes from."""

    key: str
    expression: CheckedExpression | None
    literal: Any = None

    def value(self, record: Mapping[str, Any], env: Env) -> Any:
        """The value in memory form."""
        return self.literal if self.expression is None else self.expression.evaluate(record, env)


def compile_assignments(
    raw: Mapping[str, Any], kind: RowKind, scope: ActionScope
) -> tuple[Assignment, ...] | None:
    """The assignments of `set` to fields of `kind`, or None after adding findings."""
    made = [_assignment(key, value, kind, scope.at(key)) for key, value in raw.items()]
    return tuple(each for each in made if each is not None) if all(made) else None


def _assignment(key: str, raw: Any, kind: RowKind, scope: ActionScope) -> Assignment | None:
    context = scope.context
    key = key.replace(".", PART)
    field = kind.find(key)
    if field is None or (field.system and key not in SETTABLE_SYSTEM):
        context.unknown("unknown_field", scope.pointer, key, kind.fields, Text(zh="字段", en="field"))
        return None
    if field.derived:
        context.error(
            "derived_field",
            scope.pointer,
            Text(
                zh=f"字段“{key}”由系统计算，不能写入。",
                en=f"The field '{key}' is computed and cannot be written.",
            ),
        )
        return None
    if isinstance(raw, dict) and set(raw) == {"expr"}:
        names = context.scope(scope.shape, variables=scope.variables, row=scope.row, old=True)
        expression = context.expression(raw["expr"], f"{scope.pointer}/expr", names, expect=field.value_type)
        if expression is None or refuse_leak_abroad(
            field, expression, f"{scope.pointer}/expr", context, scope.row
        ):
            return None
        return Assignment(key, expression)
    if raw is None:
        return Assignment(key, None, None)
    return _literal(key, raw, field, scope)


def _literal(key: str, raw: Any, field: Field, scope: ActionScope) -> Assignment | None:
    if field.system:
        return Assignment(key, None, raw)
    try:
        return Assignment(key, None, field.kind.parse(raw, Reading(zone=ZoneInfo(scope.context.settings.tz))))
    except Problem as problem:
        scope.context.error(problem.code, scope.pointer, problem.message, problem.fix)
        return None


def target_form(key: str, scope: ActionScope, part: str) -> Form | None:
    """The compiled form an action writes to, or None after adding a finding."""
    forms = scope.context.compiled.get("form", {})
    form: Form | None = forms.get(key)
    if form is None:
        scope.context.unknown(
            "unknown_form", f"{scope.pointer}/{part}", key, forms, Text(zh="表单", en="form")
        )
    return form
