"""Random expressions on random records: all five back ends agree. `make fuzz N=5000 SEED=1`.

Chunks of expressions are told apart by number and seed, so that a run says the same with any number of jobs.
Every function of the language must have been asked when there are enough expressions. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from engine.expressions import CheckedExpression, ExpressionError, check
from engine.expressions import types as t
from engine.expressions.functions import BUILTIN, OPERATORS
from engine.expressions.spelling import text_of
from engine.expressions.tree import Call, Operation, Tree, children
from tests.engine.expressions.random_expressions import Maker
from tests.engine.expressions.random_records import random_record
from tests.engine.expressions.voices import Compiled, Situation, Voice, postgres_urls, voices
from tests.engine.expressions.world import WITH_OLD, cases, environment, record_of, spelled

RECORDS = 12
CHUNK = 40
BATCH = 10
ENOUGH = 2_000
"""Expressions from which on every function must have occurred."""
SHRUNK = 40
PRINTED, WIDTH = 100, 2_000
DEEPEST = 5
FROM_TABLE = 0.15
"""Share of expressions out of conformance.csv."""
AS_FIELD = 0.3
"""Share of numbers that are computed for a field, with its digits and decimals."""
FIELDS = (t.number(9, 0), t.number(15, 3), t.number(21, 6), t.number(18, 2), t.money(digits=15), t.money())
ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "UTC",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)


@dataclass
class Findings:
    """What came out: disagreements as sentences, how often each function and type occurred."""

    disagreements: list[str] = field(default_factory=list)
    functions: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)

    def add(self, other: Findings) -> None:
        self.disagreements += other.disagreements
        self.functions += other.functions
        self.types += other.types


def named(tree: Tree) -> Iterator[str]:
    """The functions and operators of a tree."""
    if isinstance(tree, Call):
        yield tree.function
    elif isinstance(tree, Operation):
        yield tree.operator
    for part in children(tree):
        yield from named(part)


@lru_cache(maxsize=1)
def table() -> tuple[str, ...]:
    """The expressions of conformance.csv."""
    return tuple(dict.fromkeys(case.expression for case in cases()))


def expressions(random: Random, count: int) -> list[CheckedExpression]:
    """Random expressions that are well typed, among them some of the table, to be asked about other records."""
    maker = Maker(random)
    made: list[CheckedExpression] = []
    while len(made) < count:
        try:
            known = random.random() < FROM_TABLE
            source = random.choice(table()) if known else maker.any(random.randint(1, DEEPEST))
            checked = check(source, WITH_OLD)
            if checked.type.numeric and random.random() < AS_FIELD:
                checked = check(checked.text(), WITH_OLD, expect=random.choice(FIELDS))
        except ExpressionError:
            continue
        made.append(checked)
    return made


def situations(random: Random, count: int, zone: str) -> list[Situation]:
    """Random records; a third of them is being created, the others were another record before."""
    made = []
    for _ in range(count):
        source = json.dumps(random_record(random))
        old = None if random.random() < 0.3 else record_of(random_record(random))
        record = record_of(json.loads(source))
        if old is not None and random.random() < 0.5:
            old = {name: value if random.random() < 0.5 else record[name] for name, value in old.items()}
        made.append(Situation(record, source, zone, old))
    return made


def compared(
    all_voices: Sequence[Voice], checked: Sequence[CheckedExpression], where: Sequence[Situation]
) -> list[str]:
    """What the voices see otherwise than the first one."""
    first, *others = all_voices
    expected = _all_answers(first, checked, where)
    found = [
        f"{wrong}: {_shown(each, situation)}"
        for situation, wants in zip(where, expected, strict=True)
        for each, want in zip(checked, wants, strict=True)
        for wrong in shortcuts(each, situation, want)
    ]
    for voice in others:
        able = [index for index, each in enumerate(checked) if voice.covers(each)]
        posed = [checked[index] for index in able]
        for situation, wants, gots in zip(where, expected, _all_answers(voice, posed, where), strict=True):
            found += [
                told(voice, checked[index], situation, got, wants[index])
                for index, got in zip(able, gots, strict=True)
                if not _same(got, wants[index])
            ]
    return found


def shortcuts(checked: CheckedExpression, situation: Situation, want: Any) -> Iterator[str]:
    """Where `holds`, or a record without the keys that are null, says otherwise than the value."""
    env = environment(situation.zone, old=situation.old)
    if checked.type.kind == "bool" and _called(checked.holds, situation.record, env) is not (want is True):
        yield f"holds otherwise than its value, {want}, says"
    filled = {name: value for name, value in situation.record.items() if value is not None}
    sparse = _called(checked.evaluate, filled, env)
    if not _same(sparse, want):
        yield f"{_spelled(sparse, checked)} without the keys that are null, {_spelled(want, checked)} with them"


def _all_answers(
    voice: Voice, asked: Sequence[CheckedExpression], where: Sequence[Situation]
) -> list[list[Any]]:
    if not asked:
        return [[] for _ in where]
    try:
        return voice.answers(asked, where)
    except Exception:  # noqa: BLE001 - find out which one it was
        return [[_answer(voice, each, situation) for each in asked] for situation in where]


def _answer(voice: Voice, checked: CheckedExpression, situation: Situation) -> Any:
    return _called(voice.answer, checked, situation)


def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    """What it returns, or the error in words."""
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001 - reported as a disagreement
        return f"{type(error).__name__}: {str(error)[:300]}"


def _same(got: Any, want: Any) -> bool:
    """Equal and of one kind: true is not 1."""
    return type(got) is type(want) and bool(got == want)


def told(voice: Voice, checked: CheckedExpression, situation: Situation, got: Any, want: Any) -> str:
    """One disagreement, with the smallest part of the expression that still shows it."""
    smallest = shrunk(voice, checked, situation)
    if smallest is checked:
        return f"{voice.name} {_spelled(got, checked)}, python {_spelled(want, checked)}: {_shown(checked, situation)}"
    found = _spelled(_answer(voice, smallest, situation), smallest)
    meant = _spelled(_python(smallest, situation), smallest)
    return f"{voice.name} {found}, python {meant}: {_shown(smallest, situation)} in {checked.text()}"


def _shown(checked: CheckedExpression, situation: Situation) -> str:
    """The expression, the zone, and those parts of the record that it reads."""
    kind = checked.type
    as_field = f" as {kind.kind}({kind.digits}, {kind.scale})" if kind.numeric else ""
    read = {path[0] for path in checked.dependencies}
    record = {key: value for key, value in json.loads(situation.source).items() if key in read}
    old = "" if situation.old is None else f" after { ({key: situation.old.get(key) for key in read}) }"
    return f"{checked.text()}{as_field} [{situation.zone}] on {json.dumps(record, ensure_ascii=False)}{old}"


def shrunk(voice: Voice, checked: CheckedExpression, situation: Situation) -> CheckedExpression:
    """The smallest part on which the voice and compiled Python still disagree."""
    smaller = checked
    progress = True
    tried = 0
    while progress and tried < SHRUNK:
        progress = False
        for part in children(smaller.tree):
            tried += 1
            candidate = _alone(part)
            if candidate is None or not voice.covers(candidate):
                continue
            if not _same(_answer(voice, candidate, situation), _python(candidate, situation)):
                smaller, progress = candidate, True
                break
    return smaller


def _python(checked: CheckedExpression, situation: Situation) -> Any:
    return _answer(Compiled(), checked, situation)


def _alone(part: Tree) -> CheckedExpression | None:
    """A part as an expression of its own, where it can be one."""
    try:
        return check(text_of(part), WITH_OLD)
    except ExpressionError:
        return None


def _spelled(value: Any, checked: CheckedExpression) -> str:
    try:
        return value[:300] if isinstance(value, str) else spelled(value, checked.type)
    except (TypeError, ValueError, AttributeError):
        return repr(value)[:300]


def run(url: str, chunks: Iterable[int], seed: int, count: int, records: int) -> Findings:
    """Some chunks of a run of `count` expressions, on stores of its own."""
    with voices(url) as all_voices:
        return asked(all_voices, chunks, seed, count, records)


def asked(
    all_voices: Sequence[Voice], chunks: Iterable[int], seed: int, count: int, records: int
) -> Findings:
    """The same on given stores."""
    found = Findings()
    for chunk in chunks:
        random = Random(f"{seed}/{chunk}")
        where = situations(random, records, ZONES[chunk % len(ZONES)])
        checked = expressions(random, min(CHUNK, count - chunk * CHUNK))
        for each in checked:
            found.functions.update(named(each.tree))
            found.types[each.type.kind] += 1
        for start in range(0, len(checked), BATCH):
            found.disagreements += compared(all_voices, checked[start : start + BATCH], where)
        for voice in all_voices:
            voice.forget()
    return found


def fuzz(count: int, seed: int, records: int, jobs: int) -> Findings:
    """A whole run."""
    chunks = range(-(-count // CHUNK))
    found = Findings()
    with postgres_urls(jobs) as urls, ProcessPoolExecutor(jobs) as pool:
        waiting = [
            pool.submit(run, url, chunks[job::jobs], seed, count, records) for job, url in enumerate(urls)
        ]
        for each in waiting:
            found.add(each.result())
    return found


def never_asked(found: Findings) -> list[str]:
    """Functions and operators that did not occur."""
    return sorted({each.type for each in (*BUILTIN, *OPERATORS)} - set(found.functions))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--count", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=20260302)
    options.add_argument("--records", type=int, default=RECORDS)
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = options.parse_args()
    start = time.monotonic()
    found = fuzz(given.count, given.seed, given.records, given.jobs)
    for each in found.disagreements[:PRINTED]:
        print(each[:WIDTH])
    missing = never_asked(found)
    known = len(BUILTIN) + len(OPERATORS)
    print(f"seed {given.seed}, {time.monotonic() - start:.0f} s, zones: {', '.join(ZONES)}")
    print(f"types: {', '.join(f'{kind} {number}' for kind, number in found.types.most_common())}")
    print(
        f"functions: {known - len(missing)} of {known}, least often "
        + ", ".join(f"{name} {number}" for name, number in found.functions.most_common()[-4:])
        + (f"; never: {', '.join(missing)}" if missing else "")
    )
    wrong = len(found.disagreements)
    print(f"fuzz: {given.count} expressions x {given.records} records, disagreements: {wrong}")
    return 1 if wrong or (missing and given.count >= ENOUGH) else 0


if __name__ == "__main__":
    sys.exit(main())
