"""Random calls of the functions of numbers and choosing."""

from __future__ import annotations

from typing import Any

STEPS = ["1", "0.5", "0.3", "0.000001", "7", "100", "0.05", "999999999999999", "12345.678901"]
DEGREES = ["0", "-0.000001", "31.2304", "89.999999", "90", "-90", "121.4737", "180", "90.000001"]


def stepped(maker: Any, depth: int) -> str:
    number = maker.number(depth)
    step = maker.pick(["", *(f", {each}" for each in STEPS)])
    return f"{maker.pick(['FLOOR', 'CEILING'])}({number}{step})"


def whole(maker: Any, depth: int) -> str:
    return f"{maker.pick(['INT', 'SIGN', 'TRUNC'])}({maker.number(depth)})"


def cut(maker: Any, depth: int) -> str:
    return f"TRUNC({maker.number(depth)}, {maker.random.randint(-4, 6)})"


def clamped(maker: Any, depth: int) -> str:
    return f"CLAMP({maker.number(depth)}, {maker.number(0)}, {maker.number(depth)})"


def plain_number(maker: Any, depth: int) -> str:
    """A number that is no money: of money this is what a quotient of two amounts gives."""
    simple = maker.pick(
        ["qty", "big", "fine"] if maker.row else ["n", "m", "small", "x", "y", "wide", "rate"]
    )
    made = f"ROUND({simple} * {maker.pick(['0.001', '1', '2.5', '0.000001'])}, {maker.random.randint(0, 6)})"
    quotient = f"({simple} / LEN({maker.text(depth)}))"
    return str(maker.pick([simple, simple, made, quotient, f"INT({simple})"]))


def product(maker: Any, depth: int) -> str:
    return f"POWER({plain_number(maker, depth)}, {maker.random.randint(0, 10)})"


def power(maker: Any, depth: int) -> str:
    exponent = maker.pick(
        ["0.5", "-1", "-3", "2.5", "1.000001", "small", "m", "y", "12"] if not maker.row else ["qty"]
    )
    return f"POWER({plain_number(maker, depth)}, {exponent})"


def of_one_number(maker: Any, depth: int) -> str:
    number = plain_number(maker, depth)
    return f"{maker.pick(['SQRT', 'EXP', 'LN', 'LOG10'])}({number})"


def distance(maker: Any, depth: int) -> str:
    degrees = [maker.pick([*DEGREES, maker.number(0)]) for _ in range(4)]
    return f"GEODISTANCE({', '.join(degrees)})"


def switched_number(maker: Any, depth: int) -> str:
    pairs = f"{maker.number(0)}, {maker.number(depth)}, {maker.number(depth)}, {maker.number(0)}"
    return f"SWITCH({maker.number(depth)}, {pairs}{maker.pick(['', f', {maker.number(0)}'])})"


def rescued_number(maker: Any, depth: int) -> str:
    return f"IFERROR({maker.number(depth)}, {maker.number(0)})"


def switched_text(maker: Any, depth: int) -> str:
    stage = "SWITCH(stage, 'won', {}, 'lost', {})" if not maker.row else "SWITCH(gift, true, {}, false, {})"
    texts = f"SWITCH({maker.text(depth)} & '', {maker.text(0)}, {maker.text(depth)}, {maker.text(0)})"
    return str(maker.pick([texts, stage.format(maker.text(0), maker.text(depth))]))


def rescued_text(maker: Any, depth: int) -> str:
    return f"IFERROR(TEXT({maker.number(depth)} / {maker.number(0)}), {maker.text(depth)})"


def capitals(maker: Any, depth: int) -> str:
    return f"RMB_UPPER({maker.number(depth)})"


def odd(maker: Any, depth: int) -> str:
    return f"XOR({maker.bool(depth)}, {maker.bool(0)}{maker.pick(['', f', {maker.bool(depth)}'])})"


def switched_bool(maker: Any, depth: int) -> str:
    return f"SWITCH({maker.date(depth)}, {maker.date(0)}, {maker.bool(depth)}, {maker.bool(0)})"


def rescued_bool(maker: Any, depth: int) -> str:
    return f"IFERROR({maker.number(depth)} < {maker.number(0)}, {maker.bool(0)})"


def clamped_date(maker: Any, depth: int) -> str:
    return f"CLAMP({maker.date(depth)}, {maker.date(0)}, {maker.date(depth)})"


def rescued_date(maker: Any, depth: int) -> str:
    return f"IFERROR({maker.date(depth)}, {maker.date(0)})"


def clamped_moment(maker: Any, depth: int) -> str:
    return f"CLAMP({maker.moment(depth)}, {maker.moment(0)}, {maker.moment(0)})"


def switched_moment(maker: Any, depth: int) -> str:
    return f"SWITCH({maker.number(depth)}, {maker.number(0)}, {maker.moment(depth)}, {maker.moment(0)})"


def clamped_duration(maker: Any, depth: int) -> str:
    return f"CLAMP({maker.duration(depth)}, {maker.duration(0)}, {maker.duration(0)})"


NUMBER = (
    stepped,
    whole,
    cut,
    clamped,
    product,
    power,
    of_one_number,
    distance,
    switched_number,
    rescued_number,
)
TEXT = (switched_text, rescued_text, capitals)
BOOL = (odd, switched_bool, rescued_bool)
DATE = (clamped_date, rescued_date)
MOMENT = (clamped_moment, switched_moment)
DURATION = (clamped_duration,)
