"""The job that exports."""

from __future__ import annotations

from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms.exports.run import run_export
from forms.exports.service import JOB


class ExportJob(JobHandler):
    """Writes the file before its own transaction; what it reads is one moment of the store."""

    type = JOB

    def reach(self, runtime: Runtime, job: Job) -> None:
        run_export(runtime, job.payload["transfer"])

    def run(self, work: UnitOfWork, job: Job) -> None:
        """The file is there; nothing is left to be stored."""
