"""Removing what is old enough from the log: whole blocks, the oldest first, and the log says so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from engine.changes import blocks, streams
from engine.changes.operations import note
from engine.changes.streams import DROP, OPERATIONS, Stream
from engine.changes.tables import block
from engine.changes.verify import permits_of
from engine.storage.unit_of_work import UnitOfWork

PORTION = 20
"""Blocks that one transaction drops."""


def drop_older(work: UnitOfWork, stream: Stream, before: datetime, *, limit: int = PORTION) -> int:
    """Drop the rows of the oldest blocks that are wholly older than a moment; how many blocks.

    The blocks themselves stay: the chain goes through them. Only what is sealed can be dropped, never the
    newest block, behind which positions go on, and no operation that still says why something is missing.
    """
    newest = blocks.newest(work, stream.name)
    if newest is None:
        return 0
    statement = (
        select(block.c.number, block.c.first, block.c.last, block.c.latest)
        .where(block.c.stream == stream.name, block.c.dropped_at.is_(None), block.c.number < newest.number)
        .order_by(block.c.number)
        .limit(limit)
    )
    found = []
    for each in work.connection.execute(statement):
        if each.latest >= before or (stream is OPERATIONS and _vouches(work, each.first, each.last)):
            break
        found.append(each)
    if not found:
        return 0
    first, last, through = found[0].first, found[-1].last, found[-1].number
    dropped = {**permits_of(work).dropped, stream.name: through}
    details = {"stream": stream.name, "before": before, "rows": last - first + 1, "dropped": dropped}
    note(work, DROP, stream.name, details=details)
    mark = streams.mark_of(work)
    within = f"SELECT id FROM {stream.table} WHERE pos >= {mark} AND pos <= {mark}"
    work.run(
        f"DELETE FROM ff_log_erased WHERE stream = {mark} AND entry IN ({within})", (stream.name, first, last)
    )
    work.run(f"DELETE FROM {stream.table} WHERE pos >= {mark} AND pos <= {mark}", (first, last))
    these = update(block).where(
        block.c.stream == stream.name, block.c.number <= through, block.c.dropped_at.is_(None)
    )
    work.connection.execute(these.values(dropped_at=work.now, salt=None, salts=None))
    return len(found)


def _vouches(work: UnitOfWork, first: int, last: int) -> bool:
    """Whether an erasure among these operations tells of rows that are still there."""
    mark = streams.mark_of(work)
    return (
        work.row(
            "SELECT 1 FROM ff_log_erased AS e JOIN ff_operation AS o ON o.id = e.operation "
            f"WHERE o.pos >= {mark} AND o.pos <= {mark} LIMIT 1",
            (first, last),
        )
        is not None
    )
