"""Records of an example app from CSV files: `01_region.csv` in order, child rows in `order.lines.csv`.

References are written as any unique value of the record they name, those of a composite constraint joined by
`/`; pictures by a name, and are drawn. A later file of the same form fills in what could not be known before.
Saves pass through the record service like any other, but rules and flows do not react: this is the past, and
nobody gets mail about it.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.cli.demo_pictures import store_picture
from engine.changes.log import head, unsequenced
from engine.errors import EngineError, Invalid
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms import records
from forms.compiled import Field, Form, RowKind, compiled_form
from forms.field_type import Reading
from forms.file_field import FileField, SeveralFiles
from forms.rollups import postponed
from forms.system_forms import SYSTEM_FORMS
from forms.values import Problem, read_moment
from rules.dispatch import RuleListener

FILE = re.compile(r"\d+_(?P<form>[a-z][a-z0-9_]*)\.csv")
PARENT, PICTURES = "#parent", "#pictures"

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
    with (
        _without_rules(runtime),
        runtime.unit_of_work(SYSTEM, source="demo") as work,
        postponed(work, work.app(app)),
    ):
        for path in sorted(folder.glob("*.csv")):
            named = FILE.fullmatch(path.name)
            if named is not None:
                form = compiled_form(work.app(app), named["form"])
                count += _load_file(work, form, path, _children(folder, form), known)
    return count


@contextmanager
def _without_rules(runtime: Runtime) -> Iterator[None]:
    """Only for a runtime that does not serve yet."""
    listeners = runtime.listeners
    runtime.listeners = tuple(each for each in listeners if each.type != RuleListener.type)
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
            count += _load_row(work, form, row, children, known)
        except (Problem, Invalid, KeyError) as wrong:
            what = f"{path.name}:{line}: {wrong}"
            raise DemoBroken({"zh": f"演示数据有误：{what}", "en": f"Broken demo data: {what}"}) from wrong
    return count


def _load_row(work: UnitOfWork, form: Form, row: Row, children: Children, known: Known) -> bool:
    """Save a record, or what is new about one that is there; returns whether it was created."""
    reading = form.reading or Reading(work.app(form.app).zone)
    values = _values(work, form, row, known, reading)
    numbers = {key: text for key, text in row.items() if text and form.fields[key].type == "auto"}
    name = next(iter(row.values()))
    if numbers and name in known[form.key]:
        records.update(work, form, known[form.key][name], values)
        return False
    for child, grouped in children.items():
        table = form.children[child]
        values[child] = [_values(work, table, each, known, reading) for each in grouped.get(name, ())]
    record = records.create(work, form, values, numbers=numbers)
    for key in _identifying(form):
        if record.get(key) is not None:
            known[form.key][str(record[key])] = record["id"]
    for rule in form.uniques:
        if all(row.get(key) for key in rule.fields):
            known[form.key]["/".join(row[key] for key in rule.fields)] = record["id"]
    return True


def _identifying(form: Form) -> set[str]:
    single = {rule.fields[0] for rule in form.uniques if len(rule.fields) == 1}
    return single | {form.title} | {field.key for field in form.fields.values() if field.type == "auto"}


def _values(work: UnitOfWork, table: RowKind, row: Row, known: Known, reading: Reading) -> dict[str, Any]:
    return {
        key: _value(work, table.fields[key], text, known, reading)
        for key, text in row.items()
        if text and key != PARENT and table.fields[key].type != "auto"
    }


def _value(work: UnitOfWork, field: Field, text: str, known: Known, reading: Reading) -> Any:
    targets = [known[each] for each in field.targets if each not in SYSTEM_FORMS]
    if targets:
        named = tuple(targets[0][each] for each in text.split(";"))
        return named if field.several else named[0]
    if field.system:
        return read_moment(text, reading.zone) if field.value_type.kind == "datetime" else text
    if isinstance(field.kind, FileField):
        ids = [_picture(work, name, known[PICTURES]) for name in text.split(";")]
        return tuple(ids) if isinstance(field.kind, SeveralFiles) else ids[0]
    return field.kind.parse(_json(field, text, reading), reading)


def _picture(work: UnitOfWork, name: str, drawn: dict[str, str]) -> str:
    if name not in drawn:
        drawn[name] = store_picture(work, name)
    return drawn[name]


def _json(field: Field, text: str, reading: Reading) -> Any:
    kind = field.value_type.kind
    if kind == "bool":
        return text == "true"
    if kind == "choices":
        return text.split(";")
    if field.parts or field.type in ("duration", "json"):
        return field.kind.read_cell(text, reading)
    return text
