"""Expressions in memory against other languages for Python, and what it takes to check them."""

from __future__ import annotations

import gc
import os
import statistics
import time
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from api.boot import BUILT_INS
from benchmarks import orders
from benchmarks.languages import OTHERS, Answers, Language, Ours
from benchmarks.progress import say
from engine.definitions.app import CompiledApp
from engine.definitions.check import check_app
from engine.expressions import Env
from engine.registry import Registry, fill
from forms.compiled import compiled_form

TASKS = ("condition", "formula")
BARS = {
    "condition": {"zen": 4.0, "zen_json": 4.0, "simpleeval": 4.0},
    "formula": {"zen": 3.0, "zen_json": 3.0, "simpleeval": 3.0},
    "check": {"condition_ms": 1.0},
}
"""Times as fast as each of these; milliseconds at most for checking and compiling."""

Figures = dict[str, Any]
"""task -> "fields_12" or "fields_60" -> {"us": by language, "ratio": by other language}; "check"; "form"."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: rounds per figure, of so many milliseconds for each language; records in turn."""

    rounds: int = 25
    milliseconds: float = 12.0
    records: int = 64
    checks: int = 301
    apps: int = 9


FULL = Size()
QUICK = Size(rounds=7, milliseconds=4.0, checks=51, apps=3)


class NotTheSame(Exception):
    """A language gives another answer, so comparing times says nothing."""


def run(*, quick: bool = False) -> dict[str, Any]:
    """The report of this benchmark."""
    busy = round(os.getloadavg()[0], 1)
    figures = measure(QUICK if quick else FULL)
    return {
        "bench": "expressions",
        "load_before": busy,
        "figures": figures,
        "bars": BARS,
        "holds": holds(figures),
    }


def measure(size: Size) -> Figures:
    """All figures, one after the other; everything in this process."""
    registries = fill(BUILT_INS)
    forms = _app({f"order{width}": orders.form(width) for width in orders.WIDTHS}, registries)
    env = Env(datetime(2026, 3, 2, 2, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    figures: Figures = {task: {} for task in TASKS}
    for width in orders.WIDTHS:
        ours = Ours(compiled_form(forms, f"order{width}"), env)
        asked = orders.orders(size.records, width)
        require_null_rule(ours, asked)
        for task in TASKS:
            cell = _cell(ours, task, asked, size)
            figures[task][f"fields_{width}"] = cell
            others = "  ".join(f"{name} x{ratio:.1f}" for name, ratio in cell["ratio"].items())
            say(f"{task} on {width} fields: {cell['us']['ours']:.3f} us  {others}")
    figures["check"] = {f"{task}_ms": _check_ms(ours, task, size) for task in TASKS}
    figures["form"] = _form(registries, size)
    say(f"check and compile {figures['check']}  form of 60 fields {figures['form']}")
    return figures


def holds(figures: Figures) -> bool:
    """Whether every ratio reaches its bar and checking keeps below its own."""
    fast = all(
        cell["ratio"][name] >= bar
        for task in TASKS
        for cell in figures[task].values()
        for name, bar in BARS[task].items()
    )
    return fast and all(figures["check"][name] < bar for name, bar in BARS["check"].items())


def _cell(ours: Ours, task: str, asked: list[orders.Order], size: Size) -> dict[str, dict[str, float]]:
    """Medians over rounds in which all languages take turns; who begins changes from round to round."""
    runs: dict[str, Callable[[], float]] = {}
    for language in (ours, *(each() for each in OTHERS)):
        answers: Answers = getattr(language, task)()
        records = [language.record(order) for order in asked]
        require_answers(language, task, asked, answers(records))
        if task == "condition":
            # All parts are looked at; where one fails early, what others pay for each call would decide alone.
            records = [
                each for each, order in zip(records, asked, strict=True) if orders.exact_condition(order)
            ]
        runs[language.name] = _timing(answers, records, size.milliseconds)
    times: dict[str, list[float]] = {name: [] for name in runs}
    gc.collect()
    gc.disable()
    try:
        for number in range(size.rounds):
            for name in list(runs)[:: -1 if number % 2 else 1]:
                times[name].append(runs[name]())
    finally:
        gc.enable()
    medians = {name: statistics.median(each) for name, each in times.items()}
    ratios = {name: round(us / medians["ours"], 2) for name, us in medians.items() if name != "ours"}
    return {"us": {name: round(us, 3) for name, us in medians.items()}, "ratio": ratios}


def _timing(answers: Answers, records: list[Any], milliseconds: float) -> Callable[[], float]:
    """A function that asks for about so long and gives the processor time per answer in microseconds."""

    def once(turns: int) -> float:
        begun = time.process_time_ns()
        for _ in range(turns):
            answers(records)
        return (time.process_time_ns() - begun) / (turns * len(records) * 1000)

    turns = max(round(milliseconds * 1000 / (once(3) * len(records))), 1)
    return lambda: once(turns)


def require_answers(language: Language, task: str, asked: list[orders.Order], given: list[Any]) -> None:
    """The answers are those computed by hand, to the cent. Raises NotTheSame."""
    for order, answer in zip(asked, given, strict=True):
        right = orders.exact_condition(order) if task == "condition" else orders.exact_formula(order)
        if (answer if task == "condition" else language.amount(answer)) != right:
            raise NotTheSame(f"{language.name}, {task}: {answer} instead of {right} for {order}")


def require_null_rule(ours: Ours, asked: list[orders.Order]) -> None:
    """What is timed keeps the rule for null: without a field it reads, no condition holds and no sum comes out.

    Raises NotTheSame.
    """
    condition, formula = ours.condition(), ours.formula()
    reduced = [order for order in asked if order["qty"] * order["price"] > 10_000]
    for key in orders.READ:
        empty = [{**ours.record(order), key: None} for order in reduced]
        if key in {"amount", "stage", "region"} and any(condition(empty)):
            raise NotTheSame(f"the condition holds without {key}")
        if key not in {"amount", "stage", "region"} and any(each is not None for each in formula(empty)):
            raise NotTheSame(f"there is a sum without {key}")


def _check_ms(ours: Ours, task: str, size: Size) -> float:
    """Processor time from the text to the first answer: read, prove, generate, compile, run; the median."""
    source = orders.CONDITION if task == "condition" else orders.FORMULA
    record = ours.record(orders.orders(1, min(orders.WIDTHS))[0])
    times = []
    for _ in range(size.checks):
        begun = time.process_time_ns()
        checked = ours.checked(source)
        (checked.holds if task == "condition" else checked.evaluate)(record, ours.env)
        times.append((time.process_time_ns() - begun) / 1_000_000)
    return round(statistics.median(times), 3)


def _form(registries: Mapping[str, Registry], size: Size) -> dict[str, float]:
    """Checking a form of 60 fields as publishing does, without expressions and with forty."""
    plain, busy = {"order60": orders.form(60)}, {"order60": orders.busy_form()}
    times: dict[str, list[float]] = {"plain": [], "busy": []}
    for _ in range(size.apps):
        for name, documents in (("plain", plain), ("busy", busy)):
            begun = time.process_time_ns()
            _app(documents, registries)
            times[name].append((time.process_time_ns() - begun) / 1_000_000)
    medians = {name: statistics.median(each) for name, each in times.items()}
    return {
        "check_ms": round(medians["busy"], 2),
        "without_expressions_ms": round(medians["plain"], 2),
        "expression_ms": round((medians["busy"] - medians["plain"]) / orders.EXPRESSIONS, 3),
        "expression_kb": round((_size(busy, registries) - _size(plain, registries)) / orders.EXPRESSIONS, 1),
    }


def _size(documents: dict[str, Any], registries: Mapping[str, Registry]) -> float:
    """Kilobytes that stay in memory for a checked app."""
    gc.collect()
    tracemalloc.start()
    try:
        app = _app(documents, registries)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert app.kind("form")
    return kept / 1024


def _app(forms: dict[str, Any], registries: Mapping[str, Registry]) -> CompiledApp:
    settings = {"key": "bench", "label": {"zh": "基准测试", "en": "Benchmark"}}
    checked = check_app({"app": {"app": settings}, "form": forms}, registries)
    if checked.app is None:
        raise NotTheSame(f"the forms are refused: {checked.findings}")
    return checked.app
