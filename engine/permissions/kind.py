"""The definition kinds of this package: scopes and roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.context import BASE_VARIABLES, Context
from engine.definitions.places import Asked, Place
from engine.expressions import CheckedExpression, Shape
from engine.expressions import types as t
from engine.findings import Text
from engine.permissions.compiled import NO_ROWS, CompiledGrant, Names, NoRows
from engine.permissions.schema import ACTIONS, FieldNames, Grant, RoleDocument, ScopeDocument
from engine.protocols import DefinitionKind


@dataclass(frozen=True, slots=True)
class CompiledScope:
    """A named set of records: those of `form` that fulfil `where`, and what is below them along `descend`."""

    key: str
    form: str
    where: CheckedExpression
    descend: str | None


class ScopeKind(DefinitionKind):
    type = "scope"
    folder = "scopes"
    rank = 30
    Model = ScopeDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        compiled: dict[str, Any] = {}
        for key, document in documents.items():
            pointer = f"/scopes/{key}"
            if key in BASE_VARIABLES:
                context.error(
                    "reserved_name",
                    pointer,
                    Text(zh=f"“${key}”已有固定含义。", en=f"'${key}' has a meaning of its own already."),
                    Text(zh="请给范围另取名称。", en="Give the scope another key."),
                )
                continue
            shape = _form_shape(document.form, f"{pointer}/form", context)
            if shape is None:
                continue
            where = context.expression(
                document.where, f"{pointer}/where", context.scope(shape), expect=t.BOOL, sql=True
            )
            if document.descend is not None and shape.type_of(document.descend) != t.ref(document.form):
                context.error(
                    "bad_descend",
                    f"{pointer}/descend",
                    Text(
                        zh="descend 须为指向本表单的引用字段。",
                        en="descend must be a reference field to the same form.",
                    ),
                )
            if where is not None:
                compiled[key] = CompiledScope(key, document.form, where, document.descend)
        for scope in compiled.values():
            context.variables[scope.key] = t.list_of(t.ref(scope.form))
        return compiled

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        return _row_condition(asked, document, context, "where")


class RoleKind(DefinitionKind):
    """Compiles a role to its grants by form."""

    type = "role"
    folder = "roles"
    rank = 40
    Model = RoleDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return {key: self._role(key, document, context) for key, document in documents.items()}

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        return _row_condition(asked, document, context, "row_condition")

    def _role(self, key: str, role: RoleDocument, context: Context) -> dict[str, tuple[CompiledGrant, ...]]:
        grants: dict[str, list[CompiledGrant]] = {}
        for index, grant in enumerate(role.grants):
            pointer = f"/roles/{key}/grants/{index}"
            forms = list(context.documents["form"]) if grant.form == "*" else [grant.form]
            for form in forms:
                compiled = _grant(key, grant, form, pointer, context)
                if compiled is not None:
                    grants.setdefault(form, []).append(compiled)
        return {form: tuple(each) for form, each in grants.items()}


def _row_condition(asked: Asked, document: Mapping[str, Any], context: Context, name: str) -> Place | None:
    """A condition on the records of `form`, which the request names if the document does not."""
    shape = context.shape(str(asked.get("form") or document.get("form")))
    if shape is None or asked.get("place") != name:
        return None
    return Place(context.scope(shape, db_only=True), t.BOOL)


def _form_shape(form: str, pointer: str, context: Context) -> Shape | None:
    known = context.documents["form"]
    shape = context.shape(form) if form in known else None
    if shape is None:
        context.unknown("unknown_form", pointer, form, known, Text(zh="表单", en="form"))
    return shape


def _grant(role: str, grant: Grant, form: str, pointer: str, context: Context) -> CompiledGrant | None:
    shape = _form_shape(form, f"{pointer}/form", context)
    if shape is None:
        return None
    scope = context.scope(shape)
    where = _condition(grant.where, f"{pointer}/where", scope, context)
    check: CheckedExpression | NoRows | None = where
    if grant.check is False:
        check = NO_ROWS
    elif grant.check is not None:
        check = _condition(grant.check, f"{pointer}/check", scope, context)
    fields = grant.fields
    for name in ("hidden", "masked", "read", "write") if grant.form != "*" else ():
        _known_fields(getattr(fields, name), shape, f"{pointer}/fields/{name}", context)
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
    )


def _condition(raw: Any, pointer: str, scope: Any, context: Context) -> CheckedExpression | None:
    if isinstance(raw, bool):
        return None
    return context.expression(raw, pointer, scope, expect=t.BOOL, sql=True)


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
        if not known:
            context.unknown(
                "unknown_field", f"{pointer}/{index}", name, shape.names(), Text(zh="字段", en="field")
            )
