"""The pure machine: what events do to tokens."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.errors import AlreadyDecided, BadReturnTarget, EventNotExpected, InstanceClosed
from flows.machine import NEW, step
from flows.state import (
    Acted,
    Ask,
    Assign,
    Assigned,
    Cancelled,
    Choose,
    Chosen,
    CloseTask,
    Decided,
    Finish,
    HandBack,
    OpenTask,
    Reassign,
    RunActions,
    SentBack,
    Submitted,
    Transferred,
    Undo,
    Withdrawn,
)
from tests.flows.graphs import graph

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)

QUOTE = graph(
    "start:start route:exclusive n1:approval route2:exclusive n2:approval ok:end no:end",
    "start>route route>ok? route>n1! n1>route2:approve n1>no:reject route2>n2? route2>ok! n2>ok:approve n2>no:reject",
    ok={"outcome": "approved"},
    no={"outcome": "rejected"},
)
BUNDLE = graph(
    "start:start fork:parallel a:approval b:approval c:approval join:join no:action ok:end bad:end",
    "start>fork fork>a fork>b fork>c a>join:approve b>join:approve c>join:approve "
    "a>no:reject b>no:reject c>no:reject no>bad join>ok",
    bad={"outcome": "rejected"},
    no={"actions": ({"type": "x"},)},
)


def run(made, *events, state=NEW):
    effects = ()
    for event in events:
        done = step(made, state, event, NOW)
        state, effects = done.state, done.effects
    return state, effects


def open_at(made, node, *, actors=("liu",), state=NEW):
    """The state in which `node` waits for a decision."""
    return run(made, Assigned(node, tuple(actors)), state=state)


def submitted(made):
    return run(made, Submitted("li"), Acted("start"))


def test_submission_runs_the_start_actions_before_anything_else():
    state, effects = run(QUOTE, Submitted("li"))
    assert effects == (RunActions("start"),)
    assert state.status == "running"


def test_a_branch_asks_which_edge_holds():
    _, effects = submitted(QUOTE)
    assert effects == (Choose("route"),)


def test_a_branch_may_lead_straight_to_the_end():
    state, effects = run(QUOTE, Submitted("li"), Acted("start"), Chosen("route", 1))
    assert (state.status, state.outcome) == ("ended", "approved")
    assert effects == (Finish("approved"),)


def test_an_approval_asks_for_people_then_opens_a_task():
    state, effects = run(QUOTE, Submitted("li"), Acted("start"), Chosen("route", 2))
    assert effects == (Assign("n1", 1),)
    _, effects = run(QUOTE, Assigned("n1", ("liu", "wang")), state=state)
    assert effects == (OpenTask("n1", 1, ("liu", "wang"), ("liu", "wang")),)


def test_any_first_approval_decides():
    state, _ = run(
        QUOTE, Submitted("li"), Acted("start"), Chosen("route", 2), Assigned("n1", ("liu", "wang"))
    )
    state, effects = run(QUOTE, Decided("n1", "wang", "approve"), state=state)
    assert effects == (CloseTask("n1", 1, "approved"), Choose("route2"))
    with pytest.raises(EventNotExpected):
        run(QUOTE, Decided("n1", "liu", "approve"), state=state)


def test_a_rejection_leaves_by_the_reject_edge():
    state, _ = run(QUOTE, Submitted("li"), Acted("start"), Chosen("route", 2), Assigned("n1", ("liu",)))
    state, effects = run(QUOTE, Decided("n1", "liu", "reject"), state=state)
    assert effects == (CloseTask("n1", 1, "rejected"), Finish("rejected"))
    assert state.outcome == "rejected"


def approval(mode, people):
    made = graph(
        "start:start n:approval ok:end no:end",
        "start>n n>ok:approve n>no:reject",
        n={"mode": mode},
        no={"outcome": "rejected"},
    )
    return made, *run(made, Submitted("li"), Acted("start"), Assigned("n", people))


def test_all_must_approve():
    made, state, _ = approval("all", ("a", "b"))
    state, effects = run(made, Decided("n", "b", "approve"), state=state)
    assert (state.status, effects) == ("running", ())
    state, _ = run(made, Decided("n", "a", "approve"), state=state)
    assert state.outcome == "approved"


def test_one_of_all_rejects():
    made, state, _ = approval("all", ("a", "b"))
    state, _ = run(made, Decided("n", "b", "approve"), Decided("n", "a", "reject"), state=state)
    assert state.outcome == "rejected"


def test_nobody_votes_twice():
    made, state, _ = approval("all", ("a", "b"))
    with pytest.raises(EventNotExpected):
        run(made, Decided("n", "a", "approve"), Decided("n", "a", "approve"), state=state)


def test_in_order_one_is_asked_after_the_other():
    made, state, effects = approval("order", ("a", "b"))
    assert effects == (OpenTask("n", 1, ("a", "b"), ("a",)),)
    state, effects = run(made, Decided("n", "a", "approve"), state=state)
    assert effects == (Ask("n", 1, "b"),)
    state, _ = run(made, Decided("n", "b", "approve"), state=state)
    assert state.outcome == "approved"


def test_an_approval_already_given_counts():
    made = graph("start:start n:approval ok:end", "start>n n>ok:approve n>ok:reject", n={"mode": "all"})
    _, effects = run(made, Submitted("li"), Acted("start"), Assigned("n", ("a", "b"), ("a",)))
    assert effects == (OpenTask("n", 1, ("a", "b"), ("b",)),)
    _, effects = run(made, Submitted("li"), Acted("start"), Assigned("n", ("a",), ("a",)))
    assert effects == (Finish("approved"),)


def test_transfer_gives_the_part_to_another_person():
    made, state, _ = approval("all", ("a", "b"))
    state, effects = run(made, Transferred("n", "a", "c"), state=state)
    assert effects == (Reassign("n", 1, "a", "c"),)
    state, _ = run(made, Decided("n", "b", "approve"), Decided("n", "c", "approve"), state=state)
    assert state.outcome == "approved"


def test_transfer_to_somebody_asked_already_leaves_one_part():
    made, state, _ = approval("all", ("a", "b"))
    state, _ = run(made, Transferred("n", "a", "b"), Decided("n", "b", "approve"), state=state)
    assert state.outcome == "approved"


def bundle(*approved):
    people = [Assigned(node, (f"p{node}",)) for node in "abc"]
    decided = [Decided(node, f"p{node}", "approve") for node in approved]
    return run(BUNDLE, Submitted("li"), Acted("start"), *people, *decided)


def test_a_join_fires_once_when_every_branch_has_come():
    state, _ = bundle("a", "c")
    assert state.status == "running"
    state, effects = run(BUNDLE, Decided("b", "pb", "approve"), state=state)
    assert effects == (CloseTask("b", 1, "approved"), Finish("approved"))


def test_a_rejection_in_a_branch_cancels_its_siblings():
    state, _ = bundle("a")
    state, effects = run(BUNDLE, Decided("b", "pb", "reject"), state=state)
    assert effects == (CloseTask("b", 1, "rejected"), CloseTask("c", 1, "cancelled"), RunActions("no"))
    assert state.arrived == ()
    state, _ = run(BUNDLE, Acted("no"), state=state)
    assert state.outcome == "rejected"


def test_several_ways_of_one_branch_into_a_join_count_as_one():
    opinions = graph(
        "start:start fork:parallel a:approval b:approval join:join ok:end",
        "start>fork fork>a fork>b a>join:approve a>join:reject b>join:approve b>join:reject join>ok",
    )
    state, _ = run(opinions, Submitted("li"), Acted("start"), Assigned("a", ("x",)), Assigned("b", ("y",)))
    state, _ = run(opinions, Decided("a", "x", "reject"), Decided("b", "y", "approve"), state=state)
    assert state.outcome == "approved"


CHAIN = graph(
    "start:start n1:approval n2:approval n3:approval ok:end no:end",
    "start>n1 n1>n2:approve n1>no:reject n2>n3:approve n2>no:reject n3>ok:approve n3>no:reject",
)


def chain(*done):
    state, _ = submitted(CHAIN)
    for node in done:
        state, _ = run(CHAIN, Assigned(node, ("p",)), Decided(node, "p", "approve"), state=state)
    node = f"n{len(done) + 1}"
    return open_at(CHAIN, node, actors=("p",), state=state)[0]


def test_return_to_a_named_approval_starts_a_new_round_there():
    state, effects = run(CHAIN, SentBack("n3", "p", "n1"), state=chain("n1", "n2"))
    assert effects == (CloseTask("n3", 1, "returned"), Assign("n1", 2))
    assert state.trail == ()
    state, effects = run(CHAIN, Assigned("n1", ("p",)), Decided("n1", "p", "approve"), state=state)
    assert effects[-1] == Assign("n2", 2)


def test_return_to_previous_goes_one_approval_back():
    _, effects = run(CHAIN, SentBack("n3", "p", "previous"), state=chain("n1", "n2"))
    assert effects[-1] == Assign("n2", 2)
    state, effects = run(CHAIN, SentBack("n1", "p", "previous"), state=chain())
    assert (state.status, effects[-1]) == ("returned", HandBack())


def test_return_to_a_node_not_passed_is_refused():
    with pytest.raises(BadReturnTarget):
        run(CHAIN, SentBack("n2", "p", "n3"), state=chain("n1"))


def test_a_returned_record_is_submitted_again_in_a_new_round():
    state, effects = run(CHAIN, SentBack("n2", "p", "start"), state=chain("n1"))
    assert state.status == "returned"
    assert effects == (CloseTask("n2", 1, "returned"), HandBack())
    state, _ = run(CHAIN, Submitted("li"), state=state)
    assert state.decided is False
    state, effects = run(CHAIN, Acted("start"), state=state)
    assert effects == (Assign("n1", state.round),)
    assert state.round > 1


def test_return_inside_a_branch_keeps_the_siblings():
    made = graph(
        "start:start fork:parallel a1:approval a2:approval b:approval join:join ok:end no:end",
        "start>fork fork>a1 fork>b a1>a2:approve a1>no:reject a2>join:approve a2>no:reject "
        "b>join:approve b>no:reject join>ok",
    )
    state, _ = run(
        made,
        Submitted("li"),
        Acted("start"),
        Assigned("a1", ("p",)),
        Assigned("b", ("q",)),
        Decided("b", "q", "approve"),
        Decided("a1", "p", "approve"),
        Assigned("a2", ("p",)),
    )
    with pytest.raises(BadReturnTarget):
        run(made, SentBack("a2", "p", "b"), state=state)
    state, effects = run(made, SentBack("a2", "p", "a1"), state=state)
    assert effects == (CloseTask("a2", 1, "returned"), Assign("a1", 2))
    assert len(state.arrived) == 1


def test_return_before_a_fork_cancels_the_whole_region():
    made = graph(
        "start:start n:approval fork:parallel a:approval b:approval join:join ok:end no:end",
        "start>n n>fork:approve n>no:reject fork>a fork>b a>join:approve a>no:reject "
        "b>join:approve b>no:reject join>ok",
    )
    state, _ = run(
        made,
        Submitted("li"),
        Acted("start"),
        Assigned("n", ("p",)),
        Decided("n", "p", "approve"),
        Assigned("a", ("p",)),
        Assigned("b", ("q",)),
        Decided("b", "q", "approve"),
        SentBack("a", "p", "n"),
    )
    assert [visit.node for visit in state.visits] == ["n"]
    assert state.arrived == ()


def test_withdraw_before_the_first_decision_only():
    state = chain()
    withdrawn, effects = run(CHAIN, Withdrawn("li"), state=state)
    assert withdrawn.status == "withdrawn"
    assert effects == (CloseTask("n1", 1, "withdrawn"), Undo())
    with pytest.raises(AlreadyDecided):
        run(CHAIN, Withdrawn("li"), state=chain("n1"))


def test_cancel_stops_at_any_time_but_once():
    state, effects = run(CHAIN, Cancelled("root"), state=chain("n1"))
    assert (state.status, effects[-1]) == ("cancelled", Undo())
    with pytest.raises(InstanceClosed):
        run(CHAIN, Cancelled("root"), state=state)
    with pytest.raises(InstanceClosed):
        run(CHAIN, Decided("n2", "p", "approve"), state=state)


def test_a_reject_edge_to_the_start_hands_the_record_back():
    made = graph("start:start n:approval ok:end", "start>n n>ok:approve n>start:reject")
    state, _ = run(made, Submitted("li"), Acted("start"), Assigned("n", ("p",)))
    state, effects = run(made, Decided("n", "p", "reject"), state=state)
    assert (state.status, effects[-1]) == ("returned", HandBack())


def test_the_path_taken_is_kept():
    state, _ = run(QUOTE, Submitted("li"), Acted("start"), Chosen("route", 1))
    assert [QUOTE.edges[index].target for index in state.path] == ["route", "ok"]
