"""Cells between the process that reads a file and the one that imports it: JSON, with marks for what JSON
lacks. Loaded by the child process: no other imports of ours.

{"d": moment without zone}, {"t": time of day}, {"s": seconds}, {"e": error such as #REF!}.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

_MIDNIGHT = "T00:00:00"
LONGEST = 32_767
"""Characters of one cell of a spreadsheet."""
CUT = "…【已截断 / cut off】"
"""How a cell ends whose text was longer than that."""


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell whose formula has failed in the spreadsheet, or that holds what is no value of its kind."""

    text: str


NOT_CALCULATED = CellError("")
"""A cell with a formula that the program which wrote the file did not calculate."""
CUT_OFF = CellError(CUT)
"""A cell that holds a part of a text only."""


def fitting(text: str) -> str:
    """A text that a cell can hold, marked when it is not the whole."""
    return text if len(text) <= LONGEST else text[: LONGEST - len(CUT)] + CUT


def whole(text: str) -> str | CellError:
    """The text of a cell, unless it was too long for it."""
    return CUT_OFF if len(text) == LONGEST and text.endswith(CUT) else text


def staged(value: Any) -> Any:
    """A cell as JSON."""
    if isinstance(value, datetime):
        return {"d": value.isoformat()}
    if isinstance(value, time):
        return {"t": value.isoformat()}
    if isinstance(value, timedelta):
        return {"s": value.total_seconds()}
    if isinstance(value, CellError):
        return {"e": value.text}
    return value


def cell_of(value: Any) -> Any:
    """The cell that `staged` wrote: text, number, truth value, datetime, time, timedelta or CellError."""
    if not isinstance(value, dict):
        return value
    ((mark, inner),) = value.items()
    if mark == "d":
        if inner.endswith(_MIDNIGHT):
            return date.fromisoformat(inner[:10])
        return datetime.fromisoformat(inner)
    if mark == "t":
        return time.fromisoformat(inner)
    return timedelta(seconds=inner) if mark == "s" else CellError(inner)
