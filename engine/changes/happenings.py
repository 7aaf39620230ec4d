"""What the log tells about one record, or about the records that name it. Every call is one query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine.identity.principal import SYSTEM_USER
from engine.storage.columns import moment_from_text
from engine.storage.driver import moment_param
from engine.storage.unit_of_work import UnitOfWork

_HAS_FIELD = {
    "sqlite": "EXISTS (SELECT 1 FROM json_each(c.diff) WHERE key = :field)",
    "postgres": "(c.diff::json -> %(field)s) IS NOT NULL",
}


@dataclass(frozen=True, slots=True)
class Naming:
    """A driver-ready query for `id` and `created_at` of some records of `form`, its parameters by name."""

    form: str
    sql: str
    params: Mapping[str, Any]


def last_by_person(work: UnitOfWork, app: str, form: str, record: str) -> datetime | None:
    """When somebody last changed the record; what the app did itself does not count."""
    where = f"{_of_record(work)} AND c.op <> 'derive' AND c.actor <> {_mark(work, 'system')}"
    return _last(work, where, {**_named(app, form, record), "system": SYSTEM_USER})


def last_of_field(work: UnitOfWork, app: str, form: str, record: str, field: str) -> datetime | None:
    """When the field, or child table, got the value it has: at the latest when the record was created."""
    has = _HAS_FIELD[work.runtime.database.dialect]
    where = f"{_of_record(work)} AND (c.op = 'create' OR {has})"
    return _last(work, where, {**_named(app, form, record), "field": field})


def count_of(work: UnitOfWork, app: str, form: str, record: str, operation: str, since: datetime) -> int:
    """How often an operation was done on the record after `since`."""
    where = f"{_of_record(work)} AND c.op = {_mark(work, 'operation')} AND c.at > {_mark(work, 'since')}"
    params = {**_named(app, form, record), "operation": operation, "since": _moment(work, since)}
    row = work.row(f"SELECT count(*) FROM ff_change AS c WHERE {where}", params)
    return int(row[0]) if row else 0


def last_among(work: UnitOfWork, app: str, naming: Naming) -> datetime | None:
    """When somebody last created or changed one of these records."""
    own = " AND ".join(f"c.{name} = {_mark(work, name)}" for name in ("app", "form"))
    where = f"{own} AND c.op IN ('create', 'update') AND c.actor <> {_mark(work, 'system')}"
    # Record by record, each by the end of its own stretch of the index: a join may read the whole log.
    newest = f"SELECT c.at FROM ff_change AS c WHERE c.record = n.id AND {where} ORDER BY c.id DESC LIMIT 1"
    params = {**naming.params, "app": app, "form": naming.form, "system": SYSTEM_USER}
    row = work.row(f"SELECT max(({newest})) FROM ({naming.sql}) AS n", params)
    return _read(row[0]) if row else None


def created_among(work: UnitOfWork, naming: Naming, since: datetime) -> int:
    """How many of these records were created after `since`, as they say themselves."""
    sql = f"SELECT count(*) FROM ({naming.sql}) AS n WHERE n.created_at > {_mark(work, 'since')}"
    row = work.row(sql, {**naming.params, "since": _moment(work, since)})
    return int(row[0]) if row else 0


def _mark(work: UnitOfWork, name: str) -> str:
    return f":{name}" if work.runtime.database.dialect == "sqlite" else f"%({name})s"


def _of_record(work: UnitOfWork) -> str:
    return " AND ".join(f"c.{name} = {_mark(work, name)}" for name in ("record", "app", "form"))


def _named(app: str, form: str, record: str) -> dict[str, Any]:
    return {"app": app, "form": form, "record": record}


def _moment(work: UnitOfWork, moment: datetime) -> Any:
    return moment_param(work.runtime.database.dialect, moment)


def _last(work: UnitOfWork, where: str, params: Mapping[str, Any]) -> datetime | None:
    row = work.row(f"SELECT c.at FROM ff_change AS c WHERE {where} ORDER BY c.id DESC LIMIT 1", params)
    return _read(row[0]) if row else None


def _read(value: Any) -> datetime | None:
    if value is None:
        return None
    return moment_from_text(value) if isinstance(value, str) else value.astimezone(UTC)
