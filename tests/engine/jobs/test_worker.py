"""Durable jobs: once, retried with backoff, buried, leased, never sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from api.boot import build
from engine.identity.principal import SYSTEM
from engine.jobs import cancel, enqueue, repository, retry
from engine.jobs.repository import Job, JobNotWaiting
from engine.jobs.worker import Worker
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.settings import Settings
from engine.storage.unit_of_work import UnitOfWork
from engine.testing import FixedClock


class Note(JobHandler):
    """Counts its runs in the store, and fails as often as it is told."""

    type = "test_note"
    attempts = 3
    failures: ClassVar[dict[str, int]] = {}

    def run(self, work: UnitOfWork, job: Job) -> None:
        enqueue(work, "test_done", {"by": job.id}, due=work.now + timedelta(days=999))
        if self.failures.get(job.payload["name"], 0) > 0:
            self.failures[job.payload["name"]] -= 1
            raise RuntimeError("not now")


class Letter(JobHandler):
    """Leaves the house; may be told to die in between."""

    type = "test_letter"
    outward = True
    sent: ClassVar[list[str]] = []

    def run(self, work: UnitOfWork, job: Job) -> None:
        self.sent.append(job.id)
        if job.payload.get("die"):
            raise KeyboardInterrupt


@pytest.fixture
def runtime(settings: Settings, clock: FixedClock) -> Iterator[Runtime]:
    Note.failures.clear()
    Letter.sent.clear()
    made = build(settings, clock=clock, extra=(Note, Letter))
    yield made
    made.close()


@pytest.fixture
def worker(runtime: Runtime) -> Worker:
    return Worker(runtime, jitter=lambda: 0.0)


def add(runtime: Runtime, kind: str = "test_note", **more: Any) -> str | None:
    with runtime.unit_of_work(SYSTEM) as work:
        return enqueue(work, kind, {"name": "a", **more.pop("payload", {})}, **more)


def state(runtime: Runtime, job: str | None) -> Job:
    with runtime.reading(SYSTEM) as work:
        return repository.get(work, job or "")


def effects(runtime: Runtime) -> int:
    with runtime.reading(SYSTEM) as work:
        return sum(job.kind == "test_done" for job in repository.list_jobs(work))


def test_a_job_runs_once_when_it_is_due(runtime: Runtime, worker: Worker, clock: FixedClock) -> None:
    job = add(runtime, due=clock.now() + timedelta(hours=1))
    assert worker.run_due() == 0
    clock.advance(hours=1)
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    assert state(runtime, job).state == "done"
    assert effects(runtime) == 1


def test_a_job_of_a_rolled_back_transaction_never_was(runtime: Runtime, worker: Worker) -> None:
    with pytest.raises(RuntimeError), runtime.unit_of_work(SYSTEM) as work:
        enqueue(work, "test_note", {"name": "a"})
        raise RuntimeError
    assert worker.run_due() == 0


def test_a_failed_job_leaves_nothing_and_is_tried_later(
    runtime: Runtime, worker: Worker, clock: FixedClock
) -> None:
    Note.failures["a"] = 1
    job = add(runtime)
    worker.run_due()
    assert (state(runtime, job).state, effects(runtime)) == ("ready", 0)
    assert "not now" in (state(runtime, job).error or "")
    clock.advance(seconds=59)
    assert worker.run_due() == 0
    clock.advance(seconds=1)
    assert worker.run_due() == 1
    assert (state(runtime, job).state, effects(runtime)) == ("done", 1)


def test_a_hopeless_job_is_buried_and_can_be_run_again_by_hand(
    runtime: Runtime, worker: Worker, clock: FixedClock
) -> None:
    Note.failures["a"] = 3
    job = add(runtime)
    for _ in range(3):
        worker.run_due()
        clock.advance(hours=10)
    assert state(runtime, job).state == "dead"
    assert worker.run_due() == 0
    with runtime.unit_of_work(SYSTEM) as work:
        retry(work, job or "")
    worker.run_due()
    assert state(runtime, job).state == "done"
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(JobNotWaiting):
        retry(work, job or "")


def test_a_kind_nobody_handles_is_buried_at_once(runtime: Runtime, worker: Worker) -> None:
    job = add(runtime, "test_unknown")
    worker.run_due()
    assert state(runtime, job).state == "dead"


def test_one_unique_key_is_one_job_until_it_is_cancelled(runtime: Runtime) -> None:
    assert add(runtime, unique="k") is not None
    assert add(runtime, unique="k") is None
    with runtime.unit_of_work(SYSTEM) as work:
        assert cancel(work, unique="k")
    assert add(runtime, unique="k") is not None


def test_the_lease_of_a_killed_worker_ends(runtime: Runtime, worker: Worker, clock: FixedClock) -> None:
    job = add(runtime)
    with runtime.unit_of_work(SYSTEM) as work:
        assert [each.id for each in repository.lease(work, "dead", limit=5)] == [job]
    assert worker.run_due() == 0
    clock.advance(minutes=3)
    assert worker.run_due() == 1
    assert effects(runtime) == 1


def test_what_went_out_is_not_sent_twice_after_a_crash(
    runtime: Runtime, worker: Worker, clock: FixedClock
) -> None:
    job = add(runtime, "test_letter", payload={"die": True})
    with pytest.raises(KeyboardInterrupt):
        worker.run_due()
    assert state(runtime, job).state == "sending"
    clock.advance(minutes=3)
    worker.run_due()
    assert state(runtime, job).state == "unknown"
    assert Letter.sent == [job]


def test_two_workers_share_the_work(runtime: Runtime, clock: FixedClock) -> None:
    for _ in range(30):
        add(runtime)
    import threading

    workers = [Worker(runtime) for _ in range(3)]
    counts: list[int] = []
    threads = [threading.Thread(target=lambda each=each: counts.append(each.run_due())) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 30
    assert effects(runtime) == 30
