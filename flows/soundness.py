"""Explores every marking of the pure machine: can the flow always be finished, and finished properly?

A marking forgets rounds, people and history. Automatic steps commute with everything else, so only one
order of them is explored.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from flows.graph import Graph
from flows.machine import NEW, step
from flows.state import Acted, Assigned, Chosen, Decided, Event, State, Submitted, Visit

LIMIT = 8_000
SOMEBODY = "somebody"
THEN = datetime(2000, 1, 1, tzinfo=UTC)

Marking = tuple[str, bool, tuple[tuple[str, str], ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A marking that must not be: what is wrong, at which nodes, and the decisions that lead there."""

    kind: str
    nodes: tuple[str, ...]
    story: tuple[Event, ...]


@dataclass(slots=True)
class Exploration:
    """What was found; `complete` is False when the limit was reached first."""

    complete: bool = True
    markings: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)


def explore(graph: Graph, *, limit: int = LIMIT) -> Exploration:
    """Explore at most `limit` markings of `graph`. The graph has no loop of automatic nodes."""
    return _Explorer(graph, limit).run()


def marking(state: State) -> Marking:
    """What distinguishes two states as far as the future goes."""
    resting = tuple(sorted((visit.node, visit.waiting) for visit in state.visits))
    return (state.status, state.outcome is not None, resting, state.arrived)


def events(graph: Graph, state: State) -> list[Event]:
    """What can happen next, every person reduced to one."""
    for visit in state.visits:
        if visit.waiting == "actions":
            return [Acted(visit.node)]
        if visit.waiting == "people":
            return [Assigned(visit.node, (SOMEBODY,))]
    return [event for visit in state.visits for event in _choices(graph, visit)]


def _choices(graph: Graph, visit: Visit) -> list[Event]:
    if visit.waiting == "branch":
        return [Chosen(visit.node, edge.index) for edge in graph.outs(visit.node)]
    return [
        Decided(visit.node, SOMEBODY, "reject" if edge.on == "reject" else "approve")
        for edge in graph.outs(visit.node)
    ]


class _Explorer:
    def __init__(self, graph: Graph, limit: int) -> None:
        self.graph = graph
        self.limit = limit
        self.found = Exploration()
        self.before: dict[Marking, tuple[Marking, Event] | None] = {}
        self.after: dict[Marking, list[Marking]] = {}
        self.states: dict[Marking, State] = {}
        self.troubled: set[Marking] = set()

    def run(self) -> Exploration:
        unread = deque([self._meet(NEW, Submitted(SOMEBODY), None)])
        while unread and self.found.complete:
            here = unread.popleft()
            for event in self._next(here):
                known = len(self.states)
                there = self._meet(self.states[here], event, here)
                self.after[here].append(there)
                if len(self.states) > known:
                    unread.append(there)
        self.found.markings = len(self.states)
        if self.found.complete and not self.found.troubles:
            self._find_endless()
        return self.found

    def _meet(self, state: State, event: Event, here: Marking | None) -> Marking:
        """The marking after `event`, noted when it is new."""
        after = step(self.graph, state, event, THEN).state
        self.found.visited.update(self.graph.edges[index].target for index in after.path)
        mark = marking(after)
        if mark not in self.states:
            self.states[mark] = replace(after, round=0, decided=False, trail=(), rounds=(), path=())
            self.before[mark] = None if here is None else (here, event)
            self.after[mark] = []
            self._note(after, mark)
            self.found.complete = len(self.states) <= self.limit
        return mark

    def _next(self, here: Marking) -> list[Event]:
        """What happens after `here`; nothing after a marking that is in trouble already."""
        state = self.states[here]
        if here in self.troubled or state.status != "running":
            return []
        return events(self.graph, state)

    def _note(self, state: State, mark: Marking) -> None:
        kind, nodes = self._trouble(state)
        if not kind:
            return
        self.troubled.add(mark)
        if all((known.kind, known.nodes) != (kind, nodes) for known in self.found.troubles):
            self.found.troubles.append(Trouble(kind, nodes, self._story(mark)))

    def _trouble(self, state: State) -> tuple[str, tuple[str, ...]]:
        """The kind of trouble and the nodes it is about; an empty kind for none."""
        if state.status != "running":
            return "", ()
        nodes = [visit.node for visit in state.visits]
        if state.outcome is not None:
            return "improper_completion", self._ends(state)
        doubled = sorted({node for node in nodes if nodes.count(node) > 1} | self._doubled(state))
        if doubled:
            return "double_token", tuple(doubled)
        if not events(self.graph, state):
            waiting = {self.graph.edges[index].target for index in state.arrived}
            return "deadlock", tuple(sorted(waiting | set(nodes)))
        return "", ()

    def _ends(self, state: State) -> tuple[str, ...]:
        entered = (self.graph.edges[index].target for index in state.path)
        return tuple(sorted({node for node in entered if not self.graph.outs(node)}))

    def _doubled(self, state: State) -> set[str]:
        seen: set[object] = set()
        doubled: set[str] = set()
        for index in state.arrived:
            join = self.graph.edges[index].target
            branch = (join, self.graph.regions.branches(join)[index])
            if branch in seen:
                doubled.add(join)
            seen.add(branch)
        return doubled

    def _story(self, mark: Marking) -> tuple[Event, ...]:
        story: list[Event] = []
        link = self.before[mark]
        while link is not None:
            mark, event = link
            if isinstance(event, Chosen | Decided):
                story.append(event)
            link = self.before[mark]
        return tuple(reversed(story))

    def _find_endless(self) -> None:
        """Markings that can go on for ever but never finish."""
        sources: dict[Marking, list[Marking]] = {mark: [] for mark in self.states}
        for mark, targets in self.after.items():
            for target in targets:
                sources[target].append(mark)
        finishing = [mark for mark, state in self.states.items() if state.status != "running"]
        seen = set(finishing)
        while finishing:
            for source in sources[finishing.pop()]:
                if source not in seen:
                    seen.add(source)
                    finishing.append(source)
        stuck = next((mark for mark in self.states if mark not in seen), None)
        if stuck is not None:
            nodes = tuple(sorted(visit.node for visit in self.states[stuck].visits))
            self.found.troubles.append(Trouble("never_ends", nodes, self._story(stuck)))
