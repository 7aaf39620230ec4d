"""The job that computes derived values of records that were there before the field was."""

from __future__ import annotations

from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.storage.unit_of_work import UnitOfWork
from forms.by_table import form_of
from forms.in_id_order import ids_after
from forms.rollups import derive

CHUNK = 200


class Backfill(JobHandler):
    """Goes through a form in id order, a chunk per transaction, so that writers are never kept out long."""

    type = "backfill"

    def run(self, work: UnitOfWork, job: Job) -> None:
        app = work.app(job.payload["app"])
        form = form_of(app, job.payload)
        ids = ids_after(work, form.table, job.payload["after"], limit=CHUNK, live=True)
        with work.as_system("engine"):
            for record in ids:
                derive(work, app, form, record)
        if len(ids) == CHUNK:
            enqueue(work, "backfill", {**job.payload, "after": ids[-1]}, app=app.key)
