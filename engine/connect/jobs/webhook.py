"""The job `webhook`: one HTTP call, at least once, recognisable by its Idempotency-Key."""

from __future__ import annotations

from engine.connect.calls import Call, perform
from engine.jobs import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork


class Webhook(JobHandler):
    """Payload: `url`, `method`, `headers`, `body`."""

    type = "webhook"

    def reach(self, runtime: Runtime, job: Job) -> None:
        given = job.payload
        call = Call(job.id, given["url"], given["method"], given.get("headers", {}), given.get("body"))
        perform(call, allow_private=runtime.settings.allow_private_hooks)

    def run(self, work: UnitOfWork, job: Job) -> None:
        """Nothing to store: the job row says that it was taken and when."""
