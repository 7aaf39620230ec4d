"""PINYIN: Chinese characters as Latin letters."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.expressions.function import Example, Function
from engine.expressions.limits import MAX_TEXT
from engine.expressions.parameters import text_argument
from engine.expressions.typed import Node
from engine.expressions.types import TEXT
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer

STYLES = ("full", "initials")
MAX_ROMANIZED = 1_000
"""Characters; a longer text would take more than some ten milliseconds."""


class Pinyin(Function):
    """`option` is the style."""

    type = "PINYIN"
    in_memory = True
    partial = True
    work = 9_000
    result = TEXT
    parameters = (text_argument("text"), text_argument("style", optional=True))
    doc = text(
        "汉字的拼音，不带声调，音节相连；第二个参数为 initials 时只取首字母。其他字符不变；超过 1000 个字符时为空。",
        "The pinyin of Chinese characters without tones, in one word; the first letters only when the style is "
        "initials. Other characters stay; null for more than 1,000 characters.",
    )
    examples = (
        Example('PINYIN("重庆银行")', "chongqingyinhang"),
        Example('PINYIN("张三 A", "initials")', "zs A"),
    )

    def check(self, site: Site) -> Node:
        site.count(1, 2)
        value = site.fitting(site.trees[0], self.parameters[0])
        style = site.word(1, STYLES) if len(site.trees) > 1 else STYLES[0]
        return site.apply(TEXT, [value], style)

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        # Loaded now: the dictionary takes a quarter of a second and 60 MB, which only users of PINYIN pay.
        return f"{writer.use(romanized)}({writer.hold(syllables(node.option))}, {arguments[0]})"


@lru_cache(maxsize=2)
def syllables(style: str) -> Callable[[str], list[str]]:
    """What cuts a text into syllables of this style; everything else in pieces as it is."""
    from pypinyin import Style, lazy_pinyin

    kind = Style.NORMAL if style == "full" else Style.FIRST_LETTER
    return lambda value: lazy_pinyin(value, style=kind)


def romanized(cut: Callable[[str], list[str]], value: str) -> str | None:
    """None when the text or its pinyin is too long."""
    if len(value) > MAX_ROMANIZED:
        return None
    made = cut(value)
    return "".join(made) if sum(map(len, made)) <= MAX_TEXT else None
