"""Longer texts made of shorter ones: TEXTJOIN REPT LPAD RPAD. The length is known before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.expressions.function import Example, Function
from engine.expressions.functions.constants import constant_flag
from engine.expressions.functions.spelled import as_text
from engine.expressions.limits import MAX_TEXT
from engine.expressions.parameters import any_argument, condition_argument, text_argument, whole_argument
from engine.expressions.typed import Constant, Node
from engine.expressions.types import TEXT
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class TextJoin(Function):
    """`option` says whether empty texts are left out. Null counts as an empty text, as a separator too."""

    type = "TEXTJOIN"
    result = TEXT
    strict = False
    partial = True
    parameters = (
        text_argument("separator"),
        condition_argument("ignore_empty"),
        any_argument("value", repeated=True),
    )
    doc = text(
        "用分隔符连接文本；第二个参数为 true 时跳过空的，为 false 时保留位置。",
        "Texts joined with a separator; true as the second argument leaves out empty ones, false keeps their "
        "place.",
    )
    examples: ClassVar[tuple[Example, ...]] = (
        Example('TEXTJOIN("、", true, "甲", null, "丙")', "甲、丙"),
        Example('TEXTJOIN("-", false, "a", null, 3)', "a--3"),
    )

    def check(self, site: Site) -> Node:
        site.count(3, None)
        separator = site.fitting(site.trees[0], self.parameters[0])
        values = [as_text(site, site.checks.node(tree)) for tree in site.trees[2:]]
        return site.apply(TEXT, [separator, *values], constant_flag(site, 1))

    def nullable(self, *arguments: bool) -> bool:
        return True

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        values = ", ".join(writer.value(each) for each in node.arguments)
        made = joined_filled if node.option else joined_all
        return f"{writer.use(made)}({values})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        separator, *values = arguments
        return lower.pieces.listed(separator, values, ignore_empty=node.option)


class Rept(Function):
    type = "REPT"
    result = TEXT
    partial = True
    parameters = (text_argument("text"), whole_argument("count"))
    doc = text(
        "把文本重复若干次；超过 10000 个字符时为空。",
        "A text repeated; null when that makes more than 10,000 characters.",
    )
    examples = (Example('REPT("★", 3)', "★★★"), Example('REPT("ab", 5001)', "null"))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(repeated_text)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.pieces.repeated(*arguments)


class _Padded(Function):
    """Unlike the databases' own functions it never cuts off what is longer."""

    result = TEXT
    partial = True
    parameters = (text_argument("text"), whole_argument("width"), text_argument("fill", optional=True))
    side: ClassVar[Literal["left", "right"]]

    def check(self, site: Site) -> Node:
        arguments = site.declared()
        return site.apply(TEXT, arguments if len(arguments) > 2 else [*arguments, Constant(TEXT, " ")])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        made = padded_left if self.side == "left" else padded_right
        return f"{writer.use(made)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.pieces.padded(self.side, *arguments)


class LPad(_Padded):
    type = "LPAD"
    side = "left"
    doc = text(
        "在左边补足到若干字符，默认补空格；已经够长的不变。",
        "Filled up on the left to a width, with blanks if nothing else is said; a longer text stays whole.",
    )
    examples = (Example('LPAD(TEXT(42), 5, "0")', "00042"), Example('LPAD("12345", 3, "0")', "12345"))


class RPad(_Padded):
    type = "RPAD"
    side = "right"
    doc = text(
        "在右边补足到若干字符，默认补空格；已经够长的不变。",
        "Filled up on the right to a width, with blanks if nothing else is said; a longer text stays whole.",
    )
    examples = (Example('RPAD("7", 3, "ab")', "7ab"),)


def _joined(separator: str, parts: list[str]) -> str | None:
    if sum(map(len, parts)) + len(separator) * max(len(parts) - 1, 0) > MAX_TEXT:
        return None
    return separator.join(parts)


def joined_filled(separator: str | None, *parts: str | None) -> str | None:
    """The texts that are not empty, with the separator between them; None when that is too long."""
    return _joined(separator or "", [part for part in parts if part])


def joined_all(separator: str | None, *parts: str | None) -> str | None:
    """All texts, null as an empty one; None when the result is too long."""
    return _joined(separator or "", [part or "" for part in parts])


def repeated_text(value: str, count: int) -> str | None:
    if not value or count <= 0:
        return ""
    return value * count if len(value) * count <= MAX_TEXT else None


def padded_left(value: str, width: int, fill: str) -> str | None:
    filling = _filling(value, width, fill)
    return None if filling is None else filling + value


def padded_right(value: str, width: int, fill: str) -> str | None:
    filling = _filling(value, width, fill)
    return None if filling is None else value + filling


def _filling(value: str, width: int, fill: str) -> str | None:
    """What is missing, the fill repeated and cut; nothing when there is no fill. None when it gets too long."""
    if max(len(value), width) > MAX_TEXT:
        return None
    missing = width - len(value)
    if missing <= 0 or not fill:
        return ""
    return (fill * (missing // len(fill) + 1))[:missing]
