"""What a text of JSON says that its parser does not: where it is broken, in words, and keys that stand twice in
an object, of which a parser keeps the last value and drops the others unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from engine.findings import Text, text

BLANKS = b" \t\n\r"
DEEPEST = 100
NOT_NESTING = bytes(set(range(256)) - set(b"{}[]"))
FLAT = 8
"""Levels that are told by their brackets; what is nested deeper is walked through."""


def not_json(wrong: ValueError) -> Text:
    """What is wrong with a text that no parser takes."""
    if isinstance(wrong, json.JSONDecodeError):
        line, column = wrong.lineno, wrong.colno
        return text(
            f"第 {line} 行第 {column} 列：不是有效的 JSON。",
            f"Line {line}, column {column}: this is not valid JSON.",
        )
    if isinstance(wrong, UnicodeError):
        return text("不是有效的 JSON：应为 UTF-8 文本。", "This is not valid JSON: UTF-8 text is expected.")
    return text("不是有效的 JSON。", "This is not valid JSON.")


def too_deep(raw: bytes, value: Any) -> bool:
    """Whether this is nested deeper than is walked through; `value` is what `raw` was parsed to."""
    if not _may_be_deep(raw):
        return False
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            return True
        inner = [
            each.values() if isinstance(each, dict) else each
            for each in level
            if isinstance(each, (dict, list))
        ]
        level = [each for group in inner for each in group]
    return False


def _may_be_deep(raw: bytes) -> bool:
    """Whether the brackets alone, those in texts included, leave it open that the nesting is too deep."""
    brackets = raw.translate(None, NOT_NESTING)
    for _ in range(FLAT):
        if len(brackets) <= DEEPEST:
            return False
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return len(brackets) > DEEPEST


def nested_too_deep() -> Text:
    """What is said of it."""
    return text(f"嵌套超过 {DEEPEST} 层。", f"This is nested more than {DEEPEST} levels deep.")


def double_key(raw: bytes, value: Any) -> str | None:
    """The pointer to the first key that stands twice in its object, None where none does. `raw` is valid JSON, and
    `value` what it was parsed to; it is not nested `too_deep`.

    A text that has no more colons after quotation marks than `value` has keys lost none, which tells nearly all
    bodies in passing; others, such as one with a text that begins with a colon, are read again.
    """
    keys = _keys(value, raw.count(b"{"))
    if raw.count(b":") == keys or raw.translate(None, BLANKS).count(b'":') == keys:
        return None
    return next(_doubles(json.loads(raw, object_pairs_hook=_Pairs, parse_int=str, parse_float=str), ""), None)


def _keys(value: Any, objects: int) -> int:
    """How many keys the objects of a value have together; there are at most so many `objects`."""
    keys, level = 0, [value] if isinstance(value, (dict, list)) else []
    while level:
        found = [each for each in level if type(each) is dict]
        keys += sum(map(len, found))
        objects -= len(found)
        if objects <= 0:
            break
        level = [
            inner
            for each in level
            for inner in (each.values() if type(each) is dict else each)
            if type(inner) is dict or type(inner) is list
        ]
    return keys


class _Pairs(tuple[tuple[str, Any], ...]):
    """The keys and values of an object as they were written."""

    __slots__ = ()


def _doubles(value: Any, pointer: str) -> Iterator[str]:
    if isinstance(value, _Pairs):
        known: set[str] = set()
        for key, each in value:
            place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            if key in known:
                yield place
            known.add(key)
            yield from _doubles(each, place)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _doubles(each, f"{pointer}/{index}")
