"""Questions about rows turned around: the rows are found first, and through them the records they belong to.

Asked record by record, "has it such a row?" and "what do its rows add up to?" are a lookup for each record there is.
Where `Columns` say how rows name their record (`Listed`), a few rows are found by an index, or all of them grouped
once. What the rows must fulfil may not depend on the record; such questions stay as they are.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.expressions.sql import build as b
from engine.expressions.typed import PARENT, Aggregate, Apply, Constant, inside, walk

if TYPE_CHECKING:
    from engine.expressions.sql.columns import Listed
    from engine.expressions.sql.lowering import Lowering

Sql = exp.Expr
RECORD, VALUE = "record", "value"
"""The columns of a table of grouped rows."""
HOLDS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ,
    "<>": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


def with_row(lower: Lowering, node: Aggregate, *, failing: bool = False) -> Sql | None:
    """Whether a row fulfils the condition of `node` (`failing`: does not); None where it is to be asked record by
    record, which databases that join both sides themselves do as well.
    """
    found = _rows(lower, node)
    if found is None or found[1].joined:
        return None
    inner, tie = found
    return _listed(tie, _select(inner, node, tie, failing=failing))


def so_many(lower: Lowering, node: Apply) -> Sql | None:
    """A comparison of `COUNT(rows, …)` with a number, without counting them all; None for other parts, and where
    the rows of each record are to be counted.
    """
    asked = _counted(node)
    if asked is None:
        return None
    rows, sign, number = asked
    some, none = _for_some(sign, number), HOLDS[sign](0, number)
    if some is not None and some != none:
        there = with_row(lower, rows) or _there(lower, rows)
        return b.negation(there) if none else there
    found = _rows(lower, rows) if some is None else None
    if found is None:
        return None
    inner, tie = found
    made = _grouped(tie, _select(inner, rows, tie), sign, number, opposite=none)
    return b.negation(made) if none else made


def by_record(lower: Lowering, node: Aggregate, gives: Callable[[Sql], Sql]) -> Sql | None:
    """What `gives` makes of the values of all rows of a record, which is null for a record without rows: computed
    once for all records that have some. None where it is to be asked record by record, which is as quick where all
    rows count and quicker where few records are asked.
    """
    found = _rows(lower, node) if node.where is not None else None
    if found is None or not found[1].every or (found[1].joined and found[1].join is None):
        return None
    inner, tie = found
    value = exp.Null() if node.value is None else inner.shallow(inner.lower(node.value))
    rows = _select(inner, node, tie).group_by(b.take(tie.inner), copy=False)
    groups, same = _groups(tie, rows, _named(gives(value), VALUE))
    given = exp.column(VALUE, table=tie.name)
    if tie.joined and tie.join is not None:
        tie.join((groups, same))
        return given
    return b.scalar(exp.Select(expressions=[given]).from_(groups, copy=False).where(same, copy=False))


def _there(lower: Lowering, rows: Aggregate) -> Sql:
    """Whether there is such a row, which is known at the first one."""
    _, _, select = lower.aggregates.rows(rows)
    return exp.Exists(this=select.select("1", copy=False))


def _counted(node: Apply) -> tuple[Aggregate, str, int] | None:
    """The rows, the sign and the number that their count is compared with."""
    sign = node.function.type
    if sign not in HOLDS or len(node.arguments) != 2:
        return None
    left, right = node.arguments
    if isinstance(left, Constant):
        left, right, sign = right, left, MIRRORED[sign]
    if not isinstance(left, Aggregate) or left.function.type != "COUNT" or left.value is not None:
        return None
    if not isinstance(right, Constant) or type(right.value) is not int or right.type.scale:
        return None
    return left, sign, right.value


def _for_some(sign: str, number: int) -> bool | None:
    """Whether a comparison holds for every count from 1 on, or for none; None where that differs."""
    if sign in (">", ">="):
        return True if HOLDS[sign](1, number) else None
    if sign in ("<", "<="):
        return None if HOLDS[sign](1, number) else False
    return None if number >= 1 else sign == "<>"


def _rows(lower: Lowering, node: Aggregate) -> tuple[Lowering, Listed] | None:
    inner, child = lower.within(node)
    return None if child.listed is None or _sees_record(node) else (inner, child.listed)


def _sees_record(node: Aggregate) -> bool:
    """Whether what is asked of a row depends on the record the rows belong to."""
    return any(getattr(each, "root", None) == PARENT for part in inside(node) for each in walk(part))


def _select(inner: Lowering, node: Aggregate, tie: Listed, *, failing: bool = False) -> exp.Select:
    """The records of the rows that fulfil the condition of `node`, or fail to."""
    tests = [tie.condition, b.negation(b.is_null(tie.inner))]
    if node.where is not None:
        test = inner.lower(node.where)
        if failing:
            test = b.negation(b.call("COALESCE", test, exp.false()))
        tests.append(inner.shallow(test))
    elif failing:
        tests.append(exp.false())
    found = exp.Select(expressions=[b.take(tie.inner)]).from_(b.take(tie.source), copy=False)
    return found.where(b.all_of(tests), copy=False)


def _listed(tie: Listed, records: exp.Select) -> Sql:
    return exp.In(this=b.take(tie.outer), query=exp.Subquery(this=records))


def _grouped(tie: Listed, records: exp.Select, sign: str, number: int, *, opposite: bool) -> Sql:
    """Whether a record is among those with so many rows; `opposite`: among those with another number of them."""
    test = b.binary(COMPARISONS[sign], exp.Count(this=exp.Star()), b.whole(number))
    records = records.group_by(b.take(tie.inner), copy=False)
    records = records.having(b.negation(test) if opposite else test, copy=False)
    if not tie.joined:
        return _listed(tie, records)
    groups, same = _groups(tie, records)
    return exp.Exists(this=exp.select("1").from_(groups, copy=False).where(same, copy=False))


def _groups(tie: Listed, rows: exp.Select, *more: Sql) -> tuple[Sql, Sql]:
    """A table of rows that are grouped by record, with the records and `more` as its columns, and the condition
    that ties it to the outer record.
    """
    rows.set("expressions", [_named(tie.inner, RECORD), *more])
    groups = exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier(tie.name)))
    return groups, exp.EQ(this=exp.column(RECORD, table=tie.name), expression=b.take(tie.outer))


def _named(part: Sql, name: str) -> Sql:
    return exp.Alias(this=b.take(part), alias=exp.to_identifier(name))
