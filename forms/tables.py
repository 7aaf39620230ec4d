"""Tables of forms: created and extended at publish; columns are never altered or dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from engine.storage.database import DialectName
from engine.storage.unit_of_work import UnitOfWork
from forms.codec import SQL_TYPES
from forms.compiled import ChildTable, Field, Form, RowKind

PARENT, ORDER, TARGET = "_parent", "_order", "target"
LONGEST_NAME = 60
FILLED = 90
"""Percent of a page that new rows fill on PostgreSQL: in the rest a changed row finds room beside its old self,
and then no index has to be told of it.
"""
Tables = dict[str, str]
"""Form key -> table name."""


def quoted(name: str) -> str:
    """A name as SQL writes it; keys hold only letters, digits and underscores."""
    return f'"{name}"'


def extend_tables(work: UnitOfWork, before: dict[str, Form], after: dict[str, Form]) -> None:
    """Create what `after` has and `before` has not: tables, columns, references. Indexes: `forms.indexes`."""
    dialect = work.runtime.database.dialect
    tables = {key: form.table for key, form in after.items()}
    fresh = [form for key, form in after.items() if key not in before]
    for form in fresh:
        for statement in _create(form, dialect, tables):
            work.run(statement)
    for key, form in after.items():
        if key in before:
            for statement in _extend(before[key], form, dialect, tables):
                work.run(statement)
    for statement in _link_tables(before, after, dialect, tables):
        work.run(statement)
    if dialect == "postgres":
        for statement in _references(before, after):
            work.run(statement)


def _create(form: Form, dialect: DialectName, tables: Tables) -> Iterator[str]:
    yield _create_table(form, dialect, [], tables)
    for child in form.children.values():
        yield _create_child(form, child, dialect, tables)


def _create_child(form: Form, child: ChildTable, dialect: DialectName, tables: Tables) -> str:
    own = [
        f"{quoted(PARENT)} TEXT NOT NULL REFERENCES {quoted(form.table)} ({quoted('id')})",
        f"{quoted(ORDER)} INTEGER NOT NULL",
    ]
    return _create_table(child, dialect, own, tables)


def _create_table(row: RowKind, dialect: DialectName, extra: list[str], tables: Tables) -> str:
    columns = [_column(field, dialect, tables) for field in row.stored()]
    columns += extra + [f"{quoted(shadow)} TEXT" for shadow in row.shadows()]
    room = f" WITH (fillfactor = {FILLED})" if dialect == "postgres" else ""
    return f"CREATE TABLE {quoted(row.table)} ({', '.join(columns)}){room}"


def _column(field: Field, dialect: DialectName, tables: Tables) -> str:
    kind = field.codec.sql_type(dialect)
    if dialect == "sqlite" and field.refers and not field.system and field.target in tables:
        # SQLite takes foreign keys only with the column; PostgreSQL gets them in `_references`
        kind += (
            f" REFERENCES {quoted(tables[str(field.target)])} ({quoted('id')}) DEFERRABLE INITIALLY DEFERRED"
        )
    if field.system and field.key == "id":
        return f"{quoted('id')} {kind} PRIMARY KEY"
    if field.system and field.key == "rev":
        return f"{quoted('rev')} {kind} NOT NULL DEFAULT 1"
    return f"{quoted(field.column)} {kind}"


def _extend(before: Form, after: Form, dialect: DialectName, tables: Tables) -> Iterator[str]:
    yield from _add_columns(before, after, dialect, tables)
    for key, child in after.children.items():
        if key in before.children:
            yield from _add_columns(before.children[key], child, dialect, tables)
        else:
            yield _create_child(after, child, dialect, tables)


def _add_columns(before: RowKind, after: RowKind, dialect: DialectName, tables: Tables) -> Iterator[str]:
    known = {field.column for field in before.stored()}
    for field in after.stored():
        if field.column not in known:
            yield f"ALTER TABLE {quoted(after.table)} ADD COLUMN {_column(field, dialect, tables)}"


def link_table(row: RowKind, field: Field) -> str:
    """The table beside a field that refers to several records: a row for each of these."""
    return f"{row.table}__{field.column}"


def _link_tables(
    before: dict[str, Form], after: dict[str, Form], dialect: DialectName, tables: Tables
) -> Iterator[str]:
    known = {link_table(row, field) for row in _rows(before) for field in row.linked}
    for row in _rows(after):
        for field in row.linked:
            if link_table(row, field) not in known:
                yield from _create_links(row, field, dialect, tables.get(field.targets[0]))


def _create_links(row: RowKind, field: Field, dialect: DialectName, target: str | None) -> Iterator[str]:
    """`target` None: the records are those of another app, which looks after them itself."""
    name, kind = link_table(row, field), SQL_TYPES[dialect]["text"]
    deferred = "DEFERRED" if dialect == "sqlite" else "IMMEDIATE"
    bound = (
        f" REFERENCES {quoted(target)} ({quoted('id')}) DEFERRABLE INITIALLY {deferred}"
        if target is not None
        else ""
    )
    yield (
        f"CREATE TABLE {quoted(name)} ("
        f"{quoted(PARENT)} {kind} NOT NULL REFERENCES {quoted(row.table)} ({quoted('id')}) ON DELETE CASCADE, "
        f"{quoted(TARGET)} {kind} NOT NULL{bound}, PRIMARY KEY ({quoted(PARENT)}, {quoted(TARGET)}))"
    )
    yield f"CREATE INDEX {quoted(index_name(name, TARGET))} ON {quoted(name)} ({quoted(TARGET)})"


def _rows(forms: dict[str, Form]) -> Iterator[RowKind]:
    for form in forms.values():
        yield form
        yield from form.children.values()


def _references(before: dict[str, Form], after: dict[str, Form]) -> Iterator[str]:
    """Foreign keys of new reference columns, added once all tables exist."""
    known = set(_reference_clauses(before))
    for table, column, target in _reference_clauses(after):
        if (table, column, target) not in known:
            yield (
                f"ALTER TABLE {quoted(table)} ADD FOREIGN KEY ({quoted(column)}) "
                f"REFERENCES {quoted(target)} ({quoted('id')}) DEFERRABLE INITIALLY IMMEDIATE"
            )


def _reference_clauses(forms: dict[str, Form]) -> Iterator[tuple[str, str, str]]:
    for form in forms.values():
        for row in (form, *form.children.values()):
            for field in row.stored():
                if field.refers and not field.system and field.target in forms:
                    yield row.table, field.column, forms[str(field.target)].table


def index_name(table: str, column: str) -> str:
    """The name of a column's index: one of its own even where databases would cut it short."""
    name = f"{table}_{column}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:40]}_{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"
