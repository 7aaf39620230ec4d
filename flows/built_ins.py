"""What this package adds to the engine."""

from __future__ import annotations

from flows.definition import FlowKind
from flows.nodes.action import ActionNode
from flows.nodes.approval import Approval
from flows.nodes.end import End
from flows.nodes.exclusive import Exclusive
from flows.nodes.join import Join
from flows.nodes.node import Node
from flows.nodes.parallel import Parallel
from flows.nodes.start import Start

NODES: tuple[type[Node], ...] = (Start, Approval, Exclusive, Parallel, Join, ActionNode, End)

BUILT_INS: tuple[type, ...] = (FlowKind, *NODES)
