"""Which part of a JSON condition is wrong: errors of the language name a place in a text, which who sends JSON has
never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.expressions import ExpressionError

GROUPS = ("and", "or")
Judge = Callable[[Any], object]
"""Raises ExpressionError for a condition that is wrong."""


def blamed(condition: Any, judge: Judge, failure: ExpressionError, pointer: str) -> ExpressionError:
    """What `judge` says of the smallest part of a condition that is wrong by itself, with the pointer to it; `failure`
    is what it says of the whole.
    """
    for place, part in _parts(condition):
        try:
            judge(part)
        except ExpressionError as wrong:
            if wrong.code == failure.code:
                return blamed(part, judge, wrong, pointer + place)
    failure.pointer = pointer + _only(condition)
    failure.details.pop("span", None)
    return failure


def _parts(condition: Any) -> Iterator[tuple[str, Any]]:
    """The conditions inside one, with where they stand in it; of what stands there alone nothing, since it is the
    whole.
    """
    if not isinstance(condition, dict):
        return
    if len(condition) > 1:
        yield from (("", {key: value}) for key, value in condition.items())
        return
    for key, value in condition.items():
        if key in GROUPS and isinstance(value, list):
            yield from ((f"/{key}/{index}", each) for index, each in enumerate(value))
        elif key == "not":
            yield "/not", value
        elif isinstance(value, dict) and len(value) > 1:
            yield from (("", {key: {operator: operand}}) for operator, operand in value.items())


def _only(condition: Any) -> str:
    """Where the one comparison of a condition stands in it."""
    if not isinstance(condition, dict) or len(condition) != 1:
        return ""
    ((key, value),) = condition.items()
    if key in GROUPS or key == "not":
        return ""
    place = "/" + _escaped(str(key))
    if key != "expr" and isinstance(value, dict) and len(value) == 1:
        place += "/" + _escaped(str(next(iter(value))))
    return place


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
