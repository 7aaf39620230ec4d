"""Positions of the log: dense, in commit order, none lost, whatever writers do."""

from __future__ import annotations

import threading

import pytest

from engine.changes import log
from engine.definitions.app import CompiledApp
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import publish_shop


@pytest.fixture
def shop(runtime: Runtime) -> CompiledApp:
    return publish_shop(runtime)


def save(runtime: Runtime, number: int) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        records.create(work, compiled_form(work.app("shop"), "product"), {"sku": f"p{number}", "price": 100})


def test_followers_see_every_change_once_in_one_order(runtime: Runtime, shop: CompiledApp) -> None:
    seen: list[int] = []
    done = threading.Event()

    def follow() -> None:
        while True:
            last = done.is_set()
            with runtime.reading(SYSTEM) as work:
                log.bring_to_head(work)
                for change in log.read_since(work, len(seen)):
                    assert change.pos == len(seen) + 1
                    seen.append(change.id)
            if last:
                return

    def write(start: int) -> None:
        for number in range(start, start + 20):
            save(runtime, number)

    follower = threading.Thread(target=follow)
    writers = [threading.Thread(target=write, args=(start,)) for start in (0, 100, 200, 300)]
    for thread in (follower, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    follower.join()
    assert len(seen) == len(set(seen)) == 80


@pytest.mark.database("postgresql")
def test_a_change_that_commits_late_comes_after_those_before_it(runtime: Runtime, shop: CompiledApp) -> None:
    form = compiled_form(shop, "product")
    with runtime.unit_of_work(SYSTEM) as slow:
        records.create(slow, form, {"sku": "slow", "price": 1})
        save(runtime, 1)
        with runtime.reading(SYSTEM) as work:
            assert log.bring_to_head(work) == 1
    with runtime.reading(SYSTEM) as work:
        assert log.bring_to_head(work) == 2
        first, second = log.read_since(work, 0)
    assert first.id > second.id, "the slow one took its id first but its place last"
