"""The demo data: what is committed is what the generator writes, in the promised numbers."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
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
    "05_opportunity": 220,
    "06_lead": 400,
    "07_quote": 160,
    "quote.lines": 480,
    "08_contract": 110,
    "09_order": 400,
    "order.lines": 1100,
    "10_collection_plan": 220,
    "11_activity": 620,
    "12_task": 180,
}


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_committed_files_are_what_the_generator_writes() -> None:
    committed = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    assert committed == files()


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_there_are_as_many_records_as_promised(name: str, count: int) -> None:
    assert len(rows(name)) == count


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
    assert Counter(row["status"] for row in rows("06_lead"))["qualified"] == 140


def test_6_percent_of_the_orders_are_returns() -> None:
    assert Counter(row["type"] for row in rows("09_order"))["return"] == 24


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
