"""The worker: leases due jobs, runs each in one transaction, retries with backoff, buries the hopeless."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from engine.errors import EngineError
from engine.identity.principal import SYSTEM
from engine.ids import new_id
from engine.jobs import repository
from engine.jobs.repository import Job, LeaseLost
from engine.protocols import JobHandler
from engine.runtime import Runtime

log = structlog.get_logger("fourfold.worker")

BACKOFF = (60, 300, 900, 3600, 14400)
POLL_SECONDS = 5.0
BATCH = 20


class PermanentFailure(EngineError):
    """The work cannot succeed however often it is tried."""

    code = "permanent_failure"
    zh = "该任务无法完成，不再重试。"


class OutcomeUnknown(EngineError):
    """It went out, but nobody knows whether it arrived."""

    code = "outcome_unknown"
    zh = "已发出，但无法确认是否送达。"


class Worker:
    """Runs the jobs of one process. `run_due` does everything due now, for tests and commands;
    `start` keeps a thread doing so until `stop`.
    """

    def __init__(self, runtime: Runtime, *, jitter: Callable[[], float] = random.random) -> None:
        self.runtime = runtime
        self.name = new_id()
        self._jitter = jitter
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._handlers: dict[str, JobHandler] = {
            kind.type: kind() for kind in runtime.registries["job"].values()
        }

    def run_due(self, *, limit: int = 1000) -> int:
        """Run what is due now, at most `limit` jobs; how many ran."""
        ran = 0
        while ran < limit:
            jobs = self._lease(min(BATCH, limit - ran))
            if not jobs:
                break
            for job in jobs:
                self._run(job)
            ran += len(jobs)
        return ran

    def _lease(self, limit: int) -> list[Job]:
        with self.runtime.reading(SYSTEM) as work:
            if not repository.anything_due(work):  # an idle store is not written to
                return []
        with self.runtime.unit_of_work(SYSTEM, source="job") as work:
            repository.mark_unknown(work)
            return repository.lease(work, self.name, limit=limit)

    def _run(self, job: Job) -> None:
        try:
            self._attempt(job)
        except LeaseLost:
            log.warning("lease lost", job=job.id, kind=job.kind)

    def _attempt(self, job: Job) -> None:
        handler = self._handlers.get(job.kind)
        sent = False
        try:
            if handler is None:
                raise PermanentFailure(
                    {
                        "zh": f"没有处理“{job.kind}”的程序。",
                        "en": f"Nothing handles jobs of kind '{job.kind}'.",
                    }
                )
            self._reach(handler, job)
            sent = handler.outward
            with self.runtime.unit_of_work(SYSTEM, source="job") as work:
                # the jobs before it in the batch may have outlasted the lease; the row stays locked
                repository.renew(work, job, self.name)
                work.cause = job.cause
                handler.run(work, job)
                repository.finish(work, job, self.name)
        except LeaseLost:
            raise
        except Exception as failure:  # noqa: BLE001
            # whatever went wrong, the transaction is undone: record the reason and decide what next
            # and what went out already is not sent again
            self._failed(handler, job, OutcomeUnknown() if sent else failure)

    def _reach(self, handler: JobHandler, job: Job) -> None:
        if not handler.outward and type(handler).reach is JobHandler.reach:
            return  # nothing happens outside, so no transaction of its own to renew the lease
        claim = repository.mark_sending if handler.outward else repository.renew
        with self.runtime.unit_of_work(SYSTEM, source="job") as work:
            claim(work, job, self.name)
        handler.reach(self.runtime, job)

    def _failed(self, handler: JobHandler | None, job: Job, failure: Exception) -> None:
        reason = f"{type(failure).__name__}: {failure}"
        log.warning("job failed", job=job.id, kind=job.kind, attempt=job.attempts, reason=reason)
        hopeless = isinstance(failure, PermanentFailure | OutcomeUnknown)
        with self.runtime.unit_of_work(SYSTEM, source="job") as work:
            if not hopeless and handler is not None and job.attempts < handler.attempts:
                repository.postpone(work, job, self.name, due=self._later(work.now, job), error=reason)
                return
            if isinstance(failure, OutcomeUnknown):
                repository.leave_unknown(work, job, self.name, error=reason)
            else:
                repository.bury(work, job, self.name, error=reason)
            if handler is not None:
                handler.failed(work, job, reason)

    def _later(self, now: datetime, job: Job) -> datetime:
        seconds = BACKOFF[min(job.attempts, len(BACKOFF)) - 1]
        return now + timedelta(seconds=seconds * (1 + 0.1 * self._jitter()))

    def start(self) -> None:
        """Work in a thread of its own, woken by new jobs of this process and by time."""
        self.runtime.on_jobs(self._wake.set)
        self._thread = threading.Thread(target=self._loop, name="fourfold-worker", daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                self.run_due()
            except Exception:
                # the store may be away for a moment; the loop must outlive it
                log.exception("worker step failed")
            self._wake.wait(POLL_SECONDS)

    def stop(self) -> None:
        """Finish the job at hand and end the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
