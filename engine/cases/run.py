"""Runs test cases in a store that was made for them. The caller makes and resets that store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.cases.kind import Case, Suite
from engine.cases.step import RunningCase, TestStep, Unmet
from engine.errors import EngineError, Invalid
from engine.findings import Finding, error, text, under
from engine.identity.organisation import load_organisation
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.testing import FixedClock


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went; without findings it went well."""

    suite: str
    case: str
    seconds: float
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        return {
            "suite": self.suite,
            "case": self.case,
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "findings": [each.as_json() for each in self.findings],
        }


def load_people(runtime: Runtime, clock: FixedClock, suite: Suite) -> None:
    """The departments and users of a suite, before its app is published."""
    clock.set(suite.at)
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        load_organisation(work, suite.people)


def run_suite(
    runtime: Runtime,
    clock: FixedClock,
    app: str,
    suite: Suite,
    *,
    keep: Callable[[], Callable[[], None]],
    until: float,
) -> Iterator[CaseResult]:
    """Run `given` once, then every case from there. `keep` remembers the store and gives what resets it.

    Past the monotonic time `until` the remaining cases fail as not run.
    """
    start = RunningCase(runtime, clock, app)
    clock.set(suite.at)
    broken = _run(start, suite.given, f"/tests/{suite.key}/given")
    reset = keep()
    began = clock.now()
    for case in suite.cases:
        if time.monotonic() > until:
            yield CaseResult(suite.key, case.key, 0.0, (_out_of_time(case),))
            continue
        started = time.monotonic()
        findings = broken or _one(replace(start, names=dict(start.names)), case)
        yield CaseResult(suite.key, case.key, time.monotonic() - started, tuple(findings))
        reset()
        clock.set(began)


def _one(running: RunningCase, case: Case) -> list[Finding]:
    return _run(running, case.steps, f"{case.pointer}/steps")


def _run(running: RunningCase, steps: Sequence[TestStep], pointer: str) -> list[Finding]:
    """Run steps until one does not come out as expected; what is wrong with it."""
    for index, step in enumerate(steps):
        wrong = _step(running, step, f"{pointer}/{index}")
        if wrong:
            return wrong
        Worker(running.runtime).run_due()
    return []


def _step(running: RunningCase, step: TestStep, pointer: str) -> list[Finding]:
    expected = step.params.refused
    try:
        step.run(running)
    except Unmet as unmet:
        return [replace(unmet.as_finding(), pointer=pointer + unmet.pointer)]
    except EngineError as refusal:
        if expected is not None and expected in told(refusal):
            return []
        return _refused(refusal, expected, pointer)
    if expected is not None:
        message = text(
            f"本应以“{expected}”被拒绝，却成功了。",
            f"It should be refused with '{expected}', but it went through.",
        )
        return [error("not_refused", pointer, message)]
    return []


def told(refusal: EngineError) -> set[str]:
    """The codes of a refusal, alone and with the field they point to: `qty:too_much`, `lines.qty:required`."""
    findings = refusal.findings if isinstance(refusal, Invalid) else (refusal.as_finding(),)
    return {refusal.code} | {
        spelled for each in findings for spelled in (each.code, f"{_field(each.pointer)}:{each.code}")
    }


def _field(pointer: str) -> str:
    return ".".join(part for part in pointer.split("/") if part and not part.isdigit())


def _refused(refusal: EngineError, expected: str | None, pointer: str) -> list[Finding]:
    if expected is None:
        message = text("该步骤被拒绝。", "The step was refused.")
    else:
        message = text(
            f"该步骤被拒绝，但不是因为“{expected}”。", f"The step was refused, but not with '{expected}'."
        )
    findings = refusal.findings if isinstance(refusal, Invalid) else (refusal.as_finding(),)
    return [error("step_refused", pointer, message), *under(pointer, findings)]


def _out_of_time(case: Case) -> Finding:
    message = text("用例总时长已到，未运行。", "The time for all cases was over; it was not run.")
    return error("not_run", case.pointer, message)
