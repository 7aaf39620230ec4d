"""Splitting an amount by weights without losing a cent."""

from __future__ import annotations

from collections.abc import Sequence


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Parts of `total` (a scaled integer) in proportion to `weights`, each rounded half up; the last part
    takes the remainder, so that the parts sum up to `total`. Weights of 0 in sum give everything to the last.
    """
    if not weights:
        return []
    whole = sum(weights)
    parts = [_share(total, weight, whole) if whole else 0 for weight in weights[:-1]]
    return [*parts, total - sum(parts)]


def _share(total: int, weight: int, whole: int) -> int:
    doubled = 2 * total * weight
    sign = -1 if (doubled < 0) != (whole < 0) else 1
    return sign * ((abs(doubled) + abs(whole)) // (2 * abs(whole)))
