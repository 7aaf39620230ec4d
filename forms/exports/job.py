"""The job that exports."""

from __future__ import annotations

from engine.findings import error, text
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms.exports.run import run_export
from forms.exports.service import JOB
from forms.transfers import repository
from forms.transfers.repository import FINAL


class ExportJob(JobHandler):
    """Writes the file before its own transaction; what it reads is one moment of the store."""

    type = JOB

    def reach(self, runtime: Runtime, job: Job) -> None:
        run_export(runtime, job.payload["transfer"])

    def run(self, work: UnitOfWork, job: Job) -> None:
        """The file is there; nothing is left to be stored."""

    def failed(self, work: UnitOfWork, job: Job, error_text: str) -> None:
        transfer = repository.get(work, "export", job.payload["transfer"])
        message = text("导出任务多次失败，已停止。", f"The export failed again and again: {error_text[:300]}")
        report = {**transfer.report, "findings": [error("export_failed", "", message).as_json()]}
        if transfer.state not in FINAL:
            repository.move(work, transfer, state="failed", report=report)
