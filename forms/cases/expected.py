"""Whether JSON is as a case expects: what the case does not name may be anything. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any


def differing(expected: Any, found: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(pointer, expected, found) of everything that is not as expected; lists are as long as expected.

    A decimal is written as text or as a number: "12.50" is 12.5.
    """
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key, value in expected.items():
            yield from differing(value, found.get(key), f"{pointer}/{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (value, other) in enumerate(zip(expected, found, strict=True)):
            yield from differing(value, other, f"{pointer}/{index}")
    elif not _alike(expected, found):
        yield pointer, expected, found


def _alike(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int | float) and isinstance(found, str):
        return bool(_number(found) == _number(str(expected)))
    return bool(expected == found)


def _number(written: str) -> Any:
    try:
        return Decimal(written)
    except InvalidOperation:
        return written
