"""A checked expression as JSON, complete and without the user's spelling.

Another evaluator needs nothing else: types, conversions, rounding and ranges stand in the tree as parts of
their own, and `from_canonical` proves it by evaluating what it has read.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.expressions.spelling import decimal_text
from engine.expressions.typed import Aggregate, Apply, Constant, Field, Node, Variable
from engine.expressions.types import Type

if TYPE_CHECKING:
    from engine.expressions.checked import CheckedExpression

VERSION = 1
"""Rises when a reader of the older form would compute something else."""


def canonical(checked: CheckedExpression) -> dict[str, Any]:
    """{"version", "type", "dependencies", "variables", "volatile", "tree"}; equal meaning, equal JSON."""
    return {
        "version": VERSION,
        "type": type_json(checked.type),
        "dependencies": sorted(list(path) for path in checked.dependencies),
        "variables": sorted(checked.variables),
        "volatile": checked.volatile,
        "tree": tree_json(checked.node),
    }


def tree_json(node: Node) -> dict[str, Any]:
    """The tree: {"is": ..., "type": ..., ...} all the way down."""
    made: dict[str, Any] = {"type": type_json(node.type)}
    match node:
        case Constant():
            return {"is": "constant", **made, "value": value_json(node.value, node.type)}
        case Field():
            place = {"root": node.root, "path": list(node.path), "forms": list(node.forms)}
            return {"is": "field", **made, **place}
        case Variable():
            return {"is": "variable", **made, "name": node.name}
        case Apply():
            made = {"is": "apply", **made, "function": node.function.type}
            if node.function.variant:
                made["variant"] = node.function.variant
            made["arguments"] = [tree_json(each) for each in node.arguments]
            return made if node.option is None else {**made, "option": option_json(node.option)}
        case Aggregate():
            rows: dict[str, Any] = {"root": node.rows.root, "path": list(node.rows.path)}
            rows["forms"] = list(node.rows.forms)
            if node.rows.of:
                rows["of"] = node.rows.of
            made = {"is": "aggregate", **made, "function": node.function.type, "rows": rows}
            made["value"] = None if node.value is None else tree_json(node.value)
            made["where"] = None if node.where is None else tree_json(node.where)
            if node.order is None:
                return made
            return {**made, "order": tree_json(node.order), "descending": node.descending}
        case _:
            raise TypeError(f"unknown part {type(node).__name__}")


def option_json(option: Any) -> Any:
    """What a function settled at check: plain values, or tuples of them as lists."""
    if isinstance(option, tuple):
        return [option_json(each) for each in option]
    if isinstance(option, str | int | bool | None):
        return option
    raise TypeError(f"the option {option!r} of a function is no JSON; keep plain values and tuples there")


def type_json(kind: Type) -> dict[str, Any]:
    """A type; `digits` bounds the scaled integer of numbers."""
    made: dict[str, Any] = {"kind": kind.kind}
    if kind.numeric:
        made |= {"digits": kind.digits, "scale": kind.scale}
    if kind.currency:
        made["currency"] = kind.currency
    if kind.options is not None:
        made["options"] = list(kind.options)
    if kind.form:
        made["form"] = kind.form
    if kind.item:
        made["item"] = type_json(kind.item)
    return made


def value_json(value: Any, kind: Type) -> Any:
    """A value in memory form as it leaves in JSON: decimals as strings, durations as seconds likewise, dates ISO,
    lists as lists.
    """
    if isinstance(value, tuple):
        return [value_json(each, kind.item or kind) for each in value]
    if (kind.numeric or kind.kind == "duration") and value is not None:
        return decimal_text(value, kind.scale)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
