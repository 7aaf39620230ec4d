"""The job `mail`: one mail to one person, never twice."""

from __future__ import annotations

from engine.connect.smtp import Mail as Message
from engine.connect.smtp import send
from engine.jobs import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork


class Mail(JobHandler):
    """Payload: `to`, `subject`, `text`."""

    type = "mail"
    outward = True

    def reach(self, runtime: Runtime, job: Job) -> None:
        message = Message(job.id, job.payload["to"], job.payload["subject"], job.payload["text"])
        send(message, runtime.settings, runtime.clock.now())

    def run(self, work: UnitOfWork, job: Job) -> None:
        """Nothing to store: the job row says that it went out and when."""
