"""Parts of a content that a client asks for with the header Range (RFC 9110): one range at a time."""

from __future__ import annotations

import re

from engine.errors import EngineError

ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


class RangeNotSatisfiable(EngineError):
    """The file ends before the range that was asked for."""

    code = "range_not_satisfiable"
    zh = "所请求的范围超出文件末尾。"
    fix_zh = "请按 Content-Range 中的长度重新请求。"
    fix_en = "Ask again by the length in Content-Range."


def read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(first byte, bytes) of the range, or None for the whole: without the header, and when it holds what
    need not be served (several ranges, another unit). Raises RangeNotSatisfiable.
    """
    found = ONE_RANGE.match(header.replace(" ", "")) if header else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        end = min(int(last), size - 1) if last else size - 1
        if last and int(last) < start:
            return None
        length = end - start + 1
    if length <= 0 or start >= size:
        raise RangeNotSatisfiable(details={"size": size})
    return start, length


def same_tag(header: str | None, tag: str) -> bool:
    """Whether If-None-Match names this entity tag."""
    if header is None:
        return False
    named = {each.strip().removeprefix("W/") for each in header.split(",")}
    return tag in named or "*" in named
