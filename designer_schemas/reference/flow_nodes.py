"""The page of flow nodes."""

from __future__ import annotations

from collections.abc import Mapping

from designer_schemas.reference.described import of_module
from designer_schemas.reference.keys import keys_table
from designer_schemas.reference.kinds import typed
from designer_schemas.reference.markdown import both, page
from engine.connect.recipients import RecipientEntry
from engine.registry import Registry


def flow_nodes(registries: Mapping[str, Registry]) -> str:
    """docs/reference/flow_nodes.md"""
    kinds = registries["flow_node"].values()
    return page(
        "流程节点",
        "Flow nodes",
        *(typed("flow_node", kind, of_module(kind), kind.Params, ("type",)) for kind in kinds),
        "## assignees",
        both("审批人、通知对象的一项：恰好用一种方式指明人员。", RecipientEntry.__doc__ or ""),
        keys_table(RecipientEntry),
    )
