"""What people do with exports: begin, follow, fetch."""

from __future__ import annotations

from pathlib import Path

from engine.definitions.app import CompiledApp
from engine.errors import Conflict
from engine.jobs import enqueue
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.asked_paths import read_sort
from forms.compiled import Form
from forms.exports.columns import export_columns
from forms.exports.options import ExportOptions
from forms.exports.run import file_of
from forms.listing import read_filter
from forms.transfers import repository
from forms.transfers.repository import Transfer

JOB = "export"


class NotReady(Conflict):
    """The file of this export is not written yet."""

    code = "export_not_ready"
    zh = "导出文件尚未生成。"
    fix_zh = "请稍后再取，或查看任务状态。"
    fix_en = "Look at its state and fetch it when it is done."


def begin(
    work: UnitOfWork, app: CompiledApp, form: Form, options: ExportOptions, *, job: bool = True
) -> Transfer:
    """A new export; with `job` a worker writes it. Raises Forbidden, UnknownField, what is wrong with the
    filter.
    """
    access = Access(work, app, exporting=form.key)
    access.demand(form.key, "export")
    access.demand(form.key, "view")
    export_columns(access, form, options)
    if isinstance(options.filter, str):
        read_filter(access, form, options.filter)
    if options.sort:
        read_sort(access, form, options.sort)
    made = repository.add(
        work,
        "export",
        app.key,
        form.key,
        name=f"{form.key}.{options.format}",
        options=options.model_dump(mode="json"),
        phase="writing",
    )
    if job:
        enqueue(work, JOB, {"transfer": made.id}, app=app.key)
    return made


def fetch(work: UnitOfWork, key: str) -> tuple[Path, str]:
    """The file of an export and its name. Raises TransferNotFound, NotReady."""
    transfer = repository.get(work, "export", key)
    place = file_of(work.runtime, transfer)
    if transfer.state != "done" or not place.exists():
        raise NotReady()
    return place, transfer.name


def cancel(work: UnitOfWork, key: str) -> Transfer:
    """Stop an export. Raises TransferMoved."""
    known = repository.get(work, "export", key)
    return repository.move(work, known, among=("waiting", "running"), state="cancelled")
