"""References and texts: a record becomes its title, and a text the record that it names.

Rights play no part, as in a value that is copied: what is stored changes for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.storage.columns import decode_json
from engine.storage.unit_of_work import UnitOfWork
from forms.cells import read_text_cell
from forms.compiled import Field, Form
from forms.evolution.conversions.conversion import unfit
from forms.evolution.conversions.table import BY_RECORDS, Told, kind_of
from forms.field_type import Reading
from forms.imports.references import BRACKETS, answer_for, naming_fields, people_called
from forms.rows import among, listed
from forms.system_forms import SYSTEM_FORMS
from forms.tables import quoted
from forms.values import Problem


def told_by_records(
    work: UnitOfWork,
    forms: Mapping[str, Form],
    before: Field,
    after: Field,
    values: Iterable[Any],
    reading: Reading,
) -> Told | None:
    """For the values of a chunk, as JSON, what they say about records, or why nothing; None where values speak
    for themselves. `forms` have the columns that there are by now.
    """
    pair = (kind_of(before), kind_of(after))
    if pair not in BY_RECORDS:
        return None
    target = str((before if pair[0] == "ref" else after).value_type.form)
    wanted = sorted({str(each) for each in values if each is not None})
    if target not in SYSTEM_FORMS and target not in forms:
        return dict.fromkeys(wanted, NOBODY)
    if pair[0] == "ref":
        return _titles(work, forms, target, wanted, reading)
    return {text: answer_for(text, found) for text, found in _found(work, forms, target, wanted).items()}


NOBODY: Problem = unfit("找不到它所指的记录。", "The record that it names is not known here.")


def _titles(
    work: UnitOfWork, forms: Mapping[str, Form], target: str, ids: Sequence[str], reading: Reading
) -> dict[str, str]:
    """What people call these records: the title, else another value that names one, else the id."""
    named = {each: each for each in ids}
    if target in SYSTEM_FORMS:
        return named | _people(work, target, ids, reading)
    form = forms[target]
    for key in reversed(dict.fromkeys((form.title, *naming_fields(form)))):
        field = form.fields.get(key)
        if field is not None and field.stored and not field.sealed and not field.parts:
            named |= _written(work, form, field, ids, reading)
    return named


def _people(work: UnitOfWork, target: str, ids: Sequence[str], reading: Reading) -> dict[str, str]:
    system = SYSTEM_FORMS[target]
    found = {}
    for key, stored in _rows(work, system.table, "id", ids, system.label):
        label = decode_json(stored)
        shown = label.get(reading.language) if isinstance(label, dict) else label
        if shown:
            found[key] = str(shown)
    return found


def _written(
    work: UnitOfWork, form: Form, field: Field, ids: Sequence[str], reading: Reading
) -> dict[str, str]:
    load = field.codec.load(work.runtime.database.dialect)
    kind = getattr(field.kind, "result", None) or field.kind
    found = {}
    for key, stored in _rows(work, form.table, "id", ids, field.column):
        if stored is not None:
            value = field.codec.json_of(stored if load is None else load(stored))
            cell = kind.write_cell(value, reading)
            if cell is not None:
                found[key] = read_text_cell(cell)
    return found


def _found(
    work: UnitOfWork, forms: Mapping[str, Form], target: str, texts: Sequence[str]
) -> dict[str, set[str]]:
    """The records that each text names: by id, by a value that names one, or as `title [id]`."""
    matches: dict[str, set[str]] = {text: set() for text in texts}
    exact = {text: parts[2] for text in texts if (parts := BRACKETS.match(text)) is not None}
    if target in SYSTEM_FORMS:
        people_called(work, target, list(texts), exact, matches)
        return matches
    form = forms[target]
    _match(work, form, "id", {text: exact.get(text, text) for text in texts}, matches)
    for key in naming_fields(form):
        column = form.column_of(key)
        _match(work, form, column, {text: text.strip() for text in texts if not matches[text]}, matches)
    return matches


def _match(
    work: UnitOfWork, form: Form, column: str, wanted: Mapping[str, str], matches: dict[str, set[str]]
) -> None:
    there: dict[str, set[str]] = {}
    live = f" AND {quoted('deleted_at')} IS NULL"
    for record, value in _rows(work, form.table, column, sorted(set(wanted.values())), column, live):
        there.setdefault(str(value), set()).add(record)
    for text, called in wanted.items():
        matches[text] |= there.get(called, set())


def _rows(
    work: UnitOfWork, table: str, by: str, values: Sequence[str], column: str, more: str = ""
) -> list[tuple[Any, ...]]:
    """(id, column) of the rows of a table whose column `by` is one of these."""
    dialect = work.runtime.database.dialect
    text = (
        f"SELECT {quoted('id')}, {quoted(column)} FROM {quoted(table)} "
        f"WHERE {quoted(by)} {among(dialect)}{more}"
    )
    return work.rows(text, (listed(values, dialect),)) if values else []
