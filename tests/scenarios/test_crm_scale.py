"""The scale set: as many rows as promised, totals known without a query, and the CRM takes all of it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from examples.crm_demo.organisation import organisation
from examples.crm_scale.orders import totals
from examples.generate_crm_scale import write
from tests.scenarios.fixture import CRM, china

SMALL = 1000


def test_the_totals_of_10_000_orders() -> None:
    found = totals(10_000)
    assert (found.standard, found.returns, found.void) == (9655, 241, 104)
    assert (found.total, found.by_region[0]) == (795_266_067, 99_678_832)


def test_there_are_as_many_rows_as_promised(tmp_path: Path) -> None:
    counts = dict(write(tmp_path, SMALL))
    assert counts["03_customer"] == SMALL // 50
    assert counts["06_outlet"] == counts["25_ticket"] == SMALL // 40
    assert counts["12_order"] == counts["14_payment"] == counts["payment.allocs"] == SMALL
    assert counts["13_collection_plan"] == SMALL * 11 // 10
    assert (counts["18_touch_event"], counts["27_activity"]) == (5 * SMALL, 2 * SMALL)
    with (tmp_path / "order.lines.csv").open(encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.DictReader(file)) == counts["order.lines"]


@pytest.mark.slow
@pytest.mark.database("sqlite")
def test_the_crm_takes_all_of_it(sqlite_template: Path, tmp_path: Path) -> None:
    from api.boot import build
    from api.cli.apps import apply_folder
    from api.cli.demo_data import load_records
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM
    from engine.settings import Settings
    from engine.testing import FixedClock

    counts = dict(write(tmp_path / "set", SMALL))
    shutil.copyfile(sqlite_template, tmp_path / "scale.sqlite")
    settings = Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'scale.sqlite'}")
    runtime = build(settings, clock=FixedClock(china("2026-11-02 09:00")))
    try:
        apply_folder(runtime, CRM, note="scale")
        with runtime.unit_of_work(SYSTEM, source="demo") as work:
            load_organisation(work, organisation())
        loaded = load_records(runtime, "crm", tmp_path / "set")
        assert loaded == sum(count for name, count in counts.items() if name[0].isdigit())
        with runtime.reading(SYSTEM) as work:
            received = work.row(
                'SELECT SUM(received), SUM(total) FROM "crm_order" WHERE status = ?', ("completed",)
            )
            paid = work.row('SELECT SUM(paid) FROM "crm_customer"', ())
        assert received is not None
        assert paid == (received[0],)
        assert received[1] == totals(SMALL).total
    finally:
        runtime.close()
