"""The forms of other apps as expressions and references of this one see them while it is checked: names and types.

An outline is made from documents alone, so apps may refer to each other. What a form there looks up in a third
app, or in this one, has no type in it and cannot be named from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.definitions.app import AppDocument, Documents
from engine.definitions.check import kinds, read_document, read_model
from engine.definitions.context import Context
from engine.definitions.neighbours import apps_at_hand
from forms.compiled import Field, Form, RowKind
from forms.reach import abroad
from forms.read_fields import UNRESOLVED, all_rows, read_form
from forms.resolve import Resolver
from forms.sealing import seal_fields

FORM = "form"


def outlines(context: Context) -> dict[str, Form]:
    """The forms of the apps at hand by the keys that this app calls them."""
    found: dict[str, Form] = {}
    for key, documents in sorted(apps_at_hand(context.registries).items()):
        forms = _outline(key, documents, context)
        found.update(abroad(forms.values(), home=key, root=context.settings.key))
    return found


def _outline(key: str, documents: Documents, context: Context) -> dict[str, Form]:
    settings = read_model(AppDocument, documents.get("app", {}).get(key), "/app", [])
    if not isinstance(settings, AppDocument):
        return {}
    ordered = kinds(context.registries)
    rank = next(kind.rank for kind in ordered if kind.type == FORM)
    inner = Context(settings, context.registries, {})
    for kind in ordered:
        if kind.rank <= rank:
            inner.documents[kind.type] = _read(kind, documents.get(kind.type, {}))
        if kind.rank < rank:
            inner.compiled[kind.type] = kind.check_and_compile(inner.documents[kind.type], inner)
    forms = {name: read_form(document, inner) for name, document in inner.documents[FORM].items()}
    Resolver(forms, inner).resolve_all()
    for form, child, _pointer in all_rows(forms.values()):
        row: RowKind = child or form
        row.fields = {name: field for name, field in row.fields.items() if _is_known(field)}
    shape_forms(forms.values())
    seal_fields(forms.values(), inner)
    return forms


def _read(kind: Any, documents: Mapping[str, Any]) -> dict[str, Any]:
    made = {name: read_document(kind, name, raw, []) for name, raw in documents.items()}
    return {name: document for name, document in made.items() if document is not None}


def _is_known(field: Field) -> bool:
    return field.value_type is not UNRESOLVED or bool(field.parts)


def shape_forms(forms: Iterable[Form]) -> None:
    """Tell the shapes of forms the types of their fields and what people call these."""
    for form, child, _pointer in all_rows(forms):
        row: RowKind = child or form
        row.shape.types.update(
            {each.key: each.value_type for field in row.fields.values() for each in typed(field)}
        )
        named = (*row.fields.values(), *(form.children.values() if child is None else ()))
        row.shape.labels.update({word: each.key for each in named for word in each.label.values()})


def typed(field: Field) -> Iterator[Field]:
    """The field if it has a value in expressions, and its parts."""
    if not field.parts or field.value_type.kind != "null":
        yield field
    yield from field.parts
