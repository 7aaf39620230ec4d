"""S05: a check-in counts near the outlet, with a photo taken there; what soon expires is marked."""

from __future__ import annotations

import httpx
import pytest

from tests.scenarios.channel import dealer, outlet, photo
from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.fixture import china

NEAR = {"lat": "31.303200", "lng": "120.586800"}
FAR = {"lat": "31.303300", "lng": "120.587000"}


@pytest.fixture
def shop(crm: Crm) -> Record:
    return outlet(crm, dealer(crm))


@pytest.fixture
def visit(crm: Crm, shop: Record) -> Record:
    """Planned for li on 2026-04-01; the clock stands at that morning."""
    crm.at("2026-04-01 09:00")
    return crm.create("li", "visit", rep="li", plan_date="2026-04-01", outlet=shop["id"])


def check_in(
    crm: Crm, visit: Record, where: Record, *photos: str, at: str = "2026-04-01 09:10"
) -> httpx.Response:
    values = {"checkin_at": china(at).isoformat(), "checkin_geo": where, "checkin_photo": list(photos)}
    return crm.patch("li", "visit", visit["id"], status="checked_in", **values)


def checked_in(crm: Crm, visit: Record, where: Record) -> Record:
    answer = check_in(crm, visit, where, photo(crm, "li", "front"))
    assert answer.status_code == 200, answer.text
    return crm.get("visit", visit["id"])


def done(crm: Crm, visit: Record, *expiries: str) -> Record:
    counts = [
        {"product": crm.ids[name], "in_store": 5, "nearest_expiry": day}
        for name, day in zip(("P1", "P2", "P3"), expiries, strict=False)
    ]
    left = china("2026-04-01 09:45").isoformat()
    crm.change("li", "visit", visit["id"], status="done", checkout_at=left, counts=counts)
    return crm.get("visit", visit["id"])


def test_499_metres_are_near_enough(crm: Crm, visit: Record) -> None:
    after = checked_in(crm, visit, NEAR)
    assert abs(after["distance_m"] - 498.9) <= 0.5
    assert after["geo_ok"] is True


def test_515_metres_are_stored_but_do_not_count(crm: Crm, visit: Record) -> None:
    after = checked_in(crm, visit, FAR)
    assert abs(after["distance_m"] - 515.2) <= 0.5
    assert (after["status"], after["geo_ok"]) == ("checked_in", False)


@pytest.mark.parametrize(("where", "accepted"), [(NEAR, True), (FAR, False)])
def test_a_promotion_is_verified_only_where_the_outlet_is(
    crm: Crm, visit: Record, shop: Record, where: Record, accepted: bool
) -> None:
    seen = done(crm, checked_in(crm, visit, where), "2026-09-01")
    promotion = crm.create(
        "lin", "promotion", name="陈列", type="display", start="2026-03-01", end="2026-05-31", budget="9000"
    )
    enrolled = crm.create(
        "lin", "promo_enrolment", promotion=promotion["id"], outlet=shop["id"], baseline_qty=100
    )
    picture = photo(crm, "wang", "display")
    answer = crm.patch(
        "wang", "promo_enrolment", enrolled["id"], verified="pass", visit=seen["id"], photos=[picture]
    )
    assert answer.status_code == (200 if accepted else 422), answer.text
    assert accepted or codes(answer) == {"verified:not_verified"}


def test_a_display_photo_is_new_in_the_app(crm: Crm, visit: Record, shop: Record) -> None:
    seen = done(crm, checked_in(crm, visit, NEAR), "2026-09-01")
    made = [
        crm.create(
            "lin", "promotion", name=name, type="display", start="2026-03-01", end="2026-05-31", budget="9000"
        )
        for name in ("春", "夏")
    ]
    first, second = (
        crm.create("lin", "promo_enrolment", promotion=each["id"], outlet=shop["id"], baseline_qty=100)
        for each in made
    )
    passing = {"verified": "pass", "visit": seen["id"]}
    crm.change("wang", "promo_enrolment", first["id"], photos=[photo(crm, "wang", "once")], **passing)
    answer = crm.patch(
        "wang", "promo_enrolment", second["id"], photos=[photo(crm, "wang", "once")], **passing
    )
    assert codes(answer) == {"photos:file_seen_before"}


def test_without_a_photo_nobody_checks_in(crm: Crm, visit: Record) -> None:
    answer = check_in(crm, visit, NEAR)
    assert (answer.status_code, codes(answer)) == (422, {"checkin_photo:required"})
    assert crm.get("visit", visit["id"])["status"] == "planned"


def test_a_photo_of_the_gallery_is_refused(crm: Crm, visit: Record) -> None:
    answer = check_in(crm, visit, NEAR, photo(crm, "li", "old", source="gallery"))
    assert (answer.status_code, codes(answer)) == (422, {"checkin_photo:camera_only"})


def test_30_days_are_soon(crm: Crm, visit: Record) -> None:
    after = done(crm, checked_in(crm, visit, NEAR), "2026-05-01", "2026-05-02", "2026-03-30")
    assert [row["expiring"] for row in after["counts"]] == [True, False, True]
    assert after["stay_min"] == 35


def test_a_visit_to_an_outlet_counts_something(crm: Crm, visit: Record) -> None:
    checked_in(crm, visit, NEAR)
    left = china("2026-04-01 09:45").isoformat()
    answer = crm.patch("li", "visit", visit["id"], status="done", checkout_at=left)
    assert codes(answer) == {"counts:counts_missing"}


def test_what_was_captured_offline_keeps_its_time(crm: Crm, visit: Record) -> None:
    crm.at("2026-04-01 14:00")
    after = checked_in(crm, visit, NEAR)
    assert china("2026-04-01 09:10").isoformat() == _local(after["checkin_at"])
    assert china("2026-04-01 14:00").isoformat() == _local(after["synced_at"])
    moved = crm.patch("li", "visit", visit["id"], checkin_at=china("2026-04-01 09:30").isoformat())
    assert codes(moved) == {"checkin_at:read_only"}


def _local(moment: str) -> str:
    from datetime import datetime

    return datetime.fromisoformat(moment).astimezone(china("2026-04-01 09:00").tzinfo).isoformat()
