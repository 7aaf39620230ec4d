"""The table that says what the language means: conformance.csv, run by the tests on every back end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).parent / "conformance.csv"
ZONE = "Asia/Shanghai"
"""The app's zone in rows that name none."""


@dataclass(frozen=True, slots=True)
class Row:
    """An expression, a record as JSON and the result as text, in line `line` of the table."""

    expression: str
    record: str
    result: str
    zone: str
    line: int


def rows() -> Iterator[Row]:
    """All rows; lines that begin with # are headings."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        for number, cells in enumerate(csv.reader(file, delimiter=";", quoting=csv.QUOTE_NONE), 1):
            if number == 1 or not cells or cells[0].startswith("#"):
                continue
            expression, record, result, *zone = (each.strip() for each in cells)
            yield Row(expression, record or "{}", result, zone[0] if zone else ZONE, number)
