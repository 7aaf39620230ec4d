"""The reports of one process: its store, and the threads that wait for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from engine.identity.principal import Principal
from reports.answer import Answer
from reports.run import Prepared, prepare, preview
from reports.store.protocol import ReportStore
from reports.store.replica import Limits, Replica

if TYPE_CHECKING:
    from engine.runtime import Runtime

NAME = "reports"
THREADS = 4
_making = threading.Lock()


class Reports:
    """Runs prepared reports beside the requests of everything else."""

    def __init__(self, store: ReportStore) -> None:
        self.store = store
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="report")

    def submit(self, prepared: Prepared, *, min_pos: int | None = None) -> Future[Answer]:
        """The answer, later. No transaction may be open in a thread that waits for it."""
        return self._threads.submit(prepared.run, self.store, min_pos=min_pos)

    def close(self) -> None:
        """Finish what runs and let the store go."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.store.close()


def opened_reports(runtime: Runtime) -> Reports | None:
    """The reports of this process; None as long as the replica is not open."""
    found: Reports | None = runtime.services.get(NAME)
    return found


def reports_of(runtime: Runtime) -> Reports:
    """The reports of this process; the replica opens at the first call, which may take a while."""
    with _making:
        found: Reports | None = runtime.services.get(NAME)
        if found is None:
            settings = runtime.settings
            limits = Limits(memory=settings.report_memory, timeout=settings.report_timeout)
            path = settings.home.absolute() / "reports.duckdb"
            found = runtime.services[NAME] = Reports(Replica(runtime, path, limits))
        return found


def run_report(
    runtime: Runtime,
    principal: Principal,
    app: str,
    report: str | Mapping[str, Any],
    *,
    params: Mapping[str, Any] | None = None,
    min_pos: int | None = None,
) -> dict[str, Any]:
    """The JSON answer of a published report (by key) or of a spec. Call it outside transactions."""
    with runtime.reading(principal) as work:
        if isinstance(report, str):
            prepared = prepare(work, app, report, params=params or {})
        else:
            prepared = preview(work, app, report, params=params or {})
    return prepared.run(reports_of(runtime).store, min_pos=min_pos).as_json()
