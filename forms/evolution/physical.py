"""What tables the store has by now, and which names are free in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from engine.storage.unit_of_work import UnitOfWork
from forms.evolution.layout import made_in
from forms.shape import PART

COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_info(?)",
    "postgres": "SELECT column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = %s",
}
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgres": "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
}


def columns_in(work: UnitOfWork, table: str) -> set[str]:
    """The columns of a table; none when there is no such table."""
    return {row[0] for row in work.rows(COLUMNS[work.runtime.database.dialect], (table,))}


def tables_in(work: UnitOfWork) -> set[str]:
    """The names of all tables."""
    return {row[0] for row in work.rows(TABLES[work.runtime.database.dialect])}


class Names:
    """Free names for what a version makes; the store is asked once per table."""

    def __init__(self, work: UnitOfWork, version: int) -> None:
        self._work = work
        self._version = version
        self._tables: set[str] | None = None
        self._columns: dict[str, set[str]] = {}

    def table(self, wanted: str) -> str:
        """A table of its own, which is taken from now on."""
        found = next(name for name in self._candidates(wanted) if name not in self._known())
        self._known().add(found)
        return found

    def column(self, table: str, wanted: str, *, links: bool, parts: Iterable[str] = ()) -> str:
        """A column of its own in a table that is there, with `links` also a link table."""
        if table not in self._columns:
            self._columns[table] = columns_in(self._work, table)
        taken, parts = self._columns[table], tuple(parts)

        def free(name: str) -> bool:
            if links and f"{table}{PART}{name}" in self._known():
                return False
            return not taken.intersection((name, *(f"{name}{PART}{part}" for part in parts)))

        return next(name for name in self._candidates(wanted) if free(name))

    def _candidates(self, wanted: str) -> Iterator[str]:
        """The name itself, then that of this version; a publish that was cancelled may have taken it."""
        yield wanted
        made = made_in(wanted, self._version)
        yield made
        for number in count(2):
            yield f"{made}_{number}"

    def _known(self) -> set[str]:
        if self._tables is None:
            self._tables = tables_in(self._work)
        return self._tables
