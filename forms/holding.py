"""Which grants have which of many records: one statement for a whole page."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from engine.expressions import Params, print_sql
from engine.permissions.compiled import GrantSet
from forms.access import Access
from forms.columns import RecordColumns, col, table
from forms.compiled import Form
from forms.environment import variables
from forms.plans import kept
from forms.query import query_of
from forms.reading_rows import one_of


def held_of(access: Access, form: Form, grants: GrantSet, records: Iterable[str]) -> dict[str, GrantSet]:
    """The grants that have each of these records, deleted ones included. Of one that there is not any more only
    those that have every record.
    """
    wanted = tuple(sorted(set(records)))
    if grants.unlimited:
        return dict.fromkeys(wanted, grants)
    everywhere = GrantSet(tuple(each for each in grants.grants if each.every_row), False, ())
    found = dict.fromkeys(wanted, everywhere)
    if not grants.grants or not wanted:
        return found
    dialect = access.work.runtime.database.dialect

    def make() -> tuple[str, Params]:
        query = query_of(access.app, dialect)
        columns = RecordColumns(query, form, "r", form=form, grants=grants)
        flags = [columns.rows_of(grant) for grant in grants.grants]
        select = exp.select(col("r", "id"), *flags).from_(table(form.table, "r"))
        select = select.where(one_of(query, col("r", "id"), "record_ids"), copy=False)
        return print_sql(select, dialect), query.params

    text, params = kept(access.app, ("held of many", form.key, dialect, grants.key), make)
    known = variables(access.work, access.app, record_ids=wanted)
    bound = params.bind(known, access.work.now, access.app.zone, access.app.calendars)
    for record, *flags in access.work.rows(text, bound):
        holding = (grant for grant, has in zip(grants.grants, flags, strict=True) if has)
        found[record] = GrantSet(tuple(holding), False, ())
    return found
