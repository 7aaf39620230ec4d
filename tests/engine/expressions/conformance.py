"""conformance.csv through all five back ends: `make conformance`.

A function that is in memory only is asked of the two voices in memory. Exit code 1 when any disagree.
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache

from engine.expressions import CheckedExpression, check
from tests.engine.expressions.voices import Situation, Voice, postgres_urls, voices
from tests.engine.expressions.world import WITH_OLD, Case, cases, record_of, spelled

BACK_ENDS = 5


@lru_cache(maxsize=1)
def rows() -> tuple[tuple[Case, CheckedExpression], ...]:
    """The table, checked."""
    return tuple((case, check(case.expression, WITH_OLD)) for case in cases())


def situation_of(case: Case) -> Situation:
    """The record of a row; its key "old" holds what it was before the change."""
    given = json.loads(case.record)
    before = given.pop("old", None)
    old = None if before is None else record_of(before)
    return Situation(record_of(given), json.dumps(given), case.zone, old)


def answered(voice: Voice, case: Case, checked: CheckedExpression) -> str:
    """What a voice says to a row, spelled as the table spells it."""
    try:
        return spelled(voice.answer(checked, situation_of(case)), checked.type)
    except Exception as error:  # noqa: BLE001 - one broken row must not hide the others
        return f"{type(error).__name__}: {str(error)[:300]}"


def disagreements(voice: Voice) -> list[str]:
    """The rows that a voice sees otherwise."""
    given = ((case, answered(voice, case, checked)) for case, checked in rows() if voice.covers(checked))
    return [
        f"{voice.name}, line {case.line}: {case.expression} on {case.record}: {made}, not {case.result}"
        for case, made in given
        if made != case.result
    ]


def main() -> int:
    found = []
    with postgres_urls(1) as (url,), voices(url) as all_voices:
        for voice in all_voices:
            wrong = disagreements(voice)
            asked = sum(voice.covers(checked) for _, checked in rows())
            print(f"{voice.name:9} {asked} rows, disagreements: {len(wrong)}")
            found += wrong
    for each in found:
        print(each)
    print(f"conformance: {len(rows())} rows, {BACK_ENDS} back ends, disagreements: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
