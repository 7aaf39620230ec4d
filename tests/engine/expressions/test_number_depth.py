"""The functions of numbers and choosing, nested as deep as an expression may be, run in every database."""

from __future__ import annotations

import json

import pytest

from engine.expressions import check
from tests.engine.expressions.stores import Store
from tests.engine.expressions.world import SCOPE, environment, record_of

DEEP = {
    "switches": "SWITCH(" * 37 + "n" + ", 5, n, 3, m, 7)" * 37,
    "results of switches": "SWITCH(n, 5, " * 37 + "m" + ", 3, m, 7)" * 37,
    "wide switches": "SWITCH(" * 37 + "wide" + ", x, n, 3.5, m, 7)" * 37,
    "bounds": "CLAMP(" * 37 + "wide" + ", 1, 9.5)" * 37,
    "bounds of bounds": "CLAMP(n, " * 18 + "m" + ", 100)" * 18,
    "steps": "FLOOR(" * 37 + "wide" + ", 0.07)" * 37,
    "steps up and down": "CEILING(FLOOR(" * 18 + "x" + ", 0.3), 0.7)" * 18,
    "failures": "IFERROR(" * 37 + "n / m" + ", x)" * 37,
    "ways out": "IFERROR(n / (m - 3), " * 37 + "x" + ")" * 37,
    "odd ones": "XOR(" * 37 + "flag" + ", ok, n > 1)" * 37,
    "fifty conditions": f"XOR({', '.join(['flag'] * 50)})",
    "twenty-four keys": f"SWITCH(n, {', '.join(f'{key}, m' for key in range(24))})",
    "cubes": "POWER(" * 12 + "rate" + ", 3)" * 12,
    "tenth powers": "POWER(" * 12 + "n" + ", 10)" * 12,
    "signs": "SIGN(" * 37 + "wide" + ")" * 37,
}
RECORD = '{"n": 5, "m": 3, "x": "1.5", "wide": "2.5", "flag": true, "ok": true, "rate": "1.0000"}'


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_depth_changes_no_result(source: str, store: Store) -> None:
    checked = check(source, SCOPE)
    record = record_of(json.loads(RECORD))
    assert store.evaluate(checked, record, RECORD) == checked.evaluate(record, environment())
