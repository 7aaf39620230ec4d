"""Rows of the tables of an HTML page, which many programs export as .xls. Runs in the child process.

The rows of all tables stand below each other, as spreadsheet programs show such a page. A cell over several columns
or rows fills the first of its places.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from forms.imports import limits
from forms.imports.csv_text import encoding_of
from forms.imports.refusal import SPLIT, Refusal, broken
from forms.imports.xlsx import Row, too_many_columns, too_many_rows

CHUNK = 1 << 16
HEAD = 4096
WAITING = 1 << 20
"""Signs of a tag or comment that has not ended."""
_CHARSET = re.compile(rb"<meta[^>]*charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_BLANKS = re.compile(r"[^\S\n]+")
_SILENT = frozenset({"script", "style", "template"})
_LINES = frozenset({"br", "p", "div", "li"})


def read_page(path: Path, *, encoding: str | None, row: Row) -> str:
    """Call `row` for each row of the tables of a page; the encoding that was found. Raises Refusal."""
    if path.stat().st_size > limits.PAGE_BYTES:
        raise Refusal("too_large", "网页文件过大。", "The page is too large.", *SPLIT)
    found = encoding_of(path, encoding or _declared(path))
    reader = _Tables(row)
    with path.open(encoding=found, newline="") as file:
        while text := file.read(CHUNK):
            reader.feed(text.replace("\r\n", "\n"))
            if len(reader.rawdata) > WAITING:
                raise broken("a tag or comment without end", "有未结束的标签或注释")
    reader.end()
    return found


def _declared(path: Path) -> str | None:
    """The encoding that a page says it is written in, unless there is none of this name."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    said = _CHARSET.search(head)
    if said is None or head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    name = said[1].decode("ascii").lower()
    if name in ("gb2312", "gbk"):
        return "gb18030"  # which holds both, and what programs write under these names
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


@dataclass(slots=True)
class _Table:
    """A table while it is read: the cells of its row, the text of its cell, and how many more rows the cells above
    reach down to, by column.
    """

    cells: list[Any] | None = None
    pieces: list[str] | None = None
    size: int = 0
    span: tuple[int, int] = (1, 1)
    reaching: dict[int, int] = field(default_factory=dict)
    holds_table: bool = False


class _Tables(HTMLParser):
    """Calls `row` at the end of each row; a row with a table inside only lays out the page."""

    def __init__(self, row: Row) -> None:
        super().__init__(convert_charrefs=True)
        self._row = row
        self._tables: list[_Table] = []
        self._silent = ""
        self._number = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent = tag
        elif tag == "table":
            if self._tables:
                self._tables[-1].holds_table = True
            self._tables.append(_Table())
        elif self._tables:
            table = self._tables[-1]
            if tag == "tr":
                self._end_row(table)
                table.cells = []
            elif tag in ("td", "th"):
                self._end_cell(table)
                table.pieces, table.size = [], 0
                given = dict(attrs)
                table.span = _span(given.get("colspan")), _span(given.get("rowspan"))
            elif tag in _LINES and table.pieces:
                table.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        if not self._tables:
            return
        if tag in ("td", "th"):
            self._end_cell(self._tables[-1])
        elif tag == "tr":
            self._end_row(self._tables[-1])
        elif tag == "table":
            self._end_row(self._tables.pop())

    def handle_data(self, data: str) -> None:
        table = self._tables[-1] if self._tables else None
        if table is None or table.pieces is None or self._silent:
            return
        table.size += len(data)
        if table.size > limits.CELL_TEXT:
            raise Refusal("too_large", "单元格的文字过长。", "The text of a cell is too long.", *SPLIT)
        # ends of lines in the source are blanks; those that are seen come from elements
        table.pieces.append(data.replace("\n", " "))

    def end(self) -> None:
        """The page ends, perhaps within a table. What begins a tag or comment that never ends is left out: `close`
        would look for the end of each anew.
        """
        self.feed("</html>")
        while self._tables:
            self._end_row(self._tables.pop())

    def _end_cell(self, table: _Table) -> None:
        if table.pieces is None:
            return
        lines = _BLANKS.sub(" ", "".join(table.pieces)).split("\n")
        text = "\n".join(line.strip() for line in lines).strip()
        table.pieces = None
        if table.cells is None:  # a cell without a row is one in a row of its own
            table.cells = []
        cells, (wide, high) = table.cells, table.span
        _fill(cells, table.reaching)
        first = len(cells)
        cells.extend([text or None, *([None] * (wide - 1))])
        if len(cells) > limits.COLUMNS:
            raise too_many_columns(self._number + 1, len(cells))
        if high > 1:
            table.reaching |= dict.fromkeys(range(first, len(cells)), high)

    def _end_row(self, table: _Table) -> None:
        self._end_cell(table)
        cells, table.cells = table.cells, None
        if cells is None:
            return
        table.reaching = {at: left - 1 for at, left in table.reaching.items() if left > 1}
        if table.holds_table:
            table.holds_table = False
            return
        self._number += 1
        if self._number > limits.ROWS:
            raise too_many_rows()
        if any(cells):
            self._row(self._number, cells)


def _fill(cells: list[Any], reaching: dict[int, int]) -> None:
    """Pass over the places that cells of rows above reach down to."""
    while len(cells) in reaching:
        cells.append(None)


def _span(said: str | None) -> int:
    text = (said or "").strip()
    return (
        min(max(int(text), 1), limits.COLUMNS) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    )
