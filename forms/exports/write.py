"""The file of an export, written row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from forms.transfers.escape import harmless
from forms.transfers.sheet import Sheet

Row = Callable[[Sequence[Any]], None]


@contextmanager
def writing(
    path: Path, kind: str, header: Sequence[str], *, name: str, cut: Callable[[int], None] | None = None
) -> Iterator[Row]:
    """Gives what takes the rows; the file is complete when the block ends. `cut` is told how many texts were
    too long for their cells, if any.
    """
    if kind == "csv":
        # the mark at the beginning tells spreadsheet programs that it is UTF-8
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow([harmless(each) for each in header])
            yield lambda cells: out.writerow([_text(each) for each in cells])
    else:
        with Sheet(path, name) as sheet:
            sheet.header(header)
            yield sheet.row
            if sheet.cut and cut is not None:
                cut(sheet.cut)


def _text(cell: Any) -> Any:
    """A cell of a csv file."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, str):
        return harmless(cell)
    return str(cell) if isinstance(cell, int) else format(Decimal(str(cell)), "f")
