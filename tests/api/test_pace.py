"""Slow kinds of requests leave the event loop, and come back when they are quick again."""

from __future__ import annotations

import pytest

from api.pace import REMEMBERED, SLOW_SECONDS, Pace


class Watch:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def pace(watch):
    return Pace(watch)


def take(pace, watch, shape, seconds):
    def run():
        watch.now += seconds
        return "done"

    assert pace.timed(shape, run) == "done"


def test_a_slow_request_makes_its_kind_slow(pace, watch):
    take(pace, watch, ("list", "a"), SLOW_SECONDS * 2)
    take(pace, watch, ("list", "b"), SLOW_SECONDS / 2)
    assert pace.is_slow(("list", "a"))
    assert not pace.is_slow(("list", "b"))
    assert not pace.is_slow(("list", "c"))


def test_a_kind_that_became_quick_comes_back(pace, watch):
    take(pace, watch, "a", SLOW_SECONDS * 2)
    take(pace, watch, "a", SLOW_SECONDS / 2)
    assert not pace.is_slow("a")


def test_a_failing_request_counts_too(pace, watch):
    def run():
        watch.now += 1
        raise ValueError

    with pytest.raises(ValueError):
        pace.timed("a", run)
    assert pace.is_slow("a")


def test_memory_is_bounded(pace, watch):
    for shape in range(REMEMBERED + 10):
        take(pace, watch, shape, 1)
    assert not pace.is_slow(0)
    assert pace.is_slow(REMEMBERED + 9)
