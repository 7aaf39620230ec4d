"""Upper and lower case, one code point for one, so that every back end can do the same."""

from __future__ import annotations

from itertools import chain

# The planes that hold letters with case, without the CJK and Hangul blocks between them.
_CASED = ((0x41, 0x3400), (0xA000, 0xAC00), (0xF900, 0x1F000))

_GAP = 256


def _pairs(change: str) -> dict[int, int]:
    """Code points whose case form is another single code point."""
    made = {}
    for code in chain.from_iterable(range(first, last) for first, last in _CASED):
        sign = chr(code)
        other = sign.upper() if change == "upper" else sign.lower()
        if other != sign and len(other) == 1:
            made[code] = ord(other)
    return made


UPPER = _pairs("upper")
LOWER = _pairs("lower")


def upper(value: str) -> str:
    """Upper case; a letter without a single-letter form stays (ß)."""
    return value.upper() if value.isascii() else value.translate(UPPER)


def lower(value: str) -> str:
    """Lower case; a letter without a single-letter form stays."""
    return value.lower() if value.isascii() else value.translate(LOWER)


def spelled(table: dict[int, int]) -> tuple[str, str]:
    """The table as two texts of equal length, for TRANSLATE."""
    return "".join(map(chr, table)), "".join(map(chr, table.values()))


def pattern(table: dict[int, int]) -> str:
    """A regular expression that finds any letter of the table beyond ASCII, in few wide ranges."""
    codes = sorted(code for code in table if code > 127)
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code - ranges[-1][1] < _GAP:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in ranges)}]"
