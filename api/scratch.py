"""A store made for test cases and thrown away: SQLite in a folder of its own, from which nothing is sent."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from api.boot import build, metadata
from engine.cases.kind import Suite
from engine.cases.run import CaseResult, load_people, run_suite
from engine.definitions.app import Documents
from engine.definitions.check import check_app, kinds
from engine.definitions.modules.compose import composed
from engine.definitions.neighbours import TO_COME
from engine.definitions.publish import publish
from engine.errors import Invalid, NotFound
from engine.identity.changed import identity_changes
from engine.identity.principal import SYSTEM
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.registry import Registry
from engine.runtime import Runtime
from engine.settings import Settings
from engine.storage.unit_of_work import UnitOfWork
from engine.testing import FixedClock

SECONDS = 300.0
NO_APPS: Mapping[str, Documents] = MappingProxyType({})


class SuiteNotFound(NotFound):
    """The app has no such suite of test cases."""

    code = "suite_not_found"
    zh = "应用中没有该组用例。"


@dataclass(frozen=True, slots=True)
class Scratch:
    """A runtime of its own with a clock that is moved by hand."""

    runtime: Runtime
    clock: FixedClock
    path: Path

    def keep(self) -> Callable[[], None]:
        """Remember the store as it is; the answer brings it back to that."""
        kept = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(self.path)) as source:
            source.backup(kept)

        def reset() -> None:
            with closing(sqlite3.connect(self.path)) as target:
                kept.backup(target)
            identity_changes.bump()

        return reset


@contextmanager
def scratch() -> Iterator[Scratch]:
    """An empty store with the platform's tables. Nothing of the settings' addresses is known to it."""
    with tempfile.TemporaryDirectory(prefix="fourfold-cases-") as folder:
        home = Path(folder)
        settings = Settings(
            home=home,
            database_url=f"sqlite:///{home / 'cases.sqlite'}",
            keys=None,
            smtp_host="",
            files_bucket="",
            files_folder=None,
            reports_socket="",
        )
        clock = FixedClock()
        runtime = build(settings, clock=clock)
        try:
            with runtime.database.connect("write") as connection:
                metadata().create_all(connection)
            runtime.registries = _inward(runtime.registries)
            yield Scratch(runtime, clock, home / "cases.sqlite")
        finally:
            runtime.close()


def _inward(registries: Any) -> Any:
    """The registries with jobs that would reach outside replaced by such that end well and do nothing."""
    jobs = Registry("job")
    for kind in registries["job"].values():
        outside = kind.outward or kind.reach is not JobHandler.reach
        jobs.add(type(kind.__name__, (Unsent,), {"type": kind.type}) if outside else kind)
    return MappingProxyType({**registries, "job": jobs})


class Unsent(JobHandler):
    """In test cases nothing goes out."""

    def run(self, work: UnitOfWork, job: Job) -> None:
        pass


def suites_of(documents: Documents, registries: Any, only: Collection[str] = ()) -> list[Suite]:
    """The compiled suites of an app. Raises Invalid, SuiteNotFound."""
    checked = check_app(documents, registries)
    if checked.app is None:
        raise Invalid([each for each in checked.findings if each.level == "error"])
    suites = checked.app.kind("test")
    for key in only:
        if key not in suites:
            raise SuiteNotFound(pointer=f"/tests/{key}"[:80])
    return [suites[key] for key in sorted(suites) if not only or key in only]


def run_cases(
    documents: Documents,
    suites: Collection[Suite],
    *,
    seconds: float = SECONDS,
    apps: Mapping[str, Documents] = NO_APPS,
) -> Iterator[CaseResult]:
    """Run suites one after the other, each in a store of its own, for at most so long; `apps` are others that the
    app refers to. Raises Invalid when one of them cannot be published there.
    """
    until = time.monotonic() + seconds
    app = next(iter(documents["app"]))
    for suite in suites:
        with scratch() as made:
            load_people(made.runtime, made.clock, suite)
            made.runtime.services[TO_COME] = {**apps, app: documents}
            for each in (*(apps[key] for key in sorted(apps)), documents):
                with made.runtime.unit_of_work(SYSTEM, source="designer") as work:
                    publish(work, each)
            whole = composed(documents, kinds(made.runtime.registries))
            for result in run_suite(made.runtime, made.clock, app, suite, keep=made.keep, until=until):
                yield replace(result, findings=tuple(whole.placed(result.findings)))
