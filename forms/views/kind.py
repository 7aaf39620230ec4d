"""The definition kind `view`: a saved list, checked against its form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.context import Context
from engine.definitions.places import Asked, Place
from engine.expressions import types as t
from engine.expressions.names import joined
from engine.findings import Text, has_errors
from engine.protocols import DefinitionKind
from forms.compiled import Form, label_of
from forms.views.layouts import NEEDS, OPTIONS, Need
from forms.views.pruning import prune_view
from forms.views.schema import ViewDocument

LONGEST = 4


@dataclass(frozen=True, slots=True)
class View:
    """A compiled view; `filter` is the text of a condition."""

    key: str
    label: Mapping[str, str]
    form: str
    layout: str
    columns: tuple[str, ...]
    filter: str | None
    sort: str | None
    options: Mapping[str, str]
    roles: frozenset[str]


class ViewKind(DefinitionKind):
    """Views compile after forms and roles, which they name."""

    type = "view"
    folder = "views"
    rank = 45
    Model = ViewDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        found = {key: _view(document, context) for key, document in documents.items()}
        return {key: view for key, view in found.items() if view is not None}

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        """`filter` is the view's condition."""
        shape = context.shape(str(document.get("form") or asked.get("form")))
        if shape is None or asked.get("place") != "filter":
            return None
        return Place(context.scope(shape, db_only=True), t.BOOL)

    def prune(self, document: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any] | None:
        return prune_view(document, path)


def _view(document: ViewDocument, context: Context) -> View | None:
    pointer = f"/views/{document.key}"
    form: Form | None = context.compiled.get("form", {}).get(document.form)
    if form is None:
        known = context.documents.get("form", {})
        context.unknown("unknown_form", f"{pointer}/form", document.form, known, Text(zh="表单", en="form"))
        return None
    before = len(context.findings)
    for index, column in enumerate(document.columns):
        _check_path(form, column, f"{pointer}/columns/{index}", context)
    for part in (document.sort or "").split(",") if document.sort else ():
        _check_path(form, part.strip().lstrip("+-"), f"{pointer}/sort", context)
    for index, role in enumerate(document.roles):
        if role not in context.documents.get("role", {}):
            known = context.documents.get("role", {})
            context.unknown(
                "unknown_role", f"{pointer}/roles/{index}", role, known, Text(zh="角色", en="role")
            )
    source = document.filter
    where = (
        context.expression(source, f"{pointer}/filter", context.scope(form.shape), expect=t.BOOL, sql=True)
        if source is not None
        else None
    )
    options = _options(document, form, pointer, context)
    if has_errors(context.findings[before:]):
        return None
    return View(
        document.key,
        label_of(document.label, document.key),
        form.key,
        document.layout,
        document.columns,
        where.text() if where is not None else None,
        document.sort,
        options,
        frozenset(document.roles),
    )


def _options(document: ViewDocument, form: Form, pointer: str, context: Context) -> dict[str, str]:
    """The fields that the layout names; what belongs to another layout is refused."""
    found: dict[str, str] = {}
    needs = {need.option: need for need in NEEDS[document.layout]}
    for option in OPTIONS:
        name = getattr(document, option)
        where = f"{pointer}/{option}"
        if option not in needs:
            if name is not None:
                context.error(
                    "not_of_this_layout",
                    where,
                    Text(
                        zh=f"“{document.layout}”布局没有“{option}”。",
                        en=f"The layout '{document.layout}' has no '{option}'.",
                    ),
                    Text(zh="请去掉它，或换一种布局。", en="Leave it out, or choose another layout."),
                )
        elif name is None:
            if needs[option].required:
                _missing(needs[option], where, context)
        elif _fits(needs[option], form, name, where, context):
            found[option] = name
    return found


def _missing(need: Need, where: str, context: Context) -> None:
    context.error(
        "required",
        where,
        Text(zh=f"此布局需要指定{need.zh}。", en=f"This layout needs {need.en}."),
        Text(zh="请填写字段键。", en="Name the field."),
    )


def _fits(need: Need, form: Form, name: str, where: str, context: Context) -> bool:
    field = form.fields.get(name)
    if field is None:
        context.unknown("unknown_field", where, name, form.fields, Text(zh="字段", en="field"))
        return False
    if need.fits(form, field):
        return True
    context.error(
        "wrong_field",
        where,
        Text(zh=f"“{name}”不是{need.zh}。", en=f"'{name}' is not {need.en}."),
        Text(zh="请换一个字段。", en="Name another field."),
    )
    return False


def _check_path(form: Form, name: str, pointer: str, context: Context) -> None:
    """A field, a child table, or fields in its rows and behind references and lists of them."""
    shape: Any = form.shape
    rest = tuple(name.split("."))
    hops = 0
    if len(rest) > 1 and (rows := shape.child(rest[0])) is not None:
        shape, rest, hops = rows, rest[1:], 1
    while rest and shape is not None:
        rest = joined(shape, rest)
        hops += 1
        if rest[0] not in shape.names() and shape.type_of(rest[0]) is None:
            context.unknown("unknown_field", pointer, rest[0], shape.names(), Text(zh="字段", en="field"))
            return
        kind = shape.type_of(rest[0])
        rest = rest[1:]
        kind = kind.item if kind is not None and kind.kind == "choices" else kind
        shape = context.shape(kind.form) if kind is not None and kind.form else None
    if rest or hops > LONGEST:
        context.error(
            "bad_path",
            pointer,
            Text(zh=f"“{name}”不是可用的路径。", en=f"'{name}' is not a path of fields."),
            Text(zh="最多经过三个引用。", en="It may pass three references at most."),
        )
