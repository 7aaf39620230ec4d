"""What expressions ask the change log about a record: its last activity, its states, its events."""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from engine.changes import happenings
from engine.changes.happenings import Naming
from engine.definitions.app import CompiledApp
from engine.expressions import print_sql
from engine.expressions import types as t
from engine.expressions.scope import Related
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import RecordColumns, any_of, col, table
from forms.query import Query, query_of

_NAMED = "named"
"""The variable that holds the id of the record asked about."""


class LogHappenings:
    """The log of one app as the transaction sees it, read with the app's own rights.

    Nothing is kept between two questions: the log grows while rules run.
    """

    __slots__ = ("_app", "_work")

    def __init__(self, work: UnitOfWork, app: CompiledApp) -> None:
        self._work = work
        self._app = app

    def last_activity(self, form: str, record: str) -> datetime | None:
        """When a person last changed the record."""
        there, key = self._app.home(form)
        return happenings.last_by_person(self._work, there.key, key, record)

    def last_related(self, record: str, related: Related) -> datetime | None:
        """When a person last created or changed a record that names this one."""
        return happenings.last_among(self._work, self._app.key, self._naming(record, related))

    def changed_at(self, form: str, record: str, field: str) -> datetime | None:
        """When a field got the value it has."""
        there, key = self._app.home(form)
        return happenings.last_of_field(self._work, there.key, key, record, field)

    def count(self, form: str, record: str, operation: str, since: datetime) -> int:
        """How often an operation was done on the record after `since`."""
        there, key = self._app.home(form)
        return happenings.count_of(self._work, there.key, key, record, operation, since)

    def count_related(self, record: str, related: Related, since: datetime) -> int:
        """How many records that name this one were created after `since`."""
        return happenings.created_among(self._work, self._naming(record, related), since)

    def _naming(self, record: str, related: Related) -> Naming:
        """The live records that name the record."""
        dialect = self._work.runtime.database.dialect
        known = self._app.memory.get(("naming", related, dialect))
        if known is None:
            query = query_of(self._app, dialect)
            known = (print_sql(_select(query, related), dialect), query.params)
            self._app.memory["naming", related, dialect] = known
        sql, params = known
        return Naming(
            related.form,
            sql,
            params.bind({_NAMED: record}, self._work.now, self._app.zone, self._app.calendars),
        )


def _select(query: Query, related: Related) -> exp.Select:
    form = query.forms[related.form]
    alias = query.alias()
    columns = RecordColumns(query, form, alias, form=form)
    named = query.params.variable(_NAMED, t.TEXT)
    naming = [exp.EQ(this=columns.column((link,)), expression=named.copy()) for link in related.links]
    live = exp.Is(this=col(alias, "deleted_at"), expression=exp.null())
    wanted = exp.select(col(alias, "id"), col(alias, "created_at"))
    return wanted.from_(table(form.table, alias)).where(live, any_of(list(naming)))
