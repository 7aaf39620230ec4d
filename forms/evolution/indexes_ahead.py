"""Indexes on tables that hold much: PostgreSQL builds them before the version is flipped, while people write.

It does so outside any transaction. SQLite has one writer at a time: there an index is built within the publish,
and writers wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.definitions.plan import Step
from engine.findings import Text
from engine.storage.database import Database
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form, RowKind
from forms.evolution.evolution import Evolution, pointer_of
from forms.evolution.in_use import count_rows
from forms.indexes import Index, drop_instead, extend_indexes, fresh_indexes
from forms.tables import quoted

LARGE = 100_000
"""An index of so many rows takes a third of a second, in which nobody would write."""
BUILDING = "hashtext('fourfold index'), hashtext(%s)"
"""The lock of who builds an index."""
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"


@dataclass(frozen=True, slots=True)
class LargeIndex:
    """An index that is not there yet, of a table with so many rows."""

    form: Form
    row: RowKind
    child: str | None
    index: Index
    rows: int

    @property
    def pointer(self) -> str:
        """Where its table stands, by keys."""
        return pointer_of(self.form.key, self.child, None)


def large_indexes(work: UnitOfWork, found: Evolution) -> list[LargeIndex]:
    """The new indexes of large tables."""
    counted: dict[str, int] = {}
    large = []
    for form, index in fresh_indexes(found.before, found.after, work.runtime.database.dialect):
        for child, was, row in _rows(found.before, form):
            if row.table == index.table and not is_there(work, index):
                if was.table not in counted:
                    counted[was.table] = count_rows(work, was)
                if counted[was.table] > LARGE:
                    large.append(LargeIndex(form, row, child, index, counted[was.table]))
    return large


def _rows(before: Mapping[str, Form], form: Form) -> Iterator[tuple[str | None, RowKind, RowKind]]:
    """(child, row before, row after) of what was there before."""
    was = before.get(form.key)
    if was is not None:
        yield None, was, form
        for key, child in form.children.items():
            if key in was.children:
                yield key, was.children[key], child


def index_steps(work: UnitOfWork, found: Evolution) -> Iterator[Step]:
    """One for each index of a large table, which says who waits for it."""
    beside = work.runtime.database.dialect == "postgres"
    for each in large_indexes(work, found):
        zh, en = (
            ("在后台建立，其间可以照常写入。", "It is built while people write.")
            if beside
            else (
                "SQLite 上在发布时建立，其间写入须等待。",
                "On SQLite it is built within the publish, and who writes waits for it.",
            )
        )
        yield Step(
            "add_index",
            "safe" if beside else "warn",
            each.pointer,
            Text(
                zh=f"为 {each.rows} 行建立索引“{each.index.name}”：{zh}",
                en=f"An index of {each.rows} rows is built, '{each.index.name}'. {en}",
            ),
            each.rows,
            None,
            beside,
        )


def make_room_for_indexes(work: UnitOfWork, found: Evolution) -> None:
    """Build the new indexes, on PostgreSQL but for those of large tables, which are built ahead."""
    dialect = work.runtime.database.dialect
    later = {each.index for each in large_indexes(work, found)} if dialect == "postgres" else set()
    fresh = (index for _, index in fresh_indexes(found.before, found.after, dialect))
    extend_indexes(work, (index for index in fresh if index not in later))


def build_beside(database: Database, index: Index) -> None:
    """Build an index while others write, unless another process does. PostgreSQL waits for every transaction that
    is open, so none of this process may be. What an attempt that failed left behind goes first.
    """
    with database.outside() as raw:
        if not raw.execute(f"SELECT pg_try_advisory_lock({BUILDING})", (index.name,)).fetchone()[0]:
            return
        try:
            found = raw.execute(VALID, (quoted(index.name),)).fetchone()
            if found is not None and not found[0]:
                raw.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted(index.name)}")
            raw.execute(index.statement(beside=True))
        finally:
            raw.execute(f"SELECT pg_advisory_unlock({BUILDING})", (index.name,))


def complete_indexes(work: UnitOfWork, found: Evolution) -> None:
    """Whatever of the new indexes is not there by the flip is built now, with writers out."""
    if work.runtime.database.dialect != "postgres":
        return
    fresh = list(fresh_indexes(found.before, found.after, "postgres"))
    for _, index in fresh:
        drop_instead(work, index)
    missing = [index for form, index in fresh if form.key in found.before and not is_there(work, index)]
    for index in missing:
        work.run(f"DROP INDEX IF EXISTS {quoted(index.name)}")
    extend_indexes(work, missing)


def is_there(work: UnitOfWork, index: Index) -> bool:
    """Whether the store has it whole: a failed attempt leaves one that is of no use."""
    if work.runtime.database.dialect == "sqlite":
        text = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?"
        return work.row(text, (index.name,)) is not None
    found = work.row(VALID, (quoted(index.name),))
    return found is not None and bool(found[0])
