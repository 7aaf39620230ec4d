"""Only kinds of requests that were quick last time may run on the event loop."""

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


def test_only_what_was_quick_is_quick(pace, watch):
    take(pace, watch, ("list", "a"), SLOW_SECONDS * 2)
    take(pace, watch, ("list", "b"), SLOW_SECONDS / 2)
    assert not pace.is_quick(("list", "a"))
    assert pace.is_quick(("list", "b"))
    assert not pace.is_quick(("list", "nobody asked yet"))


def test_a_kind_that_became_slow_leaves_and_comes_back(pace, watch):
    take(pace, watch, "a", SLOW_SECONDS / 2)
    take(pace, watch, "a", SLOW_SECONDS * 2)
    assert not pace.is_quick("a")
    take(pace, watch, "a", SLOW_SECONDS / 2)
    assert pace.is_quick("a")


def test_a_failing_request_counts_too(pace, watch):
    def run():
        watch.now += 1
        raise ValueError

    take(pace, watch, "a", 0)
    with pytest.raises(ValueError):
        pace.timed("a", run)
    assert not pace.is_quick("a")


def test_memory_is_bounded_and_what_is_asked_often_stays(pace, watch):
    for shape in range(REMEMBERED + 10):
        take(pace, watch, "often", 0)
        take(pace, watch, shape, 0)
    assert not pace.is_quick(0)
    assert pace.is_quick(REMEMBERED + 9)
    assert pace.is_quick("often")
