"""Soundness: broken graphs are found out, and proofs agree with each other and with running."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.graph import build
from flows.machine import NEW, step
from flows.reduction import proven_sound
from flows.soundness import SOMEBODY, THEN, events, explore
from flows.state import Submitted
from tests.flows.graphs import edge, graph, node

BROKEN = {
    "deadlock": (
        "start:start x:exclusive a:approval b:approval join:join end:end",
        "start>x x>a? x>b! a>join:approve a>end:reject b>join:approve b>end:reject join>end",
    ),
    "improper_completion": (
        "start:start fork:parallel a:approval b:approval end:end",
        "start>fork fork>a fork>b a>end:approve a>end:reject b>end:approve b>end:reject",
    ),
    "double_token": (
        "start:start fork:parallel a:approval b:approval c:approval end:end",
        "start>fork fork>a fork>b a>c:approve a>c:reject b>c:approve b>c:reject c>end:approve c>end:reject",
    ),
    "never_ends": (
        "start:start a:approval b:approval end:end c:approval",
        "start>a a>b:approve a>b:reject b>a:approve b>a:reject c>end:approve c>end:reject",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_graphs_are_found_out(kind):
    made = graph(*BROKEN[kind])
    assert kind in {trouble.kind for trouble in explore(made).troubles}
    assert not proven_sound(made)


def test_the_story_of_a_deadlock_names_the_choice_that_leads_there():
    trouble = next(t for t in explore(graph(*BROKEN["deadlock"])).troubles if t.kind == "deadlock")
    assert trouble.nodes == ("join",)
    assert [event.node for event in trouble.story] == ["x", "a"]


def test_ten_parallel_branches_are_proven_without_exploring():
    branches = range(10)
    nodes = " ".join(f"a{i}:approval b{i}:approval" for i in branches)
    edges = " ".join(
        f"fork>a{i} a{i}>b{i}:approve a{i}>no:reject b{i}>join:approve b{i}>no:reject" for i in branches
    )
    made = graph(f"start:start fork:parallel {nodes} join:join ok:end no:end", f"start>fork {edges} join>ok")
    assert proven_sound(made)
    assert not explore(made, limit=100).complete


class Drawing:
    """Draws a random nested, hence sound, graph."""

    def __init__(self, choose):
        self.choose = choose
        self.nodes, self.edges, self.count = [], [], 0

    def new(self, kind):
        self.count += 1
        key = f"{kind}{self.count}"
        params = {"actions": ({"type": "x"},)} if kind == "action" else {}
        self.nodes.append(node(key, kind, **params))
        return key

    def link(self, text):
        self.edges.append(edge(len(self.edges), text))

    def block(self, depth):
        """A part with one way in and one way out: (first node, [ways out])."""
        kind = self.choose(
            ["approval", "action", "loop", "approval"]
            if depth == 0
            else ["approval", "action", "sequence", "choice", "parallel", "loop"]
        )
        return getattr(self, kind)(depth - 1)

    def approval(self, _depth):
        key = self.new("approval")
        return key, [f"{key}>{{}}:approve"], [f"{key}>{{}}:reject"]

    def action(self, _depth):
        key = self.new("action")
        return key, [f"{key}>{{}}"], []

    def close(self, ways, target):
        for way in ways:
            self.link(way.format(target))

    def sequence(self, depth):
        first, ways, rejects = self.block(max(depth, 0))
        second, out, more = self.block(max(depth, 0))
        self.close(ways, second)
        return first, out, rejects + more

    def loop(self, _depth):
        key = self.new("approval")
        fix = self.new("action")
        self.link(f"{key}>{fix}:reject")
        self.link(f"{fix}>{key}")
        return key, [f"{key}>{{}}:approve"], []

    def choice(self, depth):
        split = self.new("exclusive")
        ways, rejects = [], []
        for index in range(self.choose([2, 3])):
            first, out, more = self.block(max(depth, 0))
            self.link(f"{split}>{first}{'!' if index == 0 else '?'}")
            ways += out
            rejects += more
        return split, ways, rejects

    def parallel(self, depth):
        split, join = self.new("parallel"), self.new("join")
        rejects = []
        for _ in range(2):
            first, out, more = self.block(max(depth, 0))
            self.link(f"{split}>{first}")
            self.close(out, join)
            rejects += more
        return split, [f"{join}>{{}}"], rejects

    def whole(self):
        start, end, no = self.new("start"), self.new("end"), self.new("end")
        first, ways, rejects = self.block(3)
        self.link(f"{start}>{first}")
        self.close(ways, end)
        self.close(rejects, no)
        if not rejects:
            self.nodes = [each for each in self.nodes if each.key != no]
        return build("flow", self.nodes, self.edges)


@st.composite
def nested(draw):
    return Drawing(lambda items: draw(st.sampled_from(items))).whole()


@settings(max_examples=200, deadline=None)
@given(nested())
def test_nested_graphs_are_proven_sound_by_both_methods(made):
    assert proven_sound(made)
    found = explore(made, limit=3_000)
    assert found.troubles == []


@settings(max_examples=200, deadline=None)
@given(nested(), st.data())
def test_random_runs_of_sound_graphs_reach_an_end(made, data):
    done = step(made, NEW, Submitted(SOMEBODY), THEN)
    for _ in range(400):
        possible = events(made, done.state)
        if not possible or done.state.status != "running":
            break
        done = step(made, done.state, data.draw(st.sampled_from(possible)), THEN)
    else:
        return  # a loop was taken again and again; it could have been left every time
    assert done.state.status == "ended"
    assert not done.state.visits
    assert not done.state.arrived


@st.composite
def tangled(draw):
    """A nested graph with one edge led to another node: sound or not."""
    made = draw(nested())
    movable = list(made.edges)
    victim = draw(st.sampled_from(movable))
    target = draw(st.sampled_from([key for key in made.nodes if key != made.start]))
    edges = [
        e if e.index != victim.index else type(e)(e.index, e.source, target, e.on, e.default, e.conditional)
        for e in made.edges
    ]
    return build("flow", list(made.nodes.values()), edges)


@settings(max_examples=400, deadline=None)
@given(tangled())
def test_what_reduction_proves_exploration_never_refutes(made):
    from flows.errors import EndlessLoop

    if not proven_sound(made):
        return
    try:
        found = explore(made, limit=3_000)
    except EndlessLoop:
        return
    assert found.troubles == []


def test_a_second_way_into_a_join_is_not_a_second_edge_it_waits_for():
    made = graph(
        "start:start x:exclusive fork:parallel one:exclusive two:exclusive m:exclusive again:parallel "
        "c:exclusive d:exclusive half:join join:join end:end",
        "start>x x>fork? x>m! fork>one fork>two one>half! half>m two>join! m>again! again>c again>d "
        "c>join! d>join! join>end",
    )
    assert "deadlock" in {trouble.kind for trouble in explore(made).troubles}
    assert not proven_sound(made)
