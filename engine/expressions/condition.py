"""JSON conditions, as drag-built forms emit them, to trees and back.

    {"and": [{"amount": {"gte": 50000}}, {"customer.region": {"in": ["east"]}}, {"not": {...}}]}

Keys of an object beside and/or/not/expr are paths; several keys, and several operators of one path, mean
`and`. A bare value means eq. A value is a JSON scalar, {"var": "me"}, {"field": "path"} or {"expr": "text"}.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.expressions.errors import NOWHERE, ExpressionError, did_you_mean
from engine.expressions.limits import MAX_DEPTH, prove_items, prove_nodes
from engine.expressions.spelling import decimal_text, text_of
from engine.expressions.tokens import decimal_literal, prove_text
from engine.expressions.tree import Boolean, Call, Items, Name, Null, Number, Operation, Text, Tree
from engine.findings import Text as Sentence
from engine.findings import text

OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "has": "has"}
CALLS = {"contains": "CONTAINS", "starts_with": "STARTSWITH", "under": "UNDER"}
KNOWN = (*OPERATORS, *CALLS, "in", "nin", "has_any", "between", "blank")
_BACK = {sign: key for key, sign in OPERATORS.items()}
_CALLS_BACK = {function: key for key, function in CALLS.items()}
_EXAMPLE = text('例如 {"amount": {"gte": 5}}。', 'For example {"amount": {"gte": 5}}.')
_FITTING = {
    "between": text('例如 {"between": [1, 9]}。', 'For example {"between": [1, 9]}.'),
    "blank": text('请写 {"blank": true} 或 false。', 'Write {"blank": true} or false.'),
}
_PART = re.compile(r"[^\W\d]\w*\Z")
_EXACT_DIGITS = 15
_LONGEST_PATH = 200
_TOO_LARGE = 10**_EXACT_DIGITS

ParseText = Callable[[str], Tree]


def tree_of_condition(source: dict[str, Any], parse_text: ParseText) -> Tree:
    """The tree of a JSON condition; `parse_text` reads {"expr": ...}. Raises ExpressionError."""
    return _Reader(parse_text).condition(source, 1)


def condition_of_tree(tree: Tree) -> dict[str, Any] | bool:
    """The JSON spelling; a part that JSON has no words for becomes {"expr": text}."""
    if isinstance(tree, Boolean):
        return tree.value
    if isinstance(tree, Operation):
        if tree.operator in {"and", "or"}:
            return {tree.operator: [condition_of_tree(each) for each in tree.operands]}
        return _comparison_json(tree) or {"expr": text_of(tree)}
    if isinstance(tree, Call):
        return _call_json(tree) or {"expr": text_of(tree)}
    return {"expr": text_of(tree)}


class _Reader:
    def __init__(self, parse_text: ParseText) -> None:
        self.parse_text = parse_text
        self.read = 0

    def condition(self, source: Any, depth: int) -> Tree:
        if isinstance(source, bool):
            return Boolean(source)
        self.read += 1
        prove_nodes(self.read, NOWHERE)
        if depth > MAX_DEPTH:
            raise _wrong("too_deep", "条件嵌套过深。", "The condition is nested too deeply.")
        if not isinstance(source, dict) or not source:
            raise _wrong("bad_condition", "条件应为对象。", "A condition is a JSON object.", fix=_EXAMPLE)
        parts = [part for key, value in source.items() for part in self.entry(key, value, depth)]
        return parts[0] if len(parts) == 1 else Operation("and", tuple(parts))

    def entry(self, key: Any, value: Any, depth: int) -> list[Tree]:
        if key in {"and", "or"}:
            return [self.group(key, value, depth)]
        if key == "not":
            return [Operation("not", (self.condition(value, depth + 1),))]
        if key == "expr" and isinstance(value, str):
            return [self.parse_text(value)]
        field = _path(key)
        if isinstance(value, dict) and not self.is_value(value):
            if not value:
                raise _wrong(
                    "bad_condition", f"{key} 缺少比较方式。", f"A comparison for '{key}' is missing."
                )
            return [self.compared(field, operator, operand) for operator, operand in value.items()]
        return [Operation("=", (field, self.value(value)))]

    def group(self, key: str, members: Any, depth: int) -> Tree:
        if not isinstance(members, list):
            raise _wrong("bad_condition", f"{key} 的值应为条件列表。", f"'{key}' takes a list of conditions.")
        if not members:
            return Boolean(key == "and")
        parts = tuple(self.condition(each, depth + 1) for each in members)
        return parts[0] if len(parts) == 1 else Operation(key, parts)

    def compared(self, field: Tree, operator: str, operand: Any) -> Tree:
        if operator in OPERATORS:
            return Operation(OPERATORS[operator], (field, self.value(operand)))
        if operator in CALLS:
            return Call(CALLS[operator], (field, self.value(operand)))
        if operator in {"in", "nin"}:
            tree = Operation("in", (field, self.members(operand)))
            return Operation("not", (tree,)) if operator == "nin" else tree
        if operator == "has_any":
            return self.shared(field, operand)
        if operator == "between" and isinstance(operand, list) and len(operand) == 2:
            return Operation("between", (field, self.value(operand[0]), self.value(operand[1])))
        if operator == "blank" and isinstance(operand, bool):
            blank = Call("ISBLANK", (field,))
            return blank if operand else Operation("not", (blank,))
        if operator in KNOWN:
            raise _wrong(
                "bad_condition",
                f"条件 {operator} 的值不合适。",
                f"The value of '{operator}' does not fit it.",
                fix=_FITTING.get(operator),
            )
        raise ExpressionError(
            "unknown_operator",
            NOWHERE,
            f"没有比较方式“{operator[:40]}”。",
            f"There is no comparison '{operator[:40]}'.",
            suggestion=did_you_mean(operator[:_LONGEST_PATH], KNOWN)
            or text(f"可用：{'、'.join(KNOWN)}。", f"Use one of {', '.join(KNOWN)}."),
        )

    def shared(self, field: Tree, operand: Any) -> Tree:
        """Whether choices hold one of a list; of an empty one they hold none."""
        members = self.members(operand)
        if not isinstance(members, Items):
            return Call("HASANY", (field, members))
        return Call("HASANY", (field, *members.items)) if members.items else Boolean(False)

    def members(self, operand: Any) -> Tree:
        if isinstance(operand, list):
            prove_items(len(operand), NOWHERE)
            return Items(tuple(self.value(each) for each in operand))
        return self.value(operand)

    def is_value(self, value: dict[str, Any]) -> bool:
        return len(value) == 1 and next(iter(value)) in {"var", "field", "expr"}

    def value(self, value: Any) -> Tree:
        if value is None:
            return Null()
        if isinstance(value, bool):
            return Boolean(value)
        if isinstance(value, int | float):
            return _number(value)
        if isinstance(value, str):
            prove_text(value, NOWHERE)
            return Text(value)
        if isinstance(value, dict) and self.is_value(value):
            ((kind, name),) = value.items()
            if isinstance(name, str):
                return {"var": _variable, "field": _path, "expr": self.parse_text}[kind](name)
        raise _wrong("bad_condition", "条件中的值无效。", "This value cannot stand in a condition.")


def _number(value: float) -> Tree:
    exact = Decimal(repr(value)) if abs(value) < _TOO_LARGE else Decimal("inf")
    spelling = format(exact, "f")
    if not exact.is_finite() or len(spelling.strip("-0.").replace(".", "")) > _EXACT_DIGITS:
        raise ExpressionError(
            "number_too_large",
            NOWHERE,
            f"JSON 数字最多 {_EXACT_DIGITS} 位。",
            f"A JSON number has at most {_EXACT_DIGITS} digits.",
            suggestion=text("请把小数写成字符串。", "Write the decimal as a string."),
        )
    scaled, scale = decimal_literal(spelling, NOWHERE)
    return Number(scaled, scale)


def _path(name: Any) -> Tree:
    parts = str(name).split(".")
    head, *rest = parts
    if len(str(name)) > _LONGEST_PATH or not all(
        _PART.match(part) for part in (head.removeprefix("$"), *rest)
    ):
        shown = str(name)[:40]
        raise _wrong("bad_name", f"“{shown}”不是字段路径。", f"'{shown}' is not a path of fields.")
    return Name(tuple(parts))


def _variable(name: str) -> Tree:
    return _path("$" + name.removeprefix("$"))


def _wrong(code: str, zh: str, en: str, *, fix: Sentence | None = None) -> ExpressionError:
    return ExpressionError(code, NOWHERE, zh, en, suggestion=fix)


class _NotJson(Exception):
    """This part has no JSON value; the whole comparison becomes text."""


def _comparison_json(tree: Operation) -> dict[str, Any] | None:
    operator, operands = tree.operator, tree.operands
    if operator == "not":
        return _negation_json(operands[0])
    field = operands[0]
    if not isinstance(field, Name) or field.parts[0].startswith("$"):
        return None
    try:
        if operator in _BACK:
            return _of_path(field, _BACK[operator], _value_json(operands[1]))
        if operator == "in":
            return _of_path(field, "in", _members_json(operands[1]))
        if operator == "between":
            return _of_path(field, "between", [_value_json(each) for each in operands[1:]])
    except _NotJson:
        pass
    return None


def _negation_json(inner: Tree) -> dict[str, Any]:
    made = condition_of_tree(inner)
    if isinstance(made, dict) and len(made) == 1:
        ((path, test),) = made.items()
        if isinstance(test, dict) and len(test) == 1 and "in" in test:
            return {path: {"nin": test["in"]}}
        if isinstance(test, dict) and test == {"blank": True}:
            return {path: {"blank": False}}
    return {"not": made}


def _call_json(tree: Call) -> dict[str, Any] | None:
    if (
        not tree.arguments
        or not isinstance(field := tree.arguments[0], Name)
        or field.parts[0].startswith("$")
    ):
        return None
    try:
        if tree.function in _CALLS_BACK and len(tree.arguments) == 2:
            return _of_path(field, _CALLS_BACK[tree.function], _value_json(tree.arguments[1]))
        if tree.function == "HASANY" and len(tree.arguments) > 1:
            return _of_path(field, "has_any", _shared_json(tree.arguments[1:]))
    except _NotJson:
        return None
    if tree.function == "ISBLANK" and len(tree.arguments) == 1:
        return _of_path(field, "blank", True)
    return None


def _of_path(field: Name, operator: str, value: Any) -> dict[str, Any]:
    return {".".join(field.parts): {operator: value}}


def _shared_json(members: tuple[Tree, ...]) -> Any:
    """One name as it is; anything else as a list."""
    if len(members) == 1 and isinstance(members[0], Name):
        return _value_json(members[0])
    return [_value_json(each) for each in members]


def _members_json(tree: Tree) -> Any:
    if isinstance(tree, Items):
        return [_value_json(each) for each in tree.items]
    return _value_json(tree)


def _value_json(tree: Tree) -> Any:
    match tree:
        case Text() | Boolean():
            return tree.value
        case Null():
            return None
        case Number():
            spelling = decimal_text(tree.value, tree.scale)
            if len(str(abs(tree.value))) > _EXACT_DIGITS:
                return {"expr": spelling}
            return float(spelling) if tree.scale else tree.value
        case Name():
            if tree.parts[0].startswith("$"):
                return {"var": ".".join(tree.parts)[1:]}
            return {"field": ".".join(tree.parts)}
        case Items():
            raise _NotJson
        case _:
            return {"expr": text_of(tree)}
