"""Conditions of a branch: what is proven to be covered, and which case is missing."""

from __future__ import annotations

import pytest

from engine.expressions import parse
from flows.coverage import NotComparable, find_gap

STAGES = ("new", "won", "lost")


def gap(*conditions, required=(), options=None):
    return find_gap(
        [parse(each) for each in conditions],
        options=lambda path: (options or {}).get(path[0]),
        never_blank=lambda path: path[0] in required,
    )


@pytest.mark.parametrize(
    "conditions",
    [
        ("amount < 50000", "amount >= 50000"),
        ("amount <= 10", "amount between 10 and 20", "amount > 20"),
        ("amount <> 5", "amount = 5"),
        ("not (amount > 5)", "amount > 5"),
        ("50 > amount", "50 <= amount"),
        ("amount in [1, 2]", "not (amount in [1, 2])"),
        ("amount < -1", "amount >= -1"),
    ],
)
def test_number_ranges_that_meet_cover_everything(conditions):
    assert gap(*conditions, required=("amount",)) is None


def test_the_boundary_that_both_leave_out_is_found():
    found = gap("amount < 50000", "amount > 50000", required=("amount",))
    assert found is not None
    assert found.case == (("amount", "50000"),)


def test_an_empty_value_needs_a_branch_of_its_own():
    assert gap("amount < 5", "amount >= 5") is not None
    assert gap("amount < 5", "amount >= 5", "ISBLANK(amount)") is None


def test_all_options_of_a_choice_cover_it():
    options = {"stage": STAGES}
    assert gap('stage = "new"', 'stage in ["won", "lost"]', required=("stage",), options=options) is None
    found = gap('stage = "new"', 'stage = "won"', required=("stage",), options=options)
    assert found is not None
    assert found.case == (("stage", "lost"),)


def test_two_terms_are_compared_by_their_difference():
    assert gap("a <= b * 2", "a > b * 2", "ISBLANK(a - b * 2)") is None
    assert gap("a <= b * 2", "a > b * 3") is not None


def test_several_fields_are_combined():
    conditions = ('stage = "new"', 'stage <> "new" and amount < 5', 'stage <> "new" and amount >= 5')
    assert gap(*conditions, required=("stage", "amount")) is None


def test_a_constant_true_covers_everything():
    assert gap(True) is None


def test_what_is_not_understood_is_not_proven():
    with pytest.raises(NotComparable):
        gap('STARTSWITH(name, "a")', 'not STARTSWITH(name, "a")')
