"""HASANY: whether two sets of choices have a member in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.expressions.errors import ExpressionError
from engine.expressions.function import Function
from engine.expressions.functions.logic import Or
from engine.expressions.functions.membership import has
from engine.expressions.parameters import any_argument
from engine.expressions.typed import Apply, Node, Variable
from engine.expressions.types import BOOL, Type
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_OR = Or()
_SET = text("多选字段", "a field of several choices")
_LIST = text("同类的多选字段、列表变量或选项", "choices of the same kind: a field, a $list or single ones")


class HasAny(Function):
    """`HASANY(regions, $my_regions)`, `HASANY(tags, other.tags)`, `HASANY(tags, "vip", "new")`."""

    type = "HASANY"
    result = BOOL
    strict = False
    parameters = (any_argument("choices"), any_argument("list", repeated=True))
    doc = text(
        "多选字段是否至少含所给之一：列表变量、另一个多选字段，或几个选项。",
        "Whether a field of several choices holds at least one of a $list, of another such field, or of some options.",
    )

    def check(self, site: Site) -> Node:
        site.count(2, None)
        held, *others = site.nodes()
        if held.type.kind != "choices":
            raise site.unfit(held, _SET)
        if len(others) == 1 and others[0].type.kind in {"list", "choices"}:
            return site.apply(BOOL, [held, self._of_one_kind(site, held, others[0])])
        if any(each.type.kind in {"list", "choices"} for each in others):
            raise ExpressionError(
                "wrong_arguments",
                site.span,
                "HASANY 每次只能与一个列表比较。",
                "HASANY compares with one list at a time.",
                suggestion=text("请用 OR 连接几个 HASANY。", "Join several HASANY by OR."),
            )
        found = [has(site, held, each) for each in others]
        return found[0] if len(found) == 1 else Apply(BOOL, _OR, tuple(found), span=site.span)

    def _of_one_kind(self, site: Site, held: Node, other: Node) -> Node:
        """The other set. Raises ExpressionError when nothing can be in both."""
        one, two = held.type.item, other.type.item
        if other.type.kind == "list" and not isinstance(other, Variable):
            raise site.unfit(other, _LIST)
        if _form(one) != _form(two) or (two is not None and not two.textual):
            raise site.unfit(other, _LIST)
        return other

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        held, other = (writer.value(each) for each in node.arguments)
        if isinstance(node.arguments[1], Variable):
            other = f"{other} or ()"  # no list is an empty one
        return f"{writer.use(share)}({held}, {other})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        other = node.arguments[1]
        if isinstance(other, Variable):
            return lower.has_any_of(arguments[0], lower.params.variable(other.name, other.type))
        return lower.has_any(arguments[0], arguments[1])


def _form(item: Type | None) -> str | None:
    """The form whose records are held; None for options."""
    return item.form if item is not None and item.kind == "ref" else None


def share(one: Iterable[Any] | None, other: Iterable[Any] | None) -> bool | None:
    """Whether something is in both; null when one is."""
    return None if one is None or other is None else not set(one).isdisjoint(other)
