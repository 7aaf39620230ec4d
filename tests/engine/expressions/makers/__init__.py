"""What each subject adds to random expressions: NUMBER, TEXT, BOOL, DATE, MOMENT, each a tuple of makers.

A maker takes (maker, depth) and gives the text of a well-typed call, built of `maker.number(depth)`,
`maker.text(depth)` and so on. A subject imports its module here and adds it to SUBJECTS.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from tests.engine.expressions.makers import dates, numbers, relations, texts

SUBJECTS: tuple[ModuleType, ...] = (dates, numbers, relations, texts)

Make = Callable[[Any, int], str]


def made_by_subjects(kind: str) -> tuple[Make, ...]:
    """The makers of a kind (`NUMBER`, `TEXT`, …) of all subjects."""
    return tuple(make for subject in SUBJECTS for make in getattr(subject, kind, ()))
