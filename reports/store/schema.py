"""Tables of the replica from forms: the stored columns, each under the key of its field.

Virtual fields (lookups, formulas over other records) have no column anywhere; queries compute them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.definitions.app import split_key
from forms.codec import Storage
from forms.compiled import Field, Form, RowKind
from forms.tables import ORDER, PARENT
from reports.store.tables import Native, ReplicaColumn, ReplicaTable

NATIVE: Mapping[Storage, Native] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "moment": "TIMESTAMP",
    "list": "VARCHAR[]",
}


def _texts(*names: str) -> tuple[ReplicaColumn, ...]:
    return tuple(ReplicaColumn(name, "VARCHAR", name) for name in names)


ACTIVE = (ReplicaColumn("active", "BOOLEAN", "active"),)


def form_tables(form: Form) -> Iterator[ReplicaTable]:
    """The table of a form and those of its child tables."""
    own = split_key(form.key)[1]  # what other apps call it is nothing to the replica
    yield ReplicaTable(form.table, form.app, own, form.table, tuple(_columns(form)))
    for child in form.children.values():
        place = (ReplicaColumn(PARENT, "VARCHAR", PARENT), ReplicaColumn(ORDER, "BIGINT", ORDER))
        columns = (*_columns(child), *place)
        yield ReplicaTable(child.table, form.app, own, child.table, columns, child=child.key)


def system_tables() -> Iterator[ReplicaTable]:
    """Small tables of the platform, read again when they change."""
    yield _system("ff_user", _texts("id", "username", "name", "email", "phone", "dept", "superior"), ACTIVE)
    yield _system("ff_department", _texts("id", "name", "parent", "head"))
    yield _system("ff_record_share", _texts("record", "user", "shows"))


def tables_named(forms: Mapping[str, Form], names: frozenset[str]) -> tuple[ReplicaTable, ...]:
    """The tables a statement reads, by their names. Raises LookupError for an unknown one."""
    found = {
        table.name: table for form in forms.values() for table in form_tables(form) if table.name in names
    }
    found |= {table.name: table for table in system_tables() if table.name in names}
    if missing := names - found.keys():
        raise LookupError(f"no table of the replica: {sorted(missing)}")
    return tuple(found[name] for name in sorted(names))


def _columns(row: RowKind) -> Iterator[ReplicaColumn]:
    for field in row.stored():
        if field.sealed:
            continue  # no report reads it, so it leaves the store not even encrypted
        yield ReplicaColumn(field.key, NATIVE[field.codec.storage], field.column, _meaning(field))


def _meaning(field: Field) -> str:
    """What stored values of a derived field mean; a new formula makes the table be read again."""
    scale = f"scale {field.codec.scale}; " if field.codec.scale else ""
    if field.expression is not None:
        return f"{scale}{field.source} {field.expression.text()}"
    if field.rollup is not None:
        rollup = field.rollup
        where = rollup.where.text() if rollup.where else ""
        return f"{scale}rollup {rollup.agg} {rollup.form}.{rollup.link} {rollup.field} {where}"
    return scale


def _system(name: str, *groups: tuple[ReplicaColumn, ...]) -> ReplicaTable:
    columns = tuple(column for group in groups for column in group)
    return ReplicaTable(name, "", name, name, columns, follows_log=False)
