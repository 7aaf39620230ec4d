"""The demo data: what is committed is what the generator writes, in the promised numbers."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from examples.generate_crm_demo import FOLDER, files
from tests.scenarios.fixture import CRM, china

COUNTS = {
    "01_region": 12,
    "02_product": 24,
    "product.prices": 96,
    "03_customer": 300,
    "04_contact": 380,
    "05_dealer": 36,
    "06_outlet": 160,
    "07_promotion": 16,
    "08_opportunity": 220,
    "09_lead": 400,
    "10_quote": 160,
    "quote.lines": 480,
    "11_contract": 110,
    "contract.bills": 400,
    "12_order": 400,
    "order.lines": 1100,
    "13_collection_plan": 220,
    "14_payment": 230,
    "15_invoice": 160,
    "16_visit": 260,
    "visit.counts": 700,
    "17_promo_enrolment": 160,
    "18_touch_event": 700,
    "19_inventory_report": 120,
    "inventory_report.lines": 600,
    "20_sales_target": 120,
    "21_expense_claim": 50,
    "expense_claim.lines": 120,
    "22_rebate_policy": 4,
    "23_rebate_settlement": 40,
    "24_project": 24,
    "25_ticket": 240,
    "26_survey": 140,
    "27_activity": 620,
    "28_task": 180,
}
RECORDS = 5486


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_committed_files_are_what_the_generator_writes() -> None:
    committed = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert committed == files()


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_there_are_as_many_records_as_promised(name: str, count: int) -> None:
    assert len(rows(name)) == count


def test_there_are_5486_records_of_28_forms() -> None:
    forms = [count for name, count in COUNTS.items() if "." not in name]
    assert (len(forms), sum(forms)) == (28, RECORDS)


def test_a_burst_of_quality_complaints_in_the_east() -> None:
    region = {row["no"]: row["region"] for row in rows("03_customer")} | {
        row["name"]: row["region"] for row in rows("03_customer")
    }
    found = [
        row
        for row in rows("25_ticket")
        if row["kind"] == "quality"
        and china("2026-08-14 00:00") <= datetime.fromisoformat(row["created_at"]) < china("2026-08-15 00:00")
        and region[row["customer"]].startswith("EAST")
    ]
    assert len(found) >= 6


def test_12_percent_of_the_payments_are_late() -> None:
    due = {row["no"]: row["due_date"] for row in rows("13_collection_plan")}
    paid = {row["no"]: row["pay_date"] for row in rows("14_payment")}
    settled = [(paid[row["#parent"]], due[row["plan"]]) for row in rows("payment.allocs")]
    late = sum(day > limit for day, limit in settled)
    assert 8 <= 100 * late / len(settled) <= 16


def test_the_organisation_has_46_users_in_18_departments() -> None:
    document = json.loads((FOLDER / "organisation.json").read_text("utf-8"))
    assert (len(document["users"]), len(document["departments"])) == (46, 18)
    assert [user["id"] for user in document["users"] if user.get("active") is False] == ["xiong", "mo"]


def test_rare_characters_and_foreign_companies_occur() -> None:
    people = "".join(row["name"] for row in rows("04_contact"))
    assert "㛃" in people
    assert "䶮" in people
    assert sum(row["name"].isascii() for row in rows("03_customer")) == 30


def test_35_percent_of_the_leads_are_qualified() -> None:
    assert Counter(row["status"] for row in rows("09_lead"))["qualified"] == 140


def test_6_percent_of_the_orders_are_returns() -> None:
    assert Counter(row["type"] for row in rows("12_order"))["return"] == 24


@pytest.fixture
def empty_url(database_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing but the platform's tables."""
    if database_name == "sqlite":
        path = tmp_path / "demo.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        with request.getfixturevalue("postgres_server").database() as url:
            yield url


@pytest.mark.slow
def test_the_demo_loads_whole_and_keeps_every_rule_of_its_forms(empty_url: str, tmp_path: Path) -> None:
    from api.boot import build
    from api.cli.demo import prepare
    from engine.identity.principal import SYSTEM
    from engine.settings import Settings
    from engine.testing import FixedClock
    from forms.compiled import compiled_form

    settings = Settings(home=tmp_path, database_url=empty_url)
    runtime = build(settings, clock=FixedClock(china("2026-11-02 09:00")))
    try:
        prepare(runtime, CRM)
        with runtime.reading(SYSTEM) as work:
            app = work.app("crm")
            for name, count in COUNTS.items():
                key, _, child = name.removeprefix(name[:3] if name[0].isdigit() else "").partition(".")
                form = compiled_form(app, key)
                table = form.children[child].table if child else form.table
                assert work.row(f"SELECT COUNT(*) FROM {table}", ()) == (count,), name
    finally:
        runtime.close()
