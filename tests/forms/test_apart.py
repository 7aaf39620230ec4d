"""Records that may not overlap: spans, sets, rows of one record, and two writers at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from engine.definitions.check import check_app
from engine.errors import EngineError, Invalid
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.compiled import compiled_form
from forms.recycle.bin import restore_record_json
from tests.forms.shop import field, name, option
from tests.forms.test_records import Desk, codes
from tests.support.prepared import prepared_by, publishing

BOOKING: dict[str, Any] = {
    "key": "booking",
    "label": name("booking"),
    "fields": [
        field("room", "text"),
        field("seat", "int"),
        field("start", "datetime"),
        field("end", "datetime"),
        field("state", "select", options=option("held", "void"), default="held"),
    ],
    "no_overlap": [
        {"by": ["room", "seat"], "from": "start", "to": "end", "when": 'state = "held"', "code": "taken"},
    ],
}
REGION: dict[str, Any] = {
    "key": "region",
    "label": name("region"),
    "fields": [
        field("name", "text"),
        field("active", "bool", default=True),
        field("provinces", "multiselect", options=option("bj", "tj", "he", "js")),
        field("reach", "number_range", open=True),
        field("prices", "subtable", fields=[
            field("level", "text"),
            field("area", "text"),
            field("valid_from", "date"),
            field("valid_to", "date"),
        ], no_overlap=[{"by": ["level", "area"], "from": "valid_from", "to": "valid_to"}]),
    ],
    "no_overlap": [
        {"field": "provinces", "when": "active", "code": "two_regions", "message": name("Taken.")},
        {"field": "reach"},
    ],
}  # fmt: skip


def documents(**forms: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "app": {"shop": {"key": "shop", "label": name("shop")}},
        "form": {"booking": BOOKING, "region": REGION, **forms},
    }


@pytest.fixture
@prepared_by(publishing(documents()))
def desk(runtime: Runtime, people: dict[str, Any]) -> Desk:
    return Desk(runtime)


def booking(desk: Desk, start: str | None, end: str | None, room: str = "a", **more: Any) -> dict[str, Any]:
    day = "2026-03-02T{}:00+08:00"
    given = {"start": start and day.format(start), "end": end and day.format(end), "room": room, "seat": 1}
    return desk.create("booking", **{**given, **more})


def refused(desk: Desk, *given: Any, **more: Any) -> bool:
    found: set[tuple[str, str]] = set()
    try:
        booking(desk, *given, **more)
    except Invalid as wrong:
        found = codes(wrong)
    assert found in (set(), {("/start", "taken")})
    return bool(found)


def test_two_records_that_are_alike_do_not_overlap(desk: Desk) -> None:
    booking(desk, "10:00", "12:00")
    assert [
        refused(desk, *each)
        for each in (("11:59", "13:00"), ("09:00", "10:01"), ("10:30", "11:00"), ("09:00", "13:00"))
    ] == [True] * 4
    assert not refused(desk, "12:00", "13:00")  # the end of a moment's span does not belong to it
    assert not refused(desk, "11:00", "12:00", room="b")
    assert not refused(desk, "11:00", "12:00", seat=2)
    assert not refused(desk, "11:00", "12:00", state="void")


def test_an_open_end_reaches_on_and_what_is_empty_is_alike(desk: Desk) -> None:
    booking(desk, "20:00", None, seat=None)
    assert refused(desk, "22:00", "23:00", seat=None)
    assert refused(desk, None, "20:01", seat=None)
    assert not refused(desk, None, "20:00", seat=None)
    assert not refused(desk, None, None, seat=None)
    assert not refused(desk, "22:00", "23:00", seat=1)


def test_a_change_is_judged_when_it_moves_the_record_and_only_then(desk: Desk) -> None:
    booking(desk, "10:00", "12:00")
    void = booking(desk, "11:00", "12:00", state="void")["id"]
    assert desk.update("booking", void, seat=1)["seat"] == 1
    with pytest.raises(Invalid) as wrong:
        desk.update("booking", void, state="held")
    assert codes(wrong.value) == {("/start", "taken")}
    assert desk.update("booking", void, seat=2, state="held")["seat"] == 2
    with pytest.raises(Invalid):
        desk.update("booking", void, seat=1)


def test_a_record_is_not_in_its_own_way(desk: Desk) -> None:
    made = booking(desk, "10:00", "12:00")["id"]
    assert desk.update("booking", made, end="2026-03-02T11:00:00+08:00")["end"] == "2026-03-02T03:00:00Z"


def test_what_is_deleted_gives_its_place_free_and_does_not_come_back_into_it(desk: Desk) -> None:
    first = booking(desk, "10:00", "12:00")["id"]
    desk.delete("booking", first)
    booking(desk, "11:00", "13:00")
    with pytest.raises(EngineError) as wrong, desk.runtime.unit_of_work(desk.principal) as work:
        app = work.app("shop")
        restore_record_json(work, app, compiled_form(app, "booking"), first)
    assert wrong.value.code == "not_restorable"
    assert [each["code"] for each in wrong.value.details["errors"]] == ["taken"]


def test_of_two_writers_at_the_same_moment_one_passes(desk: Desk) -> None:
    both = Barrier(2)

    def write(start: str) -> bool:
        both.wait()
        return refused(desk, start, "12:00")

    for number in range(5):
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(write, [f"1{number % 2}:00", "11:30"]))
        assert sorted(found) == [False, True]
        with desk.runtime.reading(SYSTEM) as work:
            [held] = work.rows('SELECT "id" FROM "shop_booking" WHERE "deleted_at" IS NULL', ())
        desk.delete("booking", held[0])


def test_a_province_lies_in_one_active_region(desk: Desk) -> None:
    north = desk.create("region", name="north", provinces=["bj", "tj"])["id"]
    with pytest.raises(Invalid) as wrong:
        desk.create("region", name="other", provinces=["js", "tj"])
    assert codes(wrong.value) == {("/provinces", "two_regions")}
    assert wrong.value.findings[0].message["en"] == "Taken."
    assert desk.create("region", name="old", provinces=["tj"], active=False)["active"] is False
    desk.create("region", name="east", provinces=["js"])
    desk.create("region", name="none", provinces=[])
    desk.create("region", name="nothing")
    desk.update("region", north, active=False)
    assert desk.create("region", name="new", provinces=["tj", "he"])["name"] == "new"


def test_ranges_of_numbers_do_not_meet_either(desk: Desk) -> None:
    desk.create("region", name="low", reach={"low": "1.00", "high": "2.50"})
    with pytest.raises(Invalid) as wrong:
        desk.create("region", name="edge", reach={"low": "2.50", "high": None})
    assert codes(wrong.value) == {("/reach", "overlap")}
    desk.create("region", name="high", reach={"low": "2.51", "high": None})


def test_rows_of_one_record_do_not_overlap(desk: Desk) -> None:
    def row(level: str | None, start: str | None, end: str | None, area: str | None = None) -> dict[str, Any]:
        return {"level": level, "area": area, "valid_from": start, "valid_to": end}

    good = [
        row("a", "2026-01-01", "2026-01-31"),
        row("a", "2026-02-01", None),
        row("a", "2026-01-15", None, "east"),
        row("b", "2026-01-15", None),
        row("b", None, "2026-01-14"),
    ]
    made = desk.create("region", name="x", prices=good)
    assert len(made["prices"]) == len(good)
    desk.create("region", name="y", prices=good)  # each record for itself
    with pytest.raises(Invalid) as wrong:
        bad = [*good, row("a", "2026-01-31", "2026-01-31"), row("b", "2027-01-01", "2027-02-01")]
        desk.create("region", name="z", prices=bad)
    assert codes(wrong.value) == {("/prices/5/valid_from", "overlap"), ("/prices/6/valid_from", "overlap")}


def test_what_cannot_overlap_is_a_finding(runtime: Runtime) -> None:
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"by": ["rom"], "from": "start", "to": "end"}, "/by/0", "unknown_field"),
        ({"from": "start"}, "", "what_overlaps"),
        ({"from": "start", "to": "end", "field": "state"}, "", "what_overlaps"),
        ({"field": "state"}, "/field", "what_overlaps"),
        ({"from": "start", "to": "seat"}, "/to", "what_overlaps"),
        ({"from": "start", "to": "end", "when": "COUNT(x) > 1"}, "/when", "unknown_field"),
    ]
    for rule, place, code in wrong:
        form = {**BOOKING, "no_overlap": [rule]}
        found = check_app(documents(booking=form), runtime.registries).findings
        places = {(each.pointer, each.code) for each in found if each.level == "error"}
        assert places == {(f"/forms/booking/no_overlap/0{place}", code)}, rule
