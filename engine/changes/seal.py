"""Sealing: rows that have their place are bound into blocks, each naming the hash of the one before.

A save waits for none of this. Rows are read and hashed outside of any writing transaction, and a block is
one short insert. Whoever holds nothing but the database cannot change a sealed row unseen; who can rewrite
the whole chain is found out by the heads that are kept outside of it (`heads.py`), and, where the
installation has a key file, by the signatures.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from engine.changes import blocks, chain, streams
from engine.changes.blocks import Block
from engine.changes.streams import ERASE, Entry, Stream
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from engine.sealing.ring import KeyRing
from engine.storage.columns import moment_from_text
from engine.storage.unit_of_work import UnitOfWork

BLOCK_ROWS = 1_000
PATIENCE = timedelta(seconds=60)
"""How long the oldest row waits for a block to fill."""
MOST_LISTED = 200
"""A block with more actors, forms … than this does not list them."""
SIGNED = "log block"


def seal(runtime: Runtime, stream: Stream, *, all_rows: bool = False) -> Block | None:
    """Seal what is ready: whole blocks, and a part of one once its oldest row has waited. With `all_rows`
    every row that is committed. The newest block of the stream, whoever made it.
    """
    with runtime.reading(SYSTEM) as work:
        waits = streams.waits(work, stream)
        before = blocks.newest(work, stream.name)
    if waits:
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            streams.sequence(work, stream)
    while True:
        with runtime.reading(SYSTEM) as work:
            erasures = _erasures(work)
            entries = streams.after(work, stream, before.last if before else 0, limit=BLOCK_ROWS)
        now = runtime.clock.now()
        if not entries or not (all_rows or _ready(entries, now)):
            return before
        made = bind(stream, entries, before, runtime.ring, now)
        before = _store(runtime, stream, made, before, erasures)


def _ready(entries: Sequence[Entry], now: datetime) -> bool:
    return len(entries) == BLOCK_ROWS or moment_from_text(entries[0].values[0]) <= now - PATIENCE


def _store(
    runtime: Runtime, stream: Stream, made: Block, before: Block | None, erasures: int
) -> Block | None:
    """The newest block afterwards: `made`, or another where a process was first or a value was erased since
    the rows were read.
    """
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        if runtime.database.dialect == "postgres":
            work.row("SELECT pg_advisory_xact_lock(%s)", (streams.SEQUENCER_LOCK,))
        newest = blocks.newest(work, stream.name)
        if newest is not None and newest.number >= made.number:
            return newest
        if _erasures(work) != erasures:
            return before
        blocks.add(work, made)
    return made


def _erasures(work: UnitOfWork) -> int:
    """The last row of the log that tells of an erasure."""
    row = work.row(f"SELECT max(id) FROM ff_operation WHERE action = '{ERASE}'")
    return row[0] or 0 if row else 0


def bind(
    stream: Stream, entries: Sequence[Entry], before: Block | None, ring: KeyRing, now: datetime
) -> Block:
    """The block of these rows."""
    salt = secrets.token_bytes(chain.SIZE)
    digests = [
        chain.entry_digest(entry, chain.values_digest(entry.body, chain.salt_of(salt, entry.id)))
        for entry in entries
    ]
    moments = [entry.values[0] for entry in entries]
    made = Block(
        stream=stream.name,
        number=(before.number if before else 0) + 1,
        first=entries[0].pos or 0,
        last=entries[-1].pos or 0,
        earliest=moment_from_text(min(moments)),
        latest=moment_from_text(max(moments)),
        holds=summary(stream, entries),
        digest=chain.rows_digest(digests),
        tags=chain.tags(digests),
        hash="",
        signature=None,
        salt=salt,
        salts=None,
        sealed_at=now,
    )
    found = blocks.hash_of(made, blocks.hash_before(before))
    return replace(made, hash=found, signature=ring.blind(SIGNED, found) if ring.in_use else None)


def summary(stream: Stream, entries: Sequence[Entry]) -> dict[str, list[str] | None]:
    """What occurs in these rows, by name of the list; None where it is too much to list."""
    found: dict[str, list[str] | None] = {}
    for name, column in stream.summed:
        place = stream.header.index(column)
        values = {str(entry.values[place]) for entry in entries if entry.values[place] is not None}
        found[name] = sorted(values) if len(values) <= MOST_LISTED else None
    return found
