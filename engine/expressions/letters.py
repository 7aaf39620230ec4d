"""Upper and lower case, one code point for one, so that every back end can do the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain

# The planes that hold letters with case, without the CJK and Hangul blocks between them.
_CASED = ((0x41, 0x3400), (0xA000, 0xAC00), (0xF900, 0x1F000))

_GAP = 256
_SIGMA, _SMALL_SIGMA = "Σσ"
"""The lower case depends on where in a word it stands; the language knows one."""
_DOTTED = "İ"
"""The only letter whose lower case is two."""
_MARKS = (0x300, 0x370)
"""Accents that combine with the letter before them; they do not part words."""

BLANKS = " \t\n\r\u00a0\u3000"
"""What TRIM takes away."""


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
    made = value.upper()
    # As long as before: no letter has become several. The table is right always, but slow.
    return made if len(made) == len(value) else value.translate(UPPER)


def lower(value: str) -> str:
    """Lower case; a letter without a single-letter form stays."""
    return _DOTTED.join([part.lower() for part in value.replace(_SIGMA, _SMALL_SIGMA).split(_DOTTED)])


def proper(value: str) -> str:
    """Each word with an upper case letter first and lower case after it."""
    return _WORD.sub(lambda match: upper(match[0][0]) + lower(match[0][1:]), value)


def spelled(table: dict[int, int]) -> tuple[str, str]:
    """The table as two texts of equal length, for TRANSLATE."""
    return "".join(map(chr, table)), "".join(map(chr, table.values()))


def pattern(table: dict[int, int]) -> str:
    """A regular expression that finds any letter of the table beyond ASCII, in few wide ranges."""
    return f"[{_ranges((code for code in table if code > 127), _GAP)}]"


def _ranges(codes: Iterable[int], gap: int) -> str:
    """The inside of a character class; ranges nearer than `gap` become one."""
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and code - ranges[-1][1] < gap:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_CASES = _ranges({*UPPER, *UPPER.values(), *LOWER, *LOWER.values()}, 2)
WORD = f"[{_CASES}][{_CASES}{chr(_MARKS[0])}-{chr(_MARKS[1] - 1)}]*"
"""A regular expression of a word: letters with case, and the accents on them."""
GAP = f"[^{_CASES}]+"
_WORD = re.compile(WORD)
