"""An import of a workbook with rights and history, against `executemany` of the very rows that it stores."""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from datetime import time as clock
from pathlib import Path
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
import xlsxwriter

from api.boot import build
from api.migrations import upgrade
from benchmarks.deals import COLLEAGUE, OWNER, deals
from benchmarks.postgres import running_postgres, url_for
from benchmarks.progress import say
from benchmarks.stores import APP, APP_FOLDER, FORM, ORGANISATION
from engine.definitions.check import kinds
from engine.definitions.folder import read_folder
from engine.definitions.publish import publish
from engine.identity.organisation import load_organisation
from engine.identity.principal import SYSTEM
from engine.identity.service import principal_of
from engine.runtime import Runtime
from engine.settings import Settings
from forms.compiled import compiled_form
from forms.imports import service
from forms.imports.options import ImportOptions
from forms.imports.run import ImportRun
from forms.transfers.folder import folder_of

DATABASES = ("sqlite", "postgresql")
BAR = 3.0
"""So many times as long as `executemany` an import may take."""
MEMORY_BAR = 400_000_000
"""Bytes that each process may hold."""
FULL, QUICK = (100_000, 3), (10_000, 1)
"""Rows and rounds."""
HEADER = (
    "name", "email", "stage", "amount", "quantity", "discount", "close_date", "next_contact", "active",
    "manager", "tags", "note",
)  # fmt: skip
READER = """
import sys
from pathlib import Path
from forms.imports.parse import main
main(Path(sys.argv[1]))
print(Path("/proc/self/status").read_text())
"""
"""The file read once more, by a process that says what it took."""
ROLE = {
    "key": "seller",
    "label": {"zh": "销售", "en": "Seller"},
    "grants": [{"form": FORM, "actions": ["view", "create", "import"], "where": "owner = $me"}],
}


def run(*, quick: bool) -> dict[str, Any]:
    """Both databases, ours and executemany in turn; medians over the rounds."""
    rows, rounds = QUICK if quick else FULL
    load_before = round(os.getloadavg()[0], 2)
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = folder / "deals.xlsx"
        write_deals(file, rows)
        names = tuple(f"{side}{index}" for index in range(rounds) for side in ("ours", "plain"))
        uris = stack.enter_context(running_postgres(folder / "postgres", names))
        for database in DATABASES:
            found = [
                _round(database, folder / f"{database}{index}", uris, index, file) for index in range(rounds)
            ]
            figures[database] = {
                key: round(statistics.median(each[key] for each in found), 3) for key in found[0]
            }
            say(f"{database}: {figures[database]}")
    holds = all(
        each["ratio"] <= BAR and each["memory"] <= MEMORY_BAR and each["reader_memory"] <= MEMORY_BAR
        for each in figures.values()
    )
    bars = {"ratio": BAR, "memory": MEMORY_BAR}
    return {
        "bench": "import",
        "load_before": load_before,
        "rows": rows,
        "figures": figures,
        "bars": bars,
        "holds": holds,
    }


def _round(database: str, home: Path, uris: dict[str, str], index: int, file: Path) -> dict[str, float]:
    """Seconds of reading, of saving, of executemany; bytes of each process."""
    home.mkdir()
    sides = {}
    for side in ("ours", "plain"):
        place = home / side
        place.mkdir()
        sides[side] = (
            f"sqlite:///{place / 'fourfold.sqlite'}"
            if database == "sqlite"
            else url_for(uris[f"{side}{index}"], "psycopg")
        )
        _prepare(sides[side], place)
    command = [sys.executable, "-m", "benchmarks.imports", sides["ours"], str(home / "ours"), str(file)]
    done = subprocess.run(command, check=True, capture_output=True)
    ours: dict[str, float] = orjson.loads(done.stdout)
    plain = _executemany(database, sides["ours"], sides["plain"])
    return {**ours, "executemany": plain, "ratio": ours["saving"] / plain}


def write_deals(path: Path, rows: int) -> None:
    """A workbook as people have them: dates as dates, labels for options."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "remove_timezone": True})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet.write_row(0, 0, HEADER)
    for row, deal in enumerate(deals(rows), start=1):
        sheet.write_row(row, 0, (deal.name, deal.email, deal.stage, deal.cents / 100, deal.quantity))
        sheet.write_number(row, 5, deal.discount / 10_000)
        sheet.write_datetime(row, 6, datetime.combine(deal.close_date, clock()), day)
        sheet.write_datetime(row, 7, deal.next_contact, moment)
        sheet.write_boolean(row, 8, deal.active)
        sheet.write_row(row, 9, (deal.manager, "、".join(deal.tags), deal.note))
    book.close()


def _prepare(url: str, home: Path) -> None:
    """A store with the benchmark's form, its users and a role that sees its own records."""
    runtime = build(Settings(home=home, database_url=url))
    try:
        upgrade(runtime.database)
        documents, _ = read_folder(APP_FOLDER, kinds(runtime.registries))
        documents = {kind: found for kind, found in documents.items() if kind != "rule"}
        documents["role"] = {"seller": ROLE}
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            publish(work, documents)
            load_organisation(work, ORGANISATION)
    finally:
        runtime.close()


def _executemany(database: str, source: str, target: str) -> float:
    """Seconds that the rows of one store take to get into the tables of another one, in one transaction."""
    tables = (f"{APP}_{FORM}", "ff_change")
    if database == "sqlite":
        read = sqlite3.connect(str(sa.make_url(source).database))
        write = sqlite3.connect(str(sa.make_url(target).database))
        for pragma in ("synchronous=NORMAL", "cache_size=-65536", "temp_store=MEMORY", "foreign_keys=ON"):
            write.execute(f"PRAGMA {pragma}")
        rows = {table: read.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        started = time.perf_counter()
        with write:
            for table in tables:
                marks = ", ".join("?" * len(rows[table][0]))
                write.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[table])
        seconds = time.perf_counter() - started
        read.close()
        write.close()
        return seconds
    return _executemany_postgres(source, target, tables)


def _executemany_postgres(source: str, target: str, tables: Sequence[str]) -> float:
    read, write = (
        psycopg.connect(sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
        for url in (source, target)
    )
    with read, write:
        rows = {}
        for table in tables:
            found = read.execute(f"SELECT * FROM {table}")
            lists = {at for at, each in enumerate(found.description or ()) if each.type_display == "jsonb"}
            rows[table] = [
                tuple(
                    orjson.dumps(each).decode() if at in lists and each is not None else each
                    for at, each in enumerate(row)
                )
                for row in found.fetchall()
            ]
        started = time.perf_counter()
        cursor = write.cursor()
        for table in tables:
            marks = ", ".join(["%s"] * len(rows[table][0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[table])
        write.commit()
        return time.perf_counter() - started


def import_file(runtime: Runtime, file: Path) -> dict[str, float]:
    """Import the file as the benchmark's seller; seconds and bytes."""
    with runtime.reading(SYSTEM) as work:
        seller = principal_of(work, OWNER)
    if seller is None:
        raise LookupError(COLLEAGUE)
    copy = runtime.settings.home / "upload.xlsx"
    copy.write_bytes(file.read_bytes())
    with runtime.unit_of_work(seller, source="import") as work:
        app = work.app(APP)
        form = compiled_form(app, FORM)
        made = service.begin(work, app, form, ImportOptions(), file=copy, name="deals.xlsx", job=False)
    importing = ImportRun(runtime, made.id)
    started = time.perf_counter()
    while importing.transfer().progress["phase"] == "reading":
        importing.advance(seconds=0.05)
    read = time.perf_counter()
    while importing.advance(seconds=10):
        pass
    saved = time.perf_counter()
    done = importing.transfer()
    if done.report["counts"]["failed"] or done.state != "done":
        raise RuntimeError(f"the import failed: {done.report}")
    reader = subprocess.run(
        [sys.executable, "-c", READER, str(folder_of(runtime, made.id))], check=True, capture_output=True
    )
    return {
        "reading": read - started,
        "saving": saved - read,
        "memory": peak(Path("/proc/self/status").read_text()),
        "reader_memory": peak(reader.stdout.decode()),
    }


def peak(status: str) -> int:
    """The most bytes a process ever held, by what the kernel says of it."""
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def main(url: str, home: str, file: str) -> None:
    """The import in a process of its own, so that its memory is its own."""
    runtime = build(Settings(home=Path(home), database_url=url))
    try:
        print(orjson.dumps(import_file(runtime, Path(file))).decode())
    finally:
        runtime.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
