"""A tree printed as text; parsing it again gives the same tree."""

from __future__ import annotations

from engine.expressions.tree import Boolean, Call, Items, Name, Null, Number, Operation, Text, Tree

_LEVEL = {"or": 1, "and": 2, "not": 3, "&": 5, "+": 6, "-": 6, "*": 7, "/": 7, "neg": 8}
_COMPARE, _ATOM = 4, 9
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def text_of(tree: Tree) -> str:
    """The text spelling."""
    return _spelled(tree, 0)


def decimal_text(value: int, scale: int) -> str:
    """A scaled integer as a plain decimal with exactly `scale` decimals."""
    if scale <= 0:
        return str(value)
    digits = str(abs(value)).rjust(scale + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def _spelled(tree: Tree, floor: int) -> str:
    """`tree`, in parentheses when it binds no tighter than `floor`."""
    if isinstance(tree, Operation):
        text, level = _operation(tree), _LEVEL.get(tree.operator, _COMPARE)
        return f"({text})" if level <= floor else text
    if isinstance(tree, Call):
        return f"{tree.function}({', '.join(_spelled(each, 0) for each in tree.arguments)})"
    if isinstance(tree, Items):
        return f"[{', '.join(_spelled(each, 0) for each in tree.items)}]"
    return _atom(tree)


def _atom(tree: Tree) -> str:
    match tree:
        case Name():
            return ".".join(tree.parts)
        case Number():
            return decimal_text(tree.value, tree.scale)
        case Text():
            return f'"{tree.value.translate(_ESCAPES)}"'
        case Boolean():
            return "true" if tree.value else "false"
        case Null():
            return "null"
        case _:
            raise TypeError(f"no spelling for {type(tree).__name__}")


def _operation(tree: Operation) -> str:
    operator, operands = tree.operator, tree.operands
    if operator == "not":
        inner = operands[0]
        if isinstance(inner, Operation) and inner.operator in {"in", "between", "has"}:
            return _compared(inner, "not ")
        # Level 2, not 3: `not not a` needs no parentheses.
        return f"not {_spelled(inner, _LEVEL['not'] - 1)}"
    if operator == "neg":
        return f"-{_spelled(operands[0], _LEVEL['neg'] - 1)}"
    if operator in {"and", "or", "&"}:
        level = _LEVEL[operator]
        return f" {operator} ".join(_spelled(each, level) for each in operands)
    if operator in _LEVEL:
        level = _LEVEL[operator]
        return f"{_spelled(operands[0], level - 1)} {operator} {_spelled(operands[1], level)}"
    return _compared(tree, "")


def _compared(tree: Operation, negation: str) -> str:
    left, *rest = (_spelled(each, _COMPARE) for each in tree.operands)
    if tree.operator == "between":
        return f"{left} {negation}between {rest[0]} and {rest[1]}"
    return f"{left} {negation}{tree.operator} {rest[0]}"
