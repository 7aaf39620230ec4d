"""The job that imports: a slice at a time, so that other jobs get their turn."""

from __future__ import annotations

from engine.findings import error, text
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms.imports.run import ImportRun
from forms.imports.service import JOB, go_on
from forms.transfers import repository
from forms.transfers.repository import FINAL

SLICE_SECONDS = 10.0


class ImportJob(JobHandler):
    """Imports in transactions of its own, before that of the job."""

    type = JOB

    def reach(self, runtime: Runtime, job: Job) -> None:
        ImportRun(runtime, job.payload["transfer"]).advance(seconds=SLICE_SECONDS)

    def run(self, work: UnitOfWork, job: Job) -> None:
        transfer = repository.get(work, "import", job.payload["transfer"])
        if transfer.state not in FINAL:
            go_on(work, transfer)

    def failed(self, work: UnitOfWork, job: Job, error_text: str) -> None:
        transfer = repository.get(work, "import", job.payload["transfer"])
        message = text("导入任务多次失败，已停止。", f"The import failed again and again: {error_text[:300]}")
        finding = error("import_failed", "", message)
        report = {**transfer.report, "findings": [finding.as_json()]}
        if transfer.state not in FINAL:
            repository.move(work, transfer, state="failed", report=report)
