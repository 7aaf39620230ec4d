"""The definition kinds of this package: scopes and roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.context import BASE_VARIABLES, Context
from engine.definitions.places import Asked, Place
from engine.expressions import CheckedExpression, Shape
from engine.expressions import types as t
from engine.findings import Text
from engine.permissions.compiled import CompiledGrant
from engine.permissions.grants import compile_grant, form_shape
from engine.permissions.pruning import prune_role
from engine.permissions.roles import CompiledRole
from engine.permissions.schema import RoleDocument, ScopeDocument
from engine.protocols import DefinitionKind


@dataclass(frozen=True, slots=True)
class CompiledScope:
    """A named set of records: those of `form` that fulfil `where`, and what is below them along `descend` or
    above them along `ascend`.
    """

    key: str
    form: str
    where: CheckedExpression
    descend: str | None
    ascend: str | None = None


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
            shape = form_shape(document.form, f"{pointer}/form", context)
            if shape is None:
                continue
            where = context.expression(
                document.where, f"{pointer}/where", context.scope(shape), expect=t.BOOL, sql=True
            )
            _check_direction(document, shape, pointer, context)
            if where is not None:
                compiled[key] = CompiledScope(key, document.form, where, document.descend, document.ascend)
        for scope in compiled.values():
            context.variables[scope.key] = t.list_of(t.ref(scope.form))
        return compiled

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        return _row_condition(asked, document, context, "where")


def _check_direction(document: ScopeDocument, shape: Shape, pointer: str, context: Context) -> None:
    for name, field in (("descend", document.descend), ("ascend", document.ascend)):
        if field is not None and shape.type_of(field) != t.ref(document.form):
            context.error(
                f"bad_{name}",
                f"{pointer}/{name}",
                Text(
                    zh=f"{name} 须为指向本表单的引用字段。",
                    en=f"{name} must be a reference field to the same form.",
                ),
            )
    if document.descend is not None and document.ascend is not None:
        context.error(
            "bad_ascend",
            f"{pointer}/ascend",
            Text(zh="descend 与 ascend 只能写一个。", en="Write either descend or ascend."),
        )


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

    def prune(self, document: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any] | None:
        return prune_role(document, path)

    def _role(self, key: str, role: RoleDocument, context: Context) -> CompiledRole:
        grants: dict[str, list[CompiledGrant]] = {}
        denies: dict[str, list[CompiledGrant]] = {}
        for index, grant in enumerate(role.grants):
            pointer = f"/roles/{key}/grants/{index}"
            forms = list(context.documents["form"]) if grant.form == "*" else [grant.form]
            for form in forms:
                compiled = compile_grant(key, grant, form, pointer, context)
                if compiled is not None:
                    (denies if grant.deny else grants).setdefault(form, []).append(compiled)
        return CompiledRole(key, _by_form(grants), _by_form(denies), role.granted_to, role.audits)


def _by_form(grants: Mapping[str, list[CompiledGrant]]) -> dict[str, tuple[CompiledGrant, ...]]:
    return {form: tuple(each) for form, each in grants.items()}


def _row_condition(asked: Asked, document: Mapping[str, Any], context: Context, name: str) -> Place | None:
    """A condition on the records of `form`, which the request names if the document does not."""
    shape = context.shape(str(asked.get("form") or document.get("form")))
    if shape is None or asked.get("place") != name:
        return None
    return Place(context.scope(shape, db_only=True), t.BOOL)
