"""Why an expression gave what it gave: the value of every part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.expressions.canonical import value_json
from engine.expressions.checked import CheckedExpression
from engine.expressions.interpret import Walk
from engine.expressions.limits import MAX_ROWS
from engine.expressions.scaling import RANGE, RESCALE
from engine.expressions.scope import Env
from engine.expressions.typed import OLD, Aggregate, Apply, Constant, Field, Node, Variable, parts
from engine.expressions.types import Type
from engine.findings import Text, text


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an expression as written, its type, its value in memory form, and the parts below it.

    Literals are left out; an aggregate over child rows is one part. `note` says why the value is missing
    although everything it is computed from is there.
    """

    text: str
    type: Type
    value: Any
    parts: tuple[Part, ...]
    note: Text | None = None

    def as_json(self) -> dict[str, Any]:
        """The part as it leaves over REST."""
        below = [part.as_json() for part in self.parts]
        made: dict[str, Any] = {"text": self.text, "value": value_json(self.value, self.type), "parts": below}
        return made if self.note is None else {**made, "note": self.note}


_BEYOND = text("数值超出范围。", "The number is beyond the range.")
_BY_ZERO = text("除数为零。", "The divisor is zero.")
_TOO_LONG = text("文本超过 10,000 个字符。", "The text has more than 10,000 characters.")
_TOO_MANY = text(
    f"子表超过 {MAX_ROWS:,} 行，请改用汇总字段。",
    f"There are more than {MAX_ROWS:,} rows; use a rollup field instead.",
)
_NO_RESULT = text("各部分都有值，但没有这样的结果。", "All parts have values, but there is no such result.")
_NOTES = {"range": _BEYOND, "/": _BY_ZERO, "MOD": _BY_ZERO, "&": _TOO_LONG, "CONCAT": _TOO_LONG}


def trace(checked: CheckedExpression, record: Any, env: Env) -> Part:
    """The values of all parts on one record; that of the whole is what `evaluate` gives. Slower than it."""
    walk = checked.program.walk(record, env.parent, env)
    made = _part(checked, checked.node, walk)
    return Part(made.text, checked.type, walk.of(checked.node), made.parts, made.note)


def _part(checked: CheckedExpression, whole: Node, walk: Walk) -> Part:
    """`whole` may be wrapped in conversions that nobody wrote; they show only where they make it null."""
    node = _unconverted(whole)
    below = tuple(_part(checked, each, walk) for each in parts(node) if _shown(_unconverted(each), node))
    value = walk.of(node) if walk.of(whole) is not None else None
    return Part(_written(checked, node), node.type, value, below, _note(whole, node, walk))


def _shown(node: Node, above: Node) -> bool:
    """Whether a part is worth a line: no literal, no whole child table, and somebody wrote it."""
    rows = isinstance(node, Field) and node.type.kind == "list"
    implied = isinstance(node, Field | Variable) and node.span == above.span
    return not isinstance(node, Constant) and not rows and not implied


def _written(checked: CheckedExpression, node: Node) -> str:
    start, end = node.span
    written = checked.spelling[start:end].strip()
    old = isinstance(node, Field) and node.root == OLD
    return f"{OLD}.{written}" if old and not written.startswith(f"{OLD}.") else written


def _unconverted(node: Node) -> Node:
    while isinstance(node, Apply) and node.function in {RESCALE, RANGE}:
        (node,) = node.arguments
    return node


def _note(whole: Node, node: Node, walk: Walk) -> Text | None:
    """Why a part is null on its own account."""
    if walk.of(whole) is not None:
        return None
    if walk.of(node) is not None:
        return _BEYOND
    if isinstance(node, Aggregate):
        rows = walk.read(Field(node.type, node.rows.root, node.rows.path, node.rows.forms))
        return _TOO_MANY if rows and len(rows) > MAX_ROWS else None
    if not isinstance(node, Apply):
        return None
    if node.function.strict and any(walk.of(each) is None for each in node.arguments):
        return None
    made = _NOTES.get(node.function.type)
    return made or (_NO_RESULT if node.function.strict else None)
