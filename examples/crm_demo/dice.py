"""Chance that falls the same way on every machine: only `random()` of a seeded generator is used."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

SEED = 20260101
T = TypeVar("T")


class Dice:
    """One stream per purpose, so that a new form does not change the data of the others."""

    def __init__(self, purpose: str) -> None:
        self._random = random.Random(f"{SEED}:{purpose}")  # noqa: S311

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._random.random() < probability

    def number(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.number(0, len(items) - 1)]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of the items, as often as its weight says."""
        left = self._random.random() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order."""
        mixed = list(items)
        for position in range(len(mixed) - 1, 0, -1):
            other = self.number(0, position)
            mixed[position], mixed[other] = mixed[other], mixed[position]
        return mixed

    def digits(self, count: int) -> str:
        """A text of digits."""
        return "".join(str(self.number(0, 9)) for _ in range(count))

    def split(self, total: int, parts: int, *, low: int, high: int) -> list[int]:
        """`parts` whole numbers from low to high whose sum is `total`."""
        counts = [low] * parts
        for _ in range(total - low * parts):
            counts[self.pick([place for place, count in enumerate(counts) if count < high])] += 1
        return counts
