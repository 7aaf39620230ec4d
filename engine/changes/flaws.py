"""What can be wrong with a sealed log, and how it is said; rows compared with their tags, purely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.changes.chain import TAG
from engine.findings import Text

MESSAGES: dict[str, Text] = {
    "row_altered": {
        "zh": "第 {pos} 条记录（编号 {entry}）已被改动。",
        "en": "Row {pos} (id {entry}) was altered.",
    },
    "row_missing": {"zh": "第 {pos} 条记录缺失。", "en": "Row {pos} is missing."},
    "row_moved": {
        "zh": "第 {pos} 条记录（编号 {entry}）被移动，原位置为 {was}。",
        "en": "Row {pos} (id {entry}) was moved; it was row {was}.",
    },
    "block_missing": {
        "zh": "块 {block} 之前缺少一个或多个块。",
        "en": "One or more blocks before block {block} are missing.",
    },
    "block_altered": {
        "zh": "块 {block} 与其哈希或其中的记录不符。",
        "en": "Block {block} does not fit its hash or its rows.",
    },
    "signature_missing": {"zh": "块 {block} 缺少签名。", "en": "Block {block} lacks its signature."},
    "signature_wrong": {
        "zh": "块 {block} 的签名不符：块被改写，或密钥文件不是当时的那一个。",
        "en": "The signature of block {block} does not fit: it was rewritten, or the key file is another.",
    },
    "drop_not_logged": {
        "zh": "块 {block} 的记录已删除，但日志中没有相应的清理记录。",
        "en": "The rows of block {block} are gone, and no row of the log says that they were dropped.",
    },
    "tail_missing": {
        "zh": "日志末尾被截断：已知的块 {block} 不存在。",
        "en": "The end of the log is cut off: block {block}, which was there, is gone.",
    },
    "chain_rewritten": {
        "zh": "块 {block} 与先前记下的哈希不同，日志被整体改写。",
        "en": "Block {block} has another hash than the one remembered: the log was written anew.",
    },
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something in the log that is not as it was sealed. `entry` (its id) and `pos` name the row, if it is one."""

    code: str
    stream: str
    block: int
    entry: int | None = None
    pos: int | None = None
    was: int | None = None

    @property
    def message(self) -> Text:
        told = {"block": self.block, "entry": self.entry, "pos": self.pos, "was": self.was}
        sentence = MESSAGES[self.code]
        return {"zh": sentence["zh"].format(**told), "en": sentence["en"].format(**told)}


@dataclass(frozen=True, slots=True)
class Difference:
    """A position at which the rows are not the sealed ones; `was` is where a moved row had been."""

    code: str
    pos: int
    was: int | None = None


def differences(first: int, sealed: bytes, found: Sequence[tuple[int, bytes]]) -> Iterator[Difference]:
    """How rows, given by position and digest, differ from the tags of the block that begins at `first`."""
    tags = [sealed[at : at + TAG] for at in range(0, len(sealed), TAG)]
    places = {tag: first + offset for offset, tag in enumerate(tags)}
    there = {pos: digest[:TAG] for pos, digest in found}
    present = set(there.values())
    for offset, tag in enumerate(tags):
        pos = first + offset
        actual = there.get(pos)
        if actual == tag:
            continue
        moved = actual is not None and actual in places
        if tag not in present and (actual is None or moved):
            yield Difference("row_missing", pos)
        if moved and actual is not None:
            yield Difference("row_moved", pos, places[actual])
        elif actual is not None:
            yield Difference("row_altered", pos)
