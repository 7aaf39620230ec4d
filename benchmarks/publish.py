"""Adding plain fields to a form with many records while people write: how long it takes, and who waits."""

from __future__ import annotations

import copy
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from api.boot import build
from benchmarks import bulk
from benchmarks.deals import deals, record_id
from benchmarks.postgres import running_postgres, url_for
from benchmarks.progress import say
from benchmarks.stores import APP, FORM, prepare_ours, stored
from engine.definitions.publish import prepare, publish
from engine.errors import TryAgain
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.settings import Settings
from forms import records
from forms.compiled import compiled_form

DATABASES = ("sqlite", "postgresql")
SECONDS_BAR = 2.0
WAIT_BAR = 0.25
"""Seconds that a publish, and the slowest write beside it, may take."""
SEED = 10_000
FULL, QUICK = (1_000_000, 5), (50_000, 2)
"""Rows and rounds."""
WRITERS = 2
PLAIN = ("text", "int", "date")


def run(*, quick: bool) -> dict[str, Any]:
    """Both databases; medians over the rounds, and the slowest of all writes."""
    rows, rounds = QUICK if quick else FULL
    load_before = round(os.getloadavg()[0], 2)
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        uris = stack.enter_context(running_postgres(folder / "postgres", ("ours",)))
        for database in DATABASES:
            home = folder / database
            home.mkdir()
            sqlite = database == "sqlite"
            url = f"sqlite:///{home / 'fourfold.sqlite'}" if sqlite else url_for(uris["ours"], "psycopg")
            figures[database] = _measure(url, home, rows, rounds)
            say(f"{database}: {figures[database]}")
    holds = all(
        each["seconds"] <= SECONDS_BAR and each["longest_write"] <= WAIT_BAR for each in figures.values()
    )
    return {
        "bench": "publish",
        "load_before": load_before,
        "rows": rows,
        "figures": figures,
        "bars": {"seconds": SECONDS_BAR, "longest_write": WAIT_BAR},
        "holds": holds,
    }


def _measure(url: str, home: Path, rows: int, rounds: int) -> dict[str, float]:
    prepare_ours(url, home, SEED)
    runtime = build(Settings(home=home, database_url=url))
    try:
        _multiply(runtime, url, rows)
        say(f"{rows} records are there")
        writers = [_Writer(runtime, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        try:
            time.sleep(1)  # how long a write takes without a publish
            alone = max(writer.restart() for writer in writers)
            seconds = [_publish(runtime, index) for index in range(rounds)]
        finally:
            for writer in writers:
                writer.stopping.set()
                writer.join()
    finally:
        runtime.close()
    return {
        "seconds": round(statistics.median(seconds), 3),
        "slowest": round(max(seconds), 3),
        "longest_write": round(max(writer.longest for writer in writers), 3),
        "longest_write_before": round(alone, 3),
        "writes": sum(writer.count for writer in writers),
    }


def _multiply(runtime: Runtime, url: str, rows: int) -> None:
    """As many records again and again, each with an id of its own."""
    with runtime.reading(SYSTEM) as work:
        form = compiled_form(work.app(APP), FORM)
    columns = [field.key for field in form.stored()]
    place = columns.index("id")
    seed = list(stored(form, columns, runtime.database.dialect, SEED))

    def more() -> Iterator[list[Any]]:
        for number in range(SEED + 1, rows + 1):
            row = list(seed[number % SEED])
            row[place] = record_id(number)
            yield row

    deals.cache_clear()
    bulk.load(url, form.table, columns, more())


def _publish(runtime: Runtime, index: int) -> float:
    """Add fields as the API does it: prepare beside the writers, then flip."""
    with runtime.reading(SYSTEM) as work:
        documents: Any = copy.deepcopy(dict(work.app(APP).source))
    documents["form"][FORM]["fields"] += [
        {"key": f"added_{index}_{kind}", "type": kind, "label": {"zh": kind, "en": kind}} for kind in PLAIN
    ]
    started = time.perf_counter()
    with runtime.reading(SYSTEM) as work:
        prepared = prepare(work, documents)
    for _attempt in range(20):
        try:
            with runtime.unit_of_work(SYSTEM) as work:
                publish(work, documents, prepared=prepared)
            break
        except TryAgain:
            continue
    return time.perf_counter() - started


class _Writer(threading.Thread):
    """Changes one record after the other and keeps how long the slowest change took."""

    def __init__(self, runtime: Runtime, number: int) -> None:
        super().__init__()
        self.runtime, self.number = runtime, number
        self.longest, self.count = 0.0, 0
        self.stopping = threading.Event()

    def restart(self) -> float:
        longest, self.longest = self.longest, 0.0
        return longest

    def run(self) -> None:
        while not self.stopping.is_set():
            self.count += 1
            record = record_id((self.count * WRITERS + self.number) * 7 % SEED + 1)
            started = time.perf_counter()
            with self.runtime.unit_of_work(SYSTEM) as work:
                form = compiled_form(work.app(APP), FORM)
                records.update(work, form, record, {"note": f"{self.number} {self.count}"})
            self.longest = max(self.longest, time.perf_counter() - started)
            time.sleep(0.002)
