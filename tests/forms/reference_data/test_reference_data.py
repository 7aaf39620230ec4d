"""Reference data travels with the app: brought in once, changed where it changed, never over people's edits."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from engine.definitions.check import check_app
from engine.definitions.publish import Published, plan, publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import field, name, option

REGION = {
    "key": "region",
    "label": name("region"),
    "fields": [
        field("code", "text", required=True, unique=True),
        field("name", "text", required=True),
        field("parent", "tree_parent"),
        field("tax", "decimal", scale=2, default="0.00"),
        field("kind", "select", options=option("city", "land")),
        field("secret", "text", encrypt=True),
        field("shout", "formula", result={"type": "text"}, expr="UPPER(name)"),
    ],
}
PRICE = {
    "key": "price",
    "label": name("price"),
    "fields": [
        field("region", "ref", form="region", required=True),
        field("year", "int", required=True),
        field("near", "refs", form="region"),
        field("steps", "subtable", fields=[field("from", "int"), field("of", "ref", form="region")]),
    ],
    "unique": [{"fields": ["region", "year"]}],
    "title": "year",
}
REGIONS = {
    "key": "region",
    "on": ["code"],
    "rows": [
        {"code": "JS", "name": "江苏", "parent": "EAST", "kind": "land"},
        {"code": "EAST", "name": "华东"},
        {"code": "ZJ", "name": "浙江", "parent": "EAST", "tax": "1.5"},
    ],
}
PRICES = {
    "key": "price",
    "on": ["region", "year"],
    "rows": [
        {
            "region": "JS",
            "year": 2026,
            "near": ["ZJ", "EAST"],
            "steps": [{"from": 1, "of": "ZJ"}, {"from": 5}],
        },
        {"region": "JS", "year": 2027},
    ],
}


def app(regions: Any = REGIONS, prices: Any = PRICES) -> dict[str, Any]:
    return copy.deepcopy(
        {
            "app": {"geo": {"key": "geo", "label": name("geo")}},
            "form": {"region": REGION, "price": PRICE},
            "data": {"region": regions, "price": prices},
        }
    )


def published(runtime: Runtime, source: dict[str, Any]) -> Published:
    with runtime.unit_of_work(SYSTEM, source="designer") as work:
        return publish(work, source)


def every(runtime: Runtime, form: str) -> dict[Any, dict[str, Any]]:
    """The live records by title."""
    with runtime.reading(SYSTEM) as work:
        compiled = compiled_form(work.app("geo"), form)
        ids = [row[0] for row in work.rows(f'SELECT id FROM "{compiled.table}" WHERE deleted_at IS NULL')]
        found = [records.load(work, compiled, each) for each in ids]
    return {each["code" if form == "region" else "year"]: each for each in found}


def refused(runtime: Runtime, source: dict[str, Any]) -> set[tuple[str, str]]:
    checked = check_app(source, runtime.registries)
    return {(each.pointer, each.code) for each in checked.findings if each.level == "error"}


def test_rows_arrive_with_the_references_between_them(runtime: Runtime) -> None:
    published(runtime, app())
    regions, prices = every(runtime, "region"), every(runtime, "price")
    assert set(regions) == {"JS", "EAST", "ZJ"}
    assert regions["JS"]["parent"] == regions["EAST"]["id"]
    assert (regions["ZJ"]["tax"], regions["JS"]["tax"]) == (150, 0)
    price = prices[2026]
    assert price["region"] == regions["JS"]["id"]
    assert set(price["near"]) == {regions["ZJ"]["id"], regions["EAST"]["id"]}
    assert [(row["from"], row["of"]) for row in price["steps"]] == [(1, regions["ZJ"]["id"]), (5, None)]


def test_a_second_time_nothing_changes(runtime: Runtime) -> None:
    published(runtime, app())
    before = every(runtime, "region")
    again = published(runtime, app())
    assert (again.changed, every(runtime, "region")) == (False, before)


def test_only_what_changed_in_the_document_is_changed_in_the_store(runtime: Runtime) -> None:
    published(runtime, app())
    js = every(runtime, "region")["JS"]
    with runtime.unit_of_work(SYSTEM) as work:
        records.update(work, compiled_form(work.app("geo"), "region"), js["id"], {"name": "苏", "tax": 300})
    changed = copy.deepcopy(REGIONS)
    changed["rows"][0] = {"code": "JS", "name": "江苏", "kind": "city"}
    changed["rows"].append({"code": "SH", "name": "上海", "parent": "EAST"})
    del changed["rows"][2]
    prices = {**PRICES, "rows": [{"region": "JS", "year": 2026, "steps": [{"from": 7}]}]}
    with runtime.reading(SYSTEM) as work:
        _, _, steps = plan(work, app(changed, prices))
    assert [(step.action, step.pointer, step.risk) for step in steps] == [
        ("bring_rows", "/data/region/rows", "safe"),
        ("bring_rows", "/data/price/rows", "safe"),
        ("leave_rows", "/data/price/rows", "warn"),
        ("leave_rows", "/data/region/rows", "warn"),
    ]
    published(runtime, app(changed, prices))
    regions = every(runtime, "region")
    assert set(regions) == {"JS", "EAST", "ZJ", "SH"}
    now = regions["JS"]
    assert (now["name"], now["tax"], now["kind"], now["parent"]) == ("苏", 300, "city", None)
    price = every(runtime, "price")[2026]
    assert ([row["from"] for row in price["steps"]], price["near"]) == ([7], None)


def test_records_that_were_there_before_are_taken_over_by_their_key(runtime: Runtime) -> None:
    source = app()
    del source["data"]
    published(runtime, source)
    with runtime.unit_of_work(SYSTEM) as work:
        made = records.create(
            work, compiled_form(work.app("geo"), "region"), {"code": "east ", "name": "东", "tax": 100}
        )
    published(runtime, app())
    regions = every(runtime, "region")
    assert len(regions) == 3
    assert regions["EAST"]["id"] == made["id"]
    assert (regions["EAST"]["name"], regions["EAST"]["tax"]) == ("华东", 100)


def test_what_a_row_cannot_be_is_named_before_anything_is_stored(runtime: Runtime) -> None:
    regions = copy.deepcopy(REGIONS)
    regions["rows"] += [
        {"code": "JS", "name": "again"},
        {"name": "no key"},
        {"code": "A", "name": "a", "kind": "sea"},
        {"code": "B", "name": "b", "parent": "NOWHERE"},
        {"code": "C", "name": "c", "colour": "red"},
        {"code": "D", "name": "d", "secret": "x"},
        {"code": "E", "name": "e", "shout": "E"},
    ]
    assert refused(runtime, app(regions)) == {
        ("/data/region/rows/3", "key_twice"),
        ("/data/region/rows/4", "key_missing"),
        ("/data/region/rows/5/kind", "not_in_options"),
        ("/data/region/rows/6/parent", "unknown_row"),
        ("/data/region/rows/7/colour", "unknown_field"),
        ("/data/region/rows/8/secret", "not_for_data"),
        ("/data/region/rows/9/shout", "not_for_data"),
    }
    assert refused(runtime, app({**REGIONS, "on": ["name"]})) >= {("/data/region/on", "not_a_key")}


def test_rows_that_lead_back_to_themselves_are_refused(runtime: Runtime) -> None:
    regions = copy.deepcopy(REGIONS)
    regions["rows"][1]["parent"] = "JS"
    ((pointer, code),) = refused(runtime, app(regions))
    assert (pointer, code) == ("/data/region", "data_cycle")


def test_data_of_a_form_that_is_not_there_is_refused(runtime: Runtime) -> None:
    source = app()
    source["data"]["regions"] = {**REGIONS, "key": "regions"}
    assert refused(runtime, source) == {("/data/regions/key", "unknown_form")}


def test_a_row_that_the_form_refuses_stops_the_whole_publish(runtime: Runtime) -> None:
    regions = copy.deepcopy(REGIONS)
    del regions["rows"][1]["name"]
    with pytest.raises(Invalid) as wrong:
        published(runtime, app(regions))
    assert [(each.pointer, each.code) for each in wrong.value.findings] == [
        ("/data/region/rows/1/name", "required")
    ]
    with runtime.reading(SYSTEM) as work:
        assert work.runtime.head(work, "geo") is None
