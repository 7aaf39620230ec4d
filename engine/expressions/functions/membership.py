"""in and has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.expressions.coerce import read_as, together
from engine.expressions.errors import ExpressionError
from engine.expressions.function import Function, mismatch
from engine.expressions.functions.comparison import comparable, refuse_null
from engine.expressions.functions.over_rows import is_table
from engine.expressions.functions.quantifiers import HAS_ROWS
from engine.expressions.parameters import any_argument, text_argument
from engine.expressions.tree import Items
from engine.expressions.typed import Constant, Node
from engine.expressions.types import BOOL, Type, list_of
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class In(Function):
    """`x in [...]`, `x in $list` and `key in choices_field`; what stands here decides the form."""

    type = "in"
    doc = text("在列表之中。", "One of a list.")

    def check(self, site: Site) -> Node:
        value = site.checks.node(site.trees[0])
        if isinstance(site.trees[1], Items):
            return self.listed(site, value, site.trees[1])
        held = site.checks.node(site.trees[1])
        if held.type.kind == "choices":
            return has(site, held, value)
        if held.type.kind != "list" or held.type.item is None:
            raise mismatch(
                held.span,
                f"in 右侧应为列表，却是{held.type.label['zh']}。",
                f"On the right of in stands a list, not {held.type.label['en']}.",
                suggestion=text("查找文本请用 CONTAINS(x, y)。", "To find a text use CONTAINS(x, y).")
                if held.type.textual
                else None,
            )
        probe = Constant(held.type.item, None, span=held.span)
        value = comparable([value, probe], ordered=False)[0]
        return _made(IN_VARIABLE, site, [value, held])

    def listed(self, site: Site, value: Node, items: Items) -> Node:
        refuse_null(items.items, self.type)
        if not items.items:
            return Constant(BOOL, value=False, span=site.span)
        members = [site.checks.node(tree) for tree in items.items]
        value, *members = comparable([value, *members], ordered=False)
        if all(isinstance(each, Constant) and each.value is not None for each in members):
            return _made(IN_FIXED, site, [value, _as_list(members, items)])
        return _made(IN_OPEN, site, [value, *members])


class InFixed(Function):
    """In a list of literals, which hold no null."""

    type = "in_fixed"
    doc = In.doc

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"({arguments[0]} in {writer.hold(frozenset(node.arguments[1].value))})"

    def truth(self, node: Any, writer: Writer) -> str | None:
        return self.python(node, writer, writer.value(node.arguments[0]))

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        _value, items = node.arguments
        members = [lower.lower(Constant(items.type.item, each)) for each in items.value]
        return lower.among(arguments[0], members)


class InOpen(Function):
    """In a list with fields in it: null when not found and something is null."""

    type = "in_open"
    strict = False
    doc = In.doc

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        value, *items = (writer.value(each) for each in node.arguments)
        return f"{writer.use(among)}({value}, ({', '.join(items)},))"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.among(arguments[0], arguments[1:])


class InVariable(Function):
    """In a list that a variable holds; an empty list holds nothing, not even null."""

    type = "in_variable"
    strict = False
    doc = In.doc

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        value, items = (writer.value(each) for each in node.arguments)
        return f"{writer.use(in_list)}({value}, {items})"

    def truth(self, node: Any, writer: Writer) -> str | None:
        value, items = (writer.value(each) for each in node.arguments)
        return f"({value} in ({items} or ()))"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.in_variable(arguments[0], node.arguments[1])


class Has(Function):
    type = "HAS"
    result = BOOL
    parameters = (any_argument("choices"), text_argument("key"))
    doc = text(
        "多选字段是否含某选项；HAS(子表, [条件])：是否有这样的行。",
        "Whether a field of several choices holds one; HAS(rows, [filter]): whether there are such rows.",
    )

    def check(self, site: Site) -> Node:
        return HAS_ROWS.check(site) if is_table(site) else self.of_choices(site)

    def of_choices(self, site: Site) -> Node:
        site.count(2, 2)
        held, key = site.nodes()
        return has(site, held, key)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"({arguments[1]} in {arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.has(*arguments)


class HasOperator(Has):
    """`tags has "vip"`."""

    type = "has"
    doc = text("多选字段是否含某选项。", "Whether a field of several choices holds one.")

    def check(self, site: Site) -> Node:
        return self.of_choices(site)


HAS = Has()
IN_FIXED = InFixed()
IN_OPEN = InOpen()
IN_VARIABLE = InVariable()


def has(site: Site, held: Node, key: Node) -> Node:
    """HAS(held, key), the key proven to be an option."""
    if held.type.kind != "choices":
        raise site.unfit(held, text("多选字段", "a field of several choices"))
    key = read_as(key, held.type.item or held.type)
    if not key.type.textual or _foreign(held.type, key.type):
        raise site.unfit(key, (held.type.item.label if held.type.item else text("选项", "an option")))
    if isinstance(key, Constant) and key.value is None:
        raise ExpressionError("null_comparison", key.span, "此处不能为空。", "Null cannot stand here.")
    return _made(HAS, site, [held, key])


def _foreign(held: Type, key: Type) -> bool:
    """Whether the key names a record of another form than those that are held."""
    return held.item is not None and key.kind == "ref" and key.form != held.item.form


def _made(function: Function, site: Site, arguments: list[Node]) -> Node:
    made = site.apply(BOOL, arguments)
    return type(made)(BOOL, function, made.arguments, span=made.span)


def _as_list(members: list[Node], items: Items) -> Node:
    kind, read = together(members)
    values = tuple(each.value for each in read if isinstance(each, Constant))
    return Constant(list_of(kind), values, span=items.span)


def among(value: Any, items: Iterable[Any]) -> bool | None:
    """Three-valued membership."""
    if value is None:
        return None
    unknown = False
    for item in items:
        if item == value:
            return True
        unknown = unknown or item is None
    return None if unknown else False


def in_list(value: Any, items: Any) -> bool | None:
    """Membership in a list without nulls."""
    if not items:
        return False
    return None if value is None else value in items
