"""S27: an opportunity in its first stage that nobody follows up for 168 hours."""

from __future__ import annotations

import pytest

from tests.scenarios.crm import Crm, Record
from tests.scenarios.deals import opportunity

TOLD = ("li", "wang")


@pytest.fixture
def chance(crm: Crm) -> Record:
    """OP: initial since 2026-03-01, followed up, for the last time on Tuesday 2026-03-10 10:00."""
    crm.at("2026-03-01 10:00")
    made = opportunity(crm)
    for moment in ("2026-03-06 15:00", "2026-03-10 10:00"):
        crm.work_at(moment)
        activity(crm, made)
    return made


def activity(crm: Crm, chance: Record, *, user: str = "li", kind: str = "call", **values: str) -> Record:
    """Somebody follows up now, or at `happened_at`."""
    about = {"customer": chance["customer"], "opportunity": chance["id"]}
    return crm.create(user, "activity", subject="电话沟通", type=kind, **about, **values)


def risk(crm: Crm, chance: Record) -> bool:
    return bool(crm.get("opportunity", chance["id"])["risk"])


def alarms(crm: Crm, chance: Record) -> list[int]:
    """How many notifications owner and superior have."""
    return [len(crm.notifications(user, chance["id"])) for user in TOLD]


def test_a_second_before_nothing_happens(crm: Crm, chance: Record) -> None:
    crm.work_at("2026-03-17 09:59:59")
    assert not risk(crm, chance)
    assert alarms(crm, chance) == [0, 0]


def test_after_168_hours_owner_and_superior_are_told_once(crm: Crm, chance: Record) -> None:
    crm.work_at("2026-03-17 10:00:00")
    assert risk(crm, chance)
    assert alarms(crm, chance) == [1, 1]


def test_further_silence_does_not_repeat_it(crm: Crm, chance: Record) -> None:
    for day in ("17", "18", "19", "24", "25"):
        crm.work_at(f"2026-03-{day} 10:00")
    assert alarms(crm, chance) == [1, 1]


def test_a_follow_up_clears_the_risk_and_starts_the_next_span(crm: Crm, chance: Record) -> None:
    crm.work_at("2026-03-17 10:00")
    crm.at("2026-03-20 10:00")
    activity(crm, chance)
    assert not risk(crm, chance)
    crm.work_at("2026-03-27 09:59:59")
    assert alarms(crm, chance) == [1, 1]
    crm.work_at("2026-03-27 10:00")
    assert risk(crm, chance)
    assert alarms(crm, chance) == [2, 2]


def test_an_archived_message_does_not_postpone_it(crm: Crm, chance: Record) -> None:
    crm.at("2026-03-16 15:00")
    activity(crm, chance, user="root", kind="wecom")
    crm.work_at("2026-03-17 10:00")
    assert risk(crm, chance)


def test_a_backdated_activity_counts_from_when_it_happened(crm: Crm, chance: Record) -> None:
    crm.work_at("2026-03-17 10:00")
    crm.at("2026-03-18 09:00")
    activity(crm, chance, happened_at="2026-03-12T02:00:00Z")
    assert not risk(crm, chance)
    crm.work_at("2026-03-19 09:59:59")
    assert alarms(crm, chance) == [1, 1]
    crm.work_at("2026-03-19 10:00")
    assert alarms(crm, chance) == [2, 2]


def test_a_later_stage_never_fires(crm: Crm, chance: Record) -> None:
    crm.at("2026-03-15 10:00")
    crm.change("li", "opportunity", chance["id"], stage="need")
    for day in ("17", "22", "29"):
        crm.work_at(f"2026-03-{day} 10:00")
    assert alarms(crm, chance) == [0, 0]
    assert not risk(crm, chance)


def test_a_deleted_activity_no_longer_counts(crm: Crm, chance: Record) -> None:
    crm.at("2026-03-14 10:00")
    mistaken = activity(crm, chance)
    crm.at("2026-03-16 10:00")
    assert crm.delete("root", "activity", mistaken["id"]).status_code == 204
    crm.work_at("2026-03-17 10:00")
    assert risk(crm, chance)
    assert alarms(crm, chance) == [1, 1]
