"""Arguments that must be constants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.expressions.errors import ExpressionError
from engine.expressions.typed import Constant

if TYPE_CHECKING:
    from engine.expressions.call import Site


def constant_flag(site: Site, index: int) -> bool:
    """Argument `index` as a constant true or false. Raises ExpressionError."""
    flag = site.checks.node(site.trees[index])
    if not isinstance(flag, Constant) or not isinstance(flag.value, bool):
        raise ExpressionError(
            "constant_needed", flag.span, "此处写 true 或 false。", "Write true or false here."
        )
    return flag.value


def constant_text(site: Site, index: int, most: int) -> str:
    """Argument `index` as a constant text of at most so many characters. Raises ExpressionError."""
    node = site.checks.node(site.trees[index])
    if isinstance(node, Constant) and isinstance(node.value, str) and 0 < len(node.value) <= most:
        return node.value
    raise ExpressionError(
        "constant_needed",
        node.span,
        f"此处需要写在引号中的固定文本，最多 {most} 个字符。",
        f"Write a text in quotes here, of at most {most} characters.",
    )
