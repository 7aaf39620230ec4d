"""New records of a form: what they all begin with, and how they are written, is found once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.changes import log
from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.ids import new_id
from engine.protocols import Record, RecordChange
from engine.storage.database import INTEGRITY, DialectName
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form
from forms.compute import (
    Saving,
    compute,
    computes,
    defaults_apply,
    fill_defaults,
    is_numbered,
    live_row,
    number,
    rolling,
)
from forms.diff import child_rows
from forms.environment import environment
from forms.links import insert_links
from forms.listening import listening_to_new
from forms.live import ComposedRecord, LiveRecord
from forms.rollups import lock_parents, refresh
from forms.rows import inserting
from forms.saving import filled, forget, judge, write_children
from forms.uniques import double_of, unique_keys

NO_ROWS: dict[str, set[str]] = {}
COUNTING = ("sum", "count", "distinct")
"""Aggregates that are 0, not empty, when nothing refers to a record."""


class NewRecord(RecordChange):
    """The change by which a record comes into being: everything that it has now has changed."""

    __slots__ = ("_kind",)

    def __init__(self, app: CompiledApp, form: Form, record: Record) -> None:
        self._kind = form
        self.app, self.form, self.record = app, form.key, record["id"]
        self.op, self.before, self.after, self.id = "create", None, record, 0

    @property
    def changed(self) -> frozenset[str]:
        return filled(self._kind, self.after or {})

    @changed.setter
    def changed(self, changed: frozenset[str]) -> None:
        """It follows from the record."""


class _Writing:
    """How records of a form are written on one database: where their values are taken from, and what becomes
    of them in the store (`bound`, by place) and in the log (`told`, by key).
    """

    __slots__ = ("bound", "insert", "take", "told")

    def __init__(self, form: Form, dialect: DialectName) -> None:
        self.insert, self.take, self.bound = inserting(form, dialect, form.shadows())
        self.told = [(field.key, field.codec.logged) for field in form.stored()]


class Creating:
    """Makes new records of a form for who acts in `work`, one after another, in one transaction."""

    __slots__ = (
        "_app",
        "_append",
        "_children",
        "_defaults",
        "_env",
        "_fixed",
        "_form",
        "_keyed",
        "_kind",
        "_late",
        "_listeners",
        "_numbered",
        "_roll",
        "_start",
        "_work",
        "_writing",
    )

    def __init__(self, work: UnitOfWork, app: CompiledApp, form: Form) -> None:
        self._work, self._app, self._form = work, app, form
        self._env = environment(work, app)
        self._listeners = listening_to_new(work, app, form.key)
        self._append = log.appending(work, app.key, form.key)
        self._roll = rolling(work, app, form)
        self._kind = ComposedRecord if form.composed else LiveRecord
        self._children, self._keyed = tuple(form.children.values()), bool(form.shadows())
        self._defaults, self._late, self._numbered = defaults_apply(form), computes(form), is_numbered(form)
        dialect = work.runtime.database.dialect
        self._writing = form.once(("writing new", dialect), lambda: _Writing(form, dialect))
        self._start, self._fixed = begun(work, form)

    def create(self, values: Mapping[str, Any], numbers: Mapping[str, str] | None = None) -> Record:
        """Save a record with these values; `numbers` brings in serial numbers that exist already. Raises
        Invalid, and what listeners raise.
        """
        record = self._kind(self._start, self._form, self._env, self._roll)
        row_env = self._env
        self._fill(record, values)
        if numbers:
            self._fill(record, numbers)
        record.update(self._fixed)
        record["id"] = values.get("id") or new_id()
        if self._children:
            row_env = environment(self._work, self._app, parent=record)
            for child in self._children:
                record[child.key] = [live_row(child, row, row_env) for row in values.get(child.key) or []]
        save = Saving(self._work, self._app, self._form, None, record, self._env, row_env)
        if self._defaults:
            given = {*values, *numbers} if numbers else values.keys()
            fill_defaults(save, given, self._given_in_rows(record, values) if self._children else NO_ROWS)
        return self._keep(save, record)

    def _keep(self, save: Saving, record: LiveRecord) -> Record:
        """Compute, check and write; then the log, other records, and the listeners."""
        work, app, form, listeners = self._work, self._app, self._form, self._listeners
        if self._late:
            compute(save)
        change = NewRecord(app, form, record)
        judge(save, change, listeners)
        if form.feeds:
            lock_parents(work, app, form, change)
        if self._numbered:
            number(save)
        values = self._writing.take(record)
        self._insert(save, values)
        forget(work, form, change.record)
        work.memory.setdefault("saved", {})[change.record] = record
        self._append(change, self._diff(record, values))
        if form.feeds:
            refresh(work, app, form, change)
        for listener in listeners:
            listener.after_save(work, change)
        return record

    def _insert(self, save: Saving, values: Sequence[Any]) -> None:
        """The rows of a record. Raises Invalid when another one has a unique value."""
        work, form, writing = self._work, self._form, self._writing
        row = list(values)
        for place, bind in writing.bound:
            if (value := row[place]) is not None:
                row[place] = bind(value)
        try:
            if self._keyed:
                row += unique_keys(form, save.after, save.env).values()
            work.insert(writing.insert, (row,))
            if self._keyed:
                work.settle()
            if form.linked:
                insert_links(work, form, (save.after,))
            if self._children:
                write_children(save)
        except INTEGRITY as wrong:
            finding = double_of(form, wrong)
            if finding is None:
                raise
            raise Invalid([finding]) from wrong

    def _diff(self, record: LiveRecord, values: Sequence[Any]) -> dict[str, Any]:
        """As `forms.diff.diff`."""
        found: dict[str, Any] = {
            key: [None, value if log is None else log(value)]
            for (key, log), value in zip(self._writing.told, values, strict=True)
            if value is not None
        }
        for child in self._children:
            rows = child_rows(child, [], record[child.key])
            if rows:
                found[child.key] = rows
        return found

    def _fill(self, record: LiveRecord, values: Mapping[str, Any]) -> None:
        """What has a column, and fields of several parts, which are given as a whole."""
        if values.keys() <= self._start.keys():
            record.update(values)
            return
        for key, value in values.items():
            if key in self._start:
                record[key] = value
        for field in self._form.composed:
            if field.key in values:
                record[field.key] = values[field.key]

    def _given_in_rows(self, record: LiveRecord, values: Mapping[str, Any]) -> dict[str, set[str]]:
        """The fields given for each new child row, by its id."""
        return {
            row["id"]: set(raw)
            for child in self._children
            for row, raw in zip(record[child.key], values.get(child.key) or [], strict=True)
        }


def begun(work: UnitOfWork, form: Form) -> tuple[Record, Record]:
    """What every new record begins with, and what of it no value that is given changes."""
    user = work.principal.user
    start = {
        **form.once("blank", lambda: _blank(form)),
        "owner": user,
        "dept": work.principal.dept,
        "created_at": work.now,
    }
    return start, {"rev": 1, "created_by": user, "updated_at": work.now, "updated_by": user}


def _blank(form: Form) -> Record:
    """A record that has nothing yet, and that nothing refers to."""
    blank: Record = dict.fromkeys(field.key for field in form.columns)
    for field in form.fields.values():
        if field.rollup is not None and field.rollup.agg in COUNTING and field.key in blank:
            blank[field.key] = 0
    return blank
