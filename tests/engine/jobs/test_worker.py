"""Durable jobs: once, retried with backoff, buried, leased, never sent twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import event

from api.boot import build
from engine.identity.principal import SYSTEM
from engine.jobs import cancel, enqueue, repository, retry
from engine.jobs.repository import Job, JobNotWaiting
from engine.jobs.worker import Worker
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.settings import Settings
from engine.storage.database import Mode
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


class Knock(JobHandler):
    """Reaches outside, at least once; what happens meanwhile is told by name."""

    type = "test_knock"
    reached: ClassVar[list[str]] = []
    meanwhile: ClassVar[dict[str, Callable[[], object]]] = {}

    def reach(self, runtime: Runtime, job: Job) -> None:
        self.reached.append(job.payload["name"])
        self.meanwhile.get(job.payload["name"], lambda: None)()

    def run(self, work: UnitOfWork, job: Job) -> None:
        """Nothing to store."""


class Parcel(Knock):
    """The same, at most once."""

    type = "test_parcel"
    outward = True


class Sweep(JobHandler):
    """Works inside its transaction only."""

    type = "test_sweep"
    meanwhile: ClassVar[list[Callable[[], object]]] = []

    def run(self, work: UnitOfWork, job: Job) -> None:
        for each in self.meanwhile:
            each()


@pytest.fixture
def runtime(settings: Settings, clock: FixedClock) -> Iterator[Runtime]:
    Note.failures.clear()
    Letter.sent.clear()
    Knock.reached.clear()
    Knock.meanwhile.clear()
    Sweep.meanwhile.clear()
    made = build(settings, clock=clock, extra=(Note, Letter, Knock, Parcel, Sweep))
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
    workers = [Worker(runtime) for _ in range(3)]
    counts: list[int] = []
    threads = [threading.Thread(target=lambda each=each: counts.append(each.run_due())) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 30
    assert effects(runtime) == 30


def test_each_job_of_a_slow_batch_has_a_lease_of_its_own(
    runtime: Runtime, worker: Worker, clock: FixedClock
) -> None:
    other = Worker(runtime)
    taken: list[int] = []
    Knock.meanwhile["a"] = lambda: clock.advance(seconds=90)
    Knock.meanwhile["b"] = lambda: (clock.advance(seconds=90), taken.append(other.run_due()))
    for name in ("a", "b", "c"):
        add(runtime, "test_knock", payload={"name": name})
    worker.run_due()
    assert taken == [1]  # c waited too long; b is at work and its lease was renewed
    assert Knock.reached == ["a", "b", "c"]
    with runtime.reading(SYSTEM) as work:
        assert {each.state for each in repository.list_jobs(work)} == {"done"}


def test_what_is_being_sent_at_the_end_of_a_batch_is_not_called_unknown(
    runtime: Runtime, worker: Worker, clock: FixedClock
) -> None:
    Knock.meanwhile["a"] = lambda: clock.advance(seconds=100)
    Knock.meanwhile["b"] = lambda: (clock.advance(seconds=100), Worker(runtime).run_due())
    jobs = [add(runtime, "test_parcel", payload={"name": name}) for name in ("a", "b")]
    worker.run_due()
    assert [state(runtime, job).state for job in jobs] == ["done", "done"]
    assert Knock.reached == ["a", "b"]


def test_a_job_lost_while_it_failed_does_not_stop_the_batch(
    runtime: Runtime, worker: Worker, clock: FixedClock
) -> None:
    def lose() -> None:
        Knock.meanwhile.clear()
        clock.advance(minutes=3)
        Worker(runtime).run_due(limit=1)
        raise RuntimeError("too late")

    Knock.meanwhile["a"] = lose
    jobs = [add(runtime, "test_knock", payload={"name": name}) for name in ("a", "b")]
    worker.run_due()
    assert [state(runtime, job).state for job in jobs] == ["done", "done"]
    assert Knock.reached == ["a", "a", "b"]


@pytest.mark.database("postgresql")  # SQLite has one writer: nobody leases meanwhile
def test_a_long_transaction_keeps_its_job(runtime: Runtime, worker: Worker, clock: FixedClock) -> None:
    taken: list[int] = []
    Sweep.meanwhile.append(lambda: (clock.advance(minutes=3), taken.append(Worker(runtime).run_due())))
    job = add(runtime, "test_sweep")
    worker.run_due()
    assert (taken, state(runtime, job).state) == ([0], "done")


def test_two_transactions_with_one_unique_key_make_one_job(runtime: Runtime) -> None:
    made: list[str | None] = []
    second = threading.Thread(target=lambda: made.append(add(runtime, unique="k")))
    with runtime.unit_of_work(SYSTEM) as work:
        made.append(enqueue(work, "test_note", {"name": "a"}, unique="k"))
        second.start()
        second.join(timeout=0.3)
        assert second.is_alive()  # it waits to see whether the first one commits
    second.join(timeout=10)
    assert len(made) == 2
    assert made[0] is not None
    assert made[1] is None


def test_a_unique_key_given_back_by_a_rollback_is_free(runtime: Runtime) -> None:
    with pytest.raises(RuntimeError), runtime.unit_of_work(SYSTEM) as work:
        enqueue(work, "test_note", {"name": "a"}, unique="k")
        raise RuntimeError
    assert add(runtime, unique="k") is not None


def test_an_idle_store_is_not_written_to(
    runtime: Runtime, worker: Worker, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(runtime, due=clock.now() + timedelta(hours=1))
    modes: list[str] = []
    connect = runtime.database.connect

    def watched(mode: Mode, *, wait: bool = True) -> Any:
        modes.append(mode)
        return connect(mode, wait=wait)

    monkeypatch.setattr(runtime.database, "connect", watched)
    assert worker.run_due() == 0
    assert modes == ["read"]
    clock.advance(hours=1)
    assert worker.run_due() == 1
    assert "write" in modes


def test_the_search_for_due_jobs_uses_the_index(runtime: Runtime) -> None:
    statements: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with runtime.reading(SYSTEM) as work:
        event.listen(work.connection, "before_cursor_execute", listen)
        assert not repository.anything_due(work)
        assert "state IN ('ready', 'running', 'sending')" in statements[0]
        if runtime.database.dialect == "sqlite":
            plan = work.rows(f"EXPLAIN QUERY PLAN {statements[0]}", ["2026", "ready", "2026"])
            assert "ff_job_due" in str(plan)
