"""Numbers, powers, capital amounts and places: exact, bounded, and refused where they mean nothing."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import acos, cos, isqrt, radians, sin
from random import Random

import pytest

from engine.expressions import ExpressionError, Scope, check
from engine.expressions import decimals as d
from engine.expressions import types as t
from engine.expressions.functions.places import RADIUS, metres_between
from engine.expressions.functions.rmb import DIGITS, capital_amount
from engine.expressions.types import MAX_SCALE, UNIT_DIGITS
from tests.engine.expressions.world import DEAL, FORMS, SCOPE, FakeShape, environment, record_of

REFUSED = [
    ("SWITCH(n, 1)", "wrong_arguments", "SWITCH(value, key, result"),
    ("SWITCH(n, null, 1, 2)", "null_comparison", "ISBLANK"),
    ('SWITCH(name, "", 1, 2)', "null_comparison", "ISBLANK"),
    ('SWITCH(stage, "wno", 1)', "unknown_option", "'won'"),
    ('SWITCH(n, "a", 1)', "type_mismatch", ""),
    ('SWITCH(n, 1, 2, 3, "a")', "type_mismatch", ""),
    ('SWITCH(tags, "vip", 1)', "type_mismatch", "HAS"),
    ("XOR(flag)", "wrong_arguments", "XOR(condition"),
    ("XOR(flag, n)", "type_mismatch", ""),
    ("IFERROR(n)", "wrong_arguments", "IFERROR(value, otherwise)"),
    ('IFERROR(n / m, "-")', "type_mismatch", ""),
    ("FLOOR(name)", "type_mismatch", ""),
    ("FLOOR(n, m)", "constant_needed", "ROUNDDOWN(x / step) * step"),
    ("FLOOR(n, 0)", "constant_needed", ""),
    ("CEILING(n, -1)", "constant_needed", ""),
    ("CEILING(n, null)", "constant_needed", ""),
    ("INT(n, 2)", "wrong_arguments", "INT(number)"),
    ("TRUNC(x, m)", "constant_needed", ""),
    ("SIGN(d)", "type_mismatch", ""),
    ("CLAMP(n, 1)", "wrong_arguments", "CLAMP(value, low, high)"),
    ('CLAMP(name, "a", "b")', "type_mismatch", ""),
    ("CLAMP(dollars, yuan, 1)", "currency_mismatch", ""),
    ("CLAMP(d, 1, 2)", "type_mismatch", ""),
    ("POWER(amount, 2)", "type_mismatch", ""),
    ("POWER(2, amount)", "type_mismatch", ""),
    ("POWER(2)", "wrong_arguments", "POWER(number, power)"),
    ("SQRT(name)", "type_mismatch", ""),
    ("EXP(amount)", "type_mismatch", ""),
    ("RMB_UPPER(dollars)", "currency_mismatch", "rate"),
    ("RMB_UPPER(name)", "type_mismatch", ""),
    ("GEODISTANCE(n, m)", "type_mismatch", ""),
    ("GEODISTANCE(n, m, n)", "wrong_arguments", ""),
    ("GEODISTANCE(n, m, n, name)", "type_mismatch", ""),
]


@pytest.mark.parametrize(("source", "code", "advice"), REFUSED)
def test_a_mistake_is_refused_with_advice(source: str, code: str, advice: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(source, SCOPE)
    assert caught.value.code == code
    assert advice in (caught.value.suggestion or {"en": ""})["en"]


def test_advice_to_round_is_given_only_where_a_whole_number_is_wanted() -> None:
    for source in ("POWER(amount, 2)", "LEN(x)", "GEODISTANCE(x, y)"):
        with pytest.raises(ExpressionError) as caught:
            check(source, SCOPE)
        assert caught.value.suggestion is None


TYPED = [
    ("FLOOR(amount, 100)", "money", 14, 0),
    ("FLOOR(y, 0.25)", "number", 9, 2),
    ("CEILING(n)", "number", 15, 0),
    ("INT(x)", "number", 13, 0),
    ("SIGN(amount)", "number", 1, 0),
    ("CLAMP(wide, 0, 100)", "number", 9, 6),
    ("POWER(small, 2)", "number", 8, 0),
    ("POWER(y, 2)", "number", 18, 6),
    ("POWER(rate, 3)", "number", 21, 6),
    ("POWER(n, 0.5)", "number", 21, 6),
    ("SQRT(amount)", "number", 14, 6),
    ("IFERROR(n / m, 0)", "number", 21, 6),
    ("SWITCH(n, 1, amount, 0)", "money", 15, 2),
    ("GEODISTANCE(0, 0, 1, 1)", "number", 8, 0),
]


@pytest.mark.parametrize(("source", "kind", "digits", "scale"), TYPED)
def test_digits_and_scale_of_results_are_tracked(source: str, kind: str, digits: int, scale: int) -> None:
    found = check(source, SCOPE).type
    assert (found.kind, found.digits, found.scale) == (kind, digits, scale)


@pytest.mark.parametrize(
    "source", ["POWER(n, m)", "POWER(x, -1)", "POWER(n, 11)", "POWER(x, 4)", "SQRT(n)", "EXP(n)"]
)
def test_what_only_memory_computes_is_refused_where_sql_is_needed(source: str) -> None:
    assert not check(source, SCOPE).pushable


@pytest.mark.parametrize("source", ["POWER(n, 10)", "POWER(x, 3)", "POWER(rate, 4.0)", "IFERROR(n / m, 0)"])
def test_small_fixed_powers_are_pushed(source: str) -> None:
    assert check(source, SCOPE).pushable


def test_a_result_too_large_for_its_field_is_a_failure_too() -> None:
    checked = check("IFERROR(n * 10, 7)", SCOPE, expect=t.number(3, 0))
    assert checked.evaluate(record_of({"n": 99}), environment()) == 990
    assert checked.evaluate(record_of({"n": 100}), environment()) == 7
    assert checked.evaluate(record_of({}), environment()) is None


def test_a_bounded_value_fits_the_field_its_bounds_fit() -> None:
    checked = check("CLAMP(n, 0, 100)", SCOPE, expect=t.number(3, 0))
    assert checked.evaluate(record_of({"n": 5_000}), environment()) == 100


def half_up(value: Fraction) -> int:
    """The fraction scaled by 10**6."""
    scaled = abs(value) * 10**MAX_SCALE
    size = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return size if value >= 0 else -size


def test_whole_powers_agree_with_fractions() -> None:
    random = Random(7)
    for _ in range(3_000):
        scale, power = random.randint(0, 6), random.randint(-12, 12)
        value = random.randint(-(10 ** random.randint(1, 8)), 10 ** random.randint(1, 8))
        if value == 0 and power <= 0:
            continue
        wanted = half_up(Fraction(value, 10**scale) ** power)
        given = d.general_power(value, scale, power * 10**scale, scale)
        assert given == (wanted if abs(wanted) < 10 ** (UNIT_DIGITS + MAX_SCALE) else None), (
            value,
            scale,
            power,
        )


def test_a_half_at_the_end_is_rounded_up_though_it_comes_from_a_root() -> None:
    # 0.25 ** 3.5 is 0.0078125 exactly, which logarithms only come near.
    assert d.general_power(25, 2, 35, 1) == 7_813
    assert d.general_power(625, 4, 35, 1) == half_up(Fraction(1, 4) ** 7)


def test_roots_are_the_nearest_numbers_of_six_decimals() -> None:
    random = Random(8)
    for _ in range(3_000):
        scale = random.randint(0, 6)
        value = random.randint(0, 10 ** random.randint(1, 15 + scale))
        root = d.square_root(value, scale)
        assert root is not None
        square = Fraction(value, 10**scale) * 10 ** (2 * MAX_SCALE)
        assert Fraction(2 * root - 1, 2) ** 2 <= square or root == 0
        assert square < Fraction(2 * root + 1, 2) ** 2
        assert root in {isqrt(int(square)), isqrt(int(square)) + 1}


def test_logarithms_and_exponentials_agree_with_more_digits() -> None:
    exact, random = Context(prec=200), Random(9)
    for _ in range(300):
        value = random.randint(1, 10 ** random.randint(1, 21))
        number = Decimal(value).scaleb(-6, context=exact)
        for given, wanted in (
            (d.natural_logarithm(value, 6), exact.ln(number)),
            (d.common_logarithm(value, 6), exact.log10(number)),
        ):
            assert given == int((wanted * 10**6).to_integral_value(ROUND_HALF_UP, exact))
        power = random.randint(-15_000_000, 34_000_000)
        wanted = exact.exp(Decimal(power).scaleb(-6, context=exact)) * 10**6
        assert d.exponential(power, 6) == int(wanted.to_integral_value(ROUND_HALF_UP, exact))


def test_powers_of_any_size_end_at_once() -> None:
    most = 10**21 - 1
    for value in (most, -most, 1, -1, 999_999, 1_000_001, 10**6):
        for exponent in (most, -most, 1, 500_000, -500_000, 10**20 + 1):
            found = d.general_power(value, 6, exponent, 6)
            assert found is None or abs(found) <= most


def read_back(words: str) -> int:
    """The fen of a capital amount, by reading it as a person does."""
    sign, words = (-1, words[1:]) if words.startswith("负") else (1, words)
    yuan, _, rest = words.rpartition("元")
    total, below_yi, section, digit = 0, 0, 0, 0
    for letter in yuan:
        if letter in DIGITS:
            digit = DIGITS.index(letter)
        elif letter in "拾佰仟":
            section, digit = section + digit * 10 ** ("拾佰仟".index(letter) + 1), 0
        elif letter == "万":
            below_yi, section, digit = (section + digit) * 10_000, 0, 0
        else:
            total, below_yi, section, digit = (below_yi + section + digit) * 10**8, 0, 0, 0
    fen = (total + below_yi + section + digit) * 100
    for unit, worth in (("角", 10), ("分", 1)):
        if unit in rest:
            fen += DIGITS.index(rest[rest.index(unit) - 1]) * worth
    return sign * fen


def test_a_capital_amount_reads_back_as_the_amount() -> None:
    random = Random(10)
    amounts = {random.randint(0, 10 ** random.randint(1, 17)) for _ in range(5_000)}
    amounts |= {
        10**size * digit + more for size in range(17) for digit in (1, 9) for more in (0, 1, 5, 10, 50)
    }
    for fen in amounts:
        words = capital_amount(fen)
        assert read_back(words) == fen, (fen, words)
        assert "零零" not in words
        assert not any(f"零{unit}" in words for unit in "拾佰仟万亿角分"), (fen, words)
        assert words.endswith("元整") == (fen % 100 == 0)
        assert fen == 0 or capital_amount(-fen) == f"负{words}"


def test_two_amounts_are_never_written_alike() -> None:
    assert len({capital_amount(fen) for fen in range(200_000)}) == 200_000


def test_distances_agree_with_the_law_of_cosines() -> None:
    random = Random(11)
    for _ in range(2_000):
        start, end = (
            (random.randint(-90_000_000, 90_000_000), random.randint(-180_000_000, 180_000_000))
            for _ in range(2)
        )
        lat1, lng1, lat2, lng2 = (radians(degrees / 10**6) for degrees in (*start, *end))
        angle = acos(min(1, max(-1, sin(lat1) * sin(lat2) + cos(lat1) * cos(lat2) * cos(lng2 - lng1))))
        found = metres_between(start, end)
        assert found is not None
        assert found == metres_between(end, start)
        assert abs(found - RADIUS * angle) < 1
        assert found < 10**8


def test_places_are_a_type_of_their_own() -> None:
    shape = FakeShape("visit", {**DEAL.fields, "here": t.GEO, "there": t.GEO})
    scope = Scope(shape, FORMS.get)
    checked = check("GEODISTANCE(here, there) > 200", scope)
    shanghai, beijing = (31_230_400, 121_473_700), (39_904_200, 116_407_400)
    assert checked.evaluate({"here": shanghai, "there": beijing}, environment()) is True
    assert checked.evaluate({"here": shanghai, "there": shanghai}, environment()) is False
    assert checked.evaluate({"here": shanghai, "there": None}, environment()) is None
    assert checked.not_pushable == ("GEODISTANCE", "here", "there")
    assert check("ISBLANK(here)", scope).pushable
    assert check("ISBLANK(COALESCE(here, there)) or here = there", scope).not_pushable == ("here", "there")
    for source in (
        "here > there",
        "here + 1",
        "GEODISTANCE(here, 1, 2, 3)",
        "GEODISTANCE(here, name)",
        "here & 'a'",
    ):
        with pytest.raises(ExpressionError) as caught:
            check(source, scope)
        assert caught.value.code == "type_mismatch"
