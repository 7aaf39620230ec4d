"""Which numbers of a workbook are days and times, by the formats of its styles. Runs in the child process."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Literal

from forms.imports.archive import Archive

Meaning = Literal["number", "moment", "clock", "span"]

_BUILT_IN: dict[int, Meaning] = {
    **dict.fromkeys((*range(14, 18), 22, *range(27, 32), *range(34, 37), *range(50, 59)), "moment"),
    **dict.fromkeys((*range(18, 22), 32, 33, 45, 47), "clock"),
    46: "span",
}
_QUIET = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_LAST_DAY = 2_958_466
"""One past 9999-12-31."""


def meaning_of(code: str) -> Meaning:
    """What a format of its own makes of a number."""
    bare = _QUIET.sub("", code.partition(";")[0]).lower()
    if "general" in bare or not re.search(r"[dmyhs]", bare):
        return "number"
    if re.search(r"\[[hms]+\]", bare):
        return "span"
    if re.search(r"[yd]", bare) or ("m" in bare and not re.search(r"[hs]", bare)):
        return "moment"
    return "clock"


def read_styles(archive: Archive, part: str) -> list[Meaning]:
    """The meaning of numbers by the number of their style."""
    codes: dict[int, str] = {}
    styles: list[Meaning] = []
    inside = False

    def start(tag: str, given: dict[str, str]) -> None:
        nonlocal inside
        if tag == "numFmt":
            codes[int(given.get("numFmtId", 0))] = given.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs", "dxfs", "cellStyles"):
            inside = tag == "cellXfs"
        elif tag == "xf" and inside:
            number = int(given.get("numFmtId", 0))
            styles.append(meaning_of(codes[number]) if number in codes else _BUILT_IN.get(number, "number"))

    archive.scan(part, start)
    return styles


def moment_of(serial: float, meaning: Meaning, *, since_1904: bool) -> datetime | time | timedelta | float:
    """The day or time that a number of a workbook stands for; numbers out of the calendar stay numbers."""
    if meaning == "span":
        return timedelta(milliseconds=round(serial * 86_400_000))
    if not 0 <= serial < _LAST_DAY:
        return serial
    if meaning == "clock" and serial < 1:
        return (datetime(1, 1, 1) + timedelta(milliseconds=round(serial * 86_400_000))).time()  # noqa: DTZ001  a clock
    if since_1904:
        first = date(1904, 1, 1)
    else:
        # the program believes in 1900-02-29; days before it are counted one short
        first = date(1899, 12, 30) if serial >= 60 else date(1899, 12, 31)
    return datetime.combine(first, time()) + timedelta(milliseconds=round(serial * 86_400_000))
