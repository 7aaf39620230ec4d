"""The columns of an export: what each is called, and how a record's JSON becomes cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.permissions.compiled import GrantSet
from forms.cells import json_cell
from forms.compiled import Field, Form
from forms.exports.names import Names, joined
from forms.exports.options import ExportOptions
from forms.field_type import Derived, Reading
from forms.imports.mapping import plain
from forms.reading_plan import UnknownField


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: `name` as people address the field, its header, and the field."""

    name: str
    header: str
    field: Field
    child: str | None = None


def export_columns(form: Form, seen: GrantSet, options: ExportOptions) -> tuple[ExportColumn, ...]:
    """The columns that are asked for, among those the person sees. Raises UnknownField."""
    known = {each.name: each for each in _all(form, seen, options)}
    if not options.fields:
        chosen = [each for each in known.values() if not each.field.system or each.name == "id"]
    else:
        chosen = []
        for name in options.fields:
            if name in form.children:
                chosen += [each for each in known.values() if each.child == name]
            elif name in known:
                chosen.append(known[name])
            else:
                raise UnknownField(
                    {"zh": f"表单中没有字段“{name[:80]}”。", "en": f"The form has no field '{name[:80]}'."},
                    pointer="/fields",
                )
    return tuple(_distinct(chosen))


def _all(form: Form, seen: GrantSet, options: ExportOptions) -> Iterator[ExportColumn]:
    """Every column there may be; what is encrypted never leaves in a file."""
    language = options.language
    for field in form.fields.values():
        if seen.shows(field.key) and not field.sealed:
            header = field.key if options.headers == "key" or field.key == "id" else field.label[language]
            yield ExportColumn(field.key, header, field)
    for child in form.children.values():
        for field in child.fields.values():
            name = f"{child.key}.{field.key}"
            if seen.shows(name) and not field.system and not field.sealed:
                title = f"{child.label[language]}.{field.label[language]}"
                yield ExportColumn(name, name if options.headers == "key" else title, field, child.key)


def _distinct(columns: Sequence[ExportColumn]) -> Iterator[ExportColumn]:
    """Headers that two columns would share, or that an import would not tell apart, become keys."""
    titles = [plain(each.header) for each in columns]
    for column, title in zip(columns, titles, strict=True):
        alone = titles.count(title) == 1 and not column.header.startswith("#")
        yield column if alone else replace(column, header=column.name)


def record_rows(
    record: Mapping[str, Any], columns: Sequence[ExportColumn], reading: Reading, names: Names
) -> Iterator[list[Any]]:
    """The rows of one record: its own fields stand in the first one, child rows below each other."""
    children = {each.child: record.get(each.child) or [] for each in columns if each.child is not None}
    height = max((len(rows) for rows in children.values()), default=1)
    for index in range(max(height, 1)):
        row: list[Any] = []
        for column in columns:
            if column.child is None:
                source: Mapping[str, Any] | None = record if index == 0 else None
            else:
                rows = children[column.child]
                source = rows[index] if index < len(rows) else None
            row.append(
                None if source is None else _cell(column, source.get(column.field.key), reading, names)
            )
        yield row


def _cell(column: ExportColumn, value: Any, reading: Reading, names: Names) -> Any:
    field = column.field
    if value is None or field.key == "id":
        return value
    if field.refers or (field.source == "lookup" and field.value_type.kind == "ref"):
        return names(str(field.value_type.form), _id(value))
    if field.several:
        return joined(names, field.targets[0], [_id(each) for each in value])
    if field.system or (isinstance(field.kind, Derived) and field.kind.result is None):
        return json_cell(field.value_type.kind, value, reading.zone)
    return field.kind.write_cell(value, reading)


def _id(value: Any) -> str:
    return str(value["id"]) if isinstance(value, dict) else str(value)
