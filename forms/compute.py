"""Defaults, serial numbers, copies and formulas: what the engine fills in before a record is saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import CompiledApp
from engine.expressions import CheckedExpression, Env
from engine.ids import new_id
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import ChildTable, Field, Form, Referring, RowKind, Rule
from forms.counters import next_number, note_number
from forms.environment import environment
from forms.field_types.auto import Auto
from forms.linked import first_value
from forms.live import LiveRecord, live_record


@dataclass(slots=True)
class Saving:
    """One record on its way to the store: what it was, what it will be, and the environments of both levels."""

    work: UnitOfWork
    app: CompiledApp
    form: Form
    before: Record | None
    after: LiveRecord
    env: Env
    row_env: Env


def live(work: UnitOfWork, app: CompiledApp, form: Form, values: Mapping[str, Any]) -> LiveRecord:
    """The record with all stored fields present and virtual ones computed on demand."""
    env = environment(work, app)
    record = live_record(values, form, env, rolling(work, app, form))
    if form.plain:
        return record
    row_env = environment(work, app, parent=record)
    for child in form.children.values():
        record[child.key] = [live_row(child, row, row_env) for row in values.get(child.key) or []]
    return record


def rolling(work: UnitOfWork, app: CompiledApp, form: Form) -> Callable[[str, Field | Referring], Any]:
    """What a record of a form asks for its rollups and for the records behind its backlinks."""

    def rolled(record: str, asked: Field | Referring) -> Any:
        from forms.referring import referring_records  # both compute records themselves
        from forms.rollups import aggregate_of

        if isinstance(asked, Referring):
            return referring_records(work, app, form, asked, record)
        return aggregate_of(work, app, form, asked, record)

    return rolled


def live_row(child: ChildTable, values: Mapping[str, Any], env: Env) -> LiveRecord:
    """A child row with all stored fields present; a new one gets its id."""
    row = live_record(values, child, env, _no_rollup)
    row["id"] = values.get("id") or new_id()
    return row


def _no_rollup(record: str, asked: Field | Referring) -> Any:
    raise LookupError(f"child tables have neither rollups nor backlinks ('{asked}' of {record})")


def saving(
    work: UnitOfWork, app: CompiledApp, form: Form, before: Record | None, values: Mapping[str, Any]
) -> Saving:
    """Start a save of `values`, the whole record as it shall be."""
    record = live(work, app, form, values)
    env = record.env if before is None else environment(work, app, old=before)
    row_env = env if form.plain else environment(work, app, old=before, parent=record)
    return Saving(work, app, form, before, record, env, row_env)


def fill_defaults(save: Saving, given: Collection[str], new_rows: Mapping[str, set[str]]) -> None:
    """Defaults of fields that were not given; `new_rows` are the keys given for each new child row by id."""
    if save.before is None:
        for field in _defaulting(save.form):
            if field.key not in given:
                _default(field, save.after, save.env)
        _preset(save, save.form, save.after, None, given)
    for child in save.form.children.values() if new_rows else ():
        for row in save.after[child.key]:
            if row["id"] in new_rows:
                for field in _defaulting(child):
                    if field.key not in new_rows[row["id"]]:
                        _default(field, row, save.row_env)
                _preset(save, child, row, save.after, new_rows[row["id"]])


def _defaulting(kind: RowKind) -> list[Field]:
    """The fields with a default of their own."""
    return kind.once(
        "defaulting",
        lambda: [
            field
            for field in kind.fields.values()
            if not (field.system or field.derived or field.preset)
            and (field.default is not None or field.default_expression is not None)
        ],
    )


def defaults_apply(form: Form) -> bool:
    """Whether a new record may get a value that was not given."""
    kinds = (form, *form.children.values())
    return form.once("defaults", lambda: any(_defaulting(kind) or kind.presets for kind in kinds))


def _preset(
    save: Saving, kind: RowKind, record: LiveRecord, parent: LiveRecord | None, given: Collection[str]
) -> None:
    """Defaults out of other records, once the record has all its own; where none is found, the field's own."""
    for field in kind.presets:
        if field.preset is not None and field.key not in given and record[field.key] is None:
            record[field.key] = first_value(save.work, save.app, field.preset, record, parent)
            if record[field.key] is None:
                _default(field, record, save.env if parent is None else save.row_env)


def _default(field: Field, record: LiveRecord, env: Env) -> None:
    if field.system or field.derived or (field.parts and record[field.key] is not None):
        return
    if field.default_expression is not None:
        value = field.default_expression.evaluate(record, env)
        record[field.key] = (value,) if field.several and value is not None else value
    elif field.default is not None:
        record[field.key] = field.default


def number(save: Saving) -> None:
    """Give a new record its serial numbers; last before the insert, so that counters are locked shortly.

    Counting goes on after a number that was brought in.
    """
    for key, kind in _serials(save.form):
        if save.after[key] is None:
            save.after[key] = next_number(save.work, save.app, save.form, kind)
        else:
            note_number(save.work, save.app, save.form, kind, save.after[key])


def is_numbered(form: Form) -> bool:
    """Whether its records have serial numbers."""
    return bool(_serials(form))


def _serials(form: Form) -> list[tuple[str, Auto]]:
    return form.once(
        "serials",
        lambda: [(field.key, field.kind) for field in form.fields.values() if isinstance(field.kind, Auto)],
    )


def compute(save: Saving) -> None:
    """Clear hidden fields, then compute stored copies and formulas in the order of their dependencies."""
    if not computes(save.form):
        return
    _run_order(save)
    if _clear_hidden(save):
        _run_order(save)


def _run_order(save: Saving) -> None:
    if not save.form.order:
        return
    known = _rows_before(save)
    for child, key in save.form.order:
        if child is None:
            field = save.form.fields[key]
            save.after[key] = _value(field, save.after, save.before, save.env)
        else:
            field = save.form.children[child].fields[key]
            for row in save.after[child]:
                row[key] = _value(field, row, known.get(row["id"]), save.row_env)


def _rows_before(save: Saving) -> dict[str, Record]:
    if save.before is None:
        return {}
    return {row["id"]: row for child in save.form.children for row in save.before[child]}


def _value(field: Field, record: LiveRecord, before: Record | None, env: Env) -> Any:
    if field.expression is None:
        return None
    if field.source == "copy" and before is not None:
        reference = field.kind.options.path.split(".")[0]
        if before.get(reference) == record[reference]:
            return record[field.key]
    return field.expression.evaluate(record, env)


def _clear_hidden(save: Saving) -> bool:
    """A value hidden by its own visible-when condition is cleared."""
    cleared = _clear(save.form, save.after, save.env)
    for child in save.form.children.values():
        if save.after[child.key] and not holds(child.visible, save.after, save.env):
            save.after[child.key] = []
            cleared = True
        for row in save.after[child.key]:
            cleared |= _clear(child, row, save.row_env)
    return cleared


def _clear(kind: RowKind, record: LiveRecord, env: Env) -> bool:
    hiding = _hiding(kind)
    if not hiding:
        return False
    hidden = [
        field.key
        for field in hiding
        if record[field.key] is not None and not holds(field.visible, record, env)
    ]
    for key in hidden:
        record[key] = None
    return bool(hidden)


def computes(form: Form) -> bool:
    """Whether something of a record is computed when it is saved, or may be hidden."""

    def find() -> bool:
        rows = form.children.values()
        hidden = any(_hiding(kind) for kind in (form, *rows)) or any(row.visible is not True for row in rows)
        return bool(form.order) or hidden

    return form.once("computes", find)


def _hiding(kind: RowKind) -> list[Field]:
    """The fields that a condition may hide."""
    return kind.once(
        "hiding",
        lambda: [field for field in kind.fields.values() if field.visible is not True and not field.derived],
    )


def holds(rule: Rule, record: Mapping[str, Any], env: Env) -> bool:
    """Whether a condition is true for a record; null does not count."""
    return rule.holds(record, env) if isinstance(rule, CheckedExpression) else rule
