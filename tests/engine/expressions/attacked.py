"""Runs the attack table in this process, which may use little: one JSON line per case on standard output.

{"name", "outcome": code of the refusal or the value, "cpu_ms", "memory_mb": of Python, "growth_mb": of the process}
"""

from __future__ import annotations

import json
import resource
import time
import tracemalloc
from typing import Any

from engine.expressions import ExpressionError, check
from tests.engine.expressions.attacks import ATTACKS, Attack
from tests.engine.expressions.world import SCOPE, environment, record_of, spelled

SPARE = 256 * 1024 * 1024
"""Address space the whole table may need beyond what importing took."""
CPU_SECONDS = 120
RUNS = 3
ORDINARY = Attack(
    'IF(amount > 5, SUM(lines.qty) & "", name) & TEXT(n) & PINYIN(name)',
    record={"n": 1, "lines": [{"qty": 1}]},
)


def confine() -> None:
    """No more memory and time than this, whatever an expression asks for."""
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + SPARE, used + SPARE))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def outcome(attack: Attack, record: dict[str, Any]) -> str:
    """The code of the refusal, or the value, which both evaluators must give."""
    try:
        checked = check(attack.source, SCOPE)
    except ExpressionError as error:
        return error.code if len(str(error)) < 5_000 else f"{error.code} in {len(str(error))} letters"
    env = environment()
    value, traced = checked.evaluate(record, env), checked.program.value(record, None, env)
    return spelled(value, checked.type) if value == traced else f"{value!r}, traced {traced!r}"


def measured(name: str, attack: Attack) -> dict[str, Any]:
    """What a case comes to, and the least it took in several runs."""
    record = record_of(attack.record)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        found = outcome(attack, record)
        times.append(time.process_time() - start)
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    tracemalloc.start()
    outcome(attack, record)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "name": name,
        "outcome": found,
        "cpu_ms": round(min(times) * 1_000, 2),
        "memory_mb": round(peak / 2**20, 2),
        "growth_mb": round(growth / 2**10, 2),
    }


def main() -> None:
    measured("ordinary", ORDINARY)
    confine()
    for name, attack in ATTACKS.items():
        print(json.dumps(measured(name, attack)), flush=True)


if __name__ == "__main__":
    main()
