"""The job `webhook`: one HTTP call, at least once, recognisable by its Idempotency-Key."""

from __future__ import annotations

from engine.connect.calls import Call, perform
from engine.connect.sealed_calls import JOB, opened
from engine.connect.secrets import headers_with_secrets
from engine.identity.principal import SYSTEM
from engine.jobs import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork


class Webhook(JobHandler):
    """Payload: `url`, `method`, `headers`, `body`; URL and body may be `sealed`, and a header {"secret": key} is filled
    in when the call is made.
    """

    type = JOB

    def reach(self, runtime: Runtime, job: Job) -> None:
        given = opened(runtime.ring, job)
        with runtime.reading(SYSTEM) as work:
            headers, secrets = headers_with_secrets(
                work, job.app or "", given.get("headers", {}), given["url"]
            )
        call = Call(job.id, given["url"], given["method"], headers, given.get("body"), secrets)
        perform(call, allow_private=runtime.settings.allow_private_hooks)

    def run(self, work: UnitOfWork, job: Job) -> None:
        """Nothing to store: the job row says that it was taken and when."""
