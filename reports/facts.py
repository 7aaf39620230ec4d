"""FROM and WHERE of a report: the rows the reader may see, and where the names of the report stand."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from forms.columns import RecordColumns, col, table
from forms.compiled import Form
from forms.query import Joins, Query
from forms.system_forms import SYSTEM_FORMS
from forms.tables import PARENT
from reports.planned import Source

FACT, RECORD = "f", "p"


@dataclass(slots=True)
class Facts:
    """The rows of a report. `columns` names their values; references add to `joins`."""

    columns: RecordColumns
    source: exp.Expr
    conditions: list[exp.Expr]
    joins: Joins
    parent: tuple[exp.Expr, exp.Expr] | None = None

    def select(self, *projections: exp.Expr) -> exp.Select:
        """SELECT over the rows with every join that `columns` was asked for meanwhile."""
        select = exp.select(*projections, copy=False).from_(self.source, copy=False)
        if self.parent is not None:
            select = select.join(self.parent[0], on=self.parent[1], copy=False)
        for target, condition in self.joins.clauses:
            select = select.join(target, on=condition, join_type="left", copy=False)
        for condition in self.conditions:
            select = select.where(condition, copy=False)
        return select


def facts(query: Query, source: Source) -> Facts:
    """The rows of a form or child table under the reader's grants; deleted records are not among them."""
    if source.form in SYSTEM_FORMS:
        return _system_facts(query, source.form)
    form = query.forms[source.form]
    return _record_facts(query, form) if source.child is None else _child_facts(query, form, source.child)


def _system_facts(query: Query, key: str) -> Facts:
    joins = Joins()
    columns = RecordColumns(query, None, FACT, joins=joins)
    return Facts(columns, table(SYSTEM_FORMS[key].table, FACT), [], joins)


def _record_facts(query: Query, form: Form) -> Facts:
    joins = Joins()
    columns = RecordColumns(query, form, FACT, form=form, joins=joins, grants=query.grants_of(form.key))
    return Facts(columns, table(form.table, FACT), _visible(query, form, columns), joins)


def _child_facts(query: Query, form: Form, key: str) -> Facts:
    joins, grants = Joins(), query.grants_of(form.key)
    record = RecordColumns(query, form, RECORD, form=form, joins=joins, grants=grants)
    child = form.children[key]
    columns = RecordColumns(
        query, child, FACT, form=form, joins=joins, grants=grants, parent=record, prefix=f"{key}."
    )
    belongs = exp.EQ(this=col(FACT, PARENT), expression=col(RECORD, "id"))
    return Facts(
        columns,
        table(child.table, FACT),
        _visible(query, form, record),
        joins,
        parent=(table(form.table, RECORD), belongs),
    )


def _visible(query: Query, form: Form, record: RecordColumns) -> list[exp.Expr]:
    conditions: list[exp.Expr] = [exp.Is(this=col(record.alias, "deleted_at"), expression=exp.null())]
    rows = record.row_predicate(query.grants_of(form.key))
    return conditions if rows is None else [*conditions, rows]


def label_of(query: Query, key: str, value: exp.Expr) -> tuple[exp.Expr | None, Joins]:
    """The name of the record that `value` refers to, as the reader may see it, and the joins it needs."""
    joins = Joins()
    alias = query.alias()
    named = exp.EQ(this=col(alias, "id"), expression=value)
    system = SYSTEM_FORMS.get(key)
    if system is not None:
        joins.clauses.append((table(system.table, alias), named))
        return col(alias, system.label), joins
    form, grants = query.forms.get(key), query.grants_of(key)
    if form is None or not grants or form.title == "id" or not grants.shows(form.title):
        return None, joins
    columns = RecordColumns(query, form, alias, form=form, joins=joins, grants=grants)
    conditions = [named, *_visible(query, form, columns)]
    joins.clauses.append((table(form.table, alias), exp.and_(*conditions, copy=False)))
    return columns.column((form.title,)), joins
