"""MATCHES: a text against a regular expression, by RE2, whose time grows with the text alone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import re2

from engine.expressions.errors import ExpressionError
from engine.expressions.function import Example, Function
from engine.expressions.functions.constants import constant_text
from engine.expressions.limits import MAX_TEXT
from engine.expressions.parameters import text_argument
from engine.expressions.typed import Node
from engine.expressions.types import BOOL
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer

MAX_PATTERN = 500
MAX_MEMORY = 1 << 20
"""Bytes RE2 may use for one pattern; without room for its automaton it walks all states at each character."""
MAX_STEPS = 500
"""Instructions of the compiled pattern. With these bounds the worst text takes about 30 ms."""

WORK_OF_STEP = 60
"""Microseconds on the longest text."""


class Matcher(Protocol):
    """A compiled pattern."""

    @property
    def programsize(self) -> int:
        """Its instructions."""

    def fullmatch(self, value: bytes) -> object | None:
        """Something when the whole of an UTF-8 text matches."""


class Matches(Function):
    """`option` is the pattern. The whole text must match."""

    type = "MATCHES"
    in_memory = True
    partial = True
    work = WORK_OF_STEP
    result = BOOL
    parameters = (text_argument("text"), text_argument("pattern"))
    doc = text(
        "整段文本是否符合正则表达式（RE2，固定写在引号中）；只要求含有时，在两边写 .*。反斜杠写两次。",
        "Whether the whole text matches a regular expression (RE2, a constant in quotes); write .* around it to "
        "look inside. A backslash is written twice.",
    )
    examples = (
        Example('MATCHES("13800138000", "1[3-9][0-9]{9}")', "true"),
        Example('MATCHES("京A12345", "\\\\p{Han}[A-Z]\\\\w{5,6}")', "true"),
        Example('MATCHES("138001380001", "1[3-9]\\\\d{9}")', "false"),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 2)
        value = site.fitting(site.trees[0], self.parameters[0])
        pattern = constant_text(site, 1, MAX_PATTERN)
        try:
            steps = matcher(pattern).programsize
        except re2.error as error:
            said = error.args[0] if error.args else ""
            reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
            raise ExpressionError(
                "bad_pattern",
                site.trees[1].span,
                f"正则表达式有误：{reason}。",
                f"The regular expression is wrong: {reason}.",
                suggestion=text("请查 RE2 的写法。", "See the syntax of RE2."),
            ) from None
        if steps > MAX_STEPS:
            raise ExpressionError(
                "bad_pattern",
                site.trees[1].span,
                f"正则表达式太大：{steps} 步，最多 {MAX_STEPS} 步。",
                f"The regular expression is too large: {steps} steps; {MAX_STEPS} are allowed.",
                suggestion=text(
                    "请用 + 代替很大的重复次数。", "Write + instead of a large count of repetitions."
                ),
            )
        return site.apply(BOOL, [value], pattern)

    def work_of(self, node: Any) -> int:
        return WORK_OF_STEP * matcher(node.option).programsize

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        return f"{writer.use(matches_whole)}({writer.hold(matcher(node.option))}, {arguments[0]})"


@lru_cache(maxsize=512)
def matcher(pattern: str) -> Matcher:
    """The compiled pattern. Raises re2.error."""
    options = re2.Options()
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    options.never_capture = True
    made: Matcher = re2.compile(pattern, options)  # type: ignore[no-untyped-call]
    return made


def matches_whole(found: Matcher, value: str) -> bool | None:
    """None for a text longer than the language makes."""
    if len(value) > MAX_TEXT:
        return None
    return found.fullmatch(value.encode("utf-8", "surrogatepass")) is not None
