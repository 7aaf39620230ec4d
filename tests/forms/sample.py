"""What one kind of field accepts and refuses, for the tests of every way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

RECORD = "01900000-0000-7000-8000-000000000001"
"""A record of the form `target`, which tests make under this id."""


@dataclass(frozen=True)
class Sample:
    """`valid` are (what is sent, what is answered); `wrong` are (what is sent, code) or (what is sent, code,
    where inside the value). `cells` are (what a spreadsheet holds, the JSON value it means), `wrong_cells`
    (what it may not hold, code). Conditions name the first of `parts` where the field has several.
    """

    type: str
    valid: tuple[tuple[Any, Any], ...]
    wrong: tuple[tuple[Any, ...], ...]
    options: dict[str, Any] = field(default_factory=dict)
    cells: tuple[tuple[Any, Any], ...] = ()
    wrong_cells: tuple[tuple[Any, str], ...] = ()


def same(*values: Any) -> tuple[tuple[Any, Any], ...]:
    """Values that are answered as they were sent."""
    return tuple((value, value) for value in values)
