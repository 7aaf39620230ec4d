"""Searching the log, the newest first, without an index that every save would have to keep.

Each sealed block says from when it is and which actors, apps, forms, actions and batches occur in it, so
that only blocks are read that may hold what is wanted; one record is found by the index its history uses.
A request reads a bounded number of rows: it may come back with few or no rows and a place to go on from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.changes import streams
from engine.changes.blocks import newest
from engine.changes.seal import BLOCK_ROWS
from engine.changes.streams import CHANGES, DONE, Entry, Stream
from engine.changes.wanted import Wanted
from engine.errors import EngineError
from engine.identity.principal import SYSTEM
from engine.storage.columns import decode_json
from engine.storage.unit_of_work import UnitOfWork

MOST_BLOCKS = 100
"""Blocks that one request reads at most."""
PAGE = 500
END = 2**62


class BadLogPosition(EngineError):
    """This is no place of the log to go on from: send the `next` of the page before."""

    code = "bad_log_position"
    zh = "无效的翻页位置，请使用上一页返回的 next。"


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found, with its stream."""

    stream: Stream
    entry: Entry

    @property
    def at(self) -> str:
        return str(self.entry.values[0])

    def named(self) -> dict[str, Any]:
        """The row's header by name, with its id and position, and its values under `body`."""
        known = dict(zip(self.stream.header, self.entry.values, strict=True))
        return {"id": self.entry.id, "pos": self.entry.pos, **known, "body": orjson.loads(self.entry.body)}


@dataclass(slots=True)
class _Found:
    """The newest hits of one stream below `below`; the search came down to `reached` (0: to its beginning)."""

    stream: Stream
    below: int
    hits: list[Entry] = field(default_factory=list)
    reached: int = 0
    taken: int = 0

    @property
    def position(self) -> int:
        """Where the next page goes on."""
        if self.taken < len(self.hits):
            return self.below if not self.taken else self.hits[self.taken - 1].pos or 0
        return self.reached


def search(
    work: UnitOfWork,
    wanted: Wanted,
    *,
    limit: int,
    cursor: str | None = None,
    among: Sequence[Stream] = DONE,
) -> tuple[list[Hit], str | None]:
    """Up to `limit` rows of some streams, the newest first, and where to go on; None at the end.

    Raises BadLogPosition.
    """
    starts = _read(cursor, among)
    found = []
    for stream in among:
        below = starts[stream.name]
        if not below or not wanted.concerns(stream):
            found.append(_Found(stream, 0))
            continue
        if below == END:
            _sequenced(work, stream)
        found.append(_search(work, stream, wanted, below, limit))
    hits = list(_merged(found, limit))
    places = [each.position for each in found]
    return hits, ".".join(map(str, places)) if any(places) else None


def _read(cursor: str | None, among: Sequence[Stream]) -> Mapping[str, int]:
    if cursor is None:
        return {stream.name: END for stream in among}
    parts = cursor.split(".")
    if len(parts) != len(among) or not all(
        part.isascii() and part.isdigit() and len(part) < 20 for part in parts
    ):
        raise BadLogPosition()
    return {stream.name: min(int(part), END) for stream, part in zip(among, parts, strict=True)}


def _sequenced(work: UnitOfWork, stream: Stream) -> None:
    if streams.waits(work, stream):
        with work.runtime.unit_of_work(SYSTEM, source="engine") as writer:
            streams.sequence(writer, stream)


def _merged(found: list[_Found], limit: int) -> Iterator[Hit]:
    """The newest first. Where one stream was not searched to its beginning, nothing older is told of the other."""
    for _ in range(limit):
        open_ = [each for each in found if each.taken < len(each.hits)]
        if not open_ or any(each.reached and each.taken == len(each.hits) for each in found):
            return
        newest_ = max(open_, key=lambda each: str(each.hits[each.taken].values[0]))
        newest_.taken += 1
        yield Hit(newest_.stream, newest_.hits[newest_.taken - 1])


def _search(work: UnitOfWork, stream: Stream, wanted: Wanted, below: int, limit: int) -> _Found:
    found = _Found(stream, below)
    if stream is CHANGES and "record" in wanted.equal:
        found.hits = _rows(work, stream, wanted, 1, below - 1, limit)
        found.reached = _rest(found, limit)
        return found
    for read, (first, last) in enumerate(_stretches(work, stream, wanted, below), start=1):
        found.hits += _rows(work, stream, wanted, first, min(last, below - 1), limit - len(found.hits))
        found.reached = _rest(found, limit)
        if found.reached or read == MOST_BLOCKS:
            found.reached = found.reached or _onward(first)
            return found
    return found


def _rest(found: _Found, limit: int) -> int:
    """Where to go on when the page is full."""
    return _onward(found.hits[-1].pos or 0) if len(found.hits) >= limit else 0


def _onward(pos: int) -> int:
    return pos if pos > 1 else 0  # before the first row there is nothing


def _rows(work: UnitOfWork, stream: Stream, wanted: Wanted, first: int, last: int, limit: int) -> list[Entry]:
    dialect = work.runtime.database.dialect
    mark = streams.mark_of(work)
    conditions, params = wanted.conditions(stream, dialect)
    where = " AND ".join([f"pos >= {mark} AND pos <= {mark}", *conditions])
    # `+ 0`: one record's rows are found by its own index, not by walking down the positions
    order = "pos + 0" if stream is CHANGES and "record" in wanted.equal else "pos"
    rows = work.rows(
        f"SELECT {stream.columns} FROM {stream.table} WHERE {where} ORDER BY {order} DESC LIMIT {mark}",
        (first, last, *params, limit),
    )
    return [streams.entry_of(row) for row in rows]


def _stretches(work: UnitOfWork, stream: Stream, wanted: Wanted, below: int) -> Iterator[tuple[int, int]]:
    """First and last positions that may hold what is wanted, the newest first."""
    mark = streams.mark_of(work)
    sealed = newest(work, stream.name)
    end = sealed.last if sealed else 0
    top = work.row(f"SELECT max(pos) FROM {stream.table} WHERE pos < {mark}", (below,))
    last = top[0] or 0 if top else 0
    while last > end:  # what is not sealed yet, piece by piece
        yield max(end + 1, last - BLOCK_ROWS + 1), last
        last -= BLOCK_ROWS
    number = 2**31 - 1
    while True:
        rows = work.rows(
            f"SELECT number, first, last, earliest, latest, holds FROM ff_log_block WHERE stream = {mark} "
            f"AND number < {mark} AND first < {mark} AND dropped_at IS NULL ORDER BY number DESC LIMIT {PAGE}",
            (stream.name, number, below),
        )
        for _, first, last, earliest, latest, holds in rows:
            limits = streams.moment_of(earliest), streams.moment_of(latest)
            if wanted.may_be_in(*limits, decode_json(holds)):
                yield first, last
        if len(rows) < PAGE:
            return
        number = rows[-1][0]
