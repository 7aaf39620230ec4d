"""By what a person would write: the old type writes its value as a cell, the new one reads the cell."""

from __future__ import annotations

from typing import Any

from forms.cells import read_text_cell
from forms.evolution.conversions.conversion import Given


def through_text(given: Given) -> Any:
    """Numbers, days, labels of options and lists as people write them."""
    cell = given.before.write_cell(given.value, given.reading)
    return None if cell is None else given.after.read_cell(read_text_cell(cell), given.reading)


def as_it_is(given: Given) -> Any:
    """The same value; the new type judges it."""
    return given.value
