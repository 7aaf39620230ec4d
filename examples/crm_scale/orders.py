"""The scale set of the CRM: orders whose totals are known without running a query.

Order i: customer i mod (N/50), region = customer mod 8, day i mod 1096 after 2023-11-01, three lines
k = 0, 1, 2 with product (i+7k) mod 24, quantity 1+(i+k) mod 9, price 1000+((7919i+104729k) mod 9000) cents;
void if i mod 97 = 0, else a return of the order before (that is not void) if i mod 41 = 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

FIRST_DAY = date(2023, 11, 1)
DAYS, PRODUCTS, REGIONS = 1096, 24, 8


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an order; `price` in cents, `quantity` in whole units."""

    product: int
    quantity: int
    price: int

    @property
    def amount(self) -> int:
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Order:
    """One order; `total` in cents, negative for a return, which names its `origin`."""

    number: int
    kind: str
    status: str
    customer: int
    day: date
    lines: tuple[Line, ...]
    origin: int | None = None

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines) * (-1 if self.kind == "return" else 1)


def customers(orders: int) -> int:
    """How many customers the set has."""
    return orders // 50


def scale_orders(count: int) -> Iterator[Order]:
    """The orders of the set of `count`."""
    wide = customers(count)
    for i in range(count):
        void = i % 97 == 0
        returns = not void and i > 0 and i % 41 == 0
        if returns:
            origin = i - 2 if (i - 1) % 97 == 0 else i - 1
            first = _line(origin, 0)
            lines: tuple[Line, ...] = (Line(first.product, 1, first.price),)
        else:
            origin = i
            lines = tuple(_line(i, k) for k in range(3))
        yield Order(
            i,
            "return" if returns else "standard",
            "void" if void else "completed",
            origin % wide,
            FIRST_DAY + timedelta(days=i % DAYS),
            lines,
            origin if returns else None,
        )


def _line(i: int, k: int) -> Line:
    return Line((i + 7 * k) % PRODUCTS, 1 + (i + k) % 9, 1000 + (i * 7919 + k * 104_729) % 9000)


@dataclass(slots=True)
class Totals:
    """What reports over the set must find; money in cents, void orders left out."""

    standard: int = 0
    returns: int = 0
    void: int = 0
    total: int = 0
    by_region: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(REGIONS), 0))


def totals(count: int) -> Totals:
    """Add up the set of `count` orders."""
    found = Totals()
    for order in scale_orders(count):
        if order.status == "void":
            found.void += 1
            continue
        found.standard += order.kind == "standard"
        found.returns += order.kind == "return"
        found.total += order.total
        found.by_region[order.customer % REGIONS] += order.total
    return found
