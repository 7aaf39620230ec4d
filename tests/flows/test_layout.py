"""Drawings and stored states."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings

from flows.layout import layout
from flows.machine import NEW, step
from flows.state import Acted, Assigned, Submitted
from flows.stored_state import dump, load
from tests.flows.graphs import graph
from tests.flows.test_soundness import nested

NOW = datetime(2026, 3, 2, 2, 0, 0, 500, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(nested())
def test_no_two_nodes_share_a_place_and_the_start_stands_first(made):
    places = layout(made)
    assert set(places) == set(made.nodes)
    assert len(set(places.values())) == len(places)
    assert places[made.start].layer == 0


def test_a_loop_back_does_not_push_nodes_apart():
    made = graph(
        "start:start n:approval fix:action ok:end",
        "start>n n>ok:approve n>fix:reject fix>n",
        fix={"actions": ({"type": "x"},)},
    )
    assert {key: place.layer for key, place in layout(made).items()} == {
        "start": 0,
        "n": 1,
        "fix": 2,
        "ok": 2,
    }


def test_a_state_survives_being_stored():
    made = graph("start:start n:approval ok:end", "start>n n>ok:approve n>start:reject")
    state = step(made, NEW, Submitted("li"), NOW).state
    for event in (Acted("start"), Assigned("n", ("liu", "wang"))):
        assert load(dump(state)) == state
        state = step(made, state, event, NOW).state
    assert load(dump(state)) == state
    assert load(dump(NEW)) == NEW
