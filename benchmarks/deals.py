"""The rows both stores start with, and the bodies clients send; the same on every run."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import combinations
from typing import Any

OWNER, COLLEAGUE = "bench", "other"
STAGES = ("new", "qualified", "offered", "won", "lost")
TAGS = ("export", "key_account", "partner", "urgent")
TAG_CHOICES = tuple(each for size in (1, 2, 3) for each in combinations(TAGS, size))
START = datetime(2026, 1, 1, 1, tzinfo=UTC)
FIRST_DAY = date(2026, 2, 1)
SEED = 20260302


@dataclass(frozen=True, slots=True)
class Deal:
    """One stored deal. `cents` and `discount` (ten-thousandths of a percent) are scaled integers."""

    number: int
    owner: str
    at: datetime
    name: str
    email: str
    stage: str
    cents: int
    quantity: int
    discount: int
    close_date: date
    next_contact: datetime
    active: bool
    manager: str
    tags: tuple[str, ...]
    note: str


def record_id(number: int) -> str:
    """The id of a deal in Fourfold: a valid UUIDv7, in order of creation."""
    return f"019b7500-0000-7000-8000-{number:012x}"


def mine(count: int) -> list[int]:
    """Numbers of the deals that the caller of the benchmark owns: four of five."""
    return [number for number in range(1, count + 1) if number % 5]


@cache
def deals(count: int) -> tuple[Deal, ...]:
    """`count` deals, numbered from 1; kept, because several stores are filled with them."""
    dice = random.Random(SEED)
    return tuple(_deal(number, dice) for number in range(1, count + 1))


def _deal(number: int, dice: random.Random) -> Deal:
    return Deal(
        number=number,
        owner=OWNER if number % 5 else COLLEAGUE,
        at=START + timedelta(seconds=number),
        name=f"Deal {number} 青禾酿造",
        email=f"buyer{number}@example.com",
        stage=dice.choice(STAGES),
        cents=int(dice.random() * 500_000_00) + 1,
        quantity=int(dice.random() * 500) + 1,
        discount=int(dice.random() * 20) * 5_000,
        close_date=FIRST_DAY + timedelta(days=int(dice.random() * 300)),
        next_contact=START + timedelta(minutes=int(dice.random() * 300_000)),
        active=dice.random() < 0.8,
        manager=COLLEAGUE if dice.random() < 0.5 else OWNER,
        tags=dice.choice(TAG_CHOICES),
        note="Wants samples first. " * (1 + int(dice.random() * 5)),
    )


def body(number: int) -> dict[str, Any]:
    """A new deal as a client sends it; `discount` is left to the server."""
    return {
        "name": f"New deal {number} 青禾酿造",
        "email": f"client{number}@example.com",
        "stage": STAGES[number % len(STAGES)],
        "amount": f"{number % 400_000}.{number % 100:02d}",
        "quantity": 10 + number % 90,
        "close_date": "2026-09-30",
        "next_contact": "2026-03-02T09:30:00+08:00",
        "active": True,
        "manager": COLLEAGUE,
        "tags": ["export", "key_account"],
        "note": "Called back, wants an offer by the end of the week.",
    }
