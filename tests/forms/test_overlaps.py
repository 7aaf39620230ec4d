"""A new rule that records may not overlap is held against the records that are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.connect.notifications import inbox
from engine.definitions.plan import Step
from engine.definitions.publish import plan, publish
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from forms.compiled import compiled_form
from forms.overlaps import overlaps_of
from tests.forms.shop import field
from tests.forms.test_apart import BOOKING, REGION, documents
from tests.forms.test_records import Desk

DAY = "2026-03-{:02}T00:00:00Z"
RULE = BOOKING["no_overlap"][0]


def without(form: dict[str, Any]) -> dict[str, Any]:
    """The form before there were rules."""
    fields = [{key: each for key, each in every.items() if key != "no_overlap"} for every in form["fields"]]
    return {**form, "no_overlap": [], "fields": fields}


OPEN = documents(booking=without(BOOKING), region=without(REGION))


@pytest.fixture
def desk(runtime: Runtime, people: dict[str, Any]) -> Desk:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, OPEN)
    return Desk(runtime)


def booking(desk: Desk, first: int | None, last: int | None, **more: Any) -> str:
    span = {"start": first and DAY.format(first), "end": last and DAY.format(last)}
    return str(desk.create("booking", **{**span, "room": "a", "seat": 1, **more})["id"])


def steps(desk: Desk, **forms: dict[str, Any]) -> list[Step]:
    with desk.runtime.reading(SYSTEM) as work:
        _app, findings, found = plan(work, documents(**forms))
        assert not [each for each in findings if each.level == "error"]
        return [each for each in found if each.action == "add_no_overlap"]


def test_the_plan_counts_and_names_what_overlaps_already(desk: Desk) -> None:
    one = booking(desk, 1, 10)
    two = booking(desk, 2, 3)
    three = booking(desk, 9, 12)  # the longest of those before is not the last one
    booking(desk, 12, 13)
    booking(desk, 2, 3, seat=2)
    booking(desk, 2, 3, state="void")
    gone = booking(desk, 1, 30)
    desk.delete("booking", gone)
    [step] = steps(desk, region=without(REGION))
    assert (step.risk, step.rows) == ("warn", 2)
    assert step.pointer == "/forms/booking/no_overlap/taken"
    assert f"{two} and {one}" in step.message["en"]
    assert f"{three} 与 {one}" in step.message["zh"]


def test_nothing_to_say_is_said_as_well(desk: Desk) -> None:
    booking(desk, 1, 2)
    booking(desk, 2, 3)
    [step] = steps(desk, region=without(REGION))
    assert (step.risk, step.rows) == ("safe", 0)


def test_sets_ranges_and_rows_of_one_record_are_judged(desk: Desk) -> None:
    one = desk.create("region", name="a", provinces=["bj", "tj"], reach={"low": None, "high": "5"})["id"]
    two = desk.create("region", name="b", provinces=["tj", "he"], reach={"low": "5", "high": "9"})["id"]
    desk.create("region", name="c", provinces=["he"], active=False, reach={"low": "9.5", "high": None})
    prices = [
        {"level": "a", "valid_from": "2026-01-01", "valid_to": None},
        {"level": "a", "valid_from": "2026-02-01", "valid_to": "2026-02-01"},
        {"level": "b", "valid_from": "2026-02-01", "valid_to": "2026-02-01"},
    ]
    three = desk.create("region", name="d", prices=prices)["id"]
    found = {each.pointer: each for each in steps(desk, booking=without(BOOKING))}
    assert {pointer: each.rows for pointer, each in found.items()} == {
        "/forms/region/no_overlap/two_regions": 1,
        "/forms/region/no_overlap/overlap": 1,
        "/forms/region/fields/prices/no_overlap/overlap": 1,
    }
    assert f"{two} and {one}" in found["/forms/region/no_overlap/two_regions"].message["en"]
    assert f"{two} and {one}" in found["/forms/region/no_overlap/overlap"].message["en"]
    assert three in found["/forms/region/fields/prices/no_overlap/overlap"].message["en"]


def test_a_rule_that_stays_is_no_news_even_where_its_fields_have_other_names(desk: Desk) -> None:
    with desk.runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents())
    renamed = {
        **BOOKING,
        "fields": [
            {**each, "key": "place", "renamed_from": "room"} if each["key"] == "room" else each
            for each in BOOKING["fields"]
        ],
        "no_overlap": [{**RULE, "by": ["seat", "place"]}],
    }
    assert steps(desk, booking=renamed) == []
    other = {**BOOKING, "no_overlap": [{**RULE, "by": ["room"]}]}
    assert [each.rows for each in steps(desk, booking=other)] == [0]


def test_who_publishes_is_told_and_the_records_stay(desk: Desk, clock: Any) -> None:
    one, two = booking(desk, 1, 10), booking(desk, 2, 3)
    extra = {**BOOKING, "fields": [*BOOKING["fields"], field("late", "bool", default=False)]}
    extra["no_overlap"] = [{**RULE, "when": "not late"}]
    [step] = steps(desk, booking=extra, region=without(REGION))
    assert (step.risk, step.rows) == ("warn", None)  # `late` is not there yet
    extra["no_overlap"] = [RULE]
    with desk.runtime.unit_of_work(SYSTEM) as work:
        published = publish(work, documents(booking=extra))
    assert {each.rows for each in published.steps if each.action == "add_no_overlap"} == {0, 1}
    Worker(desk.runtime).run_due()
    with desk.runtime.reading(SYSTEM) as work:
        [notice] = [each for each in inbox(work, "system") if each["source"] == "tell_overlaps:booking"]
    assert notice["record"] == two
    assert f"{two} – {one}" in notice["body"]
    assert desk.update("booking", two, room="b")["room"] == "b"


SPANS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.none() | st.integers(1, 8),
        st.none() | st.integers(1, 8),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=SPANS, half=st.booleans())
def test_what_one_pass_finds_is_what_comparing_each_with_each_finds(
    desk: Desk, rows: list[tuple[str | None, int | None, int | None]], half: bool
) -> None:
    def meets(one: Any, other: Any) -> bool:
        def reaches(low: int | None, high: int | None) -> bool:
            return low is None or high is None or (low < high if half else low <= high)

        return one[0] == other[0] and reaches(one[1], other[2]) and reaches(other[1], one[2])

    rows = [(room, *sorted((low, high))) if low and high else (room, low, high) for room, low, high in rows]
    spans = sorted(
        (each for each in rows if each[1] or each[2]),
        key=lambda each: (each[1] or 0, each[2] or 99),
    )
    expected = sum(any(meets(one, other) for other in spans[:at]) for at, one in enumerate(spans))
    start, end = ("start", "end") if half else ("first", "last")
    form = without(BOOKING)
    form["fields"] = [*form["fields"], field("first", "date"), field("last", "date")]
    form["no_overlap"] = [{"by": ["room"], "from": start, "to": end}]
    base = datetime(2026, 3, 1, tzinfo=UTC)

    def at(day: int | None) -> str | None:
        if day is None:
            return None
        moment = base + timedelta(days=day)
        return moment.isoformat() if half else moment.date().isoformat()

    class Undone(Exception):
        """What is tried here leaves nothing behind."""

    try:
        with desk.runtime.unit_of_work(SYSTEM) as work:
            publish(work, documents(booking={**form, "no_overlap": []}, region=without(REGION)))
            from forms import api_records

            app = work.app("shop")
            for room, low, high in rows:
                values = {"room": room, start: at(low), end: at(high)}
                api_records.create_json(work, app, compiled_form(app, "booking"), values)
            after, _findings, found = plan(work, documents(booking=form, region=without(REGION)))
            assert [each.rows for each in found if each.action == "add_no_overlap"] == [expected]
            assert after is not None
            booked = compiled_form(after, "booking")
            judged = overlaps_of(work, after, booked, None, booked.apart[0])
            assert (judged.count, len(judged.pairs)) == (expected, expected)
            assert all(one != other for one, other in judged.pairs)
            raise Undone
    except Undone:
        pass
