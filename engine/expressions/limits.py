"""Bounds proven before anything walks the tree by recursion."""

from __future__ import annotations

from engine.expressions.errors import ExpressionError
from engine.expressions.tree import Items, Tree, children
from engine.findings import text

MAX_NODES = 400
MAX_DEPTH = 40
MAX_ITEMS = 200
MAX_NESTING = 64
"""Levels the parser descends; parentheses count although they leave no node."""
MAX_TEXT = 10_000
MAX_ROWS = 10_000


def prove_limits(tree: Tree) -> None:
    """Nodes, depth and list length within bounds, found without recursion. Raises ExpressionError."""
    nodes = 0
    waiting = [(tree, 1)]
    while waiting:
        part, depth = waiting.pop()
        # A literal list is one node; its own limit is on its items.
        nodes += 1
        if depth > MAX_DEPTH:
            raise ExpressionError(
                "too_deep",
                part.span,
                f"表达式嵌套超过 {MAX_DEPTH} 层。",
                f"The expression is nested more than {MAX_DEPTH} levels deep.",
                suggestion=text("请拆成几个公式字段。", "Split it into several formula fields."),
            )
        if isinstance(part, Items):
            _prove_items(part)
            nodes -= len(part.items)
        if nodes > MAX_NODES:
            raise ExpressionError(
                "too_many_nodes",
                part.span,
                f"表达式超过 {MAX_NODES} 个节点。",
                f"The expression has more than {MAX_NODES} parts.",
                suggestion=text("请拆成几个公式字段。", "Split it into several formula fields."),
            )
        waiting.extend((child, depth + 1) for child in children(part))


def _prove_items(items: Items) -> None:
    if len(items.items) > MAX_ITEMS:
        raise ExpressionError(
            "list_too_long",
            items.span,
            f"列表有 {len(items.items)} 项，最多 {MAX_ITEMS} 项。",
            f"The list has {len(items.items)} items; {MAX_ITEMS} are allowed.",
            suggestion=text("请改用选项集、字段或 $变量。", "Use an option set, a field or a $variable."),
        )
