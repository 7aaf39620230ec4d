"""The checked tree as JSON, complete and without the user's spelling."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from engine.expressions.spelling import decimal_text
from engine.expressions.typed import Aggregate, Apply, Constant, Field, Node, Variable
from engine.expressions.types import Type


def canonical(node: Node) -> dict[str, Any]:
    """The tree as JSON: {"is": ..., "type": ..., ...} all the way down."""
    made: dict[str, Any] = {"type": _type(node.type)}
    match node:
        case Constant():
            return {"is": "constant", **made, "value": value_json(node.value, node.type)}
        case Field():
            return {
                "is": "field",
                **made,
                "root": node.root,
                "path": list(node.path),
                "forms": list(node.forms),
            }
        case Variable():
            return {"is": "variable", **made, "name": node.name}
        case Apply():
            made = {"is": "apply", **made, "function": node.function.type}
            made["arguments"] = [canonical(each) for each in node.arguments]
            return made if node.option is None else {**made, "option": node.option}
        case Aggregate():
            rows = {"root": node.rows.root, "path": list(node.rows.path), "forms": list(node.rows.forms)}
            made = {"is": "aggregate", **made, "function": node.function.type, "rows": rows}
            made["value"] = None if node.value is None else canonical(node.value)
            return {**made, "where": None if node.where is None else canonical(node.where)}
        case _:
            raise TypeError(f"unknown part {type(node).__name__}")


def _type(kind: Type) -> dict[str, Any]:
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
        made["item"] = _type(kind.item)
    return made


def value_json(value: Any, kind: Type) -> Any:
    """A value in memory form as it leaves in JSON: decimals as strings, dates ISO, lists as lists."""
    if isinstance(value, tuple):
        return [value_json(each, kind.item or kind) for each in value]
    if kind.numeric and value is not None:
        return decimal_text(value, kind.scale)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
