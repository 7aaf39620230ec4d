"""Records of an example app from CSV files: `01_region.csv` in order, child rows in `order.lines.csv`.

References are written as any unique value of the record they name. Saves pass through the record service
like any other, but rules and flows do not react: this is the past, and nobody gets mail about it.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.changes.log import head, unsequenced
from engine.errors import EngineError, Invalid
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms import records
from forms.compiled import Field, Form, RowKind, compiled_form
from forms.field_type import Reading
from forms.system_forms import SYSTEM_FORMS
from forms.values import Problem, read_moment

FILE = re.compile(r"\d+_(?P<form>[a-z][a-z0-9_]*)\.csv")
PARENT = "#parent"

Row = Mapping[str, str]
Children = Mapping[str, Mapping[str, list[Row]]]
Known = dict[str, dict[str, str]]


class DemoBroken(EngineError):
    """A row of the demo data does not fit the app."""

    code = "demo_broken"
    zh = "演示数据有误。"


def has_records(runtime: Runtime) -> bool:
    """Whether anything was ever saved in this store."""
    with runtime.reading(SYSTEM) as work:
        return head(work) > 0 or unsequenced(work) > 0


def load_records(runtime: Runtime, app: str, folder: Path) -> int:
    """Save the records of all files in one transaction; returns how many. Raises DemoBroken."""
    known: Known = defaultdict(dict)
    count = 0
    with _nobody_listening(runtime), runtime.unit_of_work(SYSTEM, source="demo") as work:
        for path in sorted(folder.glob("*.csv")):
            named = FILE.fullmatch(path.name)
            if named is not None:
                form = compiled_form(work.app(app), named["form"])
                count += _load_file(work, form, path, _children(folder, form), known)
    return count


@contextmanager
def _nobody_listening(runtime: Runtime) -> Iterator[None]:
    """Only for a runtime that does not serve yet."""
    listeners, runtime.listeners = runtime.listeners, ()
    try:
        yield
    finally:
        runtime.listeners = listeners


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _children(folder: Path, form: Form) -> Children:
    """child table -> parent's name -> rows."""
    found: dict[str, dict[str, list[Row]]] = {}
    for child in form.children:
        path = folder / f"{form.key}.{child}.csv"
        grouped = found.setdefault(child, defaultdict(list))
        for row in _rows(path) if path.is_file() else ():
            grouped[row[PARENT]].append(row)
    return found


def _load_file(work: UnitOfWork, form: Form, path: Path, children: Children, known: Known) -> int:
    count = 0
    for line, row in enumerate(_rows(path), start=2):
        try:
            _load_row(work, form, row, children, known)
        except (Problem, Invalid, KeyError) as wrong:
            what = f"{path.name}:{line}: {wrong}"
            raise DemoBroken({"zh": f"演示数据有误：{what}", "en": f"Broken demo data: {what}"}) from wrong
        count += 1
    return count


def _load_row(work: UnitOfWork, form: Form, row: Row, children: Children, known: Known) -> None:
    reading = form.reading or Reading(work.app(form.app).zone)
    values = _values(form, row, known, reading)
    numbers = {key: text for key, text in row.items() if text and form.fields[key].type == "auto"}
    name = next(iter(row.values()))
    for child, grouped in children.items():
        table = form.children[child]
        values[child] = [_values(table, each, known, reading) for each in grouped.get(name, ())]
    record = records.create(work, form, values, numbers=numbers)
    for key in _identifying(form):
        if record.get(key) is not None:
            known[form.key][str(record[key])] = record["id"]


def _identifying(form: Form) -> set[str]:
    single = {rule.fields[0] for rule in form.uniques if len(rule.fields) == 1}
    return single | {form.title} | {field.key for field in form.fields.values() if field.type == "auto"}


def _values(table: RowKind, row: Row, known: Known, reading: Reading) -> dict[str, Any]:
    return {
        key: _value(table.fields[key], text, known, reading)
        for key, text in row.items()
        if text and key != PARENT and table.fields[key].type != "auto"
    }


def _value(field: Field, text: str, known: Known, reading: Reading) -> Any:
    if field.target is not None and field.target not in SYSTEM_FORMS:
        return known[field.target][text]
    if field.system:
        return read_moment(text, reading.zone) if field.value_type.kind == "datetime" else text
    return field.kind.parse(_json(field, text), reading)


def _json(field: Field, text: str) -> Any:
    kind = field.value_type.kind
    if kind == "bool":
        return text == "true"
    if kind == "choices":
        return text.split(";")
    return text
