"""The columns of an export: what each is called, and how a record's JSON becomes cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import EngineError
from engine.expressions import types as t
from engine.permissions.compiled import GrantSet
from forms.access import Access
from forms.asked_paths import read_shown
from forms.cells import json_cell
from forms.codec import Codec
from forms.compiled import Field, Form, RowKind
from forms.exports.names import Names, joined
from forms.exports.options import ExportOptions
from forms.field_type import Derived, Reading
from forms.imports.mapping import Headers
from forms.imports.titles import plain
from forms.reach import forms_in_reach
from forms.reading_columns import Path, behind, split
from forms.shape import PART
from forms.system_forms import SYSTEM_FORMS, SystemForm


class NotExported(EngineError):
    """This field never leaves in a file."""

    code = "not_exported"
    zh = "该字段不能导出。"
    fix_zh = "请去掉它。"
    fix_en = "Leave it out."


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: `name` as people address the field, its header, and the field. `path` leads to its value in
    a record, or in a row of the child table `child`; `several` when it passes a list of references.
    """

    name: str
    header: str
    field: Field
    child: str | None = None
    path: Path = ()
    several: bool = False

    def value(self, source: Mapping[str, Any]) -> Any:
        """The JSON value; of what stands behind a list of references, a list."""
        here: Any = source
        for name in self.path or (self.field.key,):
            if isinstance(here, list):
                here = [each.get(name) for each in here if isinstance(each, dict)]
            else:
                here = here.get(name) if isinstance(here, dict) else None
        return here


def export_columns(access: Access, form: Form, options: ExportOptions) -> tuple[ExportColumn, ...]:
    """The columns that are asked for, among those the person sees. Raises UnknownField."""
    seen = access.seen(form.key)
    known = {each.name: each for each in _all(form, seen, options)}
    if not options.fields:
        chosen = [each for each in known.values() if not each.field.system or each.name == "id"]
    else:
        chosen = []
        for index, name in enumerate(options.fields):
            if name in form.children:
                chosen += [each for each in known.values() if each.child == name]
            elif name in known:
                chosen.append(known[name])
            else:
                chosen.append(_behind(access, form, name, f"/fields/{index}", options))
    return tuple(_distinct(chosen, Headers(form, seen, seen)))


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


def _behind(access: Access, form: Form, name: str, pointer: str, options: ExportOptions) -> ExportColumn:
    """A field behind references: `customer.name`, `lines.product.sku`."""
    path = read_shown(access, form, name, pointer)
    forms, language = forms_in_reach(access.app), options.language
    row = form.children.get(path[0])
    child, inside = (path[0], path[1:]) if row is not None else (None, path)
    *passed, end = _passed(forms, row or form, inside)
    if end.sealed:
        raise NotExported(pointer=pointer)
    labels = [each.label[language] for each in (row, *passed, end) if each is not None]
    header = name if options.headers == "key" else ".".join(labels)
    several = any(each.several for each in passed)
    return ExportColumn(name, header, end, child, split(inside), several)


def _passed(forms: Mapping[str, Form], row: RowKind | None, path: Path) -> Iterator[Field]:
    """The fields that a path passes; those of users and departments are made up, they are no records."""
    system: SystemForm | None = None
    for name in path:
        if system is not None:
            found: Field | None = _of_person(name, system)
        else:
            found = row.find(name) if row is not None else None
        if found is None:
            raise LookupError(name)
        yield found
        key = behind(found.value_type)
        row, system = forms.get(key), SYSTEM_FORMS.get(key)


def _of_person(name: str, system: SystemForm) -> Field:
    """What a user or a department is called has a part for each language."""
    label = system.labels[name.partition(PART)[0]]
    kind = t.TEXT if name == system.label else system.type_of(name)
    return Field(name, "system", label, None, kind, Codec("text"), system=True)  # type: ignore[arg-type]


def _distinct(columns: Sequence[ExportColumn], headers: Headers) -> Iterator[ExportColumn]:
    """Headers that two columns would share, or that an import would not tell apart, become keys."""
    titles = [plain(each.header) for each in columns]
    for column, title in zip(columns, titles, strict=True):
        alone = titles.count(title) == 1 and not column.header.startswith("#")
        alone = alone and headers.named(column.header) in ([], [column.name])
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
            row.append(None if source is None else _cell(column, column.value(source), reading, names))
        yield row


def _cell(column: ExportColumn, value: Any, reading: Reading, names: Names) -> Any:
    field = column.field
    if column.several and isinstance(value, list):
        cells = (_cell(replace(column, several=False), each, reading, names) for each in value)
        return "、".join(str(each) for each in cells if each is not None)
    if value is None or field.key == "id":
        return value
    if field.refers or (field.source == "lookup" and field.value_type.kind == "ref"):
        return names(str(field.value_type.form), _id(value))
    if field.several:
        return joined(names, field.targets[0], [_id(each) for each in value])
    if field.system and isinstance(value, dict):  # what somebody is called in each language
        return value.get(reading.language)
    if field.system or (isinstance(field.kind, Derived) and field.kind.result is None):
        return json_cell(field.value_type.kind, value, reading.zone)
    return field.kind.write_cell(value, reading)


def _id(value: Any) -> str:
    return str(value["id"]) if isinstance(value, dict) else str(value)


def ids_in(values: Iterable[Any]) -> Iterator[str]:
    """The ids in values of references, alone or in lists, as they are or as objects."""
    for value in values:
        if isinstance(value, list):
            yield from ids_in(value)
        elif value is not None:
            yield _id(value)
