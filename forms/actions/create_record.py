"""`create_record`: a new record, or one for each row of a child table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field as Option

from engine.definitions.app import Key
from engine.definitions.context import steps_abroad
from engine.expressions import CheckedExpression, Env, Shape
from engine.expressions import types as t
from engine.findings import Text
from engine.protocols import Action, ActionContext, ActionScope, Document
from engine.storage.driver import moment_param
from forms import records
from forms.allocate import allocate
from forms.assignments import Assignment, compile_assignments, target_form
from forms.compiled import Form, compiled_form
from forms.environment import Overlay
from forms.reach import forms_in_reach
from forms.sealing import refuse_leak_abroad


class Allocation(Document):
    """Splits `total` over the rows by `weight`; the last row takes what rounding leaves."""

    field: str
    total: str
    weight: str


class CreateRecordParams(Document):
    """`for_each` is a child table, of the record (`terms_plan`) or behind a reference (`quote.lines`).

    In `set` a child table takes {"for_each", "set"}. `key` makes the creation happen once.
    """

    form: str
    values: dict[str, Any] = Option(alias="set")
    name: Key | None = Option(default=None, alias="as")
    for_each: str | None = None
    key: str | None = None
    allocate: Allocation | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Child rows made from rows of another child table."""

    source: tuple[str, ...]
    assignments: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class CreateRecord(Action):
    registry = "action"
    type = "create_record"
    Params = CreateRecordParams

    form: str
    assignments: tuple[Assignment, ...]
    children: tuple[tuple[str, Rows], ...]
    name: str | None
    source: tuple[str, ...] | None
    key: CheckedExpression | None
    field: str | None
    total: CheckedExpression | None
    weight: CheckedExpression | None

    @classmethod
    def compile(cls, params: CreateRecordParams, scope: ActionScope) -> CreateRecord | None:
        kind = target_form(params.form, scope, "form")
        if kind is None:
            return None
        inner, source = _over(params.for_each, scope)
        if inner is None:
            return None
        own = {key: value for key, value in params.values.items() if key not in kind.children}
        assignments = compile_assignments(own, kind, inner.at("set"))
        children = _children(params, kind, scope)
        names = inner.context.scope(inner.shape, variables=inner.variables, row=inner.row)
        key = (
            scope.context.expression(params.key, f"{scope.pointer}/key", names, expect=t.TEXT)
            if params.key
            else None
        )
        field, total, weight = _allocation(params.allocate, kind, inner)
        if params.name is not None and params.for_each is None:
            scope.variables[params.name] = t.ref(params.form)
        if assignments is None or children is None or (params.allocate and weight is None):
            return None
        return cls(params.form, assignments, children, params.name, source, key, field, total, weight)

    def run(self, context: ActionContext) -> dict[str, Any]:
        form = compiled_form(context.app, self.form)
        if self.source is None:
            created = [self._create(context, form, context.env, {})]
        else:
            rows = _rows_at(self.source, context.record, context.env, context)
            shares = self._shares(context, rows)
            created = [
                self._create(context, form, _row_env(context.env, row, index), share)
                for index, (row, share) in enumerate(zip(rows, shares, strict=True), start=1)
            ]
        if self.name is not None and self.source is None:
            context.names[self.name] = created[0]
            context.env = replace(
                context.env, variables=Overlay({self.name: created[0]}, context.env.variables)
            )
        return {"form": self.form, "records": [each for each in created if each is not None]}

    def _create(self, context: ActionContext, form: Form, env: Env, share: Mapping[str, Any]) -> str | None:
        if self.key is not None and not _first(context, form, self.key.evaluate(context.record, env)):
            return None
        values: dict[str, Any] = {"owner": context.record.get("owner"), "dept": context.record.get("dept")}
        values |= {each.key: each.value(context.record, env) for each in self.assignments}
        values |= share
        for name, rows in self.children:
            values[name] = [
                {each.key: each.value(context.record, _row_env(env, row, index)) for each in rows.assignments}
                for index, row in enumerate(_rows_at(rows.source, context.record, env, context), start=1)
            ]
        return str(records.create(context.work, form, values)["id"])

    def _shares(self, context: ActionContext, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        if self.field is None or self.total is None or self.weight is None:
            return [{} for _ in rows]
        total = self.total.evaluate(context.record, context.env) or 0
        weights = [
            self.weight.evaluate(context.record, _row_env(context.env, row, index)) or 0
            for index, row in enumerate(rows, start=1)
        ]
        return [{self.field: part} for part in allocate(total, weights)]

    def writes(self) -> frozenset[tuple[str, str]]:
        return frozenset((self.form, each.key) for each in self.assignments)


def _over(path: str | None, scope: ActionScope) -> tuple[ActionScope | None, tuple[str, ...] | None]:
    """The scope inside `for_each` and the path of its rows."""
    if path is None:
        return scope, None
    names = tuple(path.split("."))
    shape: Shape | None = scope.shape
    holders = [scope.shape.key]
    for name in names[:-1]:
        kind = shape.type_of(name) if shape is not None else None
        shape = scope.context.shape(kind.form) if kind is not None and kind.form else None
        holders.append(kind.form or "" if kind is not None else "")
    row = shape.child(names[-1]) if shape is not None else None
    if row is None:
        scope.context.error(
            "not_a_child_table",
            f"{scope.pointer}/for_each",
            Text(zh=f"“{path}”不是子表。", en=f"'{path}' is not a child table."),
            Text(zh="请写子表键，或引用字段.子表键。", en="Write a child table, or reference.child table."),
        )
        return None, None
    scope.context.reads.update(steps_abroad(names, holders))
    variables = {**scope.variables, "index": t.number(9, 0)}
    return ActionScope(scope.context, scope.pointer, scope.shape, variables, row), names


def _children(
    params: CreateRecordParams, kind: Form, scope: ActionScope
) -> tuple[tuple[str, Rows], ...] | None:
    made: list[tuple[str, Rows]] = []
    for key, child in kind.children.items():
        raw = params.values.get(key)
        if raw is None:
            continue
        place = scope.at("set").at(key)
        if not isinstance(raw, dict) or set(raw) != {"for_each", "set"}:
            scope.context.error(
                "invalid_value",
                place.pointer,
                Text(
                    zh='子表应写为 {"for_each", "set"}。',
                    en='A child table is written as {"for_each", "set"}.',
                ),
            )
            return None
        inner, source = _over(raw["for_each"], place)
        assignments = compile_assignments(raw["set"], child, inner.at("set")) if inner is not None else None
        if assignments is None or source is None:
            return None
        made.append((key, Rows(source, assignments)))
    return tuple(made)


def _allocation(
    allocation: Allocation | None, kind: Form, scope: ActionScope
) -> tuple[str | None, CheckedExpression | None, CheckedExpression | None]:
    if allocation is None:
        return None, None, None
    pointer = f"{scope.pointer}/allocate"
    field = kind.fields.get(allocation.field)
    if field is None or not field.value_type.numeric:
        scope.context.unknown(
            "unknown_field",
            f"{pointer}/field",
            allocation.field,
            kind.fields,
            Text(zh="数字字段", en="number field"),
        )
        return None, None, None
    names = scope.context.scope(scope.shape, variables=scope.variables, row=scope.row)
    total = scope.context.expression(allocation.total, f"{pointer}/total", names, expect=field.value_type)
    weight = scope.context.expression(allocation.weight, f"{pointer}/weight", names, expect=t.number(18, 6))
    for part, source in (("total", total), ("weight", weight)):
        if source is not None and refuse_leak_abroad(
            field, source, f"{pointer}/{part}", scope.context, scope.row
        ):
            return None, None, None
    return allocation.field, total, weight


def _rows_at(
    path: tuple[str, ...], record: Mapping[str, Any], env: Env, context: ActionContext
) -> Sequence[Mapping[str, Any]]:
    here: Mapping[str, Any] | None = record
    form = compiled_form(context.app, context.form)
    for name in path[:-1]:
        target = str(form.fields[name].value_type.form)
        key = here[name] if here is not None else None
        here = env.follow(target, key) if key is not None else None
        form = forms_in_reach(context.app)[target]
    return here[path[-1]] if here is not None else []


def _row_env(env: Env, row: Mapping[str, Any], index: int) -> Env:
    return replace(env, row=row, variables=Overlay({"index": index}, env.variables))


_CLAIM = {
    "sqlite": "INSERT INTO ff_once (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
    "postgres": "INSERT INTO ff_once (key, at) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING",
}


def _first(context: ActionContext, form: Form, key: str | None) -> bool:
    """Whether nothing was created under this key yet; claims it in the same transaction."""
    if key is None:
        return True
    work = context.work
    dialect = work.runtime.database.dialect
    at = moment_param(dialect, work.now)
    return work.run(_CLAIM[dialect], (f"create:{form.app}.{form.key}:{key}", at)) == 1
