"""From field documents to fields: each with its type's options read and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.definitions.check import read_model
from engine.definitions.context import Context
from engine.expressions import types as t
from engine.findings import Text
from forms.codec import Codec
from forms.compiled import ChildTable, Field, Form, LayoutItem, RowKind, label_of
from forms.evolution.layout import RowLayout, form_layout
from forms.field_type import Derived, FieldType
from forms.field_types.tree_parent import TreeParent
from forms.schema import SYSTEM_FIELDS, FormDocument, SubtableDocument
from forms.shape import PART, FormShape
from forms.system_forms import SYSTEM_TYPES

RESERVED = {*SYSTEM_FIELDS, "row", "old"}
IN_ROWS = {*RESERVED, "parent"}
RECORD_ONLY = frozenset({"auto", "rollup", "count", "tree_parent", "backlink"})
"""Types that a child table cannot hold."""
UNRESOLVED = t.NULL


def read_form(document: FormDocument, context: Context) -> Form:
    """The form with its own fields; derived types and expressions are still open."""
    app = context.settings.key
    place = form_layout(context.layout, document.key)
    table = place.table or f"{app}_{document.key}"
    pointer = f"/forms/{document.key}"
    form = Form(
        key=document.key,
        label=label_of(document.label, document.key),
        table=table,
        fields=_system_fields(document.key),
        shape=FormShape(document.key),
        app=app,
        document=document,
    )
    for index, raw in enumerate(document.fields):
        where = f"{pointer}/fields/{index}"
        kind = read_kind(raw, where, context, form.key)
        if kind is None or not _free(kind.options.key, form, where, context):
            continue
        if isinstance(kind, TreeParent) and not _first_tree(kind, form, where, context):
            continue
        if isinstance(kind.options, SubtableDocument):
            child = _read_child(form, kind.options, where, context, place.child(kind.options.key))
            form.children[child.key] = child
            form.shape.children[child.key] = child.shape
            _follows(form, child.key)
        else:
            _add(form, kind, place)
    if len(table) > 55:
        context.error(
            "key_too_long",
            f"{pointer}/key",
            Text(
                zh="应用键加表单键过长。",
                en="The keys of app and form together are too long for a table name.",
            ),
        )
    return form


def _add(row: RowKind, kind: FieldType, place: RowLayout) -> None:
    """Let a row have a field, or what arranges its fields."""
    key = kind.options.key
    if kind.layout:
        row.layout.append(LayoutItem(key, kind))
        return
    field = row.fields[key] = field_of(kind, column=place.columns.get(key, ""))
    if field.parts:
        row.shape.whole.add(key)
    _follows(row, key)


def _follows(row: RowKind, key: str) -> None:
    """The sections and notes since the last field stand before this one."""
    for item in row.layout:
        item.before = item.before or key


def _free(key: str, form: Form, where: str, context: Context) -> bool:
    taken = key in form.fields or key in form.children or any(key == item.key for item in form.layout)
    if PART in key:
        context.error(
            "bad_key",
            f"{where}/key",
            Text(
                zh=f"字段键“{key}”不能含有连续两个下划线。",
                en=f"The field key '{key}' may not have two underscores in a row.",
            ),
            Text(zh="请只用一个下划线。", en="Use one underscore."),
        )
        return False
    if key in RESERVED or taken:
        context.error(
            "key_taken",
            f"{where}/key",
            Text(zh=f"字段键“{key}”已被占用。", en=f"The field key '{key}' is taken."),
            Text(zh="请换一个键。", en="Choose another key."),
        )
        return False
    return True


def _first_tree(kind: TreeParent, form: Form, where: str, context: Context) -> bool:
    """Make the form a tree, which it is by one field alone."""
    if form.shape.tree is not None:
        context.error(
            "second_tree",
            f"{where}/type",
            Text(
                zh=f"表单已由字段“{form.shape.tree}”构成一棵树。",
                en=f"The field '{form.shape.tree}' makes the form a tree already.",
            ),
            Text(zh="请改用 ref。", en="Use a ref."),
        )
        return False
    form.shape.tree = kind.options.key
    return True


def _read_child(
    form: Form, options: SubtableDocument, where: str, context: Context, place: RowLayout
) -> ChildTable:
    child = ChildTable(
        key=options.key,
        label=label_of(options.label, options.key),
        table=place.table or f"{form.table}__{options.key}",
        fields={"id": _system("id", f"{form.key}.{options.key}")},
        shape=FormShape(options.key),
        document=options,
        min_rows=options.min_rows,
        max_rows=options.max_rows,
    )
    for index, raw in enumerate(options.fields):
        kind = read_kind(raw, f"{where}/fields/{index}", context)
        if kind is None:
            continue
        key = kind.options.key
        if isinstance(kind.options, SubtableDocument) or kind.type in RECORD_ONLY:
            context.error(
                "not_in_child",
                f"{where}/fields/{index}/type",
                Text(
                    zh=f"子表中不能使用“{kind.type}”字段。",
                    en=f"A child table cannot hold a field of type '{kind.type}'.",
                ),
            )
        elif key in child.fields or key in IN_ROWS or any(key == item.key for item in child.layout):
            context.error(
                "key_taken",
                f"{where}/fields/{index}/key",
                Text(zh=f"字段键“{key}”已被占用。", en=f"The field key '{key}' is taken."),
            )
        elif PART in key:
            _free(key, form, f"{where}/fields/{index}", context)
        else:
            _add(child, kind, place)
    return child


def read_kind(raw: Any, where: str, context: Context, form: str = "") -> FieldType | None:
    """The field type of one field document of a form, or None after adding findings."""
    known = context.registries["field_type"]
    name = raw.get("type") if isinstance(raw, dict) else None
    kind = known.get(name) if isinstance(name, str) else None
    if kind is None:
        context.unknown(
            "unknown_field_type", f"{where}/type", str(name), known, Text(zh="字段类型", en="field type")
        )
        return None
    options = read_model(kind.Options, raw, where, context.findings)
    if options is None:
        return None
    made: FieldType = kind(options, context)
    made.placed(form)
    made.check(where, context)
    return made


def field_of(kind: FieldType, *, column: str = "") -> Field:
    """The field of a field type; derived ones get their type when all forms are known."""
    resolved = not isinstance(kind, Derived) or kind.type == "auto"
    label = label_of(kind.options.label, kind.options.key)
    place = column or kind.options.key
    return Field(
        key=kind.options.key,
        column=place,
        type=kind.type,
        label=label,
        kind=kind,
        value_type=kind.value_type() if resolved else UNRESOLVED,
        codec=kind.codec() if resolved else Codec("text"),
        source=(kind.source or kind.type) if isinstance(kind, Derived) else None,
        parts=tuple(_part(kind.options.key, place, name, part, label) for name, part in kind.parts.items()),
    )


def _part(whole: str, place: str, name: str, kind: FieldType, label: Mapping[str, str]) -> Field:
    """One part of a field, which has a column of its own."""
    own = label_of(kind.options.label, name)
    return Field(
        key=f"{whole}{PART}{name}",
        column=f"{place}{PART}{name}",
        type=kind.type,
        label={"zh": label["zh"] + own["zh"], "en": f"{label['en']}: {own['en']}"},
        kind=kind,
        value_type=kind.value_type(),
        codec=kind.codec(),
    )


def _system_fields(form: str) -> dict[str, Field]:
    return {key: _system(key, form) for key in SYSTEM_TYPES}


def _system(key: str, form: str) -> Field:
    value_type, codec, zh, en = SYSTEM_TYPES[key]
    return Field(
        key=key,
        type="system",
        label={"zh": zh, "en": en},
        kind=None,  # type: ignore[arg-type]
        value_type=t.ref(form) if key == "id" else value_type,
        codec=codec,
        system=True,
    )


def all_rows(forms: Iterable[Form]) -> Iterable[tuple[Form, ChildTable | None, str]]:
    """Every form and child table with the JSON pointer of its fields."""
    for form in forms:
        yield form, None, f"/forms/{form.key}"
        for child in form.children.values():
            yield form, child, child_pointer(form, child.key)


def child_pointer(form: Form, child: str) -> str:
    """Where a child table stands in its form's document."""
    return f"/forms/{form.key}/fields/{position(form, child)}"


def position(form: Form, key: str) -> int:
    """The index of a top-level field in the document."""
    fields = form.document.fields if form.document else []
    return next((index for index, raw in enumerate(fields) if raw.get("key") == key), 0)


def field_pointer(form: Form, child: ChildTable | None, key: str) -> str:
    """Where a field stands in its form's document."""
    if child is None:
        return f"/forms/{form.key}/fields/{position(form, key)}"
    raws = form.document.fields[position(form, child.key)].get("fields", []) if form.document else []
    index = next((at for at, raw in enumerate(raws) if raw.get("key") == key), 0)
    return f"{child_pointer(form, child.key)}/fields/{index}"
