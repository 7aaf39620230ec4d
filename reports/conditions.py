"""Conditions of a report before they are checked: `$name` in JSON, and periods as bounds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any, cast

from engine.expressions import ExpressionError, Type, parse
from engine.expressions.tree import Call, Items, Name, Operation, Tree
from reports.params import bounds
from reports.schema import Condition

TypeOf = Callable[[Tree], Type]


def with_variables(source: Condition, names: Collection[str]) -> Condition:
    """The condition with each JSON value "$name" of a known variable as {"var": "name"}."""
    return cast("Condition", _marked(source, names)) if isinstance(source, dict) else source


def written(source: Condition, names: Collection[str]) -> Tree:
    """The tree of a condition as it was written. Raises ExpressionError."""
    return parse(with_variables(source, names))


def bounded(tree: Tree, periods: Collection[str], type_of: TypeOf) -> Tree:
    """The tree in which each `field in $period` has become two comparisons.

    `type_of` gives the type of an operand: a date is compared with days, a datetime with moments.
    Raises ExpressionError.
    """
    return _bounded(tree, frozenset(periods), type_of) if periods else tree


def period_of(tree: Tree, path: tuple[str, ...], periods: Collection[str]) -> str | None:
    """The period parameter that bounds a field for every row: `path in $period`, alone or within `and`."""
    if not isinstance(tree, Operation):
        return None
    if tree.operator == "and":
        return next((found for part in tree.operands if (found := period_of(part, path, periods))), None)
    if tree.operator == "in" and isinstance(tree.operands[0], Name) and tree.operands[0].parts == path:
        return _period(tree.operands[1], periods)
    return None


def _marked(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: part if key in ("expr", "var", "field") else _marked(part, names)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [_marked(part, names) for part in value]
    if isinstance(value, str) and value.startswith("$") and value[1:] in names:
        return {"var": value[1:]}
    return value


def _bounded(tree: Tree, periods: frozenset[str], type_of: TypeOf) -> Tree:
    if isinstance(tree, Operation):
        if tree.operator == "in" and (name := _period(tree.operands[1], periods)):
            return _between(tree.operands[0], name, type_of)
        return replace(tree, operands=tuple(_bounded(each, periods, type_of) for each in tree.operands))
    if isinstance(tree, Call):
        return replace(tree, arguments=tuple(_bounded(each, periods, type_of) for each in tree.arguments))
    if isinstance(tree, Items):
        return replace(tree, items=tuple(_bounded(each, periods, type_of) for each in tree.items))
    return tree


def _between(operand: Tree, name: str, type_of: TypeOf) -> Tree:
    kind = type_of(operand).kind
    if kind not in ("date", "datetime"):
        raise ExpressionError(
            "not_a_date",
            operand.span,
            f"只有日期或日期时间可以属于时间范围“${name}”。",
            f"Only a date or a datetime can be in the period '${name}'.",
        )
    first, end = (Name((f"${each}",)) for each in bounds(name, kind))
    return Operation("and", (Operation(">=", (operand, first)), Operation("<", (operand, end))))


def _period(tree: Tree, periods: Collection[str]) -> str | None:
    if isinstance(tree, Name) and len(tree.parts) == 1 and tree.parts[0][1:] in periods:
        return tree.parts[0][1:] if tree.parts[0].startswith("$") else None
    return None
