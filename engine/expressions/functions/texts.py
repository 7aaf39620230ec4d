"""Text: LEN LEFT UPPER LOWER TRIM CONCAT & CONTAINS STARTSWITH TEXT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions import letters
from engine.expressions.coerce import read_as
from engine.expressions.errors import ExpressionError
from engine.expressions.function import Example, Function
from engine.expressions.limits import MAX_TEXT
from engine.expressions.parameters import (
    TEXT_WANTED,
    any_argument,
    condition_argument,
    text_argument,
    whole_argument,
)
from engine.expressions.spelling import decimal_text
from engine.expressions.typed import Apply, Constant, Node
from engine.expressions.types import BOOL, TEXT, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

BLANKS = " \t\n\r\u00a0\u3000"


class Len(Function):
    type = "LEN"
    result = number(9, 0)
    parameters = (text_argument("text"),)
    doc = text("字符数。", "The number of characters.")
    examples = (Example('LEN("合同A")', "3"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"len({arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.texts.length(arguments[0])


class Left(Function):
    type = "LEFT"
    result = TEXT
    parameters = (text_argument("text"), whole_argument("count"))
    doc = text("左起若干字符。", "The first characters.")
    examples = (Example('LEFT("合同A", 2)', "合同"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{arguments[0]}[:max({arguments[1]}, 0)]"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.texts.left(*arguments)


class _Letters(Function):
    result = TEXT
    parameters = (text_argument("text"),)
    table: ClassVar[Callable[..., str]]

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(type(self).table)}({arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.texts.letters(self.type, arguments[0])


class Upper(_Letters):
    type = "UPPER"
    table = staticmethod(letters.upper)
    doc = text("转大写，每个字符对应一个字符。", "Upper case, one character for one.")
    examples = (Example('UPPER("abc")', "ABC"),)


class Lower(_Letters):
    type = "LOWER"
    table = staticmethod(letters.lower)
    doc = text("转小写，每个字符对应一个字符。", "Lower case, one character for one.")
    examples = (Example('LOWER("ABC")', "abc"),)


class Trim(Function):
    type = "TRIM"
    result = TEXT
    parameters = (text_argument("text"),)
    doc = text("去掉两端空白，含全角空格。", "Without blanks at both ends, full-width ones too.")
    examples = (Example('TRIM("  a b ")', "a b"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{arguments[0]}.strip({writer.hold(BLANKS)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.texts.trimmed(arguments[0], BLANKS)


class Concat(Function):
    """Null counts as an empty text; numbers and dates are spelled by TEXT."""

    type = "CONCAT"
    strict = False
    partial = True
    parameters = (any_argument("value", repeated=True),)
    doc = text("连接文本，空值当作空文本。", "Texts joined; null counts as an empty text.")
    examples: ClassVar[tuple[Example, ...]] = (Example('CONCAT("No ", 5)', "No 5"),)

    def check(self, site: Site) -> Node:
        site.count(1, None)
        return site.apply(TEXT, [as_text(site, node) for node in site.nodes()])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        values = ", ".join(writer.value(each) for each in node.arguments)
        return f"{writer.use(joined)}({values})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.texts.joined(arguments, MAX_TEXT)


class Ampersand(Concat):
    type = "&"
    examples = (Example('"a" & null & "b"', "ab"),)


class _Search(Function):
    """With `ignore_case` both texts are lowered first, character by character."""

    result = BOOL
    parameters = (
        text_argument("text"),
        text_argument("part"),
        replace(condition_argument("ignore_case"), optional=True),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 3)
        arguments = [site.fitting(tree, self.parameters[0]) for tree in site.trees[:2]]
        if len(site.trees) == 3 and self.ignores_case(site):
            arguments = [Apply(TEXT, LOWER, (each,), span=each.span) for each in arguments]
        return site.apply(BOOL, arguments)

    def ignores_case(self, site: Site) -> bool:
        flag = site.checks.node(site.trees[2])
        if not isinstance(flag, Constant) or not isinstance(flag.value, bool):
            raise ExpressionError(
                "constant_needed", flag.span, "此处写 true 或 false。", "Write true or false here."
            )
        return flag.value


class Contains(_Search):
    type = "CONTAINS"
    doc = text(
        "是否包含某段文本；第三个参数为 true 时不分大小写。",
        "Whether a text holds another; true as the third argument ignores case.",
    )
    examples = (
        Example('CONTAINS("Fourfold", "fold")', "true"),
        Example('CONTAINS("ABC", "b", true)', "true"),
    )

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"({arguments[1]} in {arguments[0]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.texts.contains(*arguments)


class StartsWith(_Search):
    type = "STARTSWITH"
    doc = text(
        "是否以某段文本开头；第三个参数为 true 时不分大小写。",
        "Whether a text begins with another; true as the third argument ignores case.",
    )
    examples = (Example('STARTSWITH("Fourfold", "Four")', "true"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{arguments[0]}.startswith({arguments[1]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.texts.starts_with(*arguments)


class Text(Function):
    """Amounts keep the decimals of their type, numbers lose trailing zeros; dates are ISO."""

    type = "TEXT"
    result = TEXT
    parameters = (any_argument("value"),)
    doc = text("数字、日期写成文本。", "A number or a date as text.")
    examples = (Example("TEXT(12.50)", "12.5"), Example("TEXT(DATE(2026, 3, 1))", "2026-03-01"))

    def check(self, site: Site) -> Node:
        site.count(1, 1)
        return as_text(site, site.nodes()[0])

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        (value,) = node.arguments
        if value.type.kind == "date":
            return f"{arguments[0]}.isoformat()"
        if value.type.scale == 0:
            return f"str({arguments[0]})"
        spelled = decimal_text if value.type.kind == "money" else plain_decimal
        return f"{writer.use(spelled)}({arguments[0]}, {value.type.scale})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        (value,) = node.arguments
        if value.type.kind == "date":
            return lower.texts.of_date(arguments[0])
        return lower.texts.of_number(arguments[0], value.type.scale, plain=value.type.kind != "money")


LOWER = Lower()
SPELLED = Text()


def as_text(site: Site, node: Node) -> Node:
    """The value as text."""
    if node.type.textual or node.type.kind == "null":
        return read_as(node, TEXT)
    if not node.type.numeric and node.type.kind != "date":
        raise site.unfit(node, TEXT_WANTED)
    return Apply(TEXT, SPELLED, (node,), span=node.span)


def joined(*parts: str | None) -> str | None:
    """The texts one after the other; None when the result is too long."""
    made = "".join([part for part in parts if part])
    return made if len(made) <= MAX_TEXT else None


def plain_decimal(value: int, scale: int) -> str:
    """A decimal without trailing zeros."""
    return decimal_text(value, scale).rstrip("0").rstrip(".")
