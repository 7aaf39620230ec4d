"""Records that are there and overlap though they may not, found in one pass over a form.

Sorted by where they begin, a row overlaps an earlier one where it begins before the latest end of those ahead of it
is reached. A span that ends before it begins is left out. Rows of one record are judged in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.definitions.app import CompiledApp
from engine.expressions import CheckedExpression, Params, lower, print_sql
from engine.storage.database import DialectName
from engine.storage.unit_of_work import UnitOfWork
from forms.apart import NoOverlap
from forms.columns import RecordColumns, col
from forms.compiled import Form, RowKind
from forms.environment import variables
from forms.query import Query, query_of
from forms.reading_rows import one_of
from forms.tables import PARENT, quoted

NAMED = 20
"""So many are told one by one."""
AHEAD = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"


@dataclass(frozen=True, slots=True)
class Overlaps:
    """How many rows overlap one that stands before them, and some of them: the record with the first one that it
    meets, which is itself for rows of a record.
    """

    count: int
    pairs: tuple[tuple[str, str], ...]


NONE = Overlaps(0, ())


def overlaps_of(
    work: UnitOfWork, app: CompiledApp, form: Form, child: str | None, rule: NoOverlap, *, named: int = NAMED
) -> Overlaps:
    """What breaks a rule now. Its fields, and what its condition reads, have to be in the store; a condition that
    SQL cannot judge finds nothing.
    """
    if isinstance(rule.when, CheckedExpression) and not rule.when.pushable:
        return NONE
    asked = _Question(work, app, form, form if child is None else form.children[child], rule)
    found = asked.breaking(named)
    if not found:
        return NONE
    met = {record: record if child is not None else other for _count, record, other in found}
    unknown = tuple(record for record, other in met.items() if other is None)
    met |= asked.met(unknown) if unknown else {}
    return Overlaps(found[0][0], tuple((record, other or record) for record, other in met.items()))


@dataclass(frozen=True, slots=True)
class _Question:
    work: UnitOfWork
    app: CompiledApp
    form: Form
    kind: RowKind
    rule: NoOverlap

    @property
    def dialect(self) -> DialectName:
        return self.work.runtime.database.dialect

    def breaking(self, named: int) -> list[tuple[int, str, str | None]]:
        """(how many rows, record of one of them, record that it meets if that is known) for the first ones."""
        query = query_of(self.app, self.dialect)
        made = self._spans(query) if self.rule.span is not None else self._sets(query)
        rows = self._asked(f"{made} ORDER BY of, id LIMIT {named}", query.params)
        return [(int(count), str(record), met) for count, record, _row, met in rows]

    def met(self, records: tuple[str, ...]) -> dict[str, str]:
        """The first record that the span of each of these meets; each is looked for in one pass of its own."""
        query = query_of(self.app, self.dialect)
        alike = [
            f"{one} IS NOT DISTINCT FROM {other}"
            for one, other in zip(self._alike("r"), self._alike("o"), strict=True)
        ]
        low, high = self._ends("r")
        first, last = self._ends("o")
        meets = [
            f"({begins} IS NULL OR {ends} IS NULL OR {begins} {self._sign} {ends})"
            for begins, ends in ((low, last), (first, high))
        ]
        some = f"({first} IS NOT NULL OR {last} IS NOT NULL)"
        conditions = " AND ".join(["o.id <> r.id", *alike, *meets, some, *self._live(query, "o")])
        chosen = print_sql(one_of(query, col("r", "id"), "broken"), self.dialect)
        table = quoted(self.form.table)
        text = f"SELECT r.id, (SELECT MIN(o.id) FROM {table} AS o WHERE {conditions}) FROM {table} AS r WHERE {chosen}"
        return {str(row[0]): str(row[1] or row[0]) for row in self._asked(text, query.params, broken=records)}

    def _spans(self, query: Query) -> str:
        """Rows that begin before what stands ahead of them is over; an open beginning is the earliest."""
        low, high = self._ends("r")
        within = ", ".join(self._alike("r"))
        partition = f"PARTITION BY {within} " if within else ""
        sorted_by = f"ORDER BY {low} NULLS FIRST, {high} NULLS LAST, r.id {AHEAD}"
        there = f"({low} IS NOT NULL OR {high} IS NOT NULL) AND ({low} <= {high} OR {low} IS NULL OR {high} IS NULL)"
        return (
            f"WITH spans AS (SELECT {self._record('r')} AS of, r.id AS id, {low} AS low, "
            f"MAX({high}) OVER ahead AS latest, COUNT(*) OVER ahead AS others, "
            f"COUNT({high}) OVER ahead AS ended FROM {self._rows('r')} "
            f"WHERE {' AND '.join([*self._live(query, 'r'), there])} WINDOW ahead AS ({partition}{sorted_by})) "
            "SELECT COUNT(*) OVER (), of, id, NULL FROM spans WHERE others > 0 AND "
            f"(low IS NULL OR ended < others OR low {self._sign} latest)"
        )

    def _sets(self, query: Query) -> str:
        """Rows that hold a member which one before them holds, the first of which they are told with."""
        within = ", ".join([*self._alike("r"), "m.value"])
        return (
            f"WITH members AS (SELECT {self._record('r')} AS of, r.id AS id, "
            f"MIN(r.id) OVER (PARTITION BY {within}) AS first "
            f"FROM {self._rows('r')}, {self._members('r', 'm')} WHERE {' AND '.join(self._live(query, 'r'))}), "
            "again AS (SELECT of, id, MIN(first) AS met FROM members WHERE id > first GROUP BY of, id) "
            "SELECT COUNT(*) OVER (), of, id, met FROM again"
        )

    @property
    def _sign(self) -> str:
        return "<" if self.rule.half else "<="

    def _rows(self, alias: str) -> str:
        rows = f"{quoted(self.kind.table)} AS {alias}"
        if self.kind is self.form:
            return rows
        return f"{rows} JOIN {quoted(self.form.table)} AS p ON p.id = {alias}.{quoted(PARENT)}"

    def _record(self, alias: str) -> str:
        return f"{alias}.id" if self.kind is self.form else f"{alias}.{quoted(PARENT)}"

    def _alike(self, alias: str) -> list[str]:
        """What rows have to share to be compared at all."""
        own = [] if self.kind is self.form else [self._record(alias)]
        return own + [self._column(alias, key) for key in self.rule.by]

    def _ends(self, alias: str) -> tuple[str, str]:
        low, high = self.rule.span or ("", "")
        return self._column(alias, low), self._column(alias, high)

    def _column(self, alias: str, key: str) -> str:
        found = self.kind.find(key)
        return f"{alias}.{quoted(key if found is None else found.column)}"

    def _members(self, alias: str, name: str) -> str:
        held = self._column(alias, self.rule.members or "")
        if self.dialect == "sqlite":
            return f"json_each({held}) AS {name}"
        return f"jsonb_array_elements_text({held}) AS {name}(value)"

    def _live(self, query: Query, alias: str) -> Iterator[str]:
        """The rows that count: not deleted, and the condition of the rule holds."""
        record = alias if self.kind is self.form else "p"
        yield f"{record}.deleted_at IS NULL"
        if isinstance(self.rule.when, CheckedExpression):
            whole = RecordColumns(query, self.form, record, form=self.form)
            row = whole
            if self.kind is not self.form:
                prefix = f"{self.kind.key}."
                row = RecordColumns(query, self.kind, alias, form=self.form, parent=whole, prefix=prefix)
            made = lower(self.rule.when, row, query.params, self.dialect)
            yield f"({print_sql(made, self.dialect)})"

    def _asked(self, text: str, params: Params, **more: tuple[str, ...]) -> list[tuple[Any, ...]]:
        known = variables(self.work, self.app, **more)
        return self.work.rows(text, params.bind(known, self.work.now, self.app.zone, self.app.calendars))
