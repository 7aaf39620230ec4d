"""The rows that the child process has read, taken set by set."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import orjson

from forms.imports.candidates import Row
from forms.imports.staged_cells import cell_of


def rows_from(path: Path, offset: int) -> Generator[tuple[int, Row], None, None]:
    """(where the next row begins in the file, row) from a byte offset on."""
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            offset += len(line)
            number, *cells = orjson.loads(line)
            yield offset, (number, [each if each.__class__ is not dict else cell_of(each) for each in cells])


def raw_rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """All rows with their cells."""
    for _, row in rows_from(path, 0):
        yield row
