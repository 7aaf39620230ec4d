"""Many new records of a plain form, set by set instead of one by one.

It means the same as saving each for itself, but is only taken where nothing of a save depends on another
record or on what happens after it: no child rows, no rules that listen, no rollups that are fed, no options
that depend on the record. Each column remembers what its cells mean in memory, in the store and in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.definitions.app import CompiledApp
from engine.expressions import Env
from engine.findings import NO_FIX, Finding, Text
from engine.runtime import Runtime
from engine.storage.database import DialectName
from forms.codec import Codec
from forms.compiled import Field, Form
from forms.compute import holds
from forms.creating import COUNTING
from forms.field_type import FieldType, Reading
from forms.field_types.auto import Auto
from forms.field_types.datetime import Datetime
from forms.field_types.decimal import Decimal
from forms.imports.candidates import KEPT, CellReader
from forms.imports.mapping import Column, Mapping
from forms.reading_json import missing
from forms.values import Problem

PLAIN = frozenset(
    {
        "text", "textarea", "markdown", "code", "url", "email", "phone", "color", "barcode", "uscc",
        "int", "decimal", "money", "percent", "rating", "slider", "duration",
        "date", "datetime", "time", "month", "quarter", "year",
        "bool", "select", "radio", "multiselect", "checklist", "user", "dept", "ref",
        "auto", "formula", "lookup", "copy", "rollup", "count", "amount_in_words",
    }
)  # fmt: skip
"""Types whose values are judged cell by cell, or computed."""

FEW = 2_000
"""A column with more different cells than this is not worth remembering, unless looking them up is dear."""
EXACT = 15
"""Digits that a number of a spreadsheet keeps."""
BLANK = (None, None, "")
Meant = tuple[Any, Any, str]
"""A value in memory, as the driver takes it, and as a piece of the diff."""


def may_be_quick(runtime: Runtime, app: CompiledApp, form: Form, mapping: Mapping) -> bool:
    """Whether new records of this form can be saved set by set."""
    if form.children or form.composed or form.choosing or form.presets or form.linked or form.blinds:
        return False
    if form.feeds or form.apart or mapping.identity is not None or any(rule.keyed for rule in form.uniques):
        return False
    if any(listener.concerns(app, form.key) for listener in runtime.listeners):
        return False
    mapped = {each.field.key for each in mapping.columns}
    for field in form.fields.values():
        if field.system:
            continue
        preset = field.default is not None or field.default_expression is not None
        if field.type not in PLAIN or field.sealed or field.visible is not True:
            return False
        if field.refers and preset and field.key not in mapped:
            return False
    return True


class QuickColumn:
    """One column of the file: what its cells mean, remembered."""

    def __init__(self, column: Column, reading: Reading, dialect: DialectName) -> None:
        self.column = column
        self.at = column.at
        self.key = column.field.key
        self.refers = column.field.refers
        self.known: dict[tuple[type, Any], Meant] = {}
        self._reader = CellReader(column, reading)
        self._reading = reading
        self._write = writer(column.field, dialect)
        self._most = KEPT if self.refers else FEW
        self._short = _short_ways(column.field, reading, dialect)

    def meant(self, cell: Any) -> Meant:
        """What a cell that was not seen before means. Raises Problem."""
        short = self._short.get(cell.__class__)
        if short is not None:
            try:
                found = short(cell)
            except Problem:
                found = None  # the long way knows more spellings, and says what is wrong with a cell
            if found is not None:
                if len(self.known) < self._most:
                    self.known[cell.__class__, cell] = found
                return found
        raw = self._reader.read_anew(cell)
        field = self.column.field
        value = raw if raw is None or field.system else field.kind.parse(raw, self._reading)
        return self._keep(cell, value)

    def named(self, cell: Any) -> str | None:
        """The text by which a cell of a reference names a record. Raises Problem."""
        raw = self._reader.read_anew(cell)
        return None if raw is None else str(raw)

    def resolved(self, cell: Any, value: str | None) -> Meant:
        """What a cell of a reference means, now that the record is found."""
        return self._keep(cell, value)

    def _keep(self, cell: Any, value: Any) -> Meant:
        found = self._write(value)
        if len(self.known) < self._most:
            self.known[cell.__class__, cell] = found
        return found


def _short_ways(
    field: Field, reading: Reading, dialect: DialectName
) -> dict[type, Callable[[Any], Meant | None]]:
    """For cells of some classes all forms of the value at once, None where only the long way tells. They
    are there for types that read cells in the common way, and mean the same.
    """
    kind, zone = field.kind, reading.zone
    if field.system or type(kind).read_cell is not FieldType.read_cell:
        return {}
    head = _head(field)
    if field.value_type.kind == "text" and field.codec == Codec("text"):

        def text(cell: str) -> Meant:
            value = kind.parse(cell, reading)
            return BLANK if value is None else (value, value, f"{head}{orjson.dumps(value).decode()}]")

        return {str: text}
    if isinstance(kind, Decimal) and field.codec.storage == "integer" and not field.codec.form:
        scale, most = 10**kind.scale, 10 ** min(kind.digits, EXACT)

        def number(cell: float) -> Meant | None:
            value = round(cell * scale)
            if value / scale != cell or not -most < value < most:
                return None
            kind.bounded(value)
            return value, value, f"{head}{value}]"

        return {int: number, float: number}
    if type(kind) is Datetime:
        bind = field.codec.bind(dialect)

        def moment(cell: datetime) -> Meant | None:
            if cell.microsecond:
                return None
            value = cell.replace(tzinfo=zone).astimezone(UTC)
            text = value.isoformat()
            # what `bind` makes of it for SQLite, without looking at the zone again
            bound = value if bind is None else f"{text[:10]} {text[11:19]}.000000"
            return value, bound, f'{head}"{text[:19]}Z"]'

        return {datetime: moment}
    return {}


def _head(field: Field) -> str:
    """How the piece of a new value begins in a diff."""
    return orjson.dumps(field.key).decode() + ":[null,"


def writer(field: Field, dialect: DialectName) -> Callable[[Any], Meant]:
    """Turns values of a field in memory form into all their forms."""
    bind, log_of = field.codec.bind(dialect), field.codec.log_of
    head = _head(field)

    def write(value: Any) -> Meant:
        if value is None:
            return BLANK
        bound = value if bind is None else bind(value)
        return value, bound, f"{head}{orjson.dumps(log_of(value)).decode()}]"

    return write


@dataclass(frozen=True, slots=True)
class NewRecords:
    """How records of a form come into being: columns of the file, presets, computations, what is checked.

    `own` are the columns of the table that differ from record to record but for the id: those of the file
    first, in its order. `zeros` are aggregates over records that cannot be there yet.
    """

    form: Form
    columns: tuple[QuickColumn, ...]
    presets: tuple[Field, ...]
    numbers: tuple[Field, ...]
    computed: tuple[Field, ...]
    always: tuple[str, ...]
    sometimes: tuple[Field, ...]
    own: tuple[str, ...]
    writers: dict[str, Callable[[Any], Meant]]
    zeros: dict[str, Any]


def new_records(form: Form, mapping: Mapping, dialect: DialectName) -> NewRecords:
    """The plan for a form and the columns of a file."""
    if form.reading is None:
        raise LookupError(f"form '{form.key}' is not compiled")
    columns = tuple(QuickColumn(each, form.reading, dialect) for each in mapping.columns)
    mapped = {each.key for each in columns}
    fields = [each for each in form.fields.values() if not each.system]
    presets = tuple(
        each
        for each in fields
        if not each.derived and (each.default is not None or each.default_expression is not None)
    )
    numbers = tuple(each for each in fields if isinstance(each.kind, Auto))
    computed = tuple(form.fields[key] for _, key in form.order)
    zeros = {each.key: 0 for each in fields if each.rollup and each.rollup.agg in COUNTING}
    late = [*presets, *numbers, *computed, *(form.fields[key] for key in zeros)]
    written = dict.fromkeys(each.key for each in late if each.stored and each.key not in mapped)
    return NewRecords(
        form=form,
        columns=columns,
        presets=presets,
        numbers=numbers,
        computed=computed,
        always=tuple(each.key for each in form.fields.values() if each.required is True),
        sometimes=tuple(each for each in form.fields.values() if not isinstance(each.required, bool)),
        own=(*(each.key for each in columns), *written),
        writers={each.key: writer(each, dialect) for each in fields if each.stored},
        zeros=zeros,
    )


def findings_of(plan: NewRecords, record: dict[str, Any], env: Env, *, whole: bool) -> Sequence[Finding]:
    """What a new record lacks, and, when its cells are well, what it breaks."""
    found = [missing(f"/{key}") for key in plan.always if record[key] is None]
    if not whole:
        return found
    found += [
        missing(f"/{field.key}")
        for field in plan.sometimes
        if record[field.key] is None and holds(field.required, record, env)
    ]
    for rule in plan.form.checks:
        if rule.expression.evaluate(record, env) is False:
            message = Text(zh=rule.message["zh"], en=rule.message["en"])
            found.append(Finding("error", rule.code, f"/{rule.field}" if rule.field else "", message, NO_FIX))
    return found
