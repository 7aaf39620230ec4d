"""The state of one running flow, what can happen to it, and what it asks the outside to do.

All of it is data: frozen, comparable, without clock, database or ids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Status = Literal["new", "running", "returned", "ended", "withdrawn", "cancelled"]
Waiting = Literal["actions", "branch", "people", "decision"]
Choice = Literal["approve", "reject"]
Result = Literal["approved", "rejected", "returned", "cancelled", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Visit:
    """A token resting at a node, and what it waits for there.

    `round` tells repeated visits of one node apart; `actors` are the people asked, in order, and
    `approved` those of them who have approved in this visit.
    """

    node: str
    round: int
    since: datetime
    waiting: Waiting
    actors: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Where all tokens of an instance are.

    `arrived` are edges on which a token waits for its join, `path` the edges taken so far, `trail` the
    approvals passed (for "return to previous"), `rounds` the last round of every node visited.
    """

    status: Status = "new"
    outcome: str | None = None
    round: int = 0
    decided: bool = False
    visits: tuple[Visit, ...] = ()
    arrived: tuple[int, ...] = ()
    path: tuple[int, ...] = ()
    trail: tuple[str, ...] = ()
    rounds: tuple[tuple[str, int], ...] = ()

    def visit(self, node: str) -> Visit | None:
        """The token resting at `node`."""
        return next((visit for visit in self.visits if visit.node == node), None)

    def last_round(self, node: str) -> int:
        """The round of the latest visit of `node`; 0 when it was never visited."""
        return dict(self.rounds).get(node, 0)

    def rest(self, node: str, now: datetime, waiting: Waiting) -> State:
        """This state with a new token at `node`."""
        current = max(self.round, self.last_round(node) + 1)
        rounds = (*(pair for pair in self.rounds if pair[0] != node), (node, current))
        return replace(self, visits=(*self.visits, Visit(node, current, now, waiting)), rounds=rounds)

    def changed(self, visit: Visit) -> State:
        """This state with `visit` in place of the token at the same node."""
        visits = tuple(visit if each.node == visit.node else each for each in self.visits)
        return replace(self, visits=visits)

    def without(self, node: str) -> State:
        """This state after the token has left `node`."""
        left = next((index for index, visit in enumerate(self.visits) if visit.node == node), None)
        if left is None:
            return self
        return replace(self, visits=self.visits[:left] + self.visits[left + 1 :])

    @property
    def open(self) -> bool:
        """Whether the instance can still go on."""
        return self.status in {"new", "running", "returned"}


# What can happen.


@dataclass(frozen=True, slots=True)
class Submitted:
    """The submitter hands the record over, for the first time or again; `round` counts submissions."""

    actor: str
    round: int = 1


@dataclass(frozen=True, slots=True)
class Acted:
    """The actions of `node` have run."""

    node: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The branch `edge` (its index in the graph) of `node` holds."""

    node: str
    edge: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """These people are asked at `node`; the approval of those in `already` is known and counts."""

    node: str
    actors: tuple[str, ...]
    already: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """`actor` approves or rejects at `node`."""

    node: str
    actor: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class SentBack:
    """`actor` returns the work at `node` to `to`: an approval passed before, "previous" or "start"."""

    node: str
    actor: str
    to: str = "start"


@dataclass(frozen=True, slots=True)
class Transferred:
    """`actor` hands the part at `node` over to the person `to`."""

    node: str
    actor: str
    to: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The submitter takes the record back."""

    actor: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An administrator stops the instance."""

    actor: str


NodeEvent = Acted | Chosen | Assigned | Decided | SentBack | Transferred
Event = Submitted | Withdrawn | Cancelled | NodeEvent


# What the outside is asked to do, in order.


@dataclass(frozen=True, slots=True)
class RunActions:
    """Run the actions of `node`, then answer `Acted`."""

    node: str


@dataclass(frozen=True, slots=True)
class Choose:
    """Find the branch of `node` that holds, then answer `Chosen`."""

    node: str


@dataclass(frozen=True, slots=True)
class Assign:
    """Find the people of `node`, then answer `Assigned`; nobody found: an administrator assigns later."""

    node: str
    round: int


@dataclass(frozen=True, slots=True)
class OpenTask:
    """People are asked: `asked` now, the others of `actors` later (in order)."""

    node: str
    round: int
    actors: tuple[str, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """The next person of an open task is asked."""

    node: str
    round: int
    actor: str


@dataclass(frozen=True, slots=True)
class Reassign:
    """The part of `actor` in an open task goes to `to`."""

    node: str
    round: int
    actor: str
    to: str


@dataclass(frozen=True, slots=True)
class CloseTask:
    """The task of `node` is over."""

    node: str
    round: int
    result: Result


@dataclass(frozen=True, slots=True)
class HandBack:
    """The record goes back to its submitter: run the start's `return` actions and unlock."""


@dataclass(frozen=True, slots=True)
class Undo:
    """The submission is taken back: run the start's `withdraw` actions and unlock."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The instance is over; unlock the record."""

    outcome: str


Effect = RunActions | Choose | Assign | OpenTask | Ask | Reassign | CloseTask | HandBack | Undo | Finish


@dataclass(frozen=True, slots=True)
class Step:
    """The state after an event and what it asks for."""

    state: State
    effects: tuple[Effect, ...] = ()
