"""What this package adds to the engine."""

from __future__ import annotations

from flows.cases.approve import Approve
from flows.cases.expect_task import ExpectTask
from flows.cases.reject import Reject
from flows.cases.return_task import Return
from flows.cases.submit import Submit
from flows.definition import FlowKind
from flows.handover import Submissions, Tasks
from flows.nodes.action import ActionNode
from flows.nodes.approval import Approval
from flows.nodes.end import End
from flows.nodes.exclusive import Exclusive
from flows.nodes.join import Join
from flows.nodes.node import Node
from flows.nodes.parallel import Parallel
from flows.nodes.start import Start

NODES: tuple[type[Node], ...] = (Start, Approval, Exclusive, Parallel, Join, ActionNode, End)

CASE_STEPS: tuple[type, ...] = (Submit, Approve, Reject, Return, ExpectTask)

BUILT_INS: tuple[type, ...] = (FlowKind, Tasks, Submissions, *NODES, *CASE_STEPS)
