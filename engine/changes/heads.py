"""The newest block of each stream, remembered outside of the database: a log that was cut off at its end, or
written anew as a whole, does not lead to it.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.changes.blocks import Block
from engine.errors import EngineError

FILE = "log_heads.json"


class HeadUnreadable(EngineError):
    """The remembered ends of the log cannot be read."""

    code = "log_head_unreadable"
    zh = "无法读取已保存的日志末端。"
    fix_zh = "格式为“流:块号:哈希”，例如 change:120:9f3c…；请恢复 log_heads.json 或重新填写。"
    fix_en = "A head reads `stream:number:hash`, as `change:120:9f3c…`; bring log_heads.json back or write it again."


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a stream as somebody saw it: block `number` had this hash."""

    stream: str
    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.stream}:{self.number}:{self.hash}"


def head_of(block: Block) -> Head:
    """The head that a block is while it is the newest."""
    return Head(block.stream, block.number, block.hash)


def parse(text: str) -> Head:
    """`stream:number:hash` as `fourfold log head` prints it. Raises HeadUnreadable."""
    stream, _, rest = text.strip().partition(":")
    number, _, found = rest.partition(":")
    if not stream or not number.isdecimal() or not found:
        raise HeadUnreadable(details={"head": text})
    return Head(stream, int(number), found)


def load(folder: Path) -> tuple[Head, ...]:
    """The heads this installation remembers, none when it remembers nothing. Raises HeadUnreadable."""
    try:
        raw: Mapping[str, Mapping[str, object]] = json.loads((folder / FILE).read_text())
        return tuple(
            Head(stream, int(str(each["number"])), str(each["hash"])) for stream, each in raw.items()
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise HeadUnreadable(details={"path": str(folder / FILE)}) from wrong


def remember(folder: Path, head: Head) -> None:
    """Write down a newer end of a stream; an older one changes nothing."""
    known = {each.stream: each for each in load(folder)}
    old = known.get(head.stream)
    if old is not None and old.number >= head.number:
        return
    known[head.stream] = head
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{FILE}.{secrets.token_hex(4)}"
    beside.write_text(json.dumps({name: asdict(each) for name, each in known.items()}, indent=2) + "\n")
    os.replace(beside, folder / FILE)
