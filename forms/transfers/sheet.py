"""A sheet written row by row, so that its size does not matter. No cell is ever a formula."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import xlsxwriter

from forms.imports.staged_cells import LONGEST, CellError, fitting
from forms.transfers.escape import FORMULA

EXACT = 15
"""Digits that a number of a spreadsheet keeps; longer ones are written as text."""
USUAL, WIDE = 20, 70
"""Characters that a column shows; a date and time fits into the first."""
LINE, TALLEST = 15, 400
"""Points of a line, and of the highest row."""
NAMED = 31
"""UTF-16 units of the name of a sheet: a character past the first 65,536 counts twice."""
_NO_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_EDGES = re.compile(r"\A[\s']+|[\s']+\Z")


def sheet_name(label: str, taken: Collection[str] = ()) -> str:
    """A label as spreadsheets take it for the name of a sheet, unlike those that are there already."""
    plain = _EDGES.sub("", _cut(_NO_NAME.sub("_", label), NAMED)) or "_"
    used = {"history", *(each.casefold() for each in taken)}  # that name is the program's own
    name, number = plain, 1
    while name.casefold() in used:
        number += 1
        name = f"{_cut(plain, NAMED - len(str(number)) - 1)} {number}"
    return name


def _cut(text: str, units: int) -> str:
    """The beginning of a text that has at most so many UTF-16 units; no character is cut in two."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore")


class Sheet:
    """An xlsx file with one sheet; a context manager that closes it. `cut` counts the texts that were too long."""

    def __init__(self, path: Path, name: str) -> None:
        self._book = xlsxwriter.Workbook(
            str(path),
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "remove_timezone": True,
                "tmpdir": str(path.parent),
            },
        )
        self._sheet = self._book.add_worksheet(sheet_name(name))
        self._formats: dict[tuple[str, bool, bool, bool], Any] = {}
        self._wrapped: frozenset[int] = frozenset()
        self._at = 0
        self.cut = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._book.close()

    def header(self, titles: Sequence[str], *, wide: Sequence[int] = ()) -> None:
        """The first row, which stays in sight; `wide` are the places of columns with sentences."""
        wrapped = self._format("", wrapped=True)
        for at, title in enumerate(titles):
            self._sheet.set_column(at, at, WIDE if at in wide else USUAL, wrapped if at in wide else None)
            self._sheet.write_string(0, at, title, self._format(_kind(title), bold=True))
        self._wrapped = frozenset(wide)
        self._sheet.freeze_panes(1, 0)
        self._at = 1

    def row(self, cells: Iterable[Any], *, marked: Sequence[int] = ()) -> None:
        """One row; `marked` are the places of cells to be seen at once."""
        found = list(cells)
        lines = max((str(found[at]).count("\n") + 1 for at in self._wrapped), default=1)
        if lines > 1:
            self._sheet.set_row(self._at, min(LINE * lines, TALLEST))
        for at, cell in enumerate(found):
            if cell is not None:
                self._write(at, cell, marked=at in marked)
        self._at += 1

    def _write(self, at: int, cell: Any, *, marked: bool) -> None:
        sheet, row = self._sheet, self._at
        if isinstance(cell, bool):
            sheet.write_boolean(row, at, cell, self._format("", marked=marked))
        elif isinstance(cell, (int, float, Decimal)):
            if _exact(cell):
                sheet.write_number(
                    row,
                    at,
                    float(cell) if isinstance(cell, Decimal) else cell,
                    self._format("", marked=marked),
                )
            else:
                sheet.write_string(row, at, format(cell, "f"), self._format("@", marked=marked))
        elif isinstance(cell, datetime):
            if cell.year < 1901 or cell.microsecond:
                sheet.write_string(row, at, cell.isoformat(" "), self._format("@", marked=marked))
            else:
                sheet.write_datetime(row, at, cell, self._format("yyyy-mm-dd hh:mm:ss", marked=marked))
        elif isinstance(cell, date):
            if cell.year < 1901:
                sheet.write_string(row, at, cell.isoformat(), self._format("@", marked=marked))
            else:
                midnight = datetime.combine(cell, time())
                sheet.write_datetime(row, at, midnight, self._format("yyyy-mm-dd", marked=marked))
        elif isinstance(cell, (time, timedelta)):
            shown = "hh:mm:ss" if isinstance(cell, time) else "[hh]:mm:ss"
            sheet.write_number(row, at, _days(cell), self._format(shown, marked=marked))
        else:
            self._write_text(at, cell.text if isinstance(cell, CellError) else str(cell), marked=marked)

    def _write_text(self, at: int, text: str, *, marked: bool) -> None:
        if len(text) > LONGEST:
            self.cut += 1
        shown = self._format(_kind(text), marked=marked, wrapped=at in self._wrapped)
        self._sheet.write_string(self._at, at, fitting(text), shown)

    def _format(self, shown: str, *, marked: bool = False, wrapped: bool = False, bold: bool = False) -> Any:
        if not (shown or marked or wrapped or bold):
            return None
        key = (shown, marked, wrapped, bold)
        known = self._formats.get(key)
        if known is None:
            known = self._formats[key] = self._book.add_format()
            if shown == "'":
                known.set_quote_prefix()
            elif shown:
                known.set_num_format(shown)
            if marked:
                known.set_bg_color("#FFC7CE")
            if wrapped:
                known.set_text_wrap()
                known.set_align("top")
            if bold:
                known.set_bold()
        return known


def _kind(text: str) -> str:
    """How a text is shown: the sign that a program shows for text keeps it text when somebody edits the cell."""
    return "'" if FORMULA.match(text) else "@" if text[:1].isdigit() else ""


def _days(cell: time | timedelta) -> float:
    """A time of day or a length of time as the part of a day that a spreadsheet keeps."""
    if isinstance(cell, timedelta):
        return cell / timedelta(days=1)
    since = timedelta(
        hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond
    )
    return since / timedelta(days=1)


def _exact(number: float | Decimal) -> bool:
    """Whether a spreadsheet keeps every digit."""
    if isinstance(number, float):
        return True
    digits = Decimal(number).normalize().as_tuple().digits
    return len(digits) <= EXACT and abs(number) < 10**EXACT
