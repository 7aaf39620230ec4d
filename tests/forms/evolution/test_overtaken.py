"""People and other apps move on between the plan of a publish and its flip: nothing stored is lost by that."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from engine.definitions import ahead as publishes
from engine.definitions import under_way
from engine.definitions.publish import Published, prepare, publish
from engine.definitions.under_way import Publishing, PublishingEnded, PublishUnderWay
from engine.errors import NotPublishable
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.testing import FixedClock
from forms import records
from forms.compiled import compiled_form
from forms.evolution import ahead, move_steps, park, repository, steps
from tests.forms.across_apps.two_apps import HR, VISITS, hr, put, visits
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field, name, option

TIN = "/forms/entry/fields/level/options/tin"
BADGE: dict[str, Any] = {
    "key": "badge",
    "label": name("badge"),
    "title": "no",
    "fields": [field("no", "text")],
}


@pytest.fixture
def ledger(runtime: Runtime) -> Ledger:
    return Ledger(runtime)


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch, people: dict[str, Any]) -> None:
    """Tables of three rows are large."""
    for module in (ahead, steps, move_steps):
        monkeypatch.setattr(module, "AT_ONCE", 2)
    monkeypatch.setattr(ahead, "CHUNK", 2)


def planned_before(ledger: Ledger, meanwhile: Callable[[], object], approve: Sequence[str] = ()) -> Published:
    """Publish with a plan that was made before something happened."""
    source = copy.deepcopy(ledger.source)
    with ledger.runtime.reading(SYSTEM) as work:
        prepared = prepare(work, source)
    meanwhile()
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        return publish(work, source, prepared=prepared, approve=approve)


def refused(ledger: Ledger, meanwhile: Callable[[], object], approve: Sequence[str] = ()) -> set[str]:
    """The codes of why such a publish is refused."""
    with pytest.raises(NotPublishable) as caught:
        planned_before(ledger, meanwhile, approve)
    return {each.code for each in caught.value.findings}


def purge(ledger: Ledger) -> None:
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        (entry,) = repository.of_app(work, "ledger")
        park.purge(work, "ledger", entry.id)


def parked(ledger: Ledger) -> list[str | None]:
    with ledger.runtime.reading(SYSTEM) as work:
        return [each.key for each in repository.of_app(work, "ledger")]


def under(runtime: Runtime, app: str = "ledger") -> Publishing:
    with runtime.reading(SYSTEM) as work:
        return under_way.of_app(work, app)[0]


def of_levels(ledger: Ledger, *levels: str) -> list[str]:
    return [ledger.create(title=str(n), level=level) for n, level in enumerate(levels)]


def test_the_last_use_of_an_option_goes_after_the_plan_and_the_field_keeps_its_values(ledger: Ledger) -> None:
    ids = of_levels(ledger, "gold", "silver", "tin")
    ledger.field("level")["options"] = option("gold", "silver")
    freed = lambda: ledger.update(ids[2], {"level": "gold"})  # noqa: E731
    assert refused(ledger, freed, [TIN]) == {"nothing_to_approve"}
    ledger.update(ids[2], {"level": "tin"})
    assert planned_before(ledger, freed).changed
    assert ledger.values("level", ids) == ["gold", "silver", "gold"]
    assert parked(ledger) == []


def test_the_first_use_of_an_option_after_the_plan_has_to_be_approved(ledger: Ledger) -> None:
    ids = of_levels(ledger, "gold", "silver", "gold")
    ledger.field("level")["options"] = option("gold", "silver")
    assert refused(ledger, lambda: ledger.update(ids[2], {"level": "tin"})) == {"needs_approval"}
    ledger.update(ids[2], {"level": "gold"})
    planned_before(ledger, lambda: ledger.update(ids[2], {"level": "tin"}), [TIN])
    purge(ledger)
    Worker(ledger.runtime).run_due()
    assert ledger.values("level", ids) == ["gold", "silver", None]


def test_parked_values_that_are_being_purged_since_the_plan_do_not_come_back(ledger: Ledger) -> None:
    ledger.create(title="a", size=1)
    gone = ledger.remove("size")
    ledger.publish(approve=["/forms/entry/fields/size"])
    ledger.fields.append(gone)
    assert refused(ledger, lambda: purge(ledger)) == {"key_is_parked"}
    Worker(ledger.runtime).run_due()
    ledger.publish()
    assert ledger.values("size", [ledger.create(title="b", size=5)]) == [5]


def test_a_field_that_cannot_be_moved_any_more_since_the_plan_stays(ledger: Ledger) -> None:
    ids = of_levels(ledger, "gold", "silver")
    gone = ledger.remove("level")
    inner = {**gone, "options": option("gold", "silver"), "moved_from": "level"}
    ledger.fields.append(field("lines", "subtable", fields=[inner]))
    assert refused(ledger, lambda: ledger.update(ids[0], {"level": "tin"})) == {"cannot_move"}
    assert ledger.values("level", ids) == ["tin", "silver"]


@pytest.mark.parametrize("first", [True, False], ids=["while it converts", "before the flip"])
def test_a_publish_under_way_that_stored_values_overtook_says_so(
    ledger: Ledger, little: None, first: bool
) -> None:
    ids = of_levels(ledger, "gold", "silver", "tin", "gold", "gold")
    ledger.field("level")["options"] = option("gold", "silver")
    assert ledger.publish(approve=[TIN]).job
    worker = Worker(ledger.runtime)
    worker.run_due(limit=1)
    while not first and not all(each.get("done") for each in under(ledger.runtime).progress.values()):
        worker.run_due(limit=1)
    ledger.update(ids[2], {"level": "gold"})
    worker.run_due()
    found = under(ledger.runtime)
    assert (found.state, "重新发布" in str(found.error), "Publish it anew" in str(found.error)) == (
        "failed", True, True,
    )  # fmt: skip
    assert ledger.publish().changed
    assert ledger.values("level", ids) == ["gold", "silver", "gold", "gold", "gold"]


def bring_back(ledger: Ledger) -> list[str]:
    """Have a publish under way that brings a parked field back; the records."""
    ids = [ledger.create(title=str(n), size=n, short_name=str(n)) for n in range(5)]
    gone = ledger.remove("size")
    ledger.publish(approve=["/forms/entry/fields/size"])
    ledger.fields.append(gone)
    ledger.field("short_name")["type"] = "int"
    assert ledger.publish().job
    return ids


def test_values_that_a_publish_under_way_brings_back_are_not_purged(ledger: Ledger, little: None) -> None:
    ids = bring_back(ledger)
    with pytest.raises(PublishUnderWay):
        purge(ledger)
    Worker(ledger.runtime).run_due()
    assert under(ledger.runtime).state == "done"
    assert ledger.values("size", ids) == [0, 1, 2, 3, 4]


def test_values_whose_purge_began_all_the_same_are_not_brought_back(ledger: Ledger, little: None) -> None:
    bring_back(ledger)
    with ledger.runtime.unit_of_work(SYSTEM) as work:
        (entry,) = repository.of_app(work, "ledger")
        repository.mark_purging(work, entry.id)
    Worker(ledger.runtime).run_due()
    assert under(ledger.runtime).state == "failed"
    assert "size" not in ledger.form().fields


def test_parked_values_do_not_expire_while_a_publish_is_under_way(
    ledger: Ledger, little: None, clock: FixedClock
) -> None:
    for n in range(3):
        ledger.create(title=str(n), size=n, short_name=str(n))
    ledger.source["app"]["ledger"]["parked_days"] = 1
    ledger.remove("size")
    ledger.publish(approve=["/forms/entry/fields/size"])
    worker = Worker(ledger.runtime)
    worker.run_due()
    ledger.field("short_name")["type"] = "int"
    clock.advance(days=2)
    assert ledger.publish().job
    worker.run_due()  # what is to expire has been due for longer than the publish
    assert under(ledger.runtime).state == "done"
    assert "size" in parked(ledger)
    clock.advance(hours=2)
    worker.run_due()
    assert "size" not in parked(ledger)


def test_a_publish_that_is_cancelled_while_it_waits_for_its_flip_stays_cancelled(
    ledger: Ledger, little: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = ledger.runtime
    for n in range(5):
        ledger.create(title=str(n), short_name=str(n))
    ledger.field("short_name")["type"] = "int"
    job = ledger.publish().job
    assert job
    real = runtime.lock_publishing

    def lock(work: Any) -> None:
        monkeypatch.setattr(runtime, "lock_publishing", real)
        if runtime.database.dialect == "sqlite":
            publishes.cancel(work, "ledger", job)  # nobody else can write now
        else:
            with runtime.unit_of_work(SYSTEM) as other:
                publishes.cancel(other, "ledger", job)
        real(work)

    monkeypatch.setattr(runtime, "lock_publishing", lock)
    Worker(runtime).run_due()
    assert under(runtime).state == "cancelled"
    assert ledger.form().fields["short_name"].type == "text"


def test_a_publish_that_is_done_cannot_be_cancelled(ledger: Ledger, little: None) -> None:
    for n in range(5):
        ledger.create(title=str(n), short_name=str(n))
    ledger.field("short_name")["type"] = "int"
    job = str(ledger.publish().job)
    Worker(ledger.runtime).run_due()
    with ledger.runtime.unit_of_work(SYSTEM) as work, pytest.raises(PublishingEnded):
        publishes.cancel(work, "ledger", job)
    assert under(ledger.runtime).state == "done"


def visits_under_way(runtime: Runtime) -> None:
    """A long publish of visits that begins to refer to the badges of hr."""
    put(runtime, hr(badge=BADGE))
    put(runtime, VISITS)
    for n in range(4):
        with runtime.unit_of_work(SYSTEM) as work:
            records.create(
                work, compiled_form(work.app("visits"), "visit"), {"title": str(n), "note": str(n)}
            )
    assert put(runtime, visits(field("badge", "ref", form="hr.badge"), note={"type": "int"})).job
    Worker(runtime).run_due(limit=1)


def test_what_another_app_takes_away_meanwhile_keeps_a_publish_from_its_flip(
    runtime: Runtime, little: None
) -> None:
    visits_under_way(runtime)
    put(runtime, HR)  # no version that people work with refers to the badges
    Worker(runtime).run_due()
    found = under(runtime, "visits")
    assert (found.state, "hr.badge" in str(found.error)) == ("failed", True)
    with runtime.reading(SYSTEM) as work:
        assert (work.app("visits").version, work.app("visits").broken) == (1, ())


def test_another_app_that_moves_without_harm_keeps_nothing_from_its_flip(
    runtime: Runtime, little: None
) -> None:
    visits_under_way(runtime)
    put(runtime, hr(badge={**BADGE, "fields": [*BADGE["fields"], field("more", "text")]}))
    Worker(runtime).run_due()
    assert under(runtime, "visits").state == "done"
    with runtime.reading(SYSTEM) as work:
        app = work.app("visits")
        assert (app.version, app.broken, app.others["hr"].version) == (2, (), 2)
        form = compiled_form(app, "visit")
        held = sorted(work.rows(f"SELECT {form.fields['note'].column} FROM {form.table}"))
    assert held == [(0,), (1,), (2,), (3,)]
