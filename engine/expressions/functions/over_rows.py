"""What all functions over the rows of a child table share: which rows, what of each row, and how many.

`SUM(lines.amount)`, `SUM(lines.qty * lines.price, gift = false)`, `COUNT(lines)`, `ANY(lines, qty > 1)`.
Inside, bare names are fields of the row and `parent.x` is the record the rows belong to. In memory more
than MAX_ROWS rows give null; the databases have no such limit. Records that refer to this one, as
`COUNT(tickets, status <> "done")`, are rows too; where nobody knows them the result is null, not 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.errors import ExpressionError
from engine.expressions.function import Function, Parameter, mismatch
from engine.expressions.limits import MAX_ROWS
from engine.expressions.names import resolve, resolve_rows
from engine.expressions.parameters import any_argument, condition_argument
from engine.expressions.scope import Env, Shape
from engine.expressions.tree import Name, Tree, children
from engine.expressions.typed import PARENT, RECORD, Aggregate, Node, Rows
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Checks, Site
    from engine.expressions.generate import Writer

FILTER = replace(condition_argument("filter"), optional=True)


class OverRows(Function):
    """Resolves the child table; subclasses say what to make of its rows."""

    strict = False
    partial = True
    parameters: ClassVar[tuple[Parameter, ...]] = (any_argument("rows.field"), FILTER)

    def check(self, site: Site) -> Node:
        site.count(1, 2)
        rows, inner = rows_of(site)
        value = self.row_value(site, inner)
        where = filter_of(site, inner, site.trees[1]) if len(site.trees) > 1 else None
        return self.aggregated(site, rows, value, where)

    def row_value(self, site: Site, inner: Checks) -> Node | None:
        """What is computed for each row; None for the row itself. Raises ExpressionError."""
        return row_field(site, inner)

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        """The typed call. Raises ExpressionError for rows' values it cannot work on."""
        raise NotImplementedError

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        held = writer.temporary()
        made = self.gathered(node, writer, held)
        return f"(None if ({held} := {self.wanted(node, writer)}) is None else {made})"

    def wanted(self, node: Aggregate, writer: Writer) -> str:
        """A Python expression that lists what the rows give; None when there are too many rows."""
        return listed(node, writer)

    def gathered(self, node: Aggregate, writer: Writer, rows: str) -> str:
        """What is made of the list named `rows`."""
        raise NotImplementedError


def rows_of(site: Site) -> tuple[Rows, Checks]:
    """The child table the first argument is about, and a checker for its rows. Raises ExpressionError."""
    if site.checks.prefix:
        raise _rows_within_rows(site)
    found: tuple[Rows, Shape, Shape, int] | None = None
    scope = site.checks.scope
    for name in _names(site.trees[0]):
        if name.parts[0] == PARENT and scope.parent is None:
            continue  # the record above the rows that are looked for
        found = resolve_rows(name, scope)
        if found is not None:
            prefix = name.parts[: found[3]]
            break
    if found is None:
        raise _unknown_table(site) or _no_rows(site)
    rows, child, above, _ = found
    inner = replace(scope, shape=child, parent=above, old=False)
    return rows, site.checks.within(inner, prefix)


def _unknown_table(site: Site) -> ExpressionError | None:
    """The error for a name that leads nowhere; None when the first argument is something else than rows."""
    for name in _names(site.trees[0]):
        try:
            resolve(name, site.checks.scope)
        except ExpressionError as wrong:
            return wrong
    return None


def row_field(site: Site, inner: Checks) -> Node:
    """The first argument, computed for a row. Raises ExpressionError when it is the child table itself."""
    if is_table(site):
        name, table = site.function.type, site.trees[0]
        raise mismatch(
            table.span,
            f"{name} 的第一个参数应为子表的字段，而不是子表。",
            f"The first argument of {name} is a field of the child table, not the table.",
            suggestion=text(f"写法：{site.usage()}", f"Write {site.usage()}."),
        )
    return inner.node(site.trees[0])


def filter_of(site: Site, inner: Checks, tree: Tree) -> Node:
    """A condition on a row. Raises ExpressionError when it is none."""
    where = inner.node(tree)
    if where.type.kind != "bool":
        raise site.unfit(where, FILTER.wanted)
    return where


def is_table(site: Site) -> bool:
    """Whether the first argument is a child table itself, not a field of it."""
    tree = site.trees[0] if site.trees else None
    if not isinstance(tree, Name):
        return False
    found = resolve_rows(tree, site.checks.scope)
    return found is not None and len(tree.parts) == found[3]


def _names(tree: Tree) -> Iterator[Name]:
    if isinstance(tree, Name):
        yield tree
    for each in children(tree):
        yield from _names(each)


def _rows_within_rows(site: Site) -> ExpressionError:
    """Rows times rows is work without a limit."""
    name = site.function.type
    return ExpressionError(
        "rows_within_rows",
        site.span,
        f"{name} 不能写在另一个子表函数之内。",
        f"{name} cannot stand inside another function over rows.",
        suggestion=text("请先存入公式字段再引用。", "Store the value in a formula field and use that."),
    )


def _no_rows(site: Site) -> ExpressionError:
    shape, name = site.checks.scope.shape, site.function.type
    tables = [key for key in shape.names() if shape.child(key) is not None]
    example = f"{name}({tables[0] if tables else 'lines'}.amount)"
    return ExpressionError(
        "no_child_table",
        site.trees[0].span,
        f"{name} 的第一个参数应为子表字段。",
        f"The first argument of {name} is a field of a child table.",
        suggestion=text(
            f"例如 {example}；几个值中取最大请用 MAX(a, b)。",
            f"For example {example}; for the largest of several values use MAX(a, b).",
        ),
    )


def listed(node: Aggregate, writer: Writer, *, opposite: bool = False, first: bool = False) -> str:
    """A call that lists what the rows give, None when there are too many rows.

    Without a value it lists the rows; with an order pairs of order and value, else the values that are not
    null. With `opposite` the rows that the condition does not let pass, with `first` at most one.
    """
    inner = replace(writer, record="c", parent="p")
    test = inner.truth(node.where) if node.where is not None else "True"
    body = [
        *(["if rows is None: return None"] if node.rows.of else []),
        f"if rows and len(rows) > {MAX_ROWS}: return None",
        "found = []",
        "for c in rows or ():",
        f" if {'not ' if opposite else ''}{test}:",
        *(f"  {line}" for line in _kept(node, inner)),
    ]
    if first:
        body.append("  break")
    name = writer.add_function("rows, p, e", [*body, "return found"])
    above, key = writer.base(node.rows.root), node.rows.path[-1]
    if node.rows.root == RECORD and not node.rows.forms:
        return f"{name}({writer.key(writer.record, key)}, {above}, e)"
    if node.rows.forms:
        hops = tuple(zip(node.rows.path, node.rows.forms, strict=False))
        above = f"{writer.use(reached)}(e, {above}, {writer.hold(hops)})"
    held = writer.temporary()
    return f"{name}({held}.get({key!r}) if ({held} := {above}) else None, {held}, e)"


def _kept(node: Aggregate, inner: Writer) -> list[str]:
    """The lines that keep what one row gives."""
    if node.value is None:
        return ["found.append(c)"]
    if node.order is not None:
        return [f"found.append(({inner.value(node.order)}, {inner.value(node.value)}))"]
    return [f"v = {inner.value(node.value)}", "if v is not None: found.append(v)"]


def reached(
    env: Env, record: Mapping[str, Any] | None, hops: tuple[tuple[str, str], ...]
) -> Mapping[str, Any] | None:
    """The record at the end of (reference, form) hops; None when one leads nowhere."""
    for reference, form in hops:
        key = record.get(reference) if record else None
        record = env.follow(form, key) if key is not None else None
    return record
