"""The job that brings stored values to the current key: after a rotation, or when a field becomes encrypted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.sealing.ring import KeyRing, key_of
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.by_table import row_by_table
from forms.compiled import Form, FormNotFound, RowKind, compiled_form
from forms.in_id_order import rows_after
from forms.sealing import SealedCodec
from forms.tables import quoted

CHUNK = 200


class Reseal(JobHandler):
    """Goes through the tables of a form in id order, a chunk per transaction.

    The values stay the same, so no revision moves and nothing is logged.
    """

    type = "reseal"

    def run(self, work: UnitOfWork, job: Job) -> None:
        payload = job.payload
        app = work.app(payload["app"])
        row = _named(app, payload)
        if row is None:
            return  # parked or gone: it is armed anew when it comes back
        ids = _reseal(work, row, payload["after"])
        if len(ids) == CHUNK:
            enqueue(work, self.type, {**payload, "after": ids[-1]}, app=app.key)


def arm(
    work: UnitOfWork,
    app: CompiledApp,
    before: dict[str, Form] | None = None,
    back: Collection[str] = (),
) -> None:
    """Have the encrypted values of an app sealed anew; with `before` only those of fields it did not seal, and
    those in the tables `back`, which no job went through while they, or columns in them, were parked.
    """
    for form in app.kind("form").values():
        old = before.get(form.key) if before is not None else None
        if before is not None and old is None:
            continue
        for child in (None, *form.children):
            row: RowKind = form if child is None else form.children[child]
            known = _row(old, child)
            names = {each.key for each in sealed_fields(row)}
            if before is not None and not {form.table, row.table}.intersection(back):
                names = {
                    key for key in names if known and key in known.fields and not known.fields[key].sealed
                }
            if names:
                named = {"app": app.key, "form": form.key, "child": child, "table": row.table}
                enqueue(work, Reseal.type, {**named, "after": ""}, app=app.key)


def sealed_fields(row: RowKind | None) -> list[Any]:
    """The encrypted fields of a table."""
    return [field for field in row.fields.values() if field.sealed] if row is not None else []


def keys_in_use(work: UnitOfWork, app: CompiledApp) -> set[str]:
    """The ids of the keys that stored values of an app are sealed with."""
    found: set[str] = set()
    for form in app.kind("form").values():
        for row in (form, *form.children.values()):
            for field in sealed_fields(row):
                column = quoted(field.column)
                text = f"SELECT DISTINCT substr({column}, 1, 24) FROM {quoted(row.table)} WHERE {column} IS NOT NULL"
                found |= {key for (start,) in work.rows(text) if (key := key_of(f"{start}")) is not None}
    return found


def _row(form: Form | None, child: str | None) -> RowKind | None:
    if form is None or child is None:
        return form
    return form.children.get(child)


def _named(app: CompiledApp, payload: Mapping[str, Any]) -> RowKind | None:
    """The row that a job is for, by its table; in a payload that was written without by keys, of which nobody
    knows whether they are those of today. Raises FormNotFound.
    """
    if "table" in payload:
        return row_by_table(app, payload["table"])
    row = _row(compiled_form(app, payload["form"]), payload["child"])
    if row is None:
        raise FormNotFound()
    return row


def _reseal(work: UnitOfWork, row: RowKind, after: str) -> list[str]:
    """Seal one chunk; the ids it went through."""
    fields = sealed_fields(row)
    mark = MARK[work.runtime.database.dialect]
    columns = [field.column for field in fields]
    found = rows_after(work, row.table, after, limit=CHUNK, columns=columns) if fields else []
    for record, *values in found:
        for field, value in _stale(work.runtime.ring, fields, values):
            # a value that was saved meanwhile has the current key already
            column = quoted(field.column)
            change = f"UPDATE {quoted(row.table)} SET {column} = {mark} WHERE {quoted('id')} = {mark} AND {column} = {mark}"
            work.run(change, (_anew(field.codec, value), record, value))
    return [each[0] for each in found]


def _stale(ring: KeyRing, fields: list[Any], values: list[Any]) -> Iterator[tuple[Any, str]]:
    for field, value in zip(fields, values, strict=True):
        if value is not None and key_of(value) != ring.current:
            yield field, value


def _anew(codec: SealedCodec, value: str) -> Any:
    load, bind = codec.load("sqlite"), codec.bind("sqlite")
    if load is None or bind is None:
        raise LookupError(codec.place)
    return bind(load(value))
