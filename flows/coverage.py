"""Do the conditions of a branch cover every record? A proof over the values where they can change.

Every compared term is taken as free of the others: a proof therefore holds, while a gap may be one that
never occurs. Comparisons with an empty value do not hold, so a term that may be empty needs a branch too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise, product
from math import prod
from typing import Any

from engine.expressions.tree import Boolean, Call, Items, Name, Null, Number, Operation, Text, Tree

LIMIT = 5_000
COMPARISONS = {"=", "<>", "<", "<=", ">", ">="}
FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
BLANK = None
OTHER = "\0other"


@dataclass(frozen=True, slots=True)
class Gap:
    """A case that no condition holds for, in words: (term, value) pairs."""

    case: tuple[tuple[str, str], ...]


class NotComparable(Exception):
    """The conditions use something this proof does not understand."""


Value = Any
Truth = bool | None
Facts = Mapping[Tree, Value]
Knows = Callable[[tuple[str, ...]], Sequence[str] | None]


def find_gap(
    conditions: Iterable[Tree], *, options: Knows, never_blank: Callable[[tuple[str, ...]], bool]
) -> Gap | None:
    """A case without a branch, or None when the conditions cover everything.

    `options(path)` gives the keys of a choice field, `never_blank(path)` whether a field always has a
    value. Raises NotComparable when neither can be shown.
    """
    trees = list(conditions)
    points: dict[Tree, set[Value]] = {}
    for tree in trees:
        _collect(tree, points)
    domains = {term: _domain(term, values, options, never_blank) for term, values in points.items()}
    if prod(len(domain) for domain in domains.values()) > LIMIT:
        raise NotComparable
    for chosen in product(*domains.values()):
        facts = dict(zip(domains, chosen, strict=True))
        if not any(_truth(tree, facts) for tree in trees):
            return Gap(tuple((_words(term), _value_words(value)) for term, value in facts.items()))
    return None


def _collect(tree: Tree, points: dict[Tree, set[Value]]) -> None:
    match tree:
        case Boolean():
            return
        case Name():
            points.setdefault(tree, set()).update({True, False})
        case Operation(operator="and" | "or" | "not", operands=parts):
            for part in parts:
                _collect(part, points)
        case Operation(operator=operator, operands=(left, right)) if operator in COMPARISONS:
            term, _, value = _oriented(operator, left, right)
            points.setdefault(term, set()).add(value)
        case Operation(operator="in", operands=(term, Items(items=items))):
            points.setdefault(term, set()).update(_constant(item) for item in items)
        case Operation(operator="between", operands=(term, low, high)):
            points.setdefault(term, set()).update({_constant(low), _constant(high)})
        case Call(function="ISBLANK", arguments=(term,)):
            points.setdefault(term, set())
        case _:
            raise NotComparable


def _oriented(operator: str, left: Tree, right: Tree) -> tuple[Tree, str, Value]:
    """The comparison as (term, operator, constant); two terms are compared by their difference."""
    if _is_constant(right):
        return left, operator, _constant(right)
    if _is_constant(left):
        return right, FLIPPED[operator], _constant(left)
    if repr(left) <= repr(right):
        return Operation("-", (left, right)), operator, 0
    return Operation("-", (right, left)), FLIPPED[operator], 0


def _is_constant(tree: Tree) -> bool:
    return isinstance(tree, Number | Text | Boolean) or (
        isinstance(tree, Operation) and tree.operator == "neg" and _is_constant(tree.operands[0])
    )


def _constant(tree: Tree) -> Value:
    match tree:
        case Number(value=value, scale=scale):
            return value * 10 ** (12 - scale)
        case Text(value=word) | Boolean(value=word):
            return word
        case Operation(operator="neg", operands=(inner,)):
            return -_constant(inner)
        case _:
            raise NotComparable


def _domain(
    term: Tree, values: set[Value], options: Knows, never_blank: Callable[[tuple[str, ...]], bool]
) -> list[Value]:
    path = term.parts if isinstance(term, Name) else ()
    blank = [] if path and never_blank(path) else [BLANK]
    if not values:
        return [OTHER, *blank]
    if all(isinstance(value, bool) for value in values):
        return [True, False, *blank]
    if all(isinstance(value, str) for value in values):
        known = options(path) if path else None
        others = [OTHER] if known is None else []
        return sorted({*values, *(known or ())}) + others + blank
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return [*_around(sorted(values)), *blank]
    raise NotComparable


def _around(values: list[int]) -> list[int]:
    between = [(low + high) // 2 for low, high in pairwise(values)]
    return sorted({values[0] - 1, *values, *between, values[-1] + 1})


TRUE: Truth = True
FALSE: Truth = False


def _truth(tree: Tree, facts: Facts) -> Truth:
    match tree:
        case Boolean(value=value):
            return value
        case Name():
            return facts[tree]  # type: ignore[no-any-return]
        case Operation(operator="not", operands=(part,)):
            inner = _truth(part, facts)
            return None if inner is None else not inner
        case Operation(operator="and", operands=parts):
            return reduce(_and, (_truth(part, facts) for part in parts), TRUE)
        case Operation(operator="or", operands=parts):
            return reduce(_or, (_truth(part, facts) for part in parts), FALSE)
        case Call(arguments=(term,)):
            return facts[term] is BLANK
        case Operation(operator="in", operands=(term, Items(items=items))):
            return None if facts[term] is BLANK else facts[term] in {_constant(item) for item in items}
        case Operation(operator="between", operands=(term, low, high)):
            value = facts[term]
            return None if value is BLANK else bool(_constant(low) <= value <= _constant(high))
        case Operation(operator=operator, operands=(left, right)):
            term, oriented, constant = _oriented(operator, left, right)
            return _compared(facts[term], oriented, constant)
        case _:
            raise NotComparable


def _compared(value: Value, operator: str, constant: Value) -> Truth:
    if value is BLANK:
        return None
    if operator in {"=", "<>"}:
        return bool((value == constant) == (operator == "="))
    if isinstance(constant, str):
        raise NotComparable
    above, same = value > constant, value == constant
    return bool({"<": not above and not same, "<=": not above, ">": above, ">=": above or same}[operator])


def _and(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(left: Truth, right: Truth) -> Truth:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _words(term: Tree) -> str:
    match term:
        case Name(parts=parts):
            return ".".join(parts)
        case Operation(operator=operator, operands=(left, right)):
            return f"{_words(left)} {operator} {_words(right)}"
        case Operation(operator=operator, operands=(inner,)):
            return f"{operator} {_words(inner)}"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(_words(each) for each in arguments)})"
        case Number():
            return _value_words(_constant(term))
        case Text(value=value):
            return f'"{value}"'
        case Null():
            return "null"
        case _:
            return str(getattr(term, "value", "…"))


def _value_words(value: Value) -> str:
    if value is BLANK:
        return "∅"
    if value == OTHER:
        return "…"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        sign = "-" if value < 0 else ""
        whole, fraction = divmod(abs(value), 10**12)
        return sign + (f"{whole}.{fraction:012d}".rstrip("0") if fraction else str(whole))
    return str(value)
