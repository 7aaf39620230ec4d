"""The child process that reads a file: `python -m forms.imports.parse FOLDER`.

Reads what `source.json` in the folder asks, writes `rows.jsonl` (one row with cells a line: its number,
then the cells) and in the end `parsed.json`: {"header", "rows", "sheets", …} or {"refusal"}. A hostile file
can exhaust only this process, which has bounded memory and time and no access to the store.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from forms.imports import limits
from forms.imports.csv_text import known_encoding, read_csv, script_of
from forms.imports.file_kinds import kind_of
from forms.imports.page import read_page
from forms.imports.refusal import SPLIT, Refusal, broken
from forms.imports.staged_cells import staged
from forms.imports.titles import LOOKED_AT, Titles, find_header, header_at, likely_header, rival_of
from forms.imports.xlsx import Workbook

BUFFERED = 1 << 18
NEWS_EVERY = 5_000
UNTITLED = 20
"""Columns without a title that are named."""


class Stage:
    """Takes rows and writes them, those below the header; `above` counts the filled ones above it. The header is
    looked for by titles that are known, or by its looks where none are given, or stands in the row `wanted`.
    `untitled` are the places of cells with something in them that have no title.
    """

    def __init__(self, folder: Path, titles: Titles | None, wanted: int | None = None) -> None:
        self._folder, self._titles, self._wanted = folder, titles, wanted
        self._out = (folder / "rows.jsonl").open("wb")
        self._first: list[tuple[int, list[Any]]] = []
        self._waiting: list[bytes] = []
        self._size = 0
        self._untitled: list[int] = []
        self.header: list[str] = []
        self.untitled: set[int] = set()
        self.header_row = self.above = 0
        self.count = 0

    def row(self, number: int, cells: list[Any]) -> None:
        if all(_is_blank(cell) for cell in cells):
            return
        if self.header_row:
            self._take(number, cells)
            return
        self._first.append((number, cells.copy()))  # a sheet fills the same list again
        if len(self._first) == LOOKED_AT if self._wanted is None else number >= self._wanted:
            self._decide()

    def _decide(self) -> None:
        """The header among the rows so far; those below it are rows of the table. Raises Refusal."""
        first, self._first = self._first, []
        if not first:
            return
        rows, titles = [cells for _, cells in first], self._titles or Titles()
        if self._wanted is None:
            found = find_header(rows, titles) if self._titles is not None else likely_header(rows)
            rival = rival_of(rows, found, titles)
            if rival is not None:
                raise _doubtful_header(first[rival][0], first[found.at][0])
        elif first[-1][0] == self._wanted:
            found = header_at(rows, len(rows) - 1, titles)
        else:
            raise _no_header(self._wanted)
        self.header, self.header_row = found.titles, first[found.at][0]
        self._untitled = [at for at, title in enumerate(self.header) if not title]
        self.above = found.at + 1 - found.height
        for number, cells in first[found.at + 1 :]:
            self._take(number, cells)

    def _take(self, number: int, cells: list[Any]) -> None:
        line = orjson.dumps([number, *cells], default=staged, option=orjson.OPT_PASSTHROUGH_DATETIME)
        self._waiting.append(line)
        if self._untitled or len(cells) > len(self.header):
            self._look_beside(cells)
        self._size += len(line)
        self.count += 1
        if self._size > BUFFERED:
            self.flush()
        if self.count % NEWS_EVERY == 0:
            write_whole(self._folder / "progress.json", {"rows": self.count})

    def _look_beside(self, cells: list[Any]) -> None:
        places = (*self._untitled, *range(len(self.header), len(cells)))
        found = {at for at in places if at < len(cells) and not _is_blank(cells[at])}
        if found:
            self.untitled |= found
            self._untitled = [at for at in self._untitled if at not in found]

    def flush(self) -> None:
        if self._waiting:
            self._out.write(b"\n".join(self._waiting) + b"\n")
        self._waiting.clear()
        self._size = 0

    def end(self) -> None:
        """There are no more rows. Raises Refusal."""
        self._decide()
        self.flush()

    def close(self) -> None:
        self._out.close()


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _letters(at: int) -> str:
    """What spreadsheet programs call the column at a place from 0."""
    letters, rest = "", at + 1
    while rest:
        rest, last = divmod(rest - 1, 26)
        letters = chr(ord("A") + last) + letters
    return letters


def parse(folder: Path) -> dict[str, Any]:
    """Read the file of a folder; what goes into `parsed.json`. Raises Refusal."""
    asked = json.loads((folder / "source.json").read_text("utf-8"))
    source = Path(asked["path"])
    titles = Titles(**asked["titles"]) if "titles" in asked else None
    stage = Stage(folder, titles, asked.get("header_row"))
    report: dict[str, Any] = {}
    wanted = asked.get("encoding")
    try:
        if wanted is not None:
            known_encoding(wanted)
        kind = kind_of(source)
        if kind == "workbook":
            workbook = Workbook(source)
            report["sheet"] = workbook.read(asked.get("sheet"), stage.row)
            report["sheets"] = workbook.sheets
            report["format"] = "xlsx"
        elif kind == "page":
            report["encoding"] = read_page(source, encoding=wanted, row=stage.row)
            report["format"] = "html"
        else:
            report["encoding"] = read_csv(
                source,
                encoding=wanted,
                separator=asked.get("separator"),
                titles=titles or Titles(),
                row=stage.row,
            )
            report["format"] = "csv"
            if wanted is None and report["encoding"] == "gb18030":
                report["doubtful"] = script_of(source, "gb18030").doubtful
        stage.end()
    finally:
        stage.close()
    if not stage.header_row:
        raise _empty(report.get("sheets", ()))
    found = {"header": stage.header, "header_row": stage.header_row, "rows_above": stage.above}
    wide = report["format"] == "csv"  # there rows that are longer than the header are refused one by one
    if untitled := sorted(at for at in stage.untitled if at < len(stage.header) or not wide):
        found["untitled"] = [_letters(at) for at in untitled[:UNTITLED]]
    return {**report, **found, "rows": stage.count}


def _no_header(row: int) -> Refusal:
    return Refusal(
        "header_row_empty",
        f"第 {row} 行是空的，没有表头。",
        f"Row {row} is empty; there is no header.",
        "请在 header_row 中写明表头的行号，或不写，由系统查找。",
        "Say in `header_row` which row holds the titles, or leave it out to have it found.",
        pointer="/options/header_row",
    )


def _doubtful_header(one: int, other: int) -> Refusal:
    return Refusal(
        "header_doubtful",
        f"第 {one} 行和第 {other} 行都可能是表头。",
        f"The header may be row {one} or row {other}.",
        "请在 header_row 中写明表头的行号。",
        "Say in `header_row` which row holds the titles.",
        pointer="/options/header_row",
    )


def _empty(sheets: Sequence[str]) -> Refusal:
    fix = ("第一行应为字段名称。", "The first row must name fields.")
    if len(sheets) > 1:
        fix = (
            f"请用 sheet 指明工作表：{'、'.join(sheets[:20])}。",
            f"Name the sheet in `sheet`: {', '.join(sheets[:20])}.",
        )
    return Refusal("empty_file", "文件中没有数据。", "There is nothing in the file.", *fix)


def write_whole(path: Path, value: Any) -> None:
    """A small file that readers see whole or not at all."""
    fresh = path.with_suffix(".part")
    fresh.write_bytes(orjson.dumps(value))
    fresh.replace(path)


def main(folder: Path) -> None:
    """Read within limits and say how it went."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.MEMORY_BYTES, limits.MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.CPU_SECONDS, limits.CPU_SECONDS))
    try:
        done = parse(folder)
    except Refusal as refusal:
        done = {"refusal": refusal.as_json()}
    except MemoryError:
        large = Refusal("too_large", "文件过大，无法读取。", "The file is too large to be read.", *SPLIT)
        done = {"refusal": large.as_json()}
    except Exception as wrong:  # noqa: BLE001  whatever a damaged or hostile file brings about
        done = {"refusal": broken(f"{type(wrong).__name__}: {wrong}"[:200]).as_json()}
    write_whole(folder / "parsed.json", done)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
