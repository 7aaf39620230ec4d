"""The places of expressions in a form by name, for those that no document holds yet."""

from __future__ import annotations

from engine.definitions.context import Context
from engine.definitions.places import Asked, Place
from engine.expressions import types as t
from forms.compile import row_scope
from forms.compiled import ChildTable, Form

CONDITIONS = frozenset({"visible_when", "required_when", "readonly_when", "unique_when"})
VALUES = frozenset({"formula", "default"})
"""With a `field` that exists, the result is converted to its type."""


def place_in_form(asked: Asked, context: Context) -> Place | None:
    """validation, formula, default, visible_when, required_when, readonly_when, unique_when, filter.

    `child` names a child table for the places of its rows.
    """
    form: Form | None = context.compiled.get("form", {}).get(str(asked.get("key")))
    if form is None:
        return None
    child: ChildTable | None = form.children.get(str(asked.get("child")))
    if asked.get("child") is not None and child is None:
        return None
    name = asked.get("place")
    if name == "validation":
        return Place(row_scope(form, child, context, old=True), t.BOOL)
    if name in CONDITIONS:
        return Place(row_scope(form, child, context), t.BOOL)
    if name in VALUES:
        field = (child or form).fields.get(str(asked.get("field")))
        expect = field.value_type if field is not None and field.value_type.kind != "null" else None
        return Place(row_scope(form, child, context), expect)
    if name == "filter" and child is None:
        return Place(row_scope(form, None, context, db_only=True), t.BOOL)
    return None
