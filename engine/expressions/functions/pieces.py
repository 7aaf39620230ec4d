"""Pieces of texts: RIGHT MID FIND SPLITPART SUBSTITUTE REPLACE. Positions count from 1, as in Excel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.expressions.function import Example, Function
from engine.expressions.limits import MAX_TEXT
from engine.expressions.parameters import text_argument, whole_argument
from engine.expressions.types import TEXT, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


class Right(Function):
    type = "RIGHT"
    result = TEXT
    parameters = (text_argument("text"), whole_argument("count"))
    doc = text("右起若干字符。", "The last characters.")
    examples = (Example('RIGHT("6222021234567890", 4)', "7890"), Example('RIGHT("ab", 9)', "ab"))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(last_characters)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.pieces.right(*arguments)


class Mid(Function):
    type = "MID"
    result = TEXT
    partial = True
    parameters = (text_argument("text"), whole_argument("start"), whole_argument("count"))
    doc = text(
        "从第几个字符起取若干字符，首字符为 1；起点小于 1 时为空。",
        "Some characters from a position on, the first is 1; null when the position is below 1.",
    )
    examples = (
        Example('MID("310101199003072316", 7, 8)', "19900307"),
        Example('MID("abc", 3, 9)', "c"),
        Example('MID("abc", 0, 2)', "null"),
    )

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(characters_from)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.pieces.middle(*arguments)


class Find(Function):
    type = "FIND"
    result = number(9, 0)
    partial = True
    parameters = (text_argument("part"), text_argument("text"), whole_argument("start", optional=True))
    doc = text(
        "一段文本首次出现的位置，首字符为 1，区分大小写；找不到时为空。可从某个位置起找。",
        "Where a text first occurs in another, counted from 1, upper and lower case differ; null when it does "
        "not. The search may start at a position.",
    )
    examples = (
        Example('FIND("-", "HT-2026-001")', "3"),
        Example('FIND("-", "HT-2026-001", 4)', "8"),
        Example('FIND("x", "abc")', "null"),
    )

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(position_in_text)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.pieces.found(*arguments)


class SplitPart(Function):
    type = "SPLITPART"
    result = TEXT
    partial = True
    parameters = (text_argument("text"), text_argument("separator"), whole_argument("number"))
    doc = text(
        "按分隔符切开后的第几段；负数从末尾数起；没有这一段时为空。",
        "One of the pieces between separators, by number; negative numbers count from the end; null when there "
        "is no such piece.",
    )
    examples = (
        Example('SPLITPART("HT-2026-001", "-", 2)', "2026"),
        Example('SPLITPART("li@example.com", "@", -1)', "example.com"),
        Example('SPLITPART("a,b", ",", 3)', "null"),
    )

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(piece_of_text)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.pieces.split_part(*arguments)


class Substitute(Function):
    type = "SUBSTITUTE"
    result = TEXT
    partial = True
    parameters = (
        text_argument("text"),
        text_argument("old"),
        text_argument("new"),
        whole_argument("occurrence", optional=True),
    )
    doc = text(
        "把一段文本换成另一段：全部，或只换第几处。",
        "One text put in the place of another: everywhere, or at one occurrence only.",
    )
    examples = (
        Example('SUBSTITUTE("138-0013-8000", "-", "")', "13800138000"),
        Example('SUBSTITUTE("a-b-c", "-", "/", 2)', "a-b/c"),
    )

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        made = substituted_once if len(arguments) > 3 else substituted
        return f"{writer.use(made)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        value, old, new, *occurrence = arguments
        if occurrence:
            return lower.pieces.substituted_once(value, old, new, occurrence[0])
        return lower.pieces.substituted(value, old, new)


class Replace(Function):
    type = "REPLACE"
    result = TEXT
    partial = True
    parameters = (
        text_argument("text"),
        whole_argument("start"),
        whole_argument("count"),
        text_argument("new"),
    )
    doc = text(
        "从第几个字符起，把若干字符换成另一段文本；起点小于 1 时为空。",
        "Some characters from a position on replaced by a text; null when the position is below 1.",
    )
    examples = (Example('REPLACE("13800138000", 4, 4, "****")', "138****8000"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(replaced_at)}({', '.join(arguments)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.pieces.replaced(*arguments)


def last_characters(value: str, count: int) -> str:
    return value[-count:] if count > 0 else ""


def characters_from(value: str, start: int, count: int) -> str | None:
    return value[start - 1 : start - 1 + max(count, 0)] if start >= 1 else None


def position_in_text(part: str, value: str, start: int = 1) -> int | None:
    """Counted from 1; None when the part is not there or the start is outside the text."""
    return value.find(part, start - 1) + 1 or None if start >= 1 else None


def piece_of_text(value: str, separator: str, place: int) -> str | None:
    """An empty separator cuts nothing."""
    pieces = value.split(separator) if separator else [value]
    if not 1 <= abs(place) <= len(pieces):
        return None
    return pieces[place - 1 if place > 0 else place]


def substituted(value: str, old: str, new: str) -> str | None:
    """All occurrences, from left to right; None when the result would be too long."""
    times = value.count(old) if old else 0
    if len(value) + times * (len(new) - len(old)) > MAX_TEXT:
        return None
    return value.replace(old, new) if times else value


def substituted_once(value: str, old: str, new: str, occurrence: int) -> str | None:
    """One occurrence; a text that does not hold it stays as it is."""
    if occurrence < 1:
        return None
    pieces = value.split(old) if old else [value]
    if len(pieces) <= occurrence:
        return value if len(value) <= MAX_TEXT else None
    if len(value) + len(new) - len(old) > MAX_TEXT:
        return None
    return f"{old.join(pieces[:occurrence])}{new}{old.join(pieces[occurrence:])}"


def replaced_at(value: str, start: int, count: int, new: str) -> str | None:
    if start < 1:
        return None
    before, after = value[: start - 1], value[start - 1 + max(count, 0) :]
    return f"{before}{new}{after}" if len(before) + len(new) + len(after) <= MAX_TEXT else None
