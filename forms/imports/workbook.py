"""The workbook of bad rows: as they came, with the reasons beside them, to be corrected and imported again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import orjson

from forms.imports.staged_rows import raw_rows
from forms.transfers.sheet import Sheet

ROW, REASON = "#行号 row", "#原因 reason"
"""Headers of our own columns; reading a file passes over what begins with #."""


def error_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Every line of an error list, rows that only belong to a refused record included."""
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                yield orjson.loads(line)


def error_items(path: Path, *, after: int, limit: int) -> list[dict[str, Any]]:
    """The errors from the `after`-th on."""
    return list(islice((each for each in error_lines(path) if each["code"]), after, after + limit))


def write_workbook(folder: Path, header: Sequence[str], language: str) -> Path:
    """The workbook of all bad rows of an import, `errors.xlsx` in its folder."""
    place = folder / "errors.xlsx"
    shown = [at for at, title in enumerate(header) if not title.startswith("#")]
    with Sheet(place, "errors") as sheet:
        sheet.header([*(header[at] for at in shown), ROW, REASON], wide=[len(shown) + 1])
        rows = raw_rows(folder / "rows.jsonl")
        for number, lines in groupby(error_lines(folder / "errors.jsonl"), key=lambda line: line["row"]):
            cells = _cells_of(rows, number)
            wrong = list(lines)
            marked = {each["column"] for each in wrong if each["code"]}
            sheet.row(
                [
                    *(cells[at] if at < len(cells) else None for at in shown),
                    number,
                    _reasons(wrong, language),
                ],
                marked=[place for place, at in enumerate(shown) if header[at] in marked],
            )
    return place


def _cells_of(rows: Iterator[tuple[int, list[Any]]], number: int) -> list[Any]:
    """The cells of a row that stands further down in the file."""
    return next((cells for found, cells in rows if found == number), [])


def _reasons(lines: Sequence[Mapping[str, Any]], language: str) -> str:
    found, between = [], " " if language == "en" else ""
    for each in lines:
        if each["code"]:
            where = f"{each['column']}: " if each["column"] else ""
            found.append(f"{where}{each['message'][language]}{between}{each['fix'][language]}".rstrip())
    if not found:
        return "同一记录的其他行有误。" if language == "zh" else "Another row of the same record is wrong."
    return "\n".join(found)
