"""The rows of a grant in SQL: what its condition says, with what is shared, without what is denied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.expressions import CheckedExpression
from engine.expressions import types as t
from engine.permissions.compiled import CompiledGrant, GrantSet, NoRows, PartShare

if TYPE_CHECKING:
    from forms.columns import RecordColumns

ME = t.ref("user")


def granted(row: RecordColumns, grant: CompiledGrant, *, write: bool) -> exp.Expr:
    """Whether a row at hand is one of the grant's; `write`: of what is shared only what is for writing."""
    rows: list[exp.Expr] = []
    if isinstance(grant.where, NoRows | PartShare):
        rows.append(exp.Exists(this=_shares(row, grant, write=write)))
    elif isinstance(grant.where, CheckedExpression):
        own = _own(row, grant)
        rows.append(exp.paren(exp.or_(own, exp.Exists(this=_shares(row, grant, write=write)))))
    rows += _kept(row, grant)
    return rows[0] if len(rows) == 1 else exp.paren(exp.and_(*rows))


def ways(row: RecordColumns, grants: GrantSet) -> Iterator[exp.Expr]:
    """The rows of the grants as alternatives, each of which an index may serve: databases look up rows that
    fulfil one of several conditions, but not those for which a subquery finds something.
    """
    known: set[str] = set()
    for grant in grants.grants:
        kept = _kept(row, grant)
        if grant.where is None:
            yield exp.paren(exp.and_(*kept))
            continue
        if isinstance(grant.where, CheckedExpression):
            yield _and(_own(row, grant, sought=True), kept)
        how = grant.where.key if isinstance(grant.where, PartShare) else type(grant.where).__name__
        if kept or how not in known:
            yield _and(_among(row, _shares(row, grant, write=False, listed=True)), kept)
        if not kept:
            known.add(how)


def _and(rows: exp.Expr, kept: list[exp.Expr]) -> exp.Expr:
    return exp.paren(exp.and_(rows, *kept)) if kept else rows


def _own(row: RecordColumns, grant: CompiledGrant, *, sought: bool = False) -> exp.Expr:
    """The rows that fulfil what a grant asks of its own."""
    conditions = [each for each in (grant.where, *grant.also) if isinstance(each, CheckedExpression)]
    own = [row.free(each, sought=sought) for each in conditions]
    return own[0] if len(own) == 1 else exp.and_(*own)  # a lone operand need not be a condition


def _kept(row: RecordColumns, grant: CompiledGrant) -> list[exp.Expr]:
    """The rows but those that a grant is without."""
    denied = [exp.paren(row.free(each)) for each in grant.without]
    return [exp.Not(this=exp.Coalesce(this=each, expressions=[exp.false()])) for each in denied]


def _among(row: RecordColumns, records: exp.Select) -> exp.Expr:
    """The rows whose ids a statement lists."""
    listed = exp.In(this=_col(row.alias, "id"), query=exp.Subquery(this=records))
    if row.query.dialect != "postgres":
        return listed
    # PostgreSQL finds the rows of an array by their index, and whether one row is among many by a table
    ids = exp.Any(this=exp.paren(exp.Array(expressions=[records.copy()])))
    return exp.paren(exp.and_(listed, exp.EQ(this=_col(row.alias, "id"), expression=ids)))


def _shares(row: RecordColumns, grant: CompiledGrant, *, write: bool, listed: bool = False) -> exp.Select:
    """What a flow task or a colleague shares of this row with who acts; `listed`: the ids of all rows that
    they share. Whole, or without the fields of a grant for what is shared so; one without any row of its own
    has all that is shared.
    """
    share = row.query.alias()
    user = row.query.params.variable("me", ME)
    rows = exp.select(_col(share, "record") if listed else exp.Literal.number(1)).from_(
        exp.Table(
            this=exp.to_identifier("ff_record_share", quoted=True),
            alias=exp.TableAlias(this=exp.to_identifier(share)),
        )
    )
    if not listed:
        rows = rows.where(exp.EQ(this=_col(share, "record"), expression=_col(row.alias, "id")))
    rows = rows.where(exp.EQ(this=_col(share, "user"), expression=user))
    if listed:
        rows = rows.where(exp.EQ(this=_col(share, "form"), expression=exp.Literal.string(grant.form)))
    if isinstance(grant.where, PartShare):
        rows = rows.where(exp.EQ(this=_col(share, "shows"), expression=exp.Literal.string(grant.where.key)))
    elif not isinstance(grant.where, NoRows):
        rows = rows.where(exp.Is(this=_col(share, "shows"), expression=exp.null()))
    if write:
        rows = rows.where(exp.EQ(this=_col(share, "level"), expression=exp.Literal.string("write")))
    return rows


def _col(alias: str, name: str) -> exp.Column:
    return exp.column(name, table=alias, quoted=True)
