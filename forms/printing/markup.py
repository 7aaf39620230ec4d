"""From the text of a print template to its tree, with everything that is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from engine.findings import Text, text
from forms.printing.nodes import Counter, Each, Element, Hole, If, Node, Words
from forms.printing.tags import (
    ATTRIBUTES,
    FLOW,
    INSIDE,
    PHRASE,
    PLAIN,
    SAME_STYLE,
    STYLES,
    TAGS,
    VOID,
    Content,
    fits,
)
from forms.printing.tokens import Problem, Token, tokens

DEEPEST = 30
MOST_NODES = 5_000
COUNTERS = {"$page": "page", "$pages": "pages"}
SPACE = re.compile(r"[ \t\r\n]+")


@dataclass(slots=True)
class Open:
    """A tag or block that is not closed yet. `yes` is set once an if has come to its else."""

    token: Token
    content: Content
    children: list[Node] = field(default_factory=list)
    element: Element | None = None
    yes: tuple[Node, ...] | None = None

    @property
    def name(self) -> str:
        """How it is closed."""
        return f"</{self.token.value}>" if self.element is not None else f"{{{{/{self.token.kind}}}}}"


def read_body(source: str) -> tuple[tuple[Node, ...], list[Problem]]:
    """The tree of a body, which may use tags."""
    return _Reader(FLOW, counters=False).read(source, tags=True)


def read_line(source: str, *, counters: bool = False) -> tuple[tuple[Node, ...], list[Problem]]:
    """The tree of a text without tags; `counters`: it may hold `{{$page}}` and `{{$pages}}`."""
    return _Reader(PLAIN, counters=counters).read(source, tags=False)


class _Reader:
    def __init__(self, content: Content, *, counters: bool) -> None:
        self.problems: list[Problem] = []
        self.counters = counters
        self.root = Open(Token("words", "", 0), content)
        self.stack = [self.root]
        self.nodes = 0

    def read(self, source: str, *, tags: bool) -> tuple[tuple[Node, ...], list[Problem]]:
        for token in tokens(source, self.problems, tags=tags):
            self.nodes += 1
            if self.nodes > MOST_NODES or len(self.stack) > DEEPEST:
                self._wrong("template_too_large", token.at, *_TOO_LARGE)
                break
            self._take(token)
        for each in self.stack[1:]:
            self._wrong(
                "template_not_closed",
                each.token.at,
                text(
                    f"此处打开的没有用 {each.name} 关闭。", f"What begins here is not closed by {each.name}."
                ),
                text(f"请补上 {each.name}。", f"Add {each.name}."),
            )
        return tuple(self.root.children), self.problems

    def _take(self, token: Token) -> None:
        top = self.stack[-1]
        match token.kind:
            case "words":
                self._words(token, top)
            case "hole":
                self._hole(token, top)
            case "open":
                self._open(token, top)
            case "each" | "if":
                self.stack.append(Open(token, top.content))
            case "else":
                self._else(token, top)
            case _:
                self._close(token, top)

    def _words(self, token: Token, top: Open) -> None:
        if top.content.words:
            top.children.append(Words(SPACE.sub(" ", token.value)))
        elif token.value.strip():
            self._misplaced(token.at + len(token.value) - len(token.value.lstrip()), token.value.strip()[:20])

    def _hole(self, token: Token, top: Open) -> None:
        if token.value in COUNTERS and self.counters:
            top.children.append(Counter("page" if token.value == "$page" else "pages"))
        elif top.content.words:
            top.children.append(Hole(token.value, token.at, inline=top.content is not FLOW))
        else:
            self._misplaced(token.at, token.value[:20])

    def _open(self, token: Token, top: Open) -> None:
        name = token.value
        if name not in TAGS:
            self._wrong(
                "template_tag",
                token.at,
                text(f"不能使用标签 <{name}>。", f"The tag <{name}> cannot be used."),
                _near(name, TAGS),
            )
            if name not in {"link", "meta", "input", "hr"}:
                self.stack.append(Open(token, PHRASE, element=Element(name)))
            return
        if name not in top.content.tags:
            self._misplaced(token.at, f"<{name}>")
        element = Element(name, (), *self._attributes(token))
        if name in VOID:
            top.children.append(element)
        else:
            self.stack.append(Open(token, INSIDE[name], element=element))

    def _attributes(self, token: Token) -> tuple[dict[str, str], dict[str, str]]:
        """The attributes and styles of a tag; where both say the same, the style counts."""
        known = ATTRIBUTES.get(token.value, {})
        attributes: dict[str, str] = {}
        style: dict[str, str] = {}
        said: dict[str, str] = {}
        for name, value in token.attributes:
            if name == "style":
                said |= self._styles(token, value)
            elif name not in known:
                self._unknown("template_attribute", token, name, (*known, "style"), ("属性", "attribute"))
            elif not fits(known[name], value.strip()):
                self._value(token, name, value)
            elif name in SAME_STYLE:
                style[SAME_STYLE[name]] = value.strip()
            else:
                attributes[name] = value.strip()
        if style.keys() & {"page-break-before"} or "page-break-before" in said:
            self._break_at_root(token)
        return attributes, style | said

    def _styles(self, token: Token, value: str) -> dict[str, str]:
        style: dict[str, str] = {}
        for part in filter(str.strip, value.split(";")):
            name, _, given = (each.strip().lower() for each in part.partition(":"))
            if name not in STYLES:
                self._unknown("template_style", token, name, STYLES, ("样式", "style"))
            elif not fits(STYLES[name], given):
                self._value(token, name, given)
            else:
                style[name] = given
        return style

    def _break_at_root(self, token: Token) -> None:
        """A page ends between blocks of the body, not inside one."""
        if any(each.element is not None for each in self.stack):
            self._wrong(
                "template_page_break",
                token.at,
                text("只有最外层的块可以另起一页。", "Only an outermost block can begin a new page."),
                text(
                    "请把 page-break-before 写在最外层的标签上。",
                    "Put page-break-before on an outermost tag.",
                ),
            )

    def _else(self, token: Token, top: Open) -> None:
        if top.token.kind != "if" or top.yes is not None:
            self._wrong(
                "template_nesting",
                token.at,
                text("此处的 {{else}} 不属于任何 {{#if}}。", "The {{else}} here belongs to no {{#if}}."),
                text("请检查嵌套。", "Check how tags and blocks are nested."),
            )
            return
        top.yes, top.children = tuple(top.children), []

    def _close(self, token: Token, top: Open) -> None:
        written = (
            f"</{token.value}>" if token.kind == "close" else f"{{{{/{token.kind.removeprefix('end_')}}}}}"
        )
        if top is self.root or top.name != written:
            expected = "" if top is self.root else top.name
            self._wrong(
                "template_nesting",
                token.at,
                text(
                    f"此处的 {written} 与打开的不配对。", f"The {written} here does not close what is open."
                ),
                text(f"此处应为 {expected}。", f"{expected} is expected here.")
                if expected
                else text("请删除它。", "Remove it."),
            )
            if not any(each.name == written for each in self.stack[1:]):
                return
            while self.stack[-1].name != written:
                self._finish(self.stack.pop())
        self._finish(self.stack.pop())

    def _finish(self, done: Open) -> None:
        into, children = self.stack[-1].children, tuple(done.children)
        if done.element is not None:
            into.append(Element(done.element.tag, children, done.element.attributes, done.element.style))
        elif done.token.kind == "each":
            into.append(Each(done.token.value, done.token.at, children))
        else:
            yes, no = (children, ()) if done.yes is None else (done.yes, children)
            into.append(If(done.token.value, done.token.at, yes, no))

    def _misplaced(self, at: int, what: str) -> None:
        top = next((each for each in reversed(self.stack) if each.element is not None), self.root)
        place = f"<{top.token.value}>" if top is not self.root else "…"
        self._wrong(
            "template_misplaced",
            at,
            text(f"“{what}”不能直接放在 {place} 中。", f"'{what}' cannot stand directly in {place}."),
            text("请放入合适的标签，例如表格的 <td>。", "Put it into a fitting tag, in a table into a <td>."),
        )

    def _unknown(
        self, code: str, token: Token, name: str, known: Iterable[str], what: tuple[str, str]
    ) -> None:
        self._wrong(
            code,
            token.at,
            text(
                f"<{token.value}> 不能使用{what[0]}“{name}”。",
                f"<{token.value}> takes no {what[1]} '{name}'.",
            ),
            _near(name, known),
        )

    def _value(self, token: Token, name: str, value: str) -> None:
        self._wrong(
            "template_value",
            token.at,
            text(f"“{name}”的值“{value[:40]}”无效。", f"'{value[:40]}' is no value of '{name}'."),
            text("可用的值见打印模板文档。", "docs/print.md lists the values that can be used."),
        )

    def _wrong(self, code: str, at: int, message: Text, fix: Text) -> None:
        self.problems.append(Problem(code, at, message, fix))


_TOO_LARGE = (
    text(
        f"模板超过 {MOST_NODES} 个部分或嵌套超过 {DEEPEST} 层。",
        f"The template has more than {MOST_NODES} parts, or they are nested more than {DEEPEST} levels deep.",
    ),
    text("请拆成几个模板。", "Make several templates of it."),
)


def _near(name: str, known: Iterable[str]) -> Text:
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return text(f"是否想写“{close[0]}”？", f"Did you mean '{close[0]}'?")
    return text(f"可用：{'、'.join(names)}。", f"Known: {', '.join(names)}.")
