"""Removes parked values for good: asked for by name, or after the days an app keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from engine.definitions import under_way
from engine.definitions.app import CompiledApp
from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import ChildTable, Field, Form, RowKind
from forms.evolution import park, repository
from forms.evolution.evolution import as_it_was
from forms.evolution.in_use import emptied
from forms.evolution.repository import Parked
from forms.in_id_order import ids_after
from forms.rows import among, listed
from forms.shape import PART
from forms.tables import PARENT, TARGET, link_table, quoted

CHUNK = 2_000
UNDER_WAY = timedelta(hours=1)
"""Until expired values are looked for again after a publish that may bring them back."""
TABLES_WITH = {
    "sqlite": "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = ?",
    "postgres": "SELECT table_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND column_name = %s",
}


class PurgeParked(JobHandler):
    """Empties a parked column, or table, in the order of ids, a chunk per transaction; then forgets the entry."""

    type = park.PURGE

    def run(self, work: UnitOfWork, job: Job) -> None:
        payload = job.payload
        entry = repository.one(work, payload["app"], payload["id"])
        if entry is None or entry.purging_at is None:
            return
        was = as_it_was(work, entry)
        ids = ids_after(work, entry.table_name, payload["after"], limit=CHUNK)
        if ids and was is not None:
            _empty(work, entry, was, ids)
        if len(ids) == CHUNK:
            enqueue(work, self.type, {**payload, "after": ids[-1]}, app=entry.app)
        else:
            repository.drop(work, [entry.id])


def _empty(work: UnitOfWork, entry: Parked, was: Form | ChildTable | Field, ids: list[str]) -> None:
    dialect = work.runtime.database.dialect
    chosen = (listed(ids, dialect),)
    if isinstance(was, Field):
        text = f"UPDATE {quoted(entry.table_name)} SET {emptied(was)} WHERE {quoted('id')} {among(dialect)}"
        work.run(text, chosen)
        if was.linked:
            links = quoted(f"{entry.table_name}__{was.column}")
            work.run(f"DELETE FROM {links} WHERE {quoted(PARENT)} {among(dialect)}", chosen)
        return
    for child in was.children.values() if isinstance(was, Form) else ():
        work.run(f"DELETE FROM {quoted(child.table)} WHERE {quoted(PARENT)} {among(dialect)}", chosen)
    if isinstance(was, Form):
        if dialect == "postgres":
            work.run("SET CONSTRAINTS ALL DEFERRED")  # records may refer to each other
        forget_parked(work, was.app, was.table, ids)
    work.run(f"DELETE FROM {quoted(entry.table_name)} WHERE {quoted('id')} {among(dialect)}", chosen)


def forget_parked(work: UnitOfWork, app: str, table: str, ids: list[str]) -> None:
    """Parked columns no longer name these records of a table, which are removed for good; nor do rows of child
    tables that no form shows: parked ones, those of a publish under way or of one that was cancelled.
    """
    dialect = work.runtime.database.dialect
    for rows in _tables_below(work, table):
        work.run(
            f"DELETE FROM {quoted(rows)} WHERE {quoted(PARENT)} {among(dialect)}", (listed(ids, dialect),)
        )
    for row, field in _parked_references(work, app, table):
        if field.linked:
            links = quoted(link_table(row, field))
            work.run(f"DELETE FROM {links} WHERE {quoted(TARGET)} {among(dialect)}", (listed(ids, dialect),))
        elif field.refers:
            _unname(work, row, field, ids)


def _unname(work: UnitOfWork, row: RowKind, field: Field, ids: list[str]) -> None:
    """Empty a reference that names one of these records."""
    dialect = work.runtime.database.dialect
    named = f"{quoted(field.column)} {among(dialect)}"
    work.run(f"UPDATE {quoted(row.table)} SET {emptied(field)} WHERE {named}", (listed(ids, dialect),))


def _tables_below(work: UnitOfWork, table: str) -> list[str]:
    start = f"{table}{PART}"
    found = work.rows(TABLES_WITH[work.runtime.database.dialect], (PARENT,))
    return sorted(name for (name,) in found if name.startswith(start))


def _parked_references(work: UnitOfWork, app: str, table: str) -> Iterator[tuple[RowKind, Field]]:
    for entry in repository.of_app(work, app):
        earlier = work.runtime.version(work, app, entry.version - 1)
        targets = {key for key, form in earlier.kind("form").items() if form.table == table}
        for form in earlier.kind("form").values():
            for row in (form, *form.children.values()):
                for field in row.fields.values():
                    if _belongs(entry, form, row, field) and targets.intersection(field.targets):
                        yield row, field


def _belongs(entry: Parked, form: Form, row: RowKind, field: Field) -> bool:
    """Whether a field is what an entry parks, or stands in it."""
    if entry.column_name is not None:
        return row.table == entry.table_name and field.column == entry.column_name
    return entry.table_name in (row.table, form.table) and not field.system


class ExpireParked(JobHandler):
    """Once a day: has purged what an app keeps parked for longer than its `parked_days`."""

    type = "expire_parked"

    def run(self, work: UnitOfWork, job: Job) -> None:
        app = work.app(job.payload["app"])
        days = app.settings.parked_days
        if days is None:
            return
        until = work.now - timedelta(days=days)
        if under_way.of_app(work, app.key, state=under_way.RUNNING, limit=1):
            enqueue(work, self.type, job.payload, due=work.now + UNDER_WAY, app=app.key)
            return
        with work.as_system("engine"):
            for entry in repository.of_app(work, app.key):
                if entry.parked_at < until and entry.purging_at is None:
                    park.purge(work, app.key, entry.id)
        enqueue(work, self.type, job.payload, due=work.now + timedelta(days=1), app=app.key)


def arm_expiry(work: UnitOfWork, app: CompiledApp, before: CompiledApp | None) -> None:
    """Have parked values purged in time from now on, when the app begins to ask for it."""
    had = before.settings.parked_days if before is not None else None
    if app.settings.parked_days is not None and had is None:
        unique = f"{ExpireParked.type}:{app.key}:{app.version}"
        enqueue(work, ExpireParked.type, {"app": app.key}, unique=unique, app=app.key)
