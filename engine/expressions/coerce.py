"""Types meeting: literals read as the type beside them, numbers brought to one scale, the range kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from engine.expressions.errors import Edit, ExpressionError, meant, nearest
from engine.expressions.function import mismatch
from engine.expressions.scaling import GRAIN, RANGE, RESCALE, round_half_up
from engine.expressions.tokens import decimal_literal
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import NULL, TEXT, Kind, Type, cap, rescaled
from engine.findings import text

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_GRAINS = {"month": re.compile(r"\d{4}-(\d{2})\Z"), "quarter": re.compile(r"\d{4}-Q([1-4])\Z")}
_DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?\Z")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")


def to_scale(node: Node, scale: int) -> Node:
    """`node` with this scale, rounded half up; constants are converted now."""
    given = node.type
    if given.scale == scale:
        return node
    wanted = rescaled(given, scale)
    if isinstance(node, Constant):
        value = None if node.value is None else round_half_up(node.value, given.scale, scale)
        return constant(wanted, value, node)
    return Apply(wanted, RESCALE, (node,), given.scale, span=node.span)


def in_range(node: Node) -> Node:
    """`node`, null beyond the range of the language when its digits do not prove that it stays inside."""
    return bounded(node, cap(node.type.scale))


def bounded(node: Node, digits: int) -> Node:
    """`node`, null unless |scaled value| < 10**digits."""
    if node.type.digits <= digits:
        return node
    return Apply(replace(node.type, digits=digits), RANGE, (node,), span=node.span)


def constant(kind: Type, value: Any, origin: Node) -> Constant:
    """A constant in the place of `origin`; a number's digits are those it has."""
    if kind.numeric and value is not None:
        kind = replace(kind, digits=max(len(str(abs(value))), 1))
    return Constant(kind, value, span=origin.span)


def read_as(node: Node, wanted: Type) -> Node:
    """A literal read as `wanted` where that is what it means; anything else unchanged. A number beside a
    duration counts seconds, as durations do in JSON.

    Raises ExpressionError for an option that does not exist, a malformed date.
    """
    if not isinstance(node, Constant) or isinstance(node.value, tuple):
        return node
    if node.value is None:
        return Constant(wanted, None, span=node.span)
    if wanted.kind == "duration" and node.type.kind == "number":
        return Constant(wanted, node.value * 10 ** (wanted.scale - node.type.scale), span=node.span)
    if node.type.kind != "text":
        return node
    if wanted.kind in {"choice", "choices"}:
        _prove_option(node, wanted)
        return Constant(replace(wanted, kind="choice"), node.value, span=node.span)
    if wanted.kind == "ref":
        return Constant(wanted, node.value, span=node.span)
    if wanted.kind in {"date", "datetime"}:
        return Constant(wanted, _moment(node, wanted), span=node.span)
    if wanted.numeric and _DECIMAL.match(node.value):
        value, scale = decimal_literal(node.value, node.span)
        return constant(Type("number", scale=scale), value, node)
    return node


def as_stored(node: Node, beside: Type) -> Node:
    """A literal text that is compared with a field, spelled as that field stores its values."""
    if beside.spelled is None or not isinstance(node, Constant) or not isinstance(node.value, str):
        return node
    return replace(node, value=beside.spelled(node.value))


def _prove_option(node: Constant, wanted: Type) -> None:
    if wanted.options is None or node.value in wanted.options:
        return
    shown = "、".join(wanted.options[:12])
    best = nearest(node.value, wanted.options)
    raise ExpressionError(
        "unknown_option",
        node.span,
        f"没有选项“{node.value}”。",
        f"There is no option '{node.value}'.",
        suggestion=text(f"可选：{shown}。", f"Options: {', '.join(wanted.options[:12])}.")
        if best is None
        else meant(best),
        edit=None if best is None else Edit(node.span, f'"{best}"'),
    )


def _moment(node: Constant, wanted: Type) -> date | datetime:
    try:
        if wanted.grain and (found := _GRAINS[wanted.grain].match(node.value)):
            number = int(found.group(1))
            return date(int(node.value[:4]), number if wanted.grain == "month" else 3 * number - 2, 1)
        if wanted.kind == "date" and _DATE.match(node.value):
            return date.fromisoformat(node.value)
        if wanted.kind == "datetime" and _DATETIME.match(node.value):
            moment = datetime.fromisoformat(node.value)
            return moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        pass
    example = "2026-03-01" if wanted.kind == "date" else "2026-03-01T09:30:00+08:00"
    raise ExpressionError(
        "bad_date",
        node.span,
        f"“{node.value}”不是有效的日期或时间。",
        f"'{node.value}' is not a {wanted.label['en']}.",
        suggestion=text(f"请写成 {example}。", f"Write it like {example}."),
    )


def same_currency(nodes: Sequence[Node]) -> str | None:
    """The one currency among amounts; None for the app's own. Raises ExpressionError when they differ."""
    found: str | None = None
    for node in nodes:
        currency = node.type.currency if node.type.kind == "money" else None
        if currency and found and currency != found:
            raise ExpressionError(
                "currency_mismatch",
                node.span,
                f"不能混用币种 {found} 和 {currency}。",
                f"{found} and {currency} cannot be mixed.",
                suggestion=text("请先按汇率换算。", "Convert with a rate first."),
            )
        found = found or currency
    return found


def numeric_join(nodes: Sequence[Node]) -> Type:
    """The type that holds every one of these numbers exactly."""
    scale = max(node.type.scale for node in nodes)
    whole = max(node.type.digits - node.type.scale for node in nodes)
    currency = same_currency(nodes)
    kind: Kind = "money" if any(node.type.kind == "money" for node in nodes) else "number"
    return Type(kind, scale=scale, digits=max(whole + scale, 1), currency=currency)


def align(nodes: Sequence[Node]) -> list[Node]:
    """Numbers brought to their largest scale, which loses nothing."""
    scale = max(node.type.scale for node in nodes)
    return [to_scale(node, scale) for node in nodes]


def together(nodes: Sequence[Node]) -> tuple[Type, list[Node]]:
    """One type for values that may stand for each other (branches, list items), and the values as it.

    Raises ExpressionError when they have nothing in common.
    """
    lead = next((n.type for n in nodes if not _untyped(n)), None)
    if lead is None:
        lead = next((n.type for n in nodes if n.type.kind != "null"), NULL)
    read = [read_as(node, lead) for node in nodes]
    wanted = _common(read)
    if wanted.numeric:
        return wanted, [to_scale(read_as(node, wanted), wanted.scale) for node in read]
    return wanted, [read_as(node, wanted) for node in read]


def _untyped(node: Node) -> bool:
    """Whether the type of this node may yet follow its neighbours."""
    return isinstance(node, Constant) and node.type.kind in {"text", "null"}


def _common(nodes: Sequence[Node]) -> Type:
    typed = [node for node in nodes if not (isinstance(node, Constant) and node.value is None)]
    if not typed:
        return nodes[0].type
    if all(node.type.numeric for node in typed):
        return numeric_join(typed)
    first = typed[0].type
    if all(node.type == first for node in typed):
        return first
    if all(node.type.kind == "choice" for node in typed):
        known = [node.type.options for node in typed]
        merged = None if None in known else tuple(dict.fromkeys(key for keys in known for key in keys or ()))
        return Type("choice", options=merged)
    if all(node.type.textual for node in typed):
        return TEXT
    if all(node.type.kind == first.kind for node in typed) and first.kind != "list":
        return first
    odd = next(node for node in typed if node.type.kind != first.kind)
    raise mismatch(
        odd.span,
        f"此处应为{first.label['zh']}，却是{odd.type.label['zh']}。",
        f"Expected {first.label['en']}, found {odd.type.label['en']}.",
        suggestion=text("转成文本请用 TEXT(x)。", "For a text use TEXT(x).") if first.textual else None,
    )


def convert(node: Node, wanted: Type) -> Node:
    """`node` as `wanted`: rescaled half up and bounded when a number. Raises ExpressionError."""
    if isinstance(node, Apply) and (branches := node.function.branches(node)) is not None:
        return _convert_branches(node, branches, wanted)
    node = read_as(node, wanted)
    given = node.type
    if wanted.numeric and given.numeric:
        same_currency([node, Constant(wanted, None)])
        fitted = bounded(to_scale(node, wanted.scale), wanted.digits)
        return _retyped(fitted, wanted) if given.kind != wanted.kind else fitted
    fits = given.kind == wanted.kind and (given.form, given.item) == (wanted.form, wanted.item)
    if fits and wanted.grain and given.grain != wanted.grain:
        return Apply(wanted, GRAIN, (node,), wanted.grain, span=node.span)
    if fits:
        return node
    if wanted.textual and given.textual and not _foreign(given, wanted):
        return replace(node, type=wanted)
    raise mismatch(
        node.span,
        f"结果应为{wanted.label['zh']}，却是{given.label['zh']}。",
        f"The result must be {wanted.label['en']}, not {given.label['en']}.",
        suggestion=text("日期请用 TODATE(x)。", "Use TODATE(x) for the date.")
        if (given.kind, wanted.kind) == ("datetime", "date")
        else None,
    )


def _foreign(given: Type, wanted: Type) -> bool:
    return given.kind == wanted.kind == "ref" and given.form != wanted.form


def _retyped(node: Node, wanted: Type) -> Node:
    return replace(node, type=replace(node.type, kind=wanted.kind, currency=wanted.currency))


def _convert_branches(node: Apply, branches: frozenset[int], wanted: Type) -> Node:
    converted = tuple(
        convert(each, wanted) if index in branches else each for index, each in enumerate(node.arguments)
    )
    results = [each for index, each in enumerate(converted) if index in branches]
    return replace(node, type=_common(results), arguments=converted)
