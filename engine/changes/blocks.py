"""The sealed blocks of the log: stored, and read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from engine.changes.chain import START, block_hash
from engine.changes.tables import block as table
from engine.changes.tables import erased
from engine.storage.columns import moment_text
from engine.storage.unit_of_work import UnitOfWork

PAGE = 200


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a stream, from position `first` to `last`. `salts`, by the id of a row, replaces `salt`
    once values of the block were erased.
    """

    stream: str
    number: int
    first: int
    last: int
    earliest: datetime
    latest: datetime
    holds: Mapping[str, list[str] | None]
    digest: str
    tags: bytes
    hash: str
    signature: str | None
    salt: bytes | None
    salts: Mapping[str, str] | None
    sealed_at: datetime
    dropped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """A row of which values were erased: what it was sealed as, and what is left of it."""

    entry: int
    digest: str
    salt: str
    remaining: str
    operation: int


def told_of(block: Block) -> dict[str, Any]:
    """What the hash of a block covers beside its tags and the block before."""
    return {
        "stream": block.stream,
        "number": block.number,
        "first": block.first,
        "last": block.last,
        "earliest": moment_text(block.earliest),
        "latest": moment_text(block.latest),
        "holds": block.holds,
        "digest": block.digest,
        "sealed_at": moment_text(block.sealed_at),
    }


def hash_of(block: Block, before: str) -> str:
    """What the hash of a block must be after a block with the hash `before`."""
    return block_hash(told_of(block), block.tags, before)


def newest(work: UnitOfWork, stream: str) -> Block | None:
    """The last block of a stream."""
    statement = select(table).where(table.c.stream == stream).order_by(table.c.number.desc()).limit(1)
    row = work.connection.execute(statement).first()
    return None if row is None else Block(**row._mapping)


def hash_before(block: Block | None) -> str:
    """What the block after `block` names as the hash before it."""
    return START if block is None else block.hash


def add(work: UnitOfWork, block: Block) -> None:
    """Store a block."""
    fields = {name: getattr(block, name) for name in Block.__slots__}
    work.connection.execute(insert(table).values(**fields))


def in_order(work: UnitOfWork, stream: str, *, after: int = 0) -> Iterator[Block]:
    """The blocks after a number, the oldest first."""
    while True:
        statement = (
            select(table)
            .where(table.c.stream == stream, table.c.number > after)
            .order_by(table.c.number)
            .limit(PAGE)
        )
        found = [Block(**row._mapping) for row in work.connection.execute(statement)]
        yield from found
        if len(found) < PAGE:
            return
        after = found[-1].number


def holding(work: UnitOfWork, stream: str, pos: int) -> Block | None:
    """The block that seals the row at a position; None while it waits for its seal."""
    statement = (
        select(table).where(table.c.stream == stream, table.c.last >= pos).order_by(table.c.last).limit(1)
    )
    row = work.connection.execute(statement).first()
    return None if row is None else Block(**row._mapping)


def replace_salt(work: UnitOfWork, block: Block, salts: Mapping[str, str]) -> None:
    """Keep the salts of single rows instead of the one they come from."""
    statement = update(table).where(table.c.stream == block.stream, table.c.number == block.number)
    work.connection.execute(statement.values(salt=None, salts=dict(salts)))


def erased_in(work: UnitOfWork, stream: str, lowest: int, highest: int) -> dict[int, Erased]:
    """The rows with erased values, by id, among those with ids in this stretch."""
    statement = select(erased).where(
        erased.c.stream == stream, erased.c.entry >= lowest, erased.c.entry <= highest
    )
    return {
        row.entry: Erased(row.entry, row.digest, row.salt, row.remaining, row.operation)
        for row in work.connection.execute(statement)
    }
