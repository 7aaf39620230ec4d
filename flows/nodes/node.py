"""What every kind of node implements: its parameters, its ways out, how a token enters and goes on."""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.definitions.app import Key, Label
from engine.protocols import Document
from flows.errors import EventNotExpected
from flows.state import Effect, NodeEvent, State

if TYPE_CHECKING:
    from flows.graph import Edge, Graph


class NodeParams(Document):
    """What every node may say about itself; `doc` is advice shown to the people at the node."""

    key: Key
    type: str
    label: Label | None = None
    doc: Label | None = None


@dataclass(frozen=True, slots=True)
class Exits:
    """How many edges may leave a node, the `on` names they must carry and whether they may have conditions."""

    least: int
    most: int | None
    on: tuple[str, ...] = ()
    conditions: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What a node makes of a token: the state, requests to the outside and the edges the token leaves by.

    `leaving` are edge indexes; `landing` a node entered without an edge (a return).
    """

    state: State
    effects: tuple[Effect, ...] = ()
    leaving: tuple[int, ...] = ()
    landing: str | None = None


class Node(ABC):
    """One node of one graph.

    `waits` says whether a person acts before a token goes on; `tokens` whether the node passes its token
    on, splits it over all ways out or joins those of a split.
    """

    registry: ClassVar[str] = "flow_node"
    type: ClassVar[str]
    Params: ClassVar[builtins.type[NodeParams]]
    exits: ClassVar[Exits]
    waits: ClassVar[bool] = False
    tokens: ClassVar[Literal["passes", "splits", "joins"]] = "passes"

    def __init__(self, params: Any) -> None:
        self.params = params
        self.key: str = params.key

    @property
    def label(self) -> Mapping[str, str]:
        """The name shown to people."""
        label: Label | None = self.params.label
        return {"zh": self.key, "en": self.key} if label is None else {"zh": label.zh, "en": label.en}

    @abstractmethod
    def enter(self, graph: Graph, state: State, edge: Edge | None, now: datetime) -> Moved:
        """A token arrives by `edge` (None after a return)."""

    def hear(self, graph: Graph, state: State, event: NodeEvent, now: datetime) -> Moved:
        """Something happens to the token resting here. Raises EventNotExpected."""
        raise EventNotExpected(details={"node": self.key, "event": type(event).__name__})

    def actions(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The action documents of this node by the name of their list."""
        return {}
