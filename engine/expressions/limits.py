"""Bounds proven before anything walks the tree by recursion."""

from __future__ import annotations

from engine.expressions.errors import ExpressionError, Span
from engine.expressions.tree import Call, Items, Operation, Tree, children
from engine.findings import text

MAX_NODES = 400
MAX_DEPTH = 40
MAX_ITEMS = 200
MAX_ARGUMENTS = 50
"""Databases stop at 100 to 127."""
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
            prove_items(len(part.items), part.span)
            nodes -= len(part.items)
        _prove_arguments(part)
        prove_nodes(nodes, part.span)
        waiting.extend((child, depth + 1) for child in children(part))


def prove_nodes(count: int, span: Span) -> None:
    """Refuse too many parts. Raises ExpressionError."""
    if count > MAX_NODES:
        raise ExpressionError(
            "too_many_nodes",
            span,
            f"表达式超过 {MAX_NODES} 个节点。",
            f"The expression has more than {MAX_NODES} parts.",
            suggestion=text("请拆成几个公式字段。", "Split it into several formula fields."),
        )


def prove_items(count: int, span: Span) -> None:
    """Refuse a list that is too long. Raises ExpressionError."""
    if count > MAX_ITEMS:
        raise ExpressionError(
            "list_too_long",
            span,
            f"列表有 {count} 项，最多 {MAX_ITEMS} 项。",
            f"The list has {count} items; {MAX_ITEMS} are allowed.",
            suggestion=text("请改用选项集、字段或 $变量。", "Use an option set, a field or a $variable."),
        )


def _prove_arguments(part: Tree) -> None:
    joined = isinstance(part, Operation) and part.operator == "&"
    if (joined or isinstance(part, Call)) and len(children(part)) > MAX_ARGUMENTS:
        raise ExpressionError(
            "too_many_arguments",
            part.span,
            f"参数超过 {MAX_ARGUMENTS} 个。",
            f"There are more than {MAX_ARGUMENTS} arguments.",
            suggestion=text("请分成几个公式字段。", "Split it into several formula fields."),
        )
