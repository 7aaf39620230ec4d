"""Functions over the rows of a child table: SUM COUNT AVG MINOF MAXOF ANY ALL.

`SUM(lines.amount)`, `SUM(lines.qty * lines.price, gift = false)`, `COUNT(lines)`, `ANY(lines, qty > 1)`.
Inside, bare names are fields of the row and `parent.x` is the record the rows belong to. Nulls are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions.coerce import bounded
from engine.expressions.errors import ExpressionError
from engine.expressions.function import Function, mismatch
from engine.expressions.functions.arithmetic import divided
from engine.expressions.names import resolve_rows
from engine.expressions.parameters import any_argument, condition_argument
from engine.expressions.scope import Env, Shape
from engine.expressions.tree import Name, Tree, children
from engine.expressions.typed import RECORD, Aggregate, Node, Rows
from engine.expressions.types import BOOL, MAX_SCALE, cap, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Checks, Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

_GROWTH = 9
"""Digits a sum may have more than its summands: up to 10**9 rows."""
_COUNT = number(12, 0)
_FILTER = condition_argument("filter")


class _OverRows(Function):
    """Resolves the child table; subclasses say what to make of its rows."""

    strict = False
    partial = True
    parameters = (any_argument("rows.field"), replace(_FILTER, optional=True))

    def check(self, site: Site) -> Node:
        site.count(1, 2)
        rows, inner = self.rows(site)
        value = self.row_value(site, inner)
        where = inner.node(site.trees[1]) if len(site.trees) > 1 else None
        if where is not None and where.type.kind != "bool":
            raise site.unfit(where, _FILTER.wanted)
        return self.aggregated(site, rows, value, where)

    def rows(self, site: Site) -> tuple[Rows, Checks]:
        """The child table the first argument is about, and a checker for its rows. Raises ExpressionError."""
        found: tuple[Rows, Shape, Shape, int] | None = None
        for name in _names(site.trees[0]):
            found = resolve_rows(name, site.checks.scope)
            if found is not None:
                prefix = name.parts[: found[3]]
                break
        if found is None:
            raise self.no_rows(site)
        rows, child, above, _ = found
        scope = replace(site.checks.scope, shape=child, parent=above, old=False)
        return rows, site.checks.within(scope, prefix)

    def row_value(self, site: Site, inner: Checks) -> Node | None:
        """What is computed for each row; None for the row itself."""
        return inner.node(site.trees[0])

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        raise NotImplementedError

    def no_rows(self, site: Site) -> ExpressionError:
        shape = site.checks.scope.shape
        tables = [name for name in shape.names() if shape.child(name) is not None]
        example = f"{self.type}({tables[0] if tables else 'lines'}.amount)"
        return ExpressionError(
            "no_child_table",
            site.trees[0].span,
            f"{self.type} 的第一个参数应为子表字段。",
            f"The first argument of {self.type} is a field of a child table.",
            suggestion=text(
                f"例如 {example}；几个值中取最大请用 MAX(a, b)。",
                f"For example {example}; for the largest of several values use MAX(a, b).",
            ),
        )


def _names(tree: Tree) -> Iterator[Name]:
    if isinstance(tree, Name):
        yield tree
    for each in children(tree):
        yield from _names(each)


class _OverNumbers(_OverRows):
    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        if value is None or not value.type.numeric:
            raise mismatch(site.trees[0].span, f"{self.type} 只能汇总数字。", f"{self.type} needs numbers.")
        return self.of_numbers(site, rows, value, where)

    def of_numbers(self, site: Site, rows: Rows, value: Node, where: Node | None) -> Node:
        raise NotImplementedError


class Sum(_OverNumbers):
    type = "SUM"
    partial = False
    doc = text(
        "子表字段之和，可带条件；没有行时为 0。",
        "The sum over a child table, 0 without rows; a filter may follow.",
    )

    def of_numbers(self, site: Site, rows: Rows, value: Node, where: Node | None) -> Node:
        kind = replace(value.type, digits=value.type.digits + _GROWTH)
        return bounded(Aggregate(kind, self, rows, value, where, span=site.span), cap(kind.scale))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"sum({listed(node, writer)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.total(node)


class Count(_OverRows):
    """COUNT(lines) counts rows, COUNT(lines.x) those where x is not null."""

    type = "COUNT"
    partial = False
    doc = text("子表的行数，可带条件。", "The number of rows; a filter may follow.")

    def row_value(self, site: Site, inner: Checks) -> Node | None:
        return None if isinstance(site.trees[0], Name) and _is_table(site) else inner.node(site.trees[0])

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        return Aggregate(_COUNT, self, rows, value, where, span=site.span)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"len({listed(node, writer)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.counted(node)


def _is_table(site: Site) -> bool:
    """Whether the first argument is a child table itself, not a field of it."""
    tree = site.trees[0]
    found = resolve_rows(tree, site.checks.scope) if isinstance(tree, Name) else None
    return found is not None and isinstance(tree, Name) and len(tree.parts) == found[3]


class Avg(_OverNumbers):
    type = "AVG"
    doc = text("子表字段的平均值，6 位小数；没有值时为空。", "The mean with 6 decimals, null without values.")

    def of_numbers(self, site: Site, rows: Rows, value: Node, where: Node | None) -> Node:
        digits = value.type.digits - value.type.scale + MAX_SCALE
        kind = replace(value.type, scale=MAX_SCALE, digits=digits)
        return bounded(Aggregate(kind, self, rows, value, where, span=site.span), cap(MAX_SCALE))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(mean)}({listed(node, writer)}, {10 ** (MAX_SCALE - node.value.type.scale)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.mean(node)


class _ExtremeOf(_OverRows):
    largest: ClassVar[bool]

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        if value is None or value.type.kind not in {"number", "money", "date", "datetime", "duration"}:
            raise mismatch(
                site.trees[0].span,
                f"{self.type} 只能用于数字、日期。",
                f"{self.type} needs numbers, dates or datetimes.",
            )
        return Aggregate(value.type, self, rows, value, where, span=site.span)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{'max' if self.largest else 'min'}({listed(node, writer)}, default=None)"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.extreme(node, "MAX" if self.largest else "MIN")


class MinOf(_ExtremeOf):
    type = "MINOF"
    largest = False
    doc = text("子表字段的最小值。", "The smallest value over a child table.")


class MaxOf(_ExtremeOf):
    type = "MAXOF"
    largest = True
    doc = text("子表字段的最大值。", "The largest value over a child table.")


class _Quantifier(_OverRows):
    """Never null: a row counts when its condition is TRUE."""

    partial = False
    parameters = (any_argument("rows"), _FILTER)
    every: ClassVar[bool]

    def check(self, site: Site) -> Node:
        site.count(2, 2)
        return super().check(site)

    def row_value(self, site: Site, inner: Checks) -> Node | None:
        return None

    def aggregated(self, site: Site, rows: Rows, value: Node | None, where: Node | None) -> Node:
        return Aggregate(BOOL, self, rows, None, where, span=site.span)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        found = listed(node, writer, opposite=self.every, first=True)
        return f"(not {found})" if self.every else f"bool({found})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.aggregates.exists(node, opposite=self.every)


class Any_(_Quantifier):  # noqa: N801 - ANY, which typing has taken
    type = "ANY"
    every = False
    doc = text("子表中是否有满足条件的行。", "Whether a row fulfils the condition.")


class All_(_Quantifier):  # noqa: N801
    type = "ALL"
    every = True
    doc = text(
        "子表各行是否都满足条件；没有行时成立。",
        "Whether every row fulfils the condition; true without rows.",
    )


def listed(node: Aggregate, writer: Writer, *, opposite: bool = False, first: bool = False) -> str:
    """A call that lists the values (or rows) wanted, those not wanted with `opposite`, at most the `first`."""
    inner = replace(writer, record="c", parent="p")
    test = inner.truth(node.where) if node.where is not None else "True"
    body = ["found = []", "for c in rows or ():", f" if {'not ' if opposite else ''}{test}:"]
    if node.value is None:
        body.append("  found.append(c)")
    else:
        body += [f"  v = {inner.value(node.value)}", "  if v is not None: found.append(v)"]
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


def reached(
    env: Env, record: Mapping[str, Any] | None, hops: tuple[tuple[str, str], ...]
) -> Mapping[str, Any] | None:
    """The record at the end of (reference, form) hops; None when one leads nowhere."""
    for reference, form in hops:
        key = record.get(reference) if record else None
        record = env.follow(form, key) if key is not None else None
    return record


def mean(values: list[int], lift: int) -> int | None:
    """The mean of scaled integers times `lift`, rounded half away from zero."""
    return divided(sum(values) * lift, len(values))
