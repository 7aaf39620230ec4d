"""The access log of a process: reads are spooled at once and go to the store in portions, beside all requests."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from engine.identity.principal import SYSTEM
from engine.ids import new_id
from engine.reads.spool import Spool, lines_of
from engine.storage.columns import moment_from_text, moment_text
from engine.storage.database import DialectName
from engine.storage.driver import MARK, moment_param
from engine.storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.runtime import Runtime

log = structlog.get_logger("fourfold.reads")

FOLDER = "reads"
SERVICE = "reads"
PAUSE_SECONDS = 1.0
PORTION = 500
_COLUMNS = ("key", "at", "app", "form", "fields", "way", "actor", "request", "address", "records")
_making = threading.Lock()


class Keeper:
    """One per process, made when something marked is read for the first time."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self._runtime = runtime
        self.spool = Spool(folder)
        self._storing = threading.Lock()
        self._some = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="fourfold-reads", daemon=True)
        self._thread.start()

    def add(
        self, work: UnitOfWork, app: str, form: str, fields: Sequence[str], records: Iterable[str], way: str
    ) -> None:
        """Write down that who acts in `work` was shown these fields of these records. Raises AccessLogFull."""
        values = (
            new_id(),
            moment_text(work.now),
            app,
            form,
            list(fields),
            way,
            work.principal.user,
            work.request_id,
            work.address,
            list(records),
        )
        self.spool.add(orjson.dumps(values))
        self._some.set()

    def store(self) -> int:
        """Move everything that is spooled into the store; how many reads."""
        stored = 0
        with self._storing:
            self.spool.turn()
            for path in self.spool.full():
                lines = lines_of(path)
                for start in range(0, len(lines), PORTION):
                    with self._runtime.unit_of_work(SYSTEM, source="engine") as work:
                        _insert(work, [orjson.loads(line) for line in lines[start : start + PORTION]])
                self.spool.done(path)
                stored += len(lines)
        return stored

    def _loop(self) -> None:
        while not self._closing.is_set():
            self._some.wait()
            self._closing.wait(PAUSE_SECONDS)  # more of them, in one transaction
            self._some.clear()
            try:
                self.store()
            except Exception:
                # the lines stay where they are, and the spool is bounded
                log.exception("reads could not be stored")
                self._some.set()

    def close(self) -> None:
        """Store what is spooled and end the thread."""
        self._closing.set()
        self._some.set()
        self._thread.join(timeout=30)
        try:
            self.store()
        except Exception:
            log.exception("reads wait in the spool")


def keeper_of(runtime: Runtime) -> Keeper:
    """The access log of this process."""
    found: Keeper | None = runtime.services.get(SERVICE)
    if found is None:
        with _making:
            found = runtime.services.get(SERVICE)
            if found is None:
                found = runtime.services[SERVICE] = Keeper(runtime, runtime.settings.home / FOLDER)
    return found


def _insert(work: UnitOfWork, reads: Sequence[Sequence[Any]]) -> None:
    dialect = work.runtime.database.dialect
    marks = ", ".join([MARK[dialect]] * len(_COLUMNS))
    work.run_many(
        f"INSERT INTO ff_read ({', '.join(_COLUMNS)}) VALUES ({marks}) ON CONFLICT (key) DO NOTHING",
        [_row(read, dialect) for read in reads],
    )


def _row(read: Sequence[Any], dialect: DialectName) -> tuple[Any, ...]:
    key, at, app, form, fields, way, actor, request, address, records = read
    lists = orjson.dumps(fields).decode(), orjson.dumps(records).decode()
    moment = moment_param(dialect, moment_from_text(at))
    return (key, moment, app, form, lists[0], way, actor, request, address, lists[1])
