"""Whole rows as JSON, told in few steps: all values are taken at once, then those that change are put right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from forms.codec import Write
from forms.compiled import Field

Tell = Callable[[Mapping[str, Any]], dict[str, Any]]


def told(fields: Iterable[Field], way: Callable[[Field], Write | None]) -> Tell:
    """What makes a dict of these fields out of a record; `way` gives how a value that is there is written
    (None: it passes as it is).
    """
    return tell([(field.key, way(field)) for field in fields])


def tell(writes: Sequence[tuple[str, Write | None]]) -> Tell:
    """As `told`, for keys with how their values are written."""
    keys = [key for key, _ in writes]
    changing = [(key, write) for key, write in writes if write is not None]
    take = taking(keys)

    def whole(record: Mapping[str, Any]) -> dict[str, Any]:
        answer = dict(zip(keys, take(record), strict=True))
        for key, write in changing:
            if (value := answer[key]) is not None:
                answer[key] = write(value)
        return answer

    return whole


def taking(keys: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes the values of all these keys out of a record."""
    if len(keys) < 2:
        return lambda record: tuple([record[key] for key in keys])
    return itemgetter(*keys)
