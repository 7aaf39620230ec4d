"""Hostile input: refused with a finding, or evaluated safely, in no time and next to no memory."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from engine.expressions import ExpressionError, check, parse
from tests.engine.expressions.stores import Store
from tests.engine.expressions.world import SCOPE, environment, record_of

MEMORY = 10 * 1024 * 1024
SECONDS = 0.5
"""Ten times the bar of the design, because test machines are shared."""

TEXTS = {
    "dunder": "name.__class__.__mro__",
    "dunder call": "().__class__.__bases__[0].__subclasses__()",
    "import": '__import__("os").system("x")',
    "format": '"{0.__class__}".format(name)',
    "format letters": 'f"{name}"',
    "power": "9**3999999",
    "repeat": "name * 1000000000",
    "assignment": "amount = 5; name = 1",
    "walrus": "(n := 5)",
    "lambda": "lambda: 1",
    "comprehension": "[x for x in lines]",
    "mutation": "lines.clear()",
    "200,000 terms": "+".join(["1"] * 200_000),
    "2,000 terms": "+".join(["n"] * 1_900),
    "600 conditions": " or ".join(["ok"] * 600),
    "parentheses": "(" * 1_900 + "1" + ")" * 1_900,
    "open parentheses": "(" * 4_000,
    "minus signs": "-" * 3_000 + "n",
    "nots": "not " * 900 + "flag",
    "nested calls": "ABS(" * 900 + "n" + ")" * 900,
    "deep path": ".".join(["customer"] * 400),
    "giant number": "9" * 3_999,
    "long fraction": "0." + "9" * 3_990,
    "giant list": f"n in [{','.join(['1'] * 1_900)}]",
    "many arguments": f"MIN({','.join(['n'] * 300)})",
    "quotes": '"' * 3_999,
    "backslashes": '"' + "\\" * 3_997 + '"',
    "nul": "na\0me",
    "nul in text": 'name = "a\\u0000b"',
    "surrogate": 'name = "\\ud800"',
    "right to left": "\u202ename = 1",
    "compatibility letters": "ｎame = 1",
    "ligature": "ﬁeld",
    "long name": "a" * 3_999,
}


def refused(act: Callable[[], object]) -> ExpressionError:
    """The error, within bounds of time and memory."""
    tracemalloc.start()
    start = time.perf_counter()
    try:
        with pytest.raises(ExpressionError) as caught:
            act()
        assert time.perf_counter() - start < SECONDS
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < 5_000
    return caught.value


@pytest.mark.parametrize("source", TEXTS.values(), ids=TEXTS.keys())
def test_hostile_text_is_refused(source: str) -> None:
    refused(lambda: check(source, SCOPE))


def nested(depth: int) -> Any:
    condition: Any = {"flag": True}
    for _ in range(depth):
        condition = {"not": condition}
    return condition


CONDITIONS = {
    "deep": nested(900),
    "wide": {"or": [{"n": 1}] * 200_000},
    "many keys": {"and": [{"n": {"gt": 1, "lt": 2}}] * 1_000},
    "giant list": {"n": {"in": list(range(200_000))}},
    "giant number": {"n": 10**100_000},
    "giant text": {"name": "a" * 5_000_000},
    "giant key": {"a" * 5_000_000: 1},
    "giant operator": {"n": {"a" * 5_000_000: 1}},
    "hostile key": {"n) OR 1=1 --": 1},
    "dunder key": {"name.__class__": "x"},
    "text inside": {"expr": "__import__('os')"},
}


@pytest.mark.parametrize("source", CONDITIONS.values(), ids=CONDITIONS.keys())
def test_hostile_conditions_are_refused(source: Any) -> None:
    refused(lambda: check(source, SCOPE))


def test_json_of_any_depth_is_refused_before_it_is_walked() -> None:
    with pytest.raises((ExpressionError, RecursionError)):
        parse(json.loads('{"not":' * 100_000 + "true" + "}" * 100_000))


INJECTIONS = [
    "' OR 1=1 --",
    '"; DROP TABLE deal; --',
    "%",
    "_",
    "\\",
    "a'b\"c",
    ":p1",
    "%(p1)s",
    "$p1",
    "?",
    "\u202e",
    "𝕏",
]


def test_texts_are_bound_and_compared_as_they_are(store: Store) -> None:
    for value in INJECTIONS:
        record = record_of({"name": value})
        checked = check({"name": value}, SCOPE)
        assert store.evaluate(checked, record, json.dumps(value)) is True
        other = check({"name": {"contains": value + "x"}}, SCOPE)
        assert store.evaluate(other, record, json.dumps(value)) is False


LARGEST = {
    "list of 200": f"n in [{', '.join(map(str, range(200)))}]",
    "chain of 190": " and ".join(["ok"] * 190),
    "sum of 39": " + ".join(["n"] * 39),
    "products": " * ".join(["x"] * 39),
    "quotients": " / ".join(["wide"] * 39),
    "fifty arguments": f"MIN({', '.join(['n'] * 50)})",
    "fifty texts": " & ".join(["name"] * 50),
    "ifs": f"IFS({', '.join(['n > 5, m'] * 25)})",
    "ifs nested": "IF(n = 1, 1, " * 18 + "0" + ")" * 18,
    "rounds nested": "ROUND(" * 18 + "x" + " * 1.5, 2)" * 18,
    "dates nested": 'DATEADD("month", 1, ' * 38 + "d" + ")" * 38,
    "moments nested": 'DATEADD("day", 1, ' * 38 + "at" + ")" * 38,
    "in nested": "IF(" * 18 + "n" + " in [n, m, 5], n, m)" * 18,
    "between nested": "IF(n + IF(" * 9 + "flag" + ", 1, 2) between 1 and m, flag, ok)" * 9,
    "letters nested": "UPPER(" * 38 + "name" + ")" * 38,
}
RECORD = (
    '{"n": 5, "m": 3, "x": "1.5", "wide": "2.5", "flag": true, "ok": true, "name": "é",'
    ' "d": "2026-01-31", "at": "2026-01-31T00:00:00Z"}'
)


@pytest.mark.parametrize("source", LARGEST.values(), ids=LARGEST.keys())
def test_the_largest_expressions_run_everywhere(source: str, store: Store) -> None:
    checked = check(source, SCOPE)
    record = record_of(json.loads(RECORD))
    assert store.evaluate(checked, record, RECORD) == checked.evaluate(record, environment())


def test_a_text_that_grows_becomes_null_not_memory() -> None:
    record = record_of({"name": "x" * 9_000})
    source = "name & name"
    for _ in range(5):
        source = f"({source}) & ({source})" if len(source) < 800 else source
    tracemalloc.start()
    assert check(source, SCOPE).evaluate(record, environment()) is None
    assert tracemalloc.get_traced_memory()[1] < MEMORY
    tracemalloc.stop()
