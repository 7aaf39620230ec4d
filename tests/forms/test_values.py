"""Reading values: exact numbers, days, moments."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.allocate import allocate
from forms.values import Problem, moment_json, number_text, read_date, read_moment, read_number, read_text

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("raw", "scale", "scaled"),
    [
        ("35.61", 2, 3561),
        ("-0.01", 2, -1),
        (0.1, 2, 10),
        (12, 2, 1200),
        ("1.500", 2, 150),
        ("+7", 0, 7),
        (" 8 ", 4, 80000),
        ("999999999999999.99", 2, 99999999999999999),
        (1e3, 2, 100000),
        ("１２", 2, 1200),
    ],
)
def test_numbers_become_scaled_integers(raw: object, scale: int, scaled: int) -> None:
    assert read_number(raw, scale=scale, digits=18) == scaled


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("1.005", "too_precise"),
        (0.1 + 0.2, "too_precise"),
        ("1e5", "wrong_type"),
        ("", "wrong_type"),
        ("NaN", "wrong_type"),
        (float("inf"), "wrong_type"),
        (True, "wrong_type"),
        ([1], "wrong_type"),
        ("9" * 18, "out_of_range"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(raw: object, code: str) -> None:
    with pytest.raises(Problem) as problem:
        read_number(raw, scale=2, digits=18)
    assert problem.value.code == code
    assert problem.value.message["zh"]
    assert problem.value.message["en"]


@given(
    st.decimals(min_value=0, max_value=10**6, places=3),
    st.integers(0, 4),
    st.sampled_from(["{}", "+{}", "-{}", " {}"]),
)
def test_numbers_are_read_alike_however_they_are_spelled(number: Decimal, scale: int, spelling: str) -> None:
    text = spelling.format(number)
    exact = Decimal(text.strip()).scaleb(scale)
    if exact == exact.to_integral_value():
        assert read_number(text, scale=scale, digits=18) == int(exact)
    else:
        with pytest.raises(Problem):
            read_number(text, scale=scale, digits=18)


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [(3561, 2, "35.61"), (-1, 2, "-0.01"), (0, 4, "0.0000"), (12, 0, "12"), (-150, 2, "-1.50")],
)
def test_numbers_leave_with_all_their_decimals(value: int, scale: int, text: str) -> None:
    assert number_text(value, scale) == text


def test_a_day_is_written_in_one_way_only() -> None:
    assert read_date("2026-03-02") == date(2026, 3, 2)
    for raw in ("03/05/2026", "2026-3-2", "2026-02-30", "20260302", 20260302, "2026-03-02T00:00:00"):
        with pytest.raises(Problem):
            read_date(raw)


def test_a_moment_without_offset_is_local_time() -> None:
    assert read_moment("2026-03-02T10:00", SHANGHAI) == datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert read_moment("2026-03-02T10:00:00+01:00", SHANGHAI) == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert moment_json(datetime(2026, 3, 2, 2, tzinfo=UTC)) == "2026-03-02T02:00:00Z"
    with pytest.raises(Problem):
        read_moment("2026-03-02", SHANGHAI)


def test_text_is_trimmed_and_empty_text_is_no_value() -> None:
    assert read_text("  a b ", max_length=10, multiline=False) == "a b"
    assert read_text("   ", max_length=10, multiline=False) is None
    for raw, code in (
        ("a\x00b", "bad_character"),
        ("a\nb", "bad_character"),
        ("x" * 11, "too_long"),
        (5, "wrong_type"),
    ):
        with pytest.raises(Problem) as problem:
            read_text(raw, max_length=10, multiline=False)
        assert problem.value.code == code


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("\u200b", None),
        ("\u2060\ufeff", None),
        ("\u3164", None),
        ("\u2800 \u00a0", None),
        ("重\u200bx", "重x"),
        ("重\u200dx", "重x"),
        ("重x\u202e", "重x"),
        ("\u202a13800000000\u202c", "13800000000"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\u2764\ufe0f\u200d\U0001f525", "\u2764\ufe0f\u200d\U0001f525"),
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0645\u06cc\u200c\u0631\u0648\u0645"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
    ],
)
def test_one_line_of_text_holds_no_signs_that_nobody_sees(raw: str, stored: str | None) -> None:
    assert read_text(raw, max_length=40, multiline=False) == stored


def test_several_lines_keep_signs_of_format_unless_there_is_nothing_else() -> None:
    assert read_text("a\u200bb\n\u2067c\u2069", max_length=40, multiline=True) == "a\u200bb\n\u2067c\u2069"
    assert read_text("\u200b\n\ufeff", max_length=40, multiline=True) is None


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (8600001, [30, 60, 10], [2580000, 5160001, 860000]),
        (100, [1, 1, 1], [33, 33, 34]),
        (-100, [1, 1, 1], [-33, -33, -34]),
        (5, [0, 0], [0, 5]),
        (5, [], []),
        (1, [1, 1], [1, 0]),
    ],
)
def test_allocation_loses_no_cent(total: int, weights: list[int], parts: list[int]) -> None:
    assert allocate(total, weights) == parts
