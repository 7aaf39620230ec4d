"""Hostile expressions: what each must come to. Run by `attacked.py` in a process of its own."""

from __future__ import annotations

from tests.engine.expressions.attacks.case import Attack
from tests.engine.expressions.attacks.sizes import CONDITIONS, SIZES, TYPES
from tests.engine.expressions.attacks.spellings import CODE, LETTERS, NAMES
from tests.engine.expressions.attacks.values import FUNCTIONS, GROWING

ATTACKS: dict[str, Attack] = {}
for _table in (CODE, NAMES, LETTERS, SIZES, TYPES, CONDITIONS, GROWING, FUNCTIONS):
    assert not ATTACKS.keys() & _table.keys(), ATTACKS.keys() & _table.keys()
    ATTACKS |= _table

__all__ = ["ATTACKS", "Attack"]
