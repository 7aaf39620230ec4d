"""Hostile input: refused with a finding, or evaluated safely, in no time and next to no memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from engine.expressions import ExpressionError, check, parse
from tests.engine.expressions.attacks import ATTACKS, Attack
from tests.engine.expressions.stores import Store
from tests.engine.expressions.world import SCOPE, environment, record_of

CPU_MS = 50
MEMORY_MB = 10


def broken(attack: Attack, ran: dict[str, Any]) -> bool:
    """Whether a case came to something else than its table says, or took too much."""
    wanted = attack.code or ("null" if attack.value is None else attack.value)
    if wanted in {True, False}:
        wanted = "true" if wanted else "false"
    within = ran["cpu_ms"] < CPU_MS and ran["memory_mb"] < MEMORY_MB and ran["growth_mb"] < MEMORY_MB
    return ran["outcome"] != wanted or not within


def test_every_attack_is_refused_or_harmless_within_50_ms_and_10_mb() -> None:
    command = [sys.executable, "-m", "tests.engine.expressions.attacked"]
    child = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    ran = {each["name"]: each for each in map(json.loads, child.stdout.splitlines())}
    assert child.returncode == 0, child.stderr[-2_000:]
    assert [ran[name] for name, attack in ATTACKS.items() if broken(attack, ran[name])] == []


def test_the_table_of_attacks_is_long_enough_to_mean_something() -> None:
    texts = [attack.source for attack in ATTACKS.values() if isinstance(attack.source, str)]
    assert len(set(texts)) == len(texts) >= 120


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
    "letters nested": "LOWER(" * 38 + "name" + ")" * 38,
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
