"""The job that computes derived values of records that were there before the field was."""

from __future__ import annotations

from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.rollups import derive
from forms.tables import quoted

CHUNK = 200


class Backfill(JobHandler):
    """Goes through a form in id order, a chunk per transaction, so that writers are never kept out long."""

    type = "backfill"

    def run(self, work: UnitOfWork, job: Job) -> None:
        app = work.app(job.payload["app"])
        form = compiled_form(app, job.payload["form"])
        mark = MARK[work.runtime.database.dialect]
        text = (
            f"SELECT {quoted('id')} FROM {quoted(form.table)} WHERE {quoted('id')} > {mark} "
            f"AND {quoted('deleted_at')} IS NULL ORDER BY {quoted('id')} LIMIT {CHUNK}"
        )
        ids = [row[0] for row in work.rows(text, (job.payload["after"],))]
        with work.as_system("engine"):
            for record in ids:
                derive(work, app, form, record)
        if len(ids) == CHUNK:
            enqueue(work, "backfill", {**job.payload, "after": ids[-1]}, app=app.key)
