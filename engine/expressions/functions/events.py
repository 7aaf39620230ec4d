"""What a change did: OLD CHANGED CHANGEDTO CHANGEDFROM ISNEW. In memory only, where the record before is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.errors import ExpressionError
from engine.expressions.function import Function
from engine.expressions.names import resolve_rows
from engine.expressions.parameters import any_argument
from engine.expressions.tree import Items, Name, Operation, Tree
from engine.expressions.typed import OLD, RECORD, Field, Node
from engine.expressions.types import BOOL, Type
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer

_ROWS = Type("list")


def _before(site: Site) -> tuple[Node, Node]:
    """The field named by the first argument, now and before. Raises ExpressionError."""
    _prove_old(site)
    name = own_name(site)
    return site.checks.node(name), site.checks.node(_old_name(name))


def own_name(site: Site) -> Name:
    """The first argument as a name of this form, without a path. Raises ExpressionError."""
    tree = site.trees[0]
    if isinstance(tree, Name) and len(tree.parts) == 1 and not tree.parts[0].startswith("$"):
        return tree
    raise ExpressionError(
        "field_needed",
        tree.span,
        f"{site.function.type} 需要本表单的一个字段。",
        f"{site.function.type} takes one field of this form.",
    )


def _old_name(name: Name) -> Name:
    return Name((OLD, *name.parts), span=name.span)


def _prove_old(site: Site) -> None:
    if not site.checks.scope.old:
        raise ExpressionError(
            "no_old",
            site.span,
            f"{site.function.type} 只能在知道修改前内容的地方使用。",
            f"{site.function.type} is only known where a change is seen.",
        )


def own_rows(site: Site, root: str = RECORD) -> Node | None:
    """All rows of the child table that the first argument names; None when it names none."""
    name = own_name(site)
    found = resolve_rows(name, site.checks.scope)
    if found is None:
        return None
    if found[0].of:
        raise ExpressionError(
            "not_of_this_record",
            name.span,
            f"“{name.parts[0]}”是引用本记录的记录，不随本记录一起修改。",
            f"'{name.parts[0]}' are records that refer to this one; they do not change with it.",
            suggestion=text("请为那张表单写一条规则。", "Write a rule for their form."),
        )
    return Field(_ROWS, root, name.parts, span=name.span)


class Old(Function):
    type = "OLD"
    parameters = (any_argument("field"),)
    in_memory = True
    doc = text("字段修改前的值，同 old.字段。", "The value before the change, as old.field.")

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        return _before(site)[1]


class Changed(Function):
    """While a record is created, every field that is not blank has changed, and child tables with rows."""

    type = "CHANGED"
    parameters = (any_argument("field"),)
    result = BOOL
    strict = False
    in_memory = True
    doc = text(
        "字段的值或子表的任一行是否变了；新建时指是否有值。",
        "Whether the field has another value than before; of a child table, whether any row has changed, "
        "come or gone.",
    )

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        _prove_old(site)
        now, before = own_rows(site), own_rows(site, OLD)
        return site.apply(BOOL, _before(site) if now is None or before is None else [now, before])

    def nullable(self, *arguments: bool) -> bool:
        return False

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"({differs(node, writer)})"


def differs(node: Any, writer: Writer) -> str:
    """A comparison of the first two arguments, in which an empty text, choice or table is no value."""
    now, before = node.arguments[:2]
    if now.type.textual or now.type.kind in {"choices", "list"}:
        return f"({writer.value(now)} or None) != ({writer.value(before)} or None)"
    return f"{writer.value(now)} != {writer.value(before)}"


class _ChangedWith(Function):
    """A change of a field with one end known. Never null: what is not known did not happen.

    The arguments are the field now, the field before, and the test of the known end.
    """

    parameters = (any_argument("field"), any_argument("value", repeated=True))
    result = BOOL
    strict = False
    in_memory = True
    afterwards: ClassVar[bool]

    def check(self, site: Site) -> Node:
        site.count(2, None)
        now, before = _before(site)
        name = own_name(site)
        known = name if self.afterwards else _old_name(name)
        return site.apply(BOOL, [now, before, site.checks.node(_test(known, site.trees[1:]))])

    def nullable(self, *arguments: bool) -> bool:
        return False

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"({writer.value(node.arguments[2])} is True and {differs(node, writer)})"


def _test(known: Name, wanted: tuple[Tree, ...]) -> Operation:
    """`known = value`, or `known in [value, …]`."""
    span = (known.span[0], wanted[-1].span[1])
    if len(wanted) == 1:
        return Operation("=", (known, *wanted), span=span)
    return Operation("in", (known, Items(wanted, span=span)), span=span)


class ChangedTo(_ChangedWith):
    type = "CHANGEDTO"
    afterwards = True
    doc = text(
        "字段是否刚变成该值（或几个值之一）。",
        "Whether the field has just become this value, or one of several.",
    )


class ChangedFrom(_ChangedWith):
    type = "CHANGEDFROM"
    afterwards = False
    doc = text(
        "字段是否刚从该值（或几个值之一）变走。",
        "Whether the field has just ceased to be this value, or one of several.",
    )


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
