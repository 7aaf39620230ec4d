"""An export: the pages of a list with the person's rights, written to a file as one moment saw them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from engine.errors import EngineError, Invalid, TryAgain
from engine.findings import Finding, Text, warning
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.storage.database import CommitUnknown
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.asked_paths import seen_order
from forms.compiled import Form, compiled_form
from forms.exports.columns import ExportColumn, export_columns, ids_in, record_rows
from forms.exports.names import Names
from forms.exports.options import ExportOptions
from forms.exports.write import writing
from forms.imports.staged_cells import LONGEST
from forms.listing import ListQuery, list_json
from forms.transfers import repository
from forms.transfers.actor import actor_of
from forms.transfers.folder import folder_of
from forms.transfers.repository import FINAL, Transfer, TransferMoved

PAGE = 500
NEWS_SECONDS = 1.0


Told = Callable[[int, int | None], None]
"""Hears how many records are written, and of how many."""


def run_export(runtime: Runtime, key: str, *, told: Told | None = None) -> Transfer:
    """Write the file of an export; the export as it is then. Raises TryAgain, CommitUnknown, after which it may be
    written again.
    """
    with runtime.reading(SYSTEM) as work:
        transfer = repository.get(work, "export", key)
    if transfer.state in FINAL:
        return transfer
    try:
        return _Export(runtime, transfer, told).run()
    except TransferMoved:
        with runtime.reading(SYSTEM) as work:
            return repository.get(work, "export", key)
    except (TryAgain, CommitUnknown):
        raise  # the export is as it was, or done: the job begins anew
    except EngineError as failure:
        findings = failure.findings if isinstance(failure, Invalid) else (failure.as_finding(),)
        with runtime.unit_of_work(SYSTEM, source="export") as work:
            report = {"findings": [each.as_json() for each in findings]}
            return repository.move(
                work, transfer, among=("waiting", "running"), state="failed", report=report
            )


class _Export:
    """One export while it is written."""

    def __init__(self, runtime: Runtime, transfer: Transfer, told: Told | None) -> None:
        self.runtime, self.transfer, self.hears = runtime, transfer, told
        self.options = ExportOptions.model_validate(transfer.options)
        self.names = Names(self.options.language)
        self.told = time.monotonic()
        self.order = "id"
        self.remarks: list[Finding] = []

    def run(self) -> Transfer:
        actor = actor_of(self.runtime, self.transfer.user, self.transfer.id)
        self._tell(done=0, total=None)
        with self.runtime.reading(actor, snapshot=True) as work:
            app = work.app(self.transfer.app)
            form = compiled_form(app, self.transfer.form)
            access = Access(work, app, exporting=form.key)
            access.demand(form.key, "export")
            columns = export_columns(access, form, self.options)
            self.order = seen_order(access, form, "created_at") or "id"
            done = self._write(work, access, form, columns)
        self._tell(done=done, total=done)
        with self.runtime.unit_of_work(SYSTEM, source="export") as final:
            report = {
                "counts": {"records": done},
                "columns": [each.header for each in columns],
                "remarks": [each.as_json() for each in self.remarks],
            }
            return repository.move(final, self.transfer, state="done", report=report)

    def _write(self, work: UnitOfWork, access: Access, form: Form, columns: Sequence[ExportColumn]) -> int:
        reading = form.reading
        if reading is None:
            raise LookupError(form.key)
        reading = replace(reading, language=self.options.language)
        place = file_of(self.runtime, self.transfer)
        fresh = place.with_suffix(".part")
        header = [each.header for each in columns]
        done, cursor, total = 0, None, None
        name = form.label[self.options.language]
        with writing(fresh, self.options.format, header, name=name, cut=self._cut) as row:
            while True:
                page = list_json(
                    work, access.app, form, self._query(columns, cursor, first=cursor is None), access=access
                )
                total = page.get("count", total)
                self._learn(access, page["items"], columns)
                for record in page["items"]:
                    for cells in record_rows(record, columns, reading, self.names):
                        row(cells)
                done += len(page["items"])
                cursor = page["next"]
                if cursor is None:
                    break
                if time.monotonic() - self.told > NEWS_SECONDS:
                    self._tell(done=done, total=total)
        fresh.replace(place)
        return done

    def _cut(self, count: int) -> None:
        message = Text(
            zh=f"有 {count} 个单元格的文字过长，只写入了前 {LONGEST} 个字。",
            en=f"{count} texts were too long for a cell; the first {LONGEST} characters are there.",
        )
        fix = Text(zh="需要全文时请导出为 CSV。", en="Export as CSV to get them whole.")
        self.remarks.append(warning("cells_cut_off", "/format", message, fix))

    def _query(self, columns: Sequence[ExportColumn], cursor: str | None, *, first: bool) -> ListQuery:
        wanted = list(dict.fromkeys(each.name if each.path else each.child or each.name for each in columns))
        condition = self.options.filter
        return ListQuery(
            filter=orjson.dumps(condition).decode() if isinstance(condition, dict) else condition,
            sort=self.options.sort or self.order,
            fields=",".join(wanted),
            limit=PAGE,
            cursor=cursor,
            count="exact" if first else "none",
        )

    def _learn(
        self, access: Access, records: Sequence[dict[str, Any]], columns: Sequence[ExportColumn]
    ) -> None:
        """Find out how the records are called that a page refers to."""
        for column in columns:
            field = column.field
            if field.key == "id" or not (field.refers or field.several or field.value_type.kind == "ref"):
                continue
            target = field.targets[0] if field.targets else str(field.value_type.form)
            bodies = (
                records
                if column.child is None
                else [row for each in records for row in each.get(column.child) or ()]
            )
            self.names.learn(access, target, ids_in(column.value(body) for body in bodies))

    def _tell(self, *, done: int, total: int | None) -> None:
        """Say how far the export is; the file is written in a reading transaction beside it."""
        self.told = time.monotonic()
        if self.hears is not None:
            self.hears(done, total)
        progress = {"phase": "writing", "done": done, "total": total}
        with self.runtime.unit_of_work(SYSTEM, source="export") as work:
            self.transfer = repository.move(
                work, self.transfer, among=("waiting", "running"), state="running", progress=progress
            )


def file_of(runtime: Runtime, transfer: Transfer) -> Path:
    """Where the file of an export is."""
    return folder_of(runtime, transfer.id) / f"export.{transfer.options['format']}"
