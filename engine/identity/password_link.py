"""The job `password_link`: mail a link that sets a new password, made at the moment it goes out."""

from __future__ import annotations

from engine.connect.smtp import Mail, send
from engine.identity.chosen_passwords import LINK_JOB, make_letter
from engine.identity.principal import SYSTEM
from engine.jobs import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork


class PasswordLink(JobHandler):
    """Payload: `user`. The row holds no secret, so whoever reads jobs or a backup cannot use the link."""

    type = LINK_JOB
    outward = True

    def reach(self, runtime: Runtime, job: Job) -> None:
        with runtime.unit_of_work(SYSTEM, source="job") as work:
            letter = make_letter(work, job.payload["user"])
        if letter is not None:
            send(Mail(job.id, **letter), runtime.settings, runtime.clock.now())

    def run(self, work: UnitOfWork, job: Job) -> None:
        """Nothing to store: the job row says that it went out and when."""
