"""The job that makes records findable that were there before their fields were searched."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.app import CompiledApp
from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.storage.unit_of_work import UnitOfWork
from forms.by_table import form_by_table
from forms.compiled import Form
from forms.in_id_order import ids_after
from forms.records import load_many
from forms.search import repository
from forms.search.fields import tokens_of

CHUNK = 200


class SearchBackfill(JobHandler):
    """Goes through a form in id order, a chunk per transaction; a record saved meanwhile is right already and
    stays so, because its row is locked while its tokens are made anew.
    """

    type = "search_backfill"

    def run(self, work: UnitOfWork, job: Job) -> None:
        app = work.app(job.payload["app"])
        payload = job.payload
        named: Form | None = app.kind("form").get(payload["form"])
        form = form_by_table(app, payload["table"]) if "table" in payload else named
        if form is None:
            return
        ids = ids_after(work, form.table, payload["after"], limit=CHUNK, live=True)
        held = load_many(work, form, ids, lock="change")
        repository.forget(work, ids)
        for record, (values, _, _) in held.items():
            repository.add(work, app.key, form.key, record, tokens_of(form, values))
        if len(ids) == CHUNK:
            _enqueue(work, app, form, ids[-1])


def arm_search(work: UnitOfWork, before: Mapping[str, Form], after: CompiledApp) -> None:
    """Index the forms whose searched fields are others now."""
    for key, form in after.kind("form").items():
        if key in before and set(before[key].search) != set(form.search):
            _enqueue(work, after, form, "")


def _enqueue(work: UnitOfWork, app: CompiledApp, form: Form, after: str) -> None:
    enqueue(
        work,
        SearchBackfill.type,
        {"app": app.key, "form": form.key, "table": form.table, "after": after},
        unique=f"{SearchBackfill.type}:{app.key}:{form.key}:{app.version}:{after}",
        app=app.key,
    )
