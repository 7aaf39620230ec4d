"""Tables of forms: created and extended at publish; columns are never altered or dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.storage.database import DialectName
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import ChildTable, Field, Form, RowKind

PARENT, ORDER = "_parent", "_order"
Tables = dict[str, str]
"""Form key -> table name."""


def quoted(name: str) -> str:
    """A name as SQL writes it; keys hold only letters, digits and underscores."""
    return f'"{name}"'


def extend_tables(work: UnitOfWork, before: dict[str, Form], after: dict[str, Form]) -> None:
    """Create what `after` has and `before` has not: tables, columns, references, indexes."""
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
    if dialect == "postgres":
        for statement in _references(before, after):
            work.run(statement)
    for key, form in after.items():
        known = set(_indexes(before[key], dialect)) if key in before else set()
        for statement in _indexes(form, dialect):
            if statement not in known:
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
    columns += extra + [f"{quoted(unique.column)} TEXT" for unique in row.uniques]
    return f"CREATE TABLE {quoted(row.table)} ({', '.join(columns)})"


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
    return f"{quoted(field.key)} {kind}"


def _extend(before: Form, after: Form, dialect: DialectName, tables: Tables) -> Iterator[str]:
    yield from _add_columns(before, after, dialect, tables)
    for key, child in after.children.items():
        if key in before.children:
            yield from _add_columns(before.children[key], child, dialect, tables)
        else:
            yield _create_child(after, child, dialect, tables)


def _add_columns(before: RowKind, after: RowKind, dialect: DialectName, tables: Tables) -> Iterator[str]:
    known = {field.key for field in before.stored()} | {unique.column for unique in before.uniques}
    for field in after.stored():
        if field.key not in known:
            yield f"ALTER TABLE {quoted(after.table)} ADD COLUMN {_column(field, dialect, tables)}"
    for unique in after.uniques:
        if unique.column not in known:
            yield f"ALTER TABLE {quoted(after.table)} ADD COLUMN {quoted(unique.column)} TEXT"


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
                    yield row.table, field.key, forms[str(field.target)].table


def _indexes(form: Form, dialect: DialectName) -> Iterator[str]:
    """Indexes of lists, references and unique constraints; on PostgreSQL empty values come first."""
    for fields in form.indexes:
        if all(form.fields[key].stored for key in fields):
            yield _index(form.table, fields, dialect)
    for row in (form, *form.children.values()):
        for unique in row.uniques:
            name = quoted(f"{row.table}_{unique.column}"[:60])
            yield f"CREATE UNIQUE INDEX {name} ON {quoted(row.table)} ({quoted(unique.column)})"
    for child in form.children.values():
        yield _index(child.table, (PARENT, ORDER), dialect)
        for field in child.stored():
            if field.refers and not field.system:
                yield _index(child.table, (field.key,), dialect)


def _index(table: str, fields: Iterable[str], dialect: DialectName) -> str:
    fields = tuple(fields)
    name = quoted(f"{table}_{'_'.join(fields)}"[:60])
    nulls = " NULLS FIRST" if dialect == "postgres" else ""
    columns = ", ".join(f"{quoted(field)}{nulls}" for field in fields)
    return f"CREATE INDEX {name} ON {quoted(table)} ({columns})"
