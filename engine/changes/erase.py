"""Erasing values from the log, for people who have a right to be forgotten: the chain stays whole.

A row's seal covers a salted digest of its values. Erasing puts null in place of the values, keeps the digest,
and destroys the salt, without which nobody can try values against the digest. What is left of the row is
sealed again by the digest that the row of the erasure names; that row is sealed like every other.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import delete, insert

from engine.changes import blocks, chain, streams
from engine.changes.blocks import Block
from engine.changes.operations import note
from engine.changes.streams import CHANGES, ERASE, Entry
from engine.changes.tables import erased
from engine.storage.unit_of_work import UnitOfWork

KEPT = frozenset({"rev", "id", "created_at", "created_by", "updated_at", "updated_by", "deleted_at"})
"""What says nothing about a person, and what the log itself is read by."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure did: how many rows lost values, and the row of the log that says so."""

    rows: int
    operation: int


def erase(
    work: UnitOfWork, app: str, form: str, record: str, *, fields: Iterable[str] | None = None, reason: str
) -> Erasure:
    """Erase the values of some fields of a record, or of all its fields, from every row of its history.

    The rows stay and say which fields moved, when and by whom.
    """
    wanted = None if fields is None else frozenset(fields)
    if work.runtime.database.dialect == "postgres":
        work.row("SELECT pg_advisory_xact_lock(%s)", (streams.SEQUENCER_LOCK,))
    rows = [
        (entry, body) for entry in _of_record(work, app, form, record) if (body := _without(entry, wanted))
    ]
    salts = {entry.id: secrets.token_bytes(chain.SALT) for entry, _ in rows}
    left = {entry.id: chain.values_digest(body, salts[entry.id]).hex() for entry, body in rows}
    details = {
        "form": form,
        "record": record,
        "fields": sorted(wanted) if wanted is not None else None,
        "reason": reason,
        "entries": {str(identifier): digest for identifier, digest in left.items()},
    }
    operation = note(work, ERASE, form, app=app, details=details)
    for entry, body in rows:
        _replace(work, entry, body, salts[entry.id].hex(), left[entry.id], operation)
    return Erasure(len(rows), operation)


def _of_record(work: UnitOfWork, app: str, form: str, record: str) -> Sequence[Entry]:
    mark = streams.mark_of(work)
    rows = work.rows(
        f"SELECT {CHANGES.columns} FROM ff_change "
        f"WHERE record = {mark} AND app = {mark} AND form = {mark} ORDER BY id",
        (record, app, form),
    )
    return [streams.entry_of(row) for row in rows]


def _without(entry: Entry, wanted: frozenset[str] | None) -> str | None:
    """The row's values without the wanted ones; None when it holds none of them."""
    diff: dict[str, Any] = orjson.loads(entry.body)
    names = [key for key in diff if key not in KEPT and (wanted is None or key in wanted)]
    emptied = {key: _emptied(diff[key]) for key in names}
    if all(diff[key] == emptied[key] for key in names):
        return None
    return orjson.dumps(diff | emptied).decode()


def _emptied(moved: Any) -> Any:
    if isinstance(moved, list):
        return [None, None]
    # child rows keep their ids, so that the history can still say which row it was
    return {
        operation: [{key: value for key, value in row.items() if key == "id"} for row in rows]
        for operation, rows in moved.items()
    }


def _replace(work: UnitOfWork, entry: Entry, body: str, salt: str, left: str, operation: int) -> None:
    block = blocks.holding(work, CHANGES.name, entry.pos) if entry.pos is not None else None
    mark = streams.mark_of(work)
    work.run(f"UPDATE ff_change SET diff = {mark} WHERE id = {mark}", (body, entry.id))
    if block is None:
        return  # not sealed yet: it is sealed as it is now
    before = blocks.erased_in(work, CHANGES.name, entry.id, entry.id).get(entry.id)
    digest = before.digest if before else _sealed_as(block, entry).hex()
    _forget_salt(work, block, entry.id)
    statement = delete(erased).where(erased.c.stream == CHANGES.name, erased.c.entry == entry.id)
    work.connection.execute(statement)
    work.connection.execute(
        insert(erased).values(
            stream=CHANGES.name,
            entry=entry.id,
            digest=digest,
            salt=salt,
            remaining=left,
            operation=operation,
        )
    )


def _sealed_as(block: Block, entry: Entry) -> bytes:
    if block.salt is not None:
        return chain.values_digest(entry.body, chain.salt_of(block.salt, entry.id))
    return chain.values_digest(entry.body, bytes.fromhex((block.salts or {})[str(entry.id)]))


def _forget_salt(work: UnitOfWork, block: Block, identifier: int) -> None:
    salts: Mapping[str, str]
    if block.salt is not None:
        entries = streams.between(work, CHANGES, block.first, block.last)
        salts = {str(entry.id): chain.salt_of(block.salt, entry.id).hex() for entry in entries}
    else:
        salts = block.salts or {}
    left = {key: salt for key, salt in salts.items() if key != str(identifier)}
    blocks.replace_salt(work, block, left)
