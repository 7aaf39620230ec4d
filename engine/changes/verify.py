"""Verifying the log: every row is what was sealed, none is missing, moved or put in, and no end is cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from engine.changes import blocks, chain, streams
from engine.changes.blocks import Block, Erased
from engine.changes.flaws import Flaw, differences
from engine.changes.heads import Head, head_of
from engine.changes.seal import SIGNED, summary
from engine.changes.streams import DROP, ERASE, STREAMS, Entry, Stream
from engine.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified of one stream. `waiting` rows are not sealed yet; `dropped` were removed for age."""

    stream: str
    blocks: int
    rows: int
    dropped: int
    waiting: int
    head: Head | None
    flaws: tuple[Flaw, ...]


def verify(
    work: UnitOfWork,
    *,
    heads: Iterable[Head] = (),
    seen: Callable[[Block], object] = lambda _: None,
) -> list[Verified]:
    """Both streams from their beginning. Reads everything once; `seen` is called after each block.

    `heads` are ends of the log remembered outside of it. Needs a snapshot: a block that is sealed meanwhile
    belongs to the next time.
    """
    known, permits = tuple(heads), permits_of(work)
    return [
        _Verifier(work, stream, permits).run([head for head in known if head.stream == stream.name], seen)
        for stream in STREAMS
    ]


@dataclass(frozen=True, slots=True)
class Permits:
    """What the log itself says was rightly removed: per stream the last block dropped for age; per id of an
    erasing operation what is left of the rows it erased values of, by their ids.
    """

    dropped: Mapping[str, int]
    erased: Mapping[int, Mapping[str, str]]


def permits_of(work: UnitOfWork) -> Permits:
    """What the log says was removed; its own seals vouch for it like for every row."""
    mark = streams.mark_of(work)
    dropped: dict[str, int] = {}
    erased: dict[int, Mapping[str, str]] = {}
    for identifier, action, details in work.rows(
        f"SELECT id, action, details FROM ff_operation WHERE action IN ({mark}, {mark}) ORDER BY id",
        (DROP, ERASE),
    ):
        told: dict[str, Any] = orjson.loads(details)
        if action == DROP:
            for stream, through in told["dropped"].items():
                dropped[stream] = max(dropped.get(stream, 0), int(through))
        else:
            erased[identifier] = told["entries"]
    return Permits(dropped, erased)


class _Verifier:
    """One stream, block after block."""

    def __init__(self, work: UnitOfWork, stream: Stream, permits: Permits) -> None:
        self._work = work
        self._stream = stream
        self._permits = permits
        self._flaws: list[Flaw] = []
        self._before: Block | None = None
        self._rows = self._dropped = self._blocks = 0

    def run(self, heads: Sequence[Head], seen: Callable[[Block], object]) -> Verified:
        wanted = {head.number for head in heads}
        hashes: dict[int, str] = {}
        for block in blocks.in_order(self._work, self._stream.name):
            self._linked(block)
            self._signed(block)
            self._held(block)
            if block.number in wanted:
                hashes[block.number] = block.hash
            self._before = block
            self._blocks += 1
            seen(block)
        for head in heads:
            found = hashes.get(head.number)
            if found != head.hash:
                code = "tail_missing" if found is None else "chain_rewritten"
                self._flaws.append(Flaw(code, head.stream, head.number))
        return self._outcome()

    def _outcome(self) -> Verified:
        last = self._before
        mark = streams.mark_of(self._work)
        waiting = self._work.row(
            f"SELECT count(*) FROM {self._stream.table} WHERE pos > {mark} OR pos IS NULL",
            (last.last if last else 0,),
        )
        return Verified(
            self._stream.name,
            self._blocks,
            self._rows,
            self._dropped,
            int(waiting[0]) if waiting else 0,
            head_of(last) if last else None,
            tuple(self._flaws),
        )

    def _linked(self, block: Block) -> None:
        before = self._before
        number, last = (before.number, before.last) if before else (0, 0)
        if block.number != number + 1 or block.first != last + 1:
            self._flaw("block_missing", block)
        elif blocks.hash_of(block, blocks.hash_before(before)) != block.hash:
            self._flaw("block_altered", block)

    def _signed(self, block: Block) -> None:
        ring = self._work.runtime.ring
        if block.signature is None:
            if self._before is not None and self._before.signature is not None:
                self._flaw("signature_missing", block)
        elif ring.in_use and ring.blind(SIGNED, block.hash) != block.signature:
            self._flaw("signature_wrong", block)

    def _held(self, block: Block) -> None:
        entries = streams.between(self._work, self._stream, block.first, block.last)
        if block.dropped_at is not None and not entries:
            self._dropped += block.last - block.first + 1
            if block.number > self._permits.dropped.get(self._stream.name, 0):
                self._flaw("drop_not_logged", block)
            return
        self._rows += len(entries)
        digests = self._digests(block, entries)
        ids = {entry.pos: entry.id for entry in entries}
        found = [(entry.pos or 0, digest) for entry, digest in zip(entries, digests, strict=True)]
        named = False
        for each in differences(block.first, block.tags, found):
            self._flaw(each.code, block, entry=ids.get(each.pos), pos=each.pos, was=each.was)
            named = True
        if not named and (
            chain.rows_digest(digests) != block.digest or summary(self._stream, entries) != block.holds
        ):
            self._flaw("block_altered", block)

    def _digests(self, block: Block, entries: Sequence[Entry]) -> list[bytes]:
        ids = [entry.id for entry in entries]
        gone = blocks.erased_in(self._work, self._stream.name, min(ids), max(ids)) if ids else {}
        return [
            chain.entry_digest(entry, self._values(block, entry, gone.get(entry.id))) for entry in entries
        ]

    def _values(self, block: Block, entry: Entry, gone: Erased | None) -> bytes:
        if gone is not None:
            left = chain.values_digest(entry.body, bytes.fromhex(gone.salt)).hex()
            told = self._permits.erased.get(gone.operation, {}).get(str(entry.id))
            # what is left must be what the log says was left, or somebody went on erasing
            return bytes.fromhex(gone.digest) if left == gone.remaining == told else b""
        if block.salt is not None:
            return chain.values_digest(entry.body, chain.salt_of(block.salt, entry.id))
        salt = (block.salts or {}).get(str(entry.id))
        return chain.values_digest(entry.body, bytes.fromhex(salt)) if salt else b""

    def _flaw(self, code: str, block: Block, **row: int | None) -> None:
        self._flaws.append(Flaw(code, self._stream.name, block.number, **row))


def flaws_of(found: Iterable[Verified]) -> Iterator[Flaw]:
    """All flaws of all streams."""
    for each in found:
        yield from each.flaws
