"""One grant of a role document: checked, and compiled for one form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from engine.definitions.context import Context
from engine.expressions import CheckedExpression, Scope, Shape, Type
from engine.expressions import types as t
from engine.expressions.names import referring
from engine.findings import Text
from engine.identity.principal import ADMIN_ROLE
from engine.permissions.compiled import NO_ROWS, CompiledGrant, Names, NoRows
from engine.permissions.schema import ACTIONS, FieldNames, FieldSet, Grant

SUBJECTS: Mapping[tuple[str, str | None, bool], str] = {
    ("ref", "user", False): "{} = $me",
    ("ref", "user", True): "{} in $my_team",
    ("choices", "user", False): "HAS({}, $me)",
    ("ref", "dept", False): "{} = $my_dept",
    ("ref", "dept", True): "{} in $my_depts",
    ("choices", "dept", False): "HAS({}, $my_dept)",
    ("text", "role", False): "{} in $my_roles",
}
"""How a field names its subjects, by kind of value, what it refers to, and whether those below count."""


def form_shape(form: str, pointer: str, context: Context) -> Shape | None:
    """The shape of one of the app's forms, or None after a finding."""
    known = context.documents["form"]
    shape = context.shape(form) if form in known else None
    if shape is None:
        context.unknown("unknown_form", pointer, form, known, Text(zh="表单", en="form"))
    return shape


def compile_grant(role: str, grant: Grant, form: str, pointer: str, context: Context) -> CompiledGrant | None:
    """The grant on one form, or None when it has no rows or after findings."""
    shape = form_shape(form, f"{pointer}/form", context)
    if shape is None:
        return None
    scope = context.scope(shape)
    where = _condition(grant.where, f"{pointer}/where", scope, context)
    if grant.subject_field is not None:
        where = _of_subject(grant, where, shape, pointer, context)
    check: CheckedExpression | NoRows | None = where
    if grant.check is False:
        check = NO_ROWS
    elif grant.check is not None:
        check = _condition(grant.check, f"{pointer}/check", scope, context)
    fields = grant.fields
    for name in ("hidden", "masked", "readonly", "read", "write") if grant.form != "*" else ():
        _known_fields(getattr(fields, name), shape, f"{pointer}/fields/{name}", context)
    presets = _presets(grant, shape, scope, f"{pointer}/presets", context)
    if grant.deny:
        _only_takes(grant, pointer, context)
    if grant.where is False:
        return None
    return CompiledGrant(
        role=role,
        form=form,
        actions=_actions(grant.actions),
        where=where,
        check=check,
        hidden=frozenset(fields.hidden),
        read=_names(fields.read),
        write=_names(fields.write),
        masked=frozenset(fields.masked),
        readonly=frozenset(fields.readonly),
        presets=presets,
        pointer=pointer,
        strict=grant.check is not None,
    )


def _condition(raw: Any, pointer: str, scope: Scope, context: Context) -> CheckedExpression | None:
    if isinstance(raw, bool):
        return None
    return context.expression(raw, pointer, scope, expect=t.BOOL, sql=True)


def _of_subject(
    grant: Grant, where: CheckedExpression | None, shape: Shape, pointer: str, context: Context
) -> CheckedExpression | None:
    """The rows of `where` whose field names who acts."""
    place, name, scope = f"{pointer}/subject_field", str(grant.subject_field), context.scope(shape)
    named = context.expression(name, place, scope, sql=True)
    if named is None:
        return None
    written = SUBJECTS.get((*_what(named.type), grant.below))
    if written is None:
        context.error(
            "bad_subject",
            place,
            Text(
                zh=f"“{name}”不能说明授权给谁。",
                en=f"'{name}' does not say for whom the grant is.",
            ),
            Text(
                zh="请使用人员、部门或角色字段；含下级（below）只适用于单个人员或部门。",
                en="Use a field of users, departments or a role; `below` goes with one user or department.",
            ),
        )
        return None
    condition = written.format(name)
    if where is not None:
        condition = f"({where.text()}) and {condition}"
    return context.expression(condition, place, scope, expect=t.BOOL, sql=True)


def _what(kind: Type) -> tuple[str, str | None]:
    """The kind of a subject's value and what it refers to."""
    if kind.item is not None:
        return "choices", kind.item.form
    if kind.kind == "choice" and ADMIN_ROLE in (kind.options or ()):
        return "text", "role"  # a field of type role offers every role there is
    return kind.kind, kind.form


def _presets(
    grant: Grant, shape: Shape, scope: Scope, pointer: str, context: Context
) -> dict[str, CheckedExpression]:
    found: dict[str, CheckedExpression] = {}
    for name, raw in grant.presets.items():
        where, kind = f"{pointer}/{name}", shape.type_of(name)
        if kind is None or shape.child(name) is not None:
            context.unknown("unknown_field", where, name, shape.names(), Text(zh="字段", en="field"))
            continue
        written = isinstance(raw, dict) and set(raw) == {"expr"}
        source = raw["expr"] if written else json.dumps(raw, ensure_ascii=False)
        checked = context.expression(source, f"{where}/expr" if written else where, scope, expect=kind)
        if checked is not None:
            found[name] = checked
    if grant.presets and not {"create", "*"} & set(grant.actions):
        context.error(
            "preset_without_create",
            pointer,
            Text(zh="预设值只对新建（create）有意义。", en="Presets only make sense with the action create."),
            Text(zh="请加上 create，或去掉 presets。", en="Add create, or leave the presets out."),
        )
    return found


def _only_takes(grant: Grant, pointer: str, context: Context) -> None:
    """A deny names what it takes away, not what it leaves."""
    plain = FieldSet(hidden=grant.fields.hidden, masked=grant.fields.masked, readonly=grant.fields.readonly)
    if grant.check is None and not grant.presets and grant.fields == plain:
        return
    context.error(
        "bad_deny",
        pointer,
        Text(
            zh="拒绝（deny）的授权不能带 check、presets、read 或 write。",
            en="A grant that denies takes no check, presets, read or write.",
        ),
        Text(
            zh="请用 hidden、masked、readonly 说明拿走什么；都不写则拒绝整条记录。",
            en="Say with hidden, masked and readonly what it takes away; without them it denies whole records.",
        ),
    )


def _actions(named: Iterable[str]) -> frozenset[str]:
    actions = set(named)
    if "*" in actions:
        return frozenset(ACTIONS)
    if "view" in actions:
        actions.add("list")
    return frozenset(actions)


def _names(names: FieldNames) -> Names:
    return None if names == "*" else frozenset(names)


def _known_fields(names: FieldNames, shape: Shape, pointer: str, context: Context) -> None:
    if names == "*":
        return
    for index, name in enumerate(names):
        head, _, tail = name.partition(".")
        child = shape.child(head)
        known = child.type_of(tail) is not None if child and tail else name in shape.names()
        known = known or referring(shape, name) is not None
        if not known:
            context.unknown(
                "unknown_field", f"{pointer}/{index}", name, shape.names(), Text(zh="字段", en="field")
            )
