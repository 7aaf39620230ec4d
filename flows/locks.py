"""What a running flow holds: the lock on its record and the right of the people asked to read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from engine.storage.unit_of_work import UnitOfWork
from flows.repository import Statement

ADD_LOCK = Statement(
    "INSERT INTO ff_record_lock (record, app, form, instance, editors) VALUES (?, ?, ?, ?, '{}') "
    "ON CONFLICT (record) DO NOTHING"
)
SET_EDITORS = Statement("UPDATE ff_record_lock SET editors = ? WHERE record = ? AND instance = ?")
DROP_LOCK = Statement("DELETE FROM ff_record_lock WHERE record = ? AND instance = ?")
ADD_SHARE = Statement(
    'INSERT INTO ff_record_share (record, "user", app, form, level, reason, fields) '
    "VALUES (?, ?, ?, ?, 'read', ?, ?) "
    'ON CONFLICT (record, "user", reason) DO NOTHING'
)


def lock(work: UnitOfWork, *, app: str, form: str, record: str, instance: str) -> bool:
    """Lock a record for a flow; False when another one holds it."""
    return bool(ADD_LOCK.run(work, record, app, form, instance))


def unlock(work: UnitOfWork, record: str, instance: str) -> None:
    """Let the record go."""
    DROP_LOCK.run(work, record, instance)


def let_edit(work: UnitOfWork, record: str, instance: str, editors: Mapping[str, Sequence[str]]) -> None:
    """Say which user may write which fields while the record is locked."""
    SET_EDITORS.run(
        work, orjson.dumps({user: list(names) for user, names in editors.items()}).decode(), record, instance
    )


def share(
    work: UnitOfWork,
    people: Iterable[str],
    *,
    app: str,
    form: str,
    record: str,
    reason: str,
    fields: Mapping[str, Sequence[str]],
) -> None:
    """Let people with a task on a record read it, now and after they have acted.

    `fields` are those the step hides and lets write. Steps share on their own: who is asked by two sees
    what either of them shows.
    """
    said = orjson.dumps({name: list(names) for name, names in fields.items()}).decode()
    for user in people:
        ADD_SHARE.run(work, record, user, app, form, reason, said)
