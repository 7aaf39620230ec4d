"""Indexes of forms: those of lists and references, of unique constraints, and of encrypted fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from engine.storage.database import DialectName
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, Form, RowKind
from forms.tables import ORDER, PARENT, index_name, quoted

ROOM = 650
"""Characters of text in a row of an index: PostgreSQL takes 2,704 bytes, four a character at most."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index that the store has, or is to have; `columns` as SQL writes them. One that holds only beginnings of
    texts says in `whole` what it would be called otherwise. It takes the place of those called `instead`, which
    hold other lengths of the same fields.
    """

    name: str
    table: str
    columns: str
    unique: bool = False
    using: str = ""
    whole: str = ""
    instead: tuple[str, ...] = ()

    def statement(self, *, beside: bool = False) -> str:
        """What makes it, unless it is there; on PostgreSQL `beside` those who write, outside a transaction."""
        kind = "UNIQUE INDEX" if self.unique else "INDEX"
        how = " CONCURRENTLY" if beside else ""
        return (
            f"CREATE {kind}{how} IF NOT EXISTS {quoted(self.name)} ON {quoted(self.table)}{self.using} "
            f"({self.columns})"
        )


def fresh_indexes(
    before: Mapping[str, Form], after: Mapping[str, Form], dialect: DialectName
) -> Iterator[tuple[Form, Index]]:
    """The indexes that `after` has and `before` has not, each with its form. That of a column which comes back,
    or of a constraint that an earlier version had, may still be in the store.
    """
    for key, form in after.items():
        known = set(_of(before[key], dialect)) if key in before else set()
        for index in dict.fromkeys(_of(form, dialect)):
            if index not in known:
                yield form, replace(index, instead=_others(index, known))


def _others(index: Index, known: Iterable[Index]) -> tuple[str, ...]:
    """Those of the same fields that hold other lengths."""
    fields = index.whole or index.name
    return tuple(sorted(each.name for each in known if (each.whole or each.name) == fields))


def extend_indexes(work: UnitOfWork, wanted: Iterable[Index]) -> None:
    """Make these indexes where they are not there. Nobody writes to their tables meanwhile."""
    for index in wanted:
        drop_instead(work, index)
        work.run(index.statement())


def drop_instead(work: UnitOfWork, index: Index) -> None:
    """Remove what an index takes the place of: it would refuse texts that are longer than it can hold."""
    for name in index.instead:
        work.run(f"DROP INDEX IF EXISTS {quoted(name)}")


def _of(form: Form, dialect: DialectName) -> Iterator[Index]:
    """On PostgreSQL empty values come first."""
    for fields in form.indexes:
        found = [field for key in fields if (field := form.find(key)) is not None and field.stored]
        columns = [field.column for field in found]
        if len(found) == len(fields) and all(field.codec.storage != "list" for field in found):
            yield _shortened(form.table, found, dialect) or _index(form.table, columns, dialect)
        elif len(found) == len(fields) == 1 and dialect == "postgres":
            # serves `has`; SQLite has no index of what is inside a list
            name = index_name(form.table, columns[0])
            yield Index(name, form.table, quoted(columns[0]), using=" USING GIN")
    for child in form.children.values():
        yield _index(child.table, (PARENT, ORDER), dialect)
        for field in child.stored():
            if field.refers and not field.system:
                yield _index(child.table, (field.column,), dialect)
    for row in (form, *form.children.values()):
        yield from _shadows(row)


def _shortened(table: str, fields: Iterable[Field], dialect: DialectName) -> Index | None:
    """The index with no more than the beginnings of texts that may be too long for PostgreSQL; None when all fit.
    It serves the fields before them.
    """
    fields, room = list(fields), ROOM
    columns, names = list[str](), list[str]()
    for field in fields:
        longest, kept = _longest(field), max(room, 1)
        if longest > room:
            columns.append(f"left({quoted(field.column)}, {kept}) NULLS FIRST")
            names.append(f"{field.column}_{kept}")
        else:
            columns.append(f"{quoted(field.column)} NULLS FIRST")
            names.append(field.column)
        room = max(room - longest, 0)
    whole = index_name(table, "_".join(field.column for field in fields))
    name = index_name(table, "_".join(names))  # what it holds: of one name there is only one
    if dialect == "sqlite" or name == whole:
        return None
    return Index(name, table, ", ".join(columns), whole=whole)


def _longest(field: Field) -> int:
    """Characters that a value may have; 0 for what is never long."""
    if field.system or field.codec.storage != "text":
        return 0
    return int(getattr(field.kind.options, "max_length", 0))


def _shadows(row: RowKind) -> Iterator[Index]:
    for rule in row.uniques:
        yield Index(index_name(row.table, rule.column), row.table, quoted(rule.column), unique=True)
    for blind in row.blinds:
        yield Index(index_name(row.table, blind.column), row.table, quoted(blind.column))


def _index(table: str, fields: Iterable[str], dialect: DialectName) -> Index:
    fields = tuple(fields)
    nulls = " NULLS FIRST" if dialect == "postgres" else ""
    columns = ", ".join(f"{quoted(field)}{nulls}" for field in fields)
    return Index(index_name(table, "_".join(fields)), table, columns)
