"""The expressions benchmark: its answers are compared before anything is timed, and one miss is a miss."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from benchmarks import expressions, orders
from benchmarks.expressions import NotTheSame, Size, holds, measure, require_answers
from benchmarks.languages import OTHERS, SimpleEval, Zen

TINY = Size(rounds=2, milliseconds=0.2, records=16, checks=3, apps=1)


@pytest.fixture(scope="module")
def figures() -> expressions.Figures:
    return measure(TINY)


def test_every_language_has_a_figure_on_both_widths(figures: expressions.Figures) -> None:
    for task in expressions.TASKS:
        assert set(figures[task]) == {"fields_12", "fields_60"}
        for cell in figures[task].values():
            assert set(cell["us"]) == {"ours", *(each.name for each in OTHERS)}
            assert set(cell["ratio"]) == set(cell["us"]) - {"ours"}
            assert min(cell["us"].values()) > 0
    assert figures["check"]["condition_ms"] > 0
    assert figures["form"]["check_ms"] > figures["form"]["without_expressions_ms"] > 0


def passing() -> expressions.Figures:
    cell = {"ratio": {"zen": 4.0, "zen_json": 4.0, "simpleeval": 4.0, "cel": 0.5}}
    tasks = {task: {"fields_12": copy.deepcopy(cell)} for task in expressions.TASKS}
    return {**tasks, "check": {"condition_ms": 0.99}}


@pytest.mark.parametrize(
    ("task", "name", "ratio"), [("condition", "zen", 3.99), ("formula", "simpleeval", 2.99)]
)
def test_one_ratio_below_its_bar_is_enough_to_miss(task: str, name: str, ratio: float) -> None:
    found = passing()
    assert holds(found)

    found[task]["fields_12"]["ratio"][name] = ratio

    assert not holds(found)


def test_checking_too_slowly_is_a_miss() -> None:
    assert not holds({**passing(), "check": {"condition_ms": 1.0}})


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("task", expressions.TASKS)
def test_another_language_agrees_to_the_cent(language, task: str) -> None:
    subject, asked = language(), orders.orders(200, 12)
    given = getattr(subject, task)()([subject.record(order) for order in asked])

    require_answers(subject, task, asked, given)


def test_a_wrong_cent_is_noticed() -> None:
    asked = orders.orders(1, 12)

    with pytest.raises(NotTheSame):
        require_answers(Zen(), "formula", asked, [float(orders.exact_formula(asked[0])) + 0.01])


def test_orders_are_the_same_on_every_run_and_of_the_width_asked_for() -> None:
    assert orders.orders(20, 60) == orders.orders(20, 60)
    assert {len(order) for order in orders.orders(20, 60)} == {60}
    assert len(orders.form(60)["fields"]) == 60


def test_orders_leave_no_half_cents_and_fulfil_the_condition_often_enough() -> None:
    found = orders.orders(200, 12)

    assert all(orders.exact_total(order) % Decimal("0.01") != Decimal("0.005") for order in found)
    assert 40 < sum(orders.exact_condition(order) for order in found) < 160


def test_the_busy_form_has_as_many_expressions_as_it_says() -> None:
    form = orders.busy_form()
    written = [field[key] for field in form["fields"] for key in ("expr", "visible") if key in field]

    assert len(written) + len(form["validations"]) == orders.EXPRESSIONS


def test_the_formula_is_timed_on_reduced_and_unreduced_orders() -> None:
    found = orders.orders(64, 12)

    assert 0 < sum(order["qty"] * order["price"] > 10_000 for order in found) < len(found)
    assert SimpleEval().record(found[0])["start"] == found[0]["start"]
