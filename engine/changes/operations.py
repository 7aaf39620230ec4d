"""What was done beside saves of records: logins, exports, prints, publishes, changed rights.

Each is one row of `ff_operation`, written in the transaction of what it tells about: what is undone was
not done. What fails on purpose, as a refused login, has a transaction of its own (`note_apart`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from engine.identity.principal import Principal
from engine.storage.driver import moment_param
from engine.storage.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.runtime import Runtime

NOBODY = Principal(user="")
"""The actor of what is done before anybody has said who he is."""

_COLUMNS = "at, action, subject, app, actor, source, cause, batch, request, address, details"
_INSERT = {
    "sqlite": f"INSERT INTO ff_operation ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?) RETURNING id",
    "postgres": f"INSERT INTO ff_operation ({_COLUMNS}) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s) RETURNING id",
}


def note(
    work: UnitOfWork,
    action: str,
    subject: str,
    *,
    app: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> int:
    """Log that `action` was done to `subject`; the row's id. It commits, or is undone, with `work`.

    `action` is a word of the code (`login`, `publish`), never a sentence; `details` is JSON and holds no
    secret: no password, no token, no value of an encrypted field.
    """
    dialect = work.runtime.database.dialect
    values = (
        moment_param(dialect, work.now),
        action,
        subject,
        app,
        work.principal.user,
        work.source,
        work.cause,
        work.batch,
        work.request_id or None,
        work.address or None,
        orjson.dumps(details or {}, option=orjson.OPT_SORT_KEYS).decode(),
    )
    row = work.row(_INSERT[dialect], values)
    return int(row[0]) if row else 0


def note_apart(
    runtime: Runtime,
    action: str,
    subject: str,
    *,
    app: str | None = None,
    details: Mapping[str, Any] | None = None,
    actor: Principal = NOBODY,
    source: str = "api",
    request_id: str | None = None,
    address: str | None = None,
) -> int:
    """`note` in a transaction of its own: for what was refused, and for what belongs to no transaction."""
    with runtime.unit_of_work(actor, source=source, request_id=request_id, address=address) as work:
        return note(work, action, subject, app=app, details=details)
