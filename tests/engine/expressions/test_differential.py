"""Random expressions on random records: every back end agrees with compiled Python.

FOURFOLD_EXPRESSIONS=2000 asks for more of them, FOURFOLD_SEED for others.
"""

from __future__ import annotations

import json
import os
from random import Random
from typing import Any

import pytest

from engine.expressions import CheckedExpression, ExpressionError, check
from tests.engine.expressions.random_expressions import Maker, random_record
from tests.engine.expressions.stores import Store
from tests.engine.expressions.world import SCOPE, environment, record_of, spelled

COUNT = int(os.environ.get("FOURFOLD_EXPRESSIONS", "120"))
SEED = int(os.environ.get("FOURFOLD_SEED", "20260302"))
RECORDS = 12
BATCH = 20
ZONES = ("Asia/Shanghai", "America/New_York")


def expressions(random: Random, count: int) -> list[CheckedExpression]:
    maker, made = Maker(random), []
    while len(made) < count:
        try:
            made.append(check(maker.any(random.randint(1, 4)), SCOPE))
        except ExpressionError:
            continue
    return made


def test_back_ends_agree_on_random_expressions(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    random = Random(SEED)
    sources = [json.dumps(random_record(random)) for _ in range(RECORDS)]
    records = [record_of(json.loads(source)) for source in sources]
    keys = [store.keep(record, source) for record, source in zip(records, sources, strict=True)]
    checked = expressions(random, COUNT)
    found: list[str] = []
    for start in range(0, COUNT, BATCH):
        zone = ZONES[start // BATCH % 2]
        batch = checked[start : start + BATCH]
        expected = [[each.evaluate(record, environment(zone)) for each in batch] for record in records]
        try:
            given = store.table(batch, keys, zone)
        except Exception:  # noqa: BLE001 - find out which one it was
            given = [
                [one(store, each, r, s, zone) for each in batch]
                for r, s in zip(records, sources, strict=True)
            ]
        found += [
            f"{each.text()} [{zone}] on {source}: {spelled_safely(got, each)}, Python {spelled(want, each.type)}"
            for source, gots, wants in zip(sources, given, expected, strict=True)
            for each, got, want in zip(batch, gots, wants, strict=True)
            if got != want
        ]
    with capsys.disabled():
        print(f"\n{type(store).__name__}: {COUNT * RECORDS} evaluations, {len(found)} disagreements")
    assert found == []


def one(store: Store, checked: CheckedExpression, record: Any, source: str, zone: str) -> Any:
    try:
        return store.evaluate(checked, record, source, zone)
    except Exception as error:  # noqa: BLE001 - reported as a disagreement
        return f"{type(error).__name__}: {str(error)[:300]}"


def spelled_safely(value: Any, checked: CheckedExpression) -> str:
    if isinstance(value, str):
        return value
    try:
        return spelled(value, checked.type)
    except (TypeError, ValueError):
        return str(value)
