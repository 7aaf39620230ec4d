"""Roots, logarithms and powers of scaled integers, exact to 6 decimals.

Each result is found to 60 digits, brought to 30 decimals, then rounded half up to 6. No value whose true
result ends on a half can be mistaken that way, and no binary float is asked. None means no such number, or
one beyond the range of the language.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from math import isqrt

from engine.expressions.types import MAX_SCALE, UNIT_DIGITS

_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[])
_FINE, _RESULT = Decimal(1).scaleb(-30), Decimal(1).scaleb(-MAX_SCALE)
_MOST = Decimal(10) ** UNIT_DIGITS
_EXP_MOST = 40
"""e**40 is beyond the range and e**-40 below half of its last decimal."""


def square_root(value: int, scale: int) -> int | None:
    """The root with 6 decimals; None below zero."""
    if value < 0:
        return None
    square = value * 10 ** (2 * MAX_SCALE - scale)
    root = isqrt(square)
    return root + 1 if square - root * root > root else root


def natural_logarithm(value: int, scale: int) -> int | None:
    """The logarithm to base e; None at zero and below."""
    return _rounded(_EXACT.ln(_decimal(value, scale))) if value > 0 else None


def common_logarithm(value: int, scale: int) -> int | None:
    """The logarithm to base 10; None at zero and below."""
    return _rounded(_EXACT.log10(_decimal(value, scale))) if value > 0 else None


def exponential(value: int, scale: int) -> int | None:
    """e to this power; None beyond the range."""
    power = _decimal(value, scale)
    if power > _EXP_MOST:
        return None
    return 0 if power < -_EXP_MOST else _rounded(_EXACT.exp(power))


def general_power(value: int, scale: int, exponent: int, exponent_scale: int) -> int | None:
    """`value` to any power; None for zero to a negative power, for a root of a number below zero."""
    if exponent == 0:
        return int(10**MAX_SCALE)
    whole, rest = divmod(exponent, 10**exponent_scale)
    if value == 0 or (value < 0 and rest):
        return 0 if value == 0 and exponent > 0 else None
    power = _EXACT.create_decimal(whole) if rest == 0 else _decimal(exponent, exponent_scale)
    size = _rounded(_EXACT.power(_decimal(abs(value), scale), power))
    return -size if size is not None and value < 0 and whole % 2 else size


def _decimal(value: int, scale: int) -> Decimal:
    return Decimal(value).scaleb(-scale, context=_EXACT)


def _rounded(value: Decimal) -> int | None:
    """The value scaled by 10**6."""
    if not value.is_finite() or abs(value) >= _MOST:
        return None
    fine = value.quantize(_FINE, rounding=ROUND_HALF_EVEN, context=_EXACT)
    made = int(fine.quantize(_RESULT, rounding=ROUND_HALF_UP, context=_EXACT).scaleb(MAX_SCALE))
    return made if abs(made) < 10 ** (UNIT_DIGITS + MAX_SCALE) else None
