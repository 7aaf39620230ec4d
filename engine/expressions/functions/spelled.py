"""Values as text and back: TEXT VALUE."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.expressions import calendar, letters
from engine.expressions.coerce import in_range, read_as
from engine.expressions.errors import ExpressionError
from engine.expressions.function import Example, Function, mismatch
from engine.expressions.functions.constants import constant_text
from engine.expressions.parameters import TEXT_WANTED, any_argument, text_argument
from engine.expressions.patterns import MAX_PATTERN, BadPattern, Pattern, pattern_of
from engine.expressions.patterns.durations import DurationPattern
from engine.expressions.patterns.moments import MomentPattern
from engine.expressions.patterns.numbers import NumberPattern
from engine.expressions.scaling import round_half_up
from engine.expressions.spelling import decimal_text
from engine.expressions.typed import Apply, Node
from engine.expressions.types import MAX_SCALE, TEXT, UNIT_DIGITS, Type, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

MICROSECONDS = 1_000_000
_SPELLED = {"date", "datetime", "bool", "duration"}
LONGEST_NUMBER = 40
"""Characters of a number written as text, blanks at its ends aside."""
WIDE_SIGNS, PLAIN_SIGNS = "０１２３４５６７８９．，＋－−", "0123456789.,+--"
"""What people type with a Chinese keyboard, and what is meant."""
NUMBER_PATTERN = "[+-]?(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]*)?|[.][0-9]+)"
_NUMBER = re.compile(NUMBER_PATTERN)
_PLAIN = str.maketrans(WIDE_SIGNS, PLAIN_SIGNS)


class Text(Function):
    """Amounts keep the decimals of their type, numbers lose trailing zeros; dates are ISO, datetimes local."""

    type = "TEXT"
    result = TEXT
    parameters = (any_argument("value"), text_argument("pattern", optional=True))
    doc = text(
        "把数字、日期、时间、时长、真假写成文本；可给固定格式，如 `#,##0.00`、`0%`、`yyyy年M月d日`、`HH:mm`、`h:mm`。",
        "A number, date, datetime, duration or condition as text; a constant pattern like `#,##0.00`, `0%`, "
        "`yyyy-MM-dd`, `HH:mm` or `h:mm` may say how.",
    )
    examples = (
        Example("TEXT(12.50)", "12.5"),
        Example("TEXT(DATE(2026, 3, 1))", "2026-03-01"),
        Example("TEXT(1 < 2)", "true"),
        Example('TEXT(1234567.891, "#,##0.00")', "1,234,567.89"),
        Example('TEXT(0.085, "0.0%")', "8.5%"),
        Example('TEXT(DATE(2026, 3, 1), "yyyy年M月d日 aaaa")', "2026年3月1日 星期日"),
        Example("TEXT(NOW(), \"yyyyMMdd'T'HHmm\")", "20260302T1000"),
        Example('TEXT(NOW() - DATEADD("minute", -1590, NOW()), "h:mm")', "26:30"),
    )

    def check(self, site: Site) -> Node:
        site.count(1, 2)
        node = site.checks.node(site.trees[0])
        if len(site.trees) == 1:
            made = as_text(site, node)
            return made if made is node else replace(made, span=site.span)
        source = constant_text(site, 1, MAX_PATTERN)
        _proven(source, node.type, site)
        return Apply(TEXT, BY_PATTERN, (node,), source, span=site.span)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        (value,) = arguments
        kind: Type = node.arguments[0].type
        match kind.kind:
            case "date":
                return f"{value}.isoformat()"
            case "datetime":
                return f"{writer.use(spelled_moment)}({value}, e.tz)"
            case "bool":
                return f'("true" if {value} else "false")'
            case "duration":
                return f"{writer.use(spelled_duration)}({value})"
        if kind.scale == 0:
            return f"str({value})"
        spelled = decimal_text if kind.kind == "money" else plain_decimal
        return f"{writer.use(spelled)}({value}, {kind.scale})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        (value,) = arguments
        kind: Type = node.arguments[0].type
        match kind.kind:
            case "date":
                return lower.texts.of_date(value)
            case "datetime":
                return lower.spellings.of_moment(value)
            case "bool":
                return lower.spellings.of_bool(value)
            case "duration":
                return lower.spellings.of_duration(value)
        return lower.texts.of_number(value, kind.scale, plain=kind.kind != "money")


class ByPattern(Function):
    """TEXT with a pattern, which is the `option`. No database formats like Excel, so it is in memory only."""

    type = "TEXT pattern"
    in_memory = True
    doc = text("按格式写成文本。", "A value as text by a pattern.")

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        kind: Type = node.arguments[0].type
        pattern = pattern_of(node.option, kind.kind)
        if kind.numeric:
            return f"{writer.use(number_by_pattern)}({writer.hold(pattern)}, {arguments[0]}, {kind.scale})"
        if kind.kind == "datetime":
            return f"{writer.use(moment_by_pattern)}({writer.hold(pattern)}, {arguments[0]}, e.tz)"
        return f"{writer.use(value_by_pattern)}({writer.hold(pattern)}, {arguments[0]})"


class Value(Function):
    """Thousands separators must stand where they belong; more than six decimals are rounded."""

    type = "VALUE"
    result = number(UNIT_DIGITS + MAX_SCALE, MAX_SCALE)
    partial = True
    parameters = (text_argument("text"),)
    doc = text(
        "把文本读成数字，可带千分位逗号和全角数字；不是数字时为空。",
        "The number a text says, thousands separators and full-width digits allowed; null when it is none.",
    )
    examples = (
        Example('VALUE(" 1,234.50 ")', "1234.500000"),
        Example('VALUE("－３．５")', "-3.500000"),
        Example('VALUE("12 kg")', "null"),
    )

    def check(self, site: Site) -> Node:
        # One digit more than the range has: rounding may carry.
        read = number(UNIT_DIGITS + MAX_SCALE + 1, MAX_SCALE)
        return in_range(site.apply(read, site.declared()))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(number_of_text)}({arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.spellings.number_of(arguments[0])


SPELLED = Text()
BY_PATTERN = ByPattern()


def as_text(site: Site, node: Node) -> Node:
    """The value as text."""
    if node.type.textual or node.type.kind == "null":
        return read_as(node, TEXT)
    if not node.type.numeric and node.type.kind not in _SPELLED:
        raise site.unfit(node, TEXT_WANTED)
    return Apply(TEXT, SPELLED, (node,), span=node.span)


def _proven(source: str, kind: Type, site: Site) -> Pattern:
    """The pattern for values of this type. Raises ExpressionError."""
    if kind.kind == "bool":
        raise mismatch(
            site.span,
            "真假没有格式。",
            "A condition has no pattern.",
            suggestion=text("请写 IF(x, “是”, “否”)。", "Write IF(x, 'yes', 'no')."),
        )
    if not kind.numeric and kind.kind not in _SPELLED:
        raise mismatch(
            site.span,
            "只有数字、日期、时间和时长有格式。",
            "Only numbers, dates, datetimes and durations have patterns.",
        )
    try:
        return pattern_of(source, kind.kind)
    except BadPattern as error:
        raise ExpressionError(
            "bad_pattern",
            site.trees[1].span,
            f"格式“{source}”不能用：{error.message['zh']}。",
            f"The pattern '{source}' cannot be used: {error.message['en']}.",
            suggestion=error.suggestion,
        ) from None


def plain_decimal(value: int, scale: int) -> str:
    """A decimal without trailing zeros."""
    return decimal_text(value, scale).rstrip("0").rstrip(".")


def spelled_moment(moment: datetime, tz: ZoneInfo) -> str:
    """Local time to the second."""
    return calendar.to_local(moment, tz).isoformat(" ", "seconds")


def spelled_duration(microseconds: int) -> str:
    """Hours, minutes and seconds, what is below a second left out."""
    seconds = abs(microseconds) // MICROSECONDS
    sign = "-" if microseconds < 0 and seconds else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def number_by_pattern(pattern: NumberPattern, value: int, scale: int) -> str:
    return pattern.of_number(value, scale)


def moment_by_pattern(pattern: MomentPattern, moment: datetime, tz: ZoneInfo) -> str:
    return pattern.of(calendar.to_local(moment, tz))


def value_by_pattern(pattern: MomentPattern | DurationPattern, value: Any) -> str:
    return pattern.of(value)


def number_of_text(value: str) -> int | None:
    """A number scaled by 10**6, halves away from zero; it may be one digit above the range."""
    plain = value.strip(letters.BLANKS).translate(_PLAIN)
    if len(plain) > LONGEST_NUMBER or not _NUMBER.fullmatch(plain):
        return None
    digits = plain.lstrip("+-").replace(",", "")
    whole, _, fraction = digits.partition(".")
    whole = whole.lstrip("0")
    if len(whole) > UNIT_DIGITS:
        return None
    size = round_half_up(int(f"{whole}{fraction[:7]:0<7}"), MAX_SCALE + 1, MAX_SCALE)
    return -size if plain.startswith("-") else size
