"""What a change did: OLD CHANGED ISNEW. In memory only, where the record before the change is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.expressions.errors import ExpressionError
from engine.expressions.function import Function
from engine.expressions.parameters import any_argument
from engine.expressions.tree import Name
from engine.expressions.typed import OLD, Field, Node
from engine.expressions.types import BOOL
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer


def _before(site: Site) -> tuple[Node, Node]:
    """The field named by the only argument, now and before. Raises ExpressionError."""
    site.count(1, 1)
    _prove_old(site)
    tree = site.trees[0]
    if not isinstance(tree, Name) or len(tree.parts) > 1 or tree.parts[0].startswith("$"):
        raise ExpressionError(
            "field_needed",
            tree.span,
            f"{site.function.type} 需要本表单的一个字段。",
            f"{site.function.type} takes one field of this form.",
        )
    return site.checks.node(tree), site.checks.node(Name((OLD, *tree.parts), span=tree.span))


def _prove_old(site: Site) -> None:
    if not site.checks.scope.old:
        raise ExpressionError(
            "no_old",
            site.span,
            f"{site.function.type} 只能在知道修改前内容的地方使用。",
            f"{site.function.type} is only known where a change is seen.",
        )


class Old(Function):
    type = "OLD"
    parameters = (any_argument("field"),)
    in_memory = True
    doc = text("字段修改前的值，同 old.字段。", "The value before the change, as old.field.")

    def check(self, site: Site) -> Node:
        return _before(site)[1]


class Changed(Function):
    """While a record is created, every field that is not blank has changed."""

    type = "CHANGED"
    parameters = (any_argument("field"),)
    strict = False
    in_memory = True
    doc = text("字段的值是否变了；新建时指是否有值。", "Whether the field has another value than before.")

    def check(self, site: Site) -> Node:
        return site.apply(BOOL, _before(site))

    def nullable(self, *arguments: bool) -> bool:
        return False

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        now, before = node.arguments
        return (
            f"(({writer.value(now)} or None) != ({writer.value(before)} or None))"
            if _empties(now)
            else (f"({writer.value(now)} != {writer.value(before)})")
        )


def _empties(node: Node) -> bool:
    """Whether the type has an empty value that means null."""
    return isinstance(node, Field) and (node.type.textual or node.type.kind == "choices")


class IsNew(Function):
    type = "ISNEW"
    result = BOOL
    in_memory = True
    doc = text("是否正在新建。", "Whether the record is being created.")

    def check(self, site: Site) -> Node:
        _prove_old(site)
        site.count(0, 0)
        return site.apply(BOOL, [])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return "(e.old is None)"
