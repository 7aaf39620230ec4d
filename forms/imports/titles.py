"""Where the header of a table stands, by the titles that are known. Loaded by the child process: no heavy imports."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forms.imports.staged_cells import CellError

SHORT = 40
"""A title has no more signs."""
LOOKED_AT = 30
"""Rows with something in them among which the header is looked for."""


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles that columns may have, with what each stands for: as they are, or as `plain` makes them."""

    exact: Mapping[str, str] = field(default_factory=dict)
    plain: Mapping[str, str] = field(default_factory=dict)

    def named(self, title: str) -> str | None:
        """What a title stands for."""
        return (self.exact.get(title) or self.plain.get(plain(title))) if title else None

    def known(self, header: Sequence[str]) -> int:
        """How many different things the titles of a header stand for."""
        return len({name for title in header if (name := self.named(title))})

    def as_json(self) -> dict[str, Any]:
        """As the child reads it."""
        return {"exact": dict(self.exact), "plain": dict(self.plain)}


@dataclass(frozen=True, slots=True)
class Header:
    """The titles, the place of the last of its rows among those looked at, and how many rows it has."""

    titles: list[str]
    at: int
    height: int = 1


def find_header(rows: Sequence[Sequence[Any]], titles: Titles) -> Header:
    """The header among the first rows of a table: the row with the most titles that are known, the first of
    several; the first row when none knows any. Two rows are one header where the upper one holds titles over
    several columns, such as the name of a child table.
    """
    best, most = header_at(rows, 0, titles), -1
    for at in range(len(rows)):
        found = header_at(rows, at, titles)
        known = titles.known(found.titles)
        if known > most:
            best, most = found, known
    return best


def rival_of(rows: Sequence[Sequence[Any]], found: Header, titles: Titles) -> int | None:
    """The place of a row above the header that was found which may be the header as well: one that is as wide and
    knows a title, above one that does not know all of its own, as a row of data that holds some by chance.
    """
    own = [title for title in found.titles if title]
    if all(titles.named(title) for title in own):
        return None
    for at in range(found.at + 1 - found.height):
        above = [title for cell in rows[at] if (title := title_of(cell))]
        if len(above) >= len(own) and titles.known(above):
            return at
    return None


def likely_header(rows: Sequence[Sequence[Any]]) -> Header:
    """The header of a table whose titles nobody knows: the first row, unless it fills half of the table at most, as
    the name of a list or its date do. Then it is the first row below that fills more, with short and different texts.
    """
    filled = [[title for cell in row if (title := title_of(cell))] for row in rows]
    widest = max(map(len, filled))
    wide = [at for at, titles in enumerate(filled) if len(titles) * 2 > widest]
    at = 0 if 0 in wide else next((at for at in wide if _looks_like_titles(rows[at], filled[at])), 0)
    return Header([title_of(cell) for cell in rows[at]], at)


def _looks_like_titles(row: Sequence[Any], titles: Sequence[str]) -> bool:
    texts = all(cell is None or isinstance(cell, str) for cell in row)
    words = all(len(title) <= SHORT and any(map(str.isalpha, title)) for title in titles)
    return texts and words and len(set(titles)) == len(titles)


def header_at(rows: Sequence[Sequence[Any]], at: int, titles: Titles) -> Header:
    """The header whose last row is this one, together with the row above where that tells more."""
    alone = [title_of(cell) for cell in rows[at]]
    if at:
        both = _joined([title_of(cell) for cell in rows[at - 1]], alone, titles)
        above = titles.known([title_of(cell) for cell in rows[at - 1]])
        if titles.known(both) > max(titles.known(alone), above):
            return Header(both, at, 2)
    return Header(alone, at)


def _joined(upper: Sequence[str], lower: Sequence[str], titles: Titles) -> list[str]:
    """The titles of two rows; the program writes one over several columns into the first of them."""
    joined, over = [], ""
    for at in range(max(len(upper), len(lower))):
        above = upper[at] if at < len(upper) else ""
        below = lower[at] if at < len(lower) else ""
        over = above or over
        whole = f"{over}.{below}" if over and below else above or below
        group = titles.named(above) is None
        alone = group and titles.named(whole) is None and titles.named(below) is not None
        joined.append(below if alone else whole)
    return joined


def title_of(cell: Any) -> str:
    """A cell as the title of a column."""
    return "" if cell is None or isinstance(cell, CellError) else str(cell).strip()


def plain(title: str) -> str:
    """A title as it is compared: NFKC, without case, blanks and the star of required fields."""
    return unicodedata.normalize("NFKC", title).strip().rstrip("*").strip().casefold()
