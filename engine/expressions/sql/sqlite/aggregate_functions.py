"""Functions that aggregates over child rows need on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_WIDTH = 60
"""Digits no number of the language reaches."""


def sortable(value: int | str) -> str:
    """A text that sorts like the wide number, which SQLite holds as an integer or as text."""
    number = int(value)
    # Below zero the larger size comes first, so its digits count down.
    return f"1{number:0{_WIDTH}}" if number >= 0 else f"0{10**_WIDTH + number:0{_WIDTH}}"


STRICT: dict[str, Callable[..., Any]] = {"ff_sortable": sortable}
NULL_TOLERANT: dict[str, Callable[..., Any]] = {}
