"""Text: LEN LEFT UPPER LOWER PROPER TRIM CONCAT & CONTAINS STARTSWITH ENDSWITH."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from engine.expressions import letters
from engine.expressions.function import Example, Function
from engine.expressions.functions.constants import constant_flag
from engine.expressions.functions.spelled import as_text
from engine.expressions.limits import MAX_TEXT
from engine.expressions.parameters import any_argument, condition_argument, text_argument, whole_argument
from engine.expressions.typed import Apply, Node
from engine.expressions.types import BOOL, TEXT, number
from engine.findings import text

if TYPE_CHECKING:
    from sqlglot import exp

    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering


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
    work = 1_400
    doc = text("转大写，每个字符对应一个字符。", "Upper case, one character for one.")
    examples = (Example('UPPER("abc")', "ABC"),)


class Lower(_Letters):
    type = "LOWER"
    table = staticmethod(letters.lower)
    work = 800
    doc = text("转小写，每个字符对应一个字符。", "Lower case, one character for one.")
    examples = (Example('LOWER("ABC")', "abc"),)


class Proper(_Letters):
    type = "PROPER"
    table = staticmethod(letters.proper)
    work = 3_500
    doc = text(
        "每个单词首字母大写，其余小写；没有大小写之分的字符隔开单词。",
        "The first letter of each word in upper case, the others in lower case; whatever has no case parts words.",
    )
    examples = (Example('PROPER("li LEI, o\'neil")', "Li Lei, O'Neil"),)

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.spellings.proper(arguments[0])


class Trim(Function):
    type = "TRIM"
    result = TEXT
    parameters = (text_argument("text"),)
    doc = text("去掉两端空白，含全角空格。", "Without blanks at both ends, full-width ones too.")
    examples = (Example('TRIM("  a b ")', "a b"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{arguments[0]}.strip({writer.hold(letters.BLANKS)})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.texts.trimmed(arguments[0], letters.BLANKS)


class Concat(Function):
    """Null counts as an empty text; numbers and dates are spelled by TEXT."""

    type = "CONCAT"
    result = TEXT
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
        if len(site.trees) == 3 and constant_flag(site, 2):
            arguments = [Apply(TEXT, LOWER, (each,), span=each.span) for each in arguments]
        return site.apply(BOOL, arguments)


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


class EndsWith(_Search):
    type = "ENDSWITH"
    doc = text(
        "是否以某段文本结尾；第三个参数为 true 时不分大小写。",
        "Whether a text ends with another; true as the third argument ignores case.",
    )
    examples = (Example('ENDSWITH("invoice.PDF", ".pdf", true)', "true"),)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{arguments[0]}.endswith({arguments[1]})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        return lower.pieces.ends_with(*arguments)


LOWER = Lower()


def joined(*parts: str | None) -> str | None:
    """The texts one after the other; None when the result is too long."""
    filled = [part for part in parts if part]
    return "".join(filled) if sum(map(len, filled)) <= MAX_TEXT else None
