"""A change of type on a large table: people go on writing while it is converted, and nothing they write is lost."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest

from engine.errors import TryAgain
from engine.identity.principal import SYSTEM
from engine.ids import new_id
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.storage.database import INTEGRITY
from forms import records
from forms.compiled import compiled_form
from forms.evolution.steps import AT_ONCE
from tests.forms.evolution.ledger import Ledger
from tests.support.client import AsUser

ROWS = AT_ONCE + 500


@pytest.fixture
def ledger(runtime: Runtime, people: dict[str, Any]) -> Ledger:
    made = Ledger(runtime)
    with runtime.unit_of_work(SYSTEM) as work:
        mark = "?" if runtime.database.dialect == "sqlite" else "%s"
        at = work.now.isoformat() if runtime.database.dialect == "sqlite" else work.now
        work.run_many(
            "INSERT INTO ledger_entry (id, rev, short_name, created_at, created_by, updated_at, updated_by) "
            f"VALUES ({', '.join([mark] * 7)})",
            [(new_id(), 1, str(n), at, "system", at, "system") for n in range(ROWS)],
        )
    return made


def ids_of(runtime: Runtime) -> list[str]:
    with runtime.reading(SYSTEM) as work:
        return [row[0] for row in work.rows("SELECT id FROM ledger_entry ORDER BY id")]


class Writer(threading.Thread):
    """Changes records until it is told to stop; `last` is what it wrote to each."""

    def __init__(self, runtime: Runtime, ids: list[str]) -> None:
        super().__init__()
        self.runtime, self.ids, self.last = runtime, ids, dict[str, int]()
        self.stopping = threading.Event()
        self.longest = 0.0
        self.types: set[str] = set()

    def run(self) -> None:
        draw = random.Random(7)
        while not self.stopping.is_set():
            record, number = draw.choice(self.ids), draw.randrange(10**6)
            begun = time.perf_counter()
            try:
                self._write(record, number)
            except (TryAgain, *INTEGRITY):
                continue
            self.longest = max(self.longest, time.perf_counter() - begun)
            self.last[record] = number

    def _write(self, record: str, number: int) -> None:
        with self.runtime.unit_of_work(SYSTEM) as work:
            form = compiled_form(work.app("ledger"), "entry")
            kind = form.fields["short_name"].type
            self.types.add(kind)
            records.update(work, form, record, {"short_name": str(number) if kind == "text" else number})


def test_writing_goes_on_while_a_large_table_is_converted(ledger: Ledger) -> None:
    ids = ids_of(ledger.runtime)
    writer = Writer(ledger.runtime, ids)
    writer.start()
    try:
        ledger.field("short_name")["type"] = "int"
        done = ledger.publish()
        assert (done.job is not None, done.changed, done.version) == (True, False, 1)
        Worker(ledger.runtime).run_due()
    finally:
        writer.stopping.set()
        writer.join()
    assert writer.types == {"text", "int"} or writer.types == {"text"}
    with ledger.runtime.reading(SYSTEM) as work:
        form = compiled_form(work.app("ledger"), "entry")
        assert (work.app("ledger").version, form.fields["short_name"].type) == (2, "int")
        held = dict(work.rows(f"SELECT id, {form.fields['short_name'].column} FROM ledger_entry"))
    expected = {record: writer.last.get(record, number) for number, record in enumerate(ids)}
    assert held == expected
    assert len(writer.last) > 20


def test_a_publish_under_way_tells_how_far_it_is_and_can_be_cancelled(
    ledger: Ledger, as_user: AsUser
) -> None:
    root = as_user("root")
    ledger.field("short_name")["type"] = "int"
    root.put("/apps/ledger/draft/form/entry", json=ledger.source["form"]["entry"])
    answer = root.post("/apps/ledger/draft:publish", json={})
    assert answer.status_code == 202
    path = f"/apps/ledger/publishing/{answer.json()['job']}"
    (shown,) = root.get(path).json()["progress"]["form"]
    assert (shown["pointer"], shown["total"], shown["done"]) == (
        "/forms/entry/fields/short_name", ROWS, False,
    )  # fmt: skip
    assert root.post("/apps/ledger/draft:publish", json={}).json()["code"] == "publish_under_way"
    assert root.post(f"{path}:cancel").json()["state"] == "cancelled"
    Worker(ledger.runtime).run_due()
    assert ledger.form().fields["short_name"].type == "text"
    again = root.post("/apps/ledger/draft:publish", json={}).json()["job"]
    Worker(ledger.runtime).run_due()
    found = root.get(f"/apps/ledger/publishing/{again}").json()
    assert (found["state"], found["version"], found["progress"]["form"][0]["rows"]) == ("done", 2, ROWS)
    assert root.get("/apps/ledger/draft").json()["items"] == []
    assert ledger.load(ids_of(ledger.runtime)[5])["short_name"] == 5
