"""The forms that references of an app lead to: its own, and those of other apps, which it calls `hr.employee`.

A form of another app is read here as it stands there: its references name forms by the keys of this app, and its
rows are guarded by the roles of its own. Nothing of it is written or computed anew from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

from engine.definitions.app import CompiledApp, split_key
from engine.expressions import Type
from forms.compiled import ChildTable, Field, Form, RowKind
from forms.field_type import Derived, FieldType
from forms.field_types.ref import Ref
from forms.field_types.tree_parent import TreeParent
from forms.shape import FormShape
from forms.system_forms import SYSTEM_FORMS

REACH = "forms in reach"
Name = Callable[[str], str]
"""The key of a form there -> its key here."""


def forms_in_reach(app: CompiledApp) -> Mapping[str, Form]:
    """All forms that a path of references can pass, by the keys of this app."""
    if not app.others:
        return app.kind("form")
    known: dict[str, Form] | None = app.memory.get(REACH)
    if known is None:
        known = dict(app.kind("form"))
        for key, other in app.others.items():
            known.update(abroad(other.kind("form").values(), home=key, root=app.key))
        app.memory[REACH] = known
    return known


def form_at_home(app: CompiledApp, key: str) -> tuple[CompiledApp, Form | None]:
    """A form in reach as its own app has it, with that app: for what is computed and judged there."""
    there, inner = app.home(key)
    return there, there.kind("form").get(inner)


def abroad(forms: Iterable[Form], *, home: str, root: str) -> dict[str, Form]:
    """The forms of the app `home` as the app `root` calls them."""

    def name(key: str) -> str:
        if key in SYSTEM_FORMS:
            return key
        app, inner = split_key(key)
        if not app:
            return f"{home}.{key}"
        return inner if app == root else key

    return {name(form.key): _form(form, name) for form in forms}


def _form(form: Form, name: Name) -> Form:
    made = replace(
        form,
        key=name(form.key),
        fields=_fields(form, name),
        shape=_shape(form.shape, name),
        children={key: _child(child, name) for key, child in form.children.items()},
        referring={key: replace(link, form=name(link.form)) for key, link in form.referring.items()},
        sql={},
        referrers=(),
        feeds=(),
        draws=(),
        order=(),
    )
    made.shape.key = made.key
    made.shape.children = {key: child.shape for key, child in made.children.items()}
    for key, shape in made.shape.children.items():
        shape.place = f"{made.key}.{key}"
    made.settle()
    return made


def _child(child: ChildTable, name: Name) -> ChildTable:
    made = replace(child, fields=_fields(child, name), shape=_shape(child.shape, name), sql={})
    made.settle()
    return made


def _fields(row: RowKind, name: Name) -> dict[str, Field]:
    return {key: _field(field, name) for key, field in row.fields.items()}


def _field(field: Field, name: Name) -> Field:
    kind = field.kind if field.system else _kind(field.kind, name)  # what is a system field has no kind
    rollup = replace(field.rollup, form=name(field.rollup.form)) if field.rollup is not None else None
    return replace(field, kind=kind, value_type=_type(field.value_type, name), rollup=rollup)


def _kind(kind: FieldType, name: Name) -> FieldType:
    """The field type with the form that it refers to called as here."""
    if isinstance(kind, Derived) and kind.result is not None:
        made: Any = copy(kind)
        made.result = _kind(kind.result, name)
        return made  # type: ignore[no-any-return]
    if not isinstance(kind, Ref) or kind.form in SYSTEM_FORMS:
        return kind
    made = copy(kind)
    if isinstance(kind, TreeParent):
        made.placed(name(kind.form))
    else:
        made.options = kind.options.model_copy(update={"form": name(kind.form)})
    return made  # type: ignore[no-any-return]


def _type(kind: Type, name: Name) -> Type:
    if kind.form is not None:
        return replace(kind, form=name(kind.form))
    if kind.item is not None and kind.item.form is not None:
        return replace(kind, item=replace(kind.item, form=name(kind.item.form)))
    return kind


def _shape(shape: FormShape, name: Name) -> FormShape:
    made = FormShape(shape.key)
    made.types = {key: _type(kind, name) for key, kind in shape.types.items()}
    made.tree, made.whole, made.sealed, made.labels = shape.tree, shape.whole, shape.sealed, shape.labels
    return made
