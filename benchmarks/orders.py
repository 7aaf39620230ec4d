"""The orders that expressions are asked about, and the form they are records of; the same on every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Order = dict[str, Any]
"""Field -> value as Python has it: Decimal, int, str, date, bool. Every language gets its own form of it."""

CONDITION = 'amount > 50000 and stage = "won" and region in ["east", "north", "west"]'
FORMULA = (
    "ROUND(IF(qty * price > 10000, qty * price * (1 - discount / 100), qty * price)"
    ' + DATEDIFF("day", start, close) * 2, 2)'
)
READ = ("amount", "stage", "region", "qty", "price", "discount", "start", "close")
"""The fields these two read; all the others only travel with the record."""
WIDTHS = (12, 60)
STAGES = ("won", "won", "won", "open", "lost")
OTHERS = ("text", "money", "bool", "text", "int", "date")
"""The types of the other fields, in turn."""
REGIONS = ("east", "north", "west", "south")
CENT = Decimal("0.01")
EXPRESSIONS = 40
"""How many `busy_form` has."""
FIRST_DAY = date(2026, 1, 1)
SEED = 20260302


def orders(count: int, width: int) -> list[Order]:
    """`count` orders of `width` fields, none empty, because the other languages have no rule for null.

    Nor does a sum end in exactly half a cent, which binary fractions round as they please.
    """
    dice = random.Random(SEED)
    found: list[Order] = []
    while len(found) < count:
        order = _order(dice, width)
        if exact_total(order) % CENT != CENT / 2:
            found.append(order)
    return found


def _order(dice: random.Random, width: int) -> Order:
    start = FIRST_DAY + timedelta(days=dice.randrange(300))
    made: Order = {
        "amount": Decimal(dice.randrange(1_000_000, 20_000_000)) * CENT,
        "stage": dice.choice(STAGES),
        "region": dice.choice(REGIONS),
        "qty": dice.randrange(1, 40),
        "price": Decimal(dice.randrange(100, 200_000)) * CENT,
        "discount": Decimal(dice.randrange(60)) / 2,
        "start": start,
        "close": start + timedelta(days=dice.randrange(120)),
    }
    for number, key in enumerate(_other_keys(width)):
        made[key] = _other_value(dice, number)
    return made


def _other_keys(width: int) -> Iterator[str]:
    return (f"other{number}" for number in range(1, width - len(READ) + 1))


def _other_value(dice: random.Random, number: int) -> Any:
    match OTHERS[number % len(OTHERS)]:
        case "text":
            return f"青禾酿造 order {dice.randrange(100_000)}"
        case "money":
            return Decimal(dice.randrange(10_000_000)) * CENT
        case "bool":
            return dice.random() < 0.5
        case "int":
            return dice.randrange(1000)
        case _:
            return FIRST_DAY + timedelta(days=dice.randrange(300))


def exact_condition(order: Order) -> bool:
    """What CONDITION means, by hand."""
    return order["amount"] > 50_000 and order["stage"] == "won" and order["region"] in REGIONS[:3]


def exact_total(order: Order) -> Decimal:
    """The sum inside FORMULA before it is rounded, by hand."""
    base = order["qty"] * order["price"]
    reduced = base * (1 - order["discount"] / 100) if base > 10_000 else base
    return Decimal(reduced + (order["close"] - order["start"]).days * 2)


def exact_formula(order: Order) -> Decimal:
    """What FORMULA means, by hand."""
    return exact_total(order).quantize(CENT, ROUND_HALF_UP)


def form(width: int) -> dict[str, Any]:
    """The form of orders with `width` fields, as a document."""
    kinds: dict[str, dict[str, Any]] = {
        "amount": {"type": "money"},
        "stage": _select("stage", sorted(set(STAGES))),
        "region": _select("region", REGIONS),
        "qty": {"type": "int"},
        "price": {"type": "money"},
        "discount": {"type": "percent"},
        "start": {"type": "date"},
        "close": {"type": "date"},
    }
    kinds |= {key: {"type": OTHERS[number % len(OTHERS)]} for number, key in enumerate(_other_keys(width))}
    fields = [{"key": key, "label": _label(key), **kind} for key, kind in kinds.items()]
    return {"key": f"order{width}", "label": _label("order"), "fields": fields}


def busy_form() -> dict[str, Any]:
    """The wide form with forty expressions: formulas, validations, conditions on fields."""
    made = form(max(WIDTHS))
    formulas = (FORMULA, "qty * price", "ROUND(amount / (qty + 1), 2)", 'IF(stage = "won", amount, 0)')
    conditions = (
        CONDITION,
        "discount <= 30 or amount > 100000",
        "ISBLANK(close) or close >= start",
        'stage in ["won", "open"] and not ISBLANK(region)',
        "qty * price <= amount * 2",
    )
    fields = made["fields"]
    for number, field in enumerate(fields[-10:]):
        field |= {"type": "formula", "expr": formulas[number % len(formulas)], "result": {"type": "money"}}
    for number, field in enumerate(fields[len(READ) : len(READ) + 20]):
        field["visible"] = conditions[number % len(conditions)]
    made["validations"] = [
        {"expr": conditions[number % len(conditions)], "message": _label(f"rule {number}")}
        for number in range(10)
    ]
    return made


def _select(key: str, options: Any) -> dict[str, Any]:
    return {
        "type": "select",
        "label": _label(key),
        "options": [{"key": each, "label": _label(each)} for each in options],
    }


def _label(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}
