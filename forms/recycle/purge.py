"""Removing a unit of the recycle bin for good. The change log keeps what happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from engine.changes import log
from engine.definitions.app import CompiledApp
from engine.errors import Conflict
from engine.files.repository import forget_records
from engine.findings import Text
from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler, RecordChange
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.comments.repository import forget_record
from forms.compiled import Form, Named, RowKind
from forms.evolution.purge import forget_parked
from forms.links import naming_params, naming_text
from forms.named_from import named_from
from forms.records import load
from forms.recycle import repository
from forms.recycle.repository import Entry
from forms.tables import PARENT, quoted
from forms.values import moment_json

CHUNK = 20


class StillReferenced(Conflict):
    """Other deleted records refer to this, so it cannot be removed for good yet."""

    code = "still_referenced"
    zh = "回收站中仍有其他记录引用它，暂不能彻底删除。"
    fix_zh = "请先彻底删除这些记录。"
    fix_en = "Remove those for good first."


def purge(work: UnitOfWork, app: CompiledApp, unit: Sequence[Entry]) -> None:
    """Remove the records of a unit (in order of deletion) from the store. Raises StillReferenced."""
    forms: dict[str, Form] = dict(app.kind("form"))
    known = {entry.record for entry in unit}
    naming = [each for entry in unit for each in _naming(work, forms, entry, known)]
    if naming:
        counts = {name: naming.count(name) for name in dict.fromkeys(naming)}
        listed = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise StillReferenced(
            Text(
                zh=f"回收站中仍有记录引用它：{listed}。", en=f"Deleted records still refer to it: {listed}."
            ),
            details={"references": counts},
        )
    if work.runtime.database.dialect == "postgres":
        work.run("SET CONSTRAINTS ALL DEFERRED")  # records of one unit may refer to each other
    for entry in unit:
        _remove(work, app, forms[entry.form], entry.record)
    repository.drop(work, unit[0].unit)


def _naming(work: UnitOfWork, forms: dict[str, Form], entry: Entry, known: set[str]) -> Iterator[str]:
    """The forms of records outside the unit that name this one; they can only be deleted ones."""
    named, dialect = Named(entry.form, entry.record), work.runtime.database.dialect
    form = forms[entry.form]
    places = [(forms[other], child, key, other) for other, child, key in form.referrers]
    places += [
        (each.form, each.child, each.field.key, f"{each.app.key}.{each.form.key}")
        for each in named_from(work, form)
    ]
    for source, child, key, other in places:
        row: RowKind = source.children[child] if child else source
        field = row.fields[key]
        naming = naming_text(row, field, "r", dialect)
        text = f"SELECT {quoted(PARENT if child else 'id')} FROM {quoted(row.table)} AS r WHERE {naming}"
        for (record,) in work.rows(text, naming_params(field, named)):
            if record not in known:
                yield ".".join(filter(None, (other, child)))


def _remove(work: UnitOfWork, app: CompiledApp, form: Form, record: str) -> None:
    mark = MARK[work.runtime.database.dialect]
    before = load(work, form, record, deleted=True)
    for child in form.children.values():
        work.run(f"DELETE FROM {quoted(child.table)} WHERE {quoted(PARENT)} = {mark}", (record,))
    work.run(f"DELETE FROM ff_record_share WHERE record = {mark}", (record,))
    forget_parked(work, app.key, form.table, [record])
    work.run(f"DELETE FROM {quoted(form.table)} WHERE {quoted('id')} = {mark}", (record,))
    forget_records(work, [record])
    forget_record(work, record)
    gone = moment_json(before["deleted_at"])
    change = RecordChange(app, form.key, record, "purge", before, None)
    log.append(work, change, before["rev"], {"deleted_at": [gone, gone]})


class PurgeRecycled(JobHandler):
    """Once a day: removes for good what lies in an app's recycle bin longer than its `recycle_days`."""

    type = "purge_recycled"

    def run(self, work: UnitOfWork, job: Job) -> None:
        app = work.app(job.payload["app"])
        days = app.settings.recycle_days
        if days is None:
            return
        with work.as_system("engine"):
            units = repository.older(work, app.key, work.now - timedelta(days=days), limit=CHUNK)
            removed = sum(self._purged(work, app, unit) for unit in units)
        # more at once while that gets somewhere; what others still refer to waits for them
        again = timedelta(0) if removed and len(units) == CHUNK else timedelta(days=1)
        enqueue(work, self.type, job.payload, due=work.now + again, app=app.key)

    @staticmethod
    def _purged(work: UnitOfWork, app: CompiledApp, unit: str) -> int:
        entries = repository.entries(work, app.key, unit)
        if any(entry.form not in app.kind("form") for entry in entries):
            return 0  # they wait for their form, which is parked
        try:
            with work.savepoint():
                purge(work, app, entries)
        except StillReferenced:
            return 0
        return 1


def arm_purge(work: UnitOfWork, app: CompiledApp, before: CompiledApp | None) -> None:
    """Have the bin emptied daily from now on, when the app begins to ask for it."""
    had = before.settings.recycle_days if before is not None else None
    if app.settings.recycle_days is not None and had is None:
        unique = f"{PurgeRecycled.type}:{app.key}:{app.version}"
        enqueue(work, PurgeRecycled.type, {"app": app.key}, unique=unique, app=app.key)
