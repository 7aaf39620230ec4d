"""Rows of one sheet of a workbook as a stream: only the shared texts are kept. Runs in the child process."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

from forms.imports import limits
from forms.imports.archive import Archive, feed, xml_parser
from forms.imports.number_formats import Meaning, moment_of, read_styles
from forms.imports.refusal import Refusal, broken
from forms.imports.staged_cells import NOT_CALCULATED, CellError, whole

Row = Callable[[int, list[Any]], None]
"""Takes the number of a row, from 1, and its cells."""

_ESCAPED = re.compile(r"_x((?![Dd][89A-Fa-f])[0-9A-Fa-f]{4})_")
_TRUE = frozenset({"1", "true"})


class Workbook:
    """A workbook: the names of its sheets, and the rows of one."""

    def __init__(self, path: Path) -> None:
        self._archive = Archive(path)
        starts = [part for kind, part in self._archive.related("").values() if kind == "officeDocument"]
        self._main = starts[0] if starts else "xl/workbook.xml"
        self._related = self._archive.related(self._main)
        self._places: dict[str, str] = {}
        self._since_1904 = False
        self._archive.scan(self._main, self._workbook)
        if not self._places:
            raise broken("no sheet", "没有工作表")

    @property
    def sheets(self) -> list[str]:
        """Names of the sheets in order."""
        return list(self._places)

    def _workbook(self, tag: str, given: dict[str, str]) -> None:
        if tag == "sheet":
            relation = next((value for name, value in given.items() if name.endswith(":id")), "")
            kind, part = self._related.get(relation, ("", ""))
            if kind == "worksheet":
                self._places[given.get("name", "")] = part
        elif tag == "workbookPr":
            self._since_1904 = given.get("date1904", "") in _TRUE

    def read(self, sheet: str | None, row: Row) -> str:
        """Call `row` for each row of the sheet that has cells, the first sheet by default; its name."""
        name = sheet if sheet is not None else self.sheets[0]
        if name not in self._places:
            raise Refusal(
                "unknown_sheet",
                f"没有工作表“{name[:60]}”。",
                f"There is no sheet '{name[:60]}'.",
                f"现有：{'、'.join(self.sheets[:20])}。",
                f"There are: {', '.join(self.sheets[:20])}.",
                pointer="/options/sheet",
            )
        reader = _SheetReader(self._strings(), self._styles(), row, since_1904=self._since_1904)
        with self._archive.open(self._places[name], most=limits.PART_BYTES) as stream:
            feed(reader.parser(), stream)
        return name

    def _part(self, kind: str) -> str | None:
        return next((part for name, part in self._related.values() if name == kind), None)

    def _styles(self) -> list[Meaning]:
        part = self._part("styles")
        return read_styles(self._archive, part) if part and self._archive.has(part) else []

    def _strings(self) -> list[str | CellError]:
        part = self._part("sharedStrings")
        if part is None or not self._archive.has(part):
            return []
        found: list[str | CellError] = []
        pieces: list[str] = []
        taking = reading = False

        def start(tag: str, _: dict[str, str]) -> None:
            nonlocal taking, reading
            if tag == "si":
                pieces.clear()
                reading = True
            elif tag == "rPh":  # how the characters are pronounced, not part of the text
                reading = False
            elif tag == "t":
                taking = reading

        def end(tag: str) -> None:
            nonlocal taking, reading
            if tag == "t":
                taking = False
            elif tag == "rPh":
                reading = True
            elif tag == "si":
                found.append(whole(unescaped("".join(pieces))))

        def text(data: str) -> None:
            if taking:
                pieces.append(data)

        parser = xml_parser()
        parser.StartElementHandler = lambda tag, given: start(tag.rpartition(":")[2], given)
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
        parser.CharacterDataHandler = text
        with self._archive.open(part, most=limits.STRINGS_BYTES) as stream:
            feed(parser, stream)
        return found


class _SheetReader:
    """The handlers of one sheet. This is the hot loop of reading a workbook."""

    def __init__(
        self, strings: list[str | CellError], styles: list[Meaning], row: Row, *, since_1904: bool
    ) -> None:
        self._strings = strings
        self._styles = styles
        self._row = row
        self._since_1904 = since_1904

    def parser(self) -> Any:  # noqa: C901, PLR0915  one closure each for begin, end and text of a cell
        """An XML parser that calls `row`."""
        places: dict[str, int] = {}
        cells: list[Any] = []
        pieces: list[str] = []
        number = column = 0
        kind = style = ""
        taking = formula = False

        def start(tag: str, given: dict[str, str]) -> None:
            nonlocal number, column, kind, style, taking, formula
            if tag == "c":
                place = given.get("r")
                if place is None:
                    column += 1
                else:
                    letters = place.rstrip("0123456789")
                    known = places.get(letters)
                    column = places[letters] = known or column_of(letters)
                kind, style = given.get("t", "n"), given.get("s", "")
                formula = False
                pieces.clear()
            elif tag in ("v", "t"):
                taking = True
            elif tag == "f":
                formula = True
            elif tag == "row":
                before, number = number, int(given.get("r") or number + 1)
                column = 0
                cells.clear()
                if number > limits.ROWS:
                    raise too_many_rows()
                if number <= before:
                    raise broken(f"row {number} below row {before}", f"第 {number} 行排在第 {before} 行之后")

        def end(tag: str) -> None:
            nonlocal taking
            if tag in ("v", "t"):
                taking = False
            elif tag == "c":
                # a formula whose result is an empty text says so by its kind
                if pieces or (formula and kind == "n"):
                    value = self._value("".join(pieces), kind, style) if pieces else NOT_CALCULATED
                    if len(cells) < column:
                        if column > limits.COLUMNS:
                            raise too_many_columns(number, column)
                        cells.extend([None] * (column - len(cells)))
                    cells[column - 1] = value
            elif tag == "row" and cells:
                self._row(number, cells)

        def text(data: str) -> None:
            if taking:
                pieces.append(data)

        parser = xml_parser()
        parser.StartElementHandler = _unprefixed(start)
        parser.EndElementHandler = lambda tag: end(tag if ":" not in tag else tag.rpartition(":")[2])
        parser.CharacterDataHandler = text
        return parser

    def _value(self, text: str, kind: str, style: str) -> Any:
        if kind == "s":
            try:
                return self._strings[int(text)]
            except (IndexError, ValueError):
                raise broken("shared text is missing", "缺少共享文本") from None
        if kind == "n":
            return self._number(text, style)
        if kind in ("str", "inlineStr"):
            return whole(unescaped(text))
        if kind == "b":
            return text in _TRUE
        if kind == "e":
            return CellError(text)
        if kind == "d":
            try:
                return datetime.fromisoformat(text.removesuffix("Z"))
            except ValueError:
                return CellError(text)
        return text

    def _number(self, text: str, style: str) -> Any:
        meaning: Meaning = self._styles[int(style)] if style and int(style) < len(self._styles) else "number"
        if meaning == "number" and len(text) < 16 and text.isascii() and text.isdigit():
            return int(text)
        try:
            number = float(text)
        except ValueError:
            return CellError(text)
        if not isfinite(number):
            return CellError(text)
        return number if meaning == "number" else moment_of(number, meaning, since_1904=self._since_1904)


def _unprefixed(start: Callable[[str, dict[str, str]], None]) -> Callable[[str, dict[str, str]], None]:
    def handle(tag: str, given: dict[str, str]) -> None:
        start(tag if ":" not in tag else tag.rpartition(":")[2], given)

    return handle


def unescaped(text: str) -> str:
    """Signs that XML cannot hold are written _x000D_; halves of a sign stay as they are written."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def column_of(letters: str) -> int:
    """A is 1, AA is 27."""
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found


def too_many_rows() -> Refusal:
    return Refusal(
        "too_many_rows",
        f"超过 {limits.ROWS} 行。",
        f"There are more than {limits.ROWS} rows.",
        "请拆分文件。",
        "Split the file.",
    )


def too_many_columns(row: int, column: int) -> Refusal:
    return Refusal(
        "too_many_columns",
        f"第 {row} 行用到第 {column} 列，最多 {limits.COLUMNS} 列。",
        f"Row {row} uses column {column}; at most {limits.COLUMNS} are read.",
        "请删除右侧多余的内容。",
        "Delete what stands to the right of the table.",
        row=row,
        column=column,
    )
