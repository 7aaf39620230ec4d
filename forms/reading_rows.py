"""The SELECTs of rows that belong to records: those of child tables, and the records that lists name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.expressions import print_sql
from engine.expressions import types as t
from engine.permissions.compiled import UNLIMITED, GrantSet, uncovered
from engine.storage.database import DialectName
from forms.columns import RecordColumns, col, table
from forms.compiled import ChildTable, Form
from forms.query import Joins, Query, query_of
from forms.reach import forms_in_reach
from forms.reading_columns import (
    Column,
    Listed,
    Path,
    RowsPlan,
    codec_at,
    column_at,
    columns_of,
    composed_of,
    divided,
    split,
)
from forms.system_forms import SYSTEM_FORMS
from forms.tables import ORDER, PARENT

GrantsOf = Callable[[str], GrantSet]


def child_fields(child: ChildTable, grants: GrantSet) -> list[Path]:
    """Every field of a child table that the reader may see."""
    names = ((name, f"{child.key}.{name}") for name in child.fields)
    return [(name,) for name, full in names if grants.shows(full) or grants.masks(full)]


def make_child_plan(
    app: CompiledApp,
    form: Form,
    child: ChildTable,
    dialect: DialectName,
    *,
    grants_of: GrantsOf,
    grants: GrantSet,
    paths: tuple[Path, ...] = (),
) -> RowsPlan:
    """The rows of a child table of several records as the reader may see them, lookups included; `grants`
    are those on these records. Without `paths` all fields of the rows.
    """
    forms: Mapping[str, Form] = forms_in_reach(app)
    query = query_of(app, dialect, grants_of)
    joins, prefix = Joins(), f"{child.key}."
    parent = RecordColumns(query, form, "r", form=form, joins=joins, grants=grants)

    def row(seen: GrantSet) -> RecordColumns:
        return RecordColumns(
            query, child, "c", form=form, joins=joins, grants=seen, parent=parent, prefix=prefix
        )

    guarded, bare = row(grants), row(uncovered(grants))
    asked, lists = divided(forms, child, paths or child_fields(child, grants))
    selected = columns_of(forms, child, asked)
    # what is masked leaves the store whole and is covered on its way out, but leads nowhere
    values = [(guarded if len(path) > 1 else bare).column(path) for path in selected]
    select = exp.select(col("c", PARENT), *values).from_(table(child.table, "c"))
    link = exp.EQ(this=col("r", "id"), expression=col("c", PARENT))
    select = select.join(table(form.table, "r"), on=link, copy=False)
    select = joined(select, joins).where(one_of(query, col("c", PARENT), "parents"), copy=False)
    for name in (PARENT, ORDER, "id"):
        select = select.order_by(col("c", name), copy=False)
    return RowsPlan(
        print_sql(select, dialect),
        query.params,
        [column_at(forms, child, path, grants, dialect, prefix=prefix) for path in selected],
        composed_of(selected),
        listed(app, dialect, grants_of, lists),
    )


def listed(
    app: CompiledApp,
    dialect: DialectName,
    grants_of: GrantsOf,
    lists: Mapping[Path, tuple[str, list[Path]]],
) -> tuple[Listed, ...]:
    """The plans of the records that lists of references name, deeper lists inside."""
    return tuple(
        Listed(path, _make_named_plan(app, target, dialect, grants_of, asked))
        for path, (target, asked) in lists.items()
    )


def _make_named_plan(
    app: CompiledApp, target: str, dialect: DialectName, grants_of: GrantsOf, paths: list[Path]
) -> RowsPlan:
    """Records of a form or system form as a reference shows them: the reader's own rows and fields."""
    forms: Mapping[str, Form] = forms_in_reach(app)
    form, system = forms.get(target), SYSTEM_FORMS.get(target)
    query = query_of(app, dialect, grants_of)
    joins, grants = Joins(), grants_of(target) if form is not None else UNLIMITED
    row = RecordColumns(query, form, "r", form=form, joins=joins, grants=grants)
    asked, lists = divided(forms, form, paths)
    selected = columns_of(forms, form, asked)
    source = form.table if form is not None else SYSTEM_FORMS[target].table
    values = [row.column(path) for path in selected]
    select = joined(exp.select(col("r", "id"), *values).from_(table(source, "r")), joins)
    select = select.where(one_of(query, col("r", "id"), "record_ids"), copy=False)
    if system is None:
        select = select.where(exp.Is(this=col("r", "deleted_at"), expression=exp.null()), copy=False)
        rows = row.row_predicate(grants)
        select = select if rows is None else select.where(exp.paren(rows), copy=False)
    return RowsPlan(
        print_sql(select, dialect),
        query.params,
        [Column(split(path), codec_at(forms, form, path).to_json(dialect)) for path in selected],
        composed_of(selected),
        listed(app, dialect, grants_of, lists),
    )


def joined(select: exp.Select, joins: Joins) -> exp.Select:
    """The statement with the references that its columns follow."""
    for source, on in joins.clauses:
        select = select.join(source.copy(), on=on.copy(), join_type="left", copy=False)
    return select


def one_of(query: Query, column: exp.Expr, name: str) -> exp.Expr:
    """Whether a text column is among the variable `name`, a list that is one parameter."""
    among = query.params.variable(name, t.list_of(t.TEXT))
    if query.dialect == "sqlite":
        values = exp.select("value").from_(exp.func("json_each", among))
        return exp.In(this=column, query=exp.Subquery(this=values))
    return exp.EQ(this=column, expression=exp.Any(this=exp.paren(among)))
