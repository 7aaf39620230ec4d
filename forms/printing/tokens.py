"""The text of a print template in pieces: words, tags, holes and blocks, each with the place where it stands."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from engine.connect.templates import CLOSE, OPEN, TemplateError, closing
from engine.findings import NO_FIX, Text, text

Kind = Literal["words", "hole", "open", "close", "each", "if", "else", "end_each", "end_if"]

TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)
    (?P<attributes>(?:\s+[A-Za-z-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=/]+))?)*)\s*(?P<void>/?)>""",
    re.VERBOSE,
)
ATTRIBUTE = re.compile(r"""\s+([A-Za-z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=/]+)))?""")
BLOCK = re.compile(r"#(each|if)(?:\s+(.*))?\Z|(else|/each|/if)\Z", re.DOTALL)
TAG_BEGINS = re.compile(r"</?[A-Za-z]")
WORD: dict[str, Kind] = {"else": "else", "/each": "end_each", "/if": "end_if"}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at letter `at` of a text."""

    code: str
    at: int
    message: Text
    fix: Text = field(default_factory=lambda: NO_FIX)


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is the words, the name of a tag, or what stands in a hole."""

    kind: Kind
    value: str
    at: int
    attributes: tuple[tuple[str, str], ...] = ()


def tokens(source: str, problems: list[Problem], *, tags: bool = True) -> Iterator[Token]:
    """The pieces in order; what is wrong goes to `problems`. Without `tags` only holes and blocks are read."""
    at = 0
    while at < len(source):
        begin = _next(source, at, tags=tags)
        if begin > at:
            words = source[at:begin]
            yield Token("words", html.unescape(words) if tags else words, at)
        if begin == len(source):
            return
        if source.startswith(OPEN, begin):
            try:
                end = closing(source, begin + len(OPEN))
            except TemplateError:
                problems.append(_unclosed(begin))
                return
            yield from _hole(source[begin + len(OPEN) : end], begin, problems)
            at = end + len(CLOSE)
        else:
            found, at = _tag(source, begin, problems)
            if found is not None:
                yield found


def _next(source: str, at: int, *, tags: bool) -> int:
    """Where the next hole, tag or comment begins."""
    places = [source.find(OPEN, at)]
    if tags:
        tag = TAG_BEGINS.search(source, at)
        places += [tag.start() if tag else -1, source.find("<!", at)]
    return min((place for place in places if place >= 0), default=len(source))


def _hole(inside: str, at: int, problems: list[Problem]) -> Iterator[Token]:
    written = inside.strip()
    at += len(OPEN) + len(inside) - len(inside.lstrip())
    block = BLOCK.match(written)
    if block is None and written[:1] not in {"", "#", "/"}:
        yield Token("hole", written, at)
    elif block is not None and block[3]:
        yield Token(WORD[block[3]], "", at)
    elif block is not None and block[2]:
        yield Token("each" if block[1] == "each" else "if", block[2].strip(), at + block.start(2))
    else:
        problems.append(
            Problem(
                "template_block",
                at,
                text(f"不认识“{{{{{written[:40]}}}}}”。", f"'{{{{{written[:40]}}}}}' is nothing known."),
                text(
                    "可用：{{表达式}}、{{#each 子表}}、{{/each}}、{{#if 条件}}、{{else}}、{{/if}}。",
                    "Use {{expression}}, {{#each child_table}}, {{/each}}, {{#if condition}}, {{else}} or {{/if}}.",
                ),
            )
        )


def _tag(source: str, at: int, problems: list[Problem]) -> tuple[Token | None, int]:
    """A tag or nothing (a comment, a broken tag), and where what follows begins."""
    if source.startswith("<!", at):
        end = source.find("-->", at)
        if not source.startswith("<!--", at) or end < 0:
            problems.append(_broken(at))
            return None, at + 2
        return None, end + 3
    found = TAG.match(source, at)
    if found is None:
        problems.append(_broken(at))
        return None, at + 1
    if OPEN in found[0]:
        problems.append(
            Problem(
                "template_in_tag",
                at,
                text("标签里不能写 {{ }}。", "No {{ }} may stand inside a tag."),
                text(
                    "请写在标签之间，或用 {{#if}} 分写两个标签。",
                    "Put it between tags, or write two tags in an {{#if}}.",
                ),
            )
        )
        return None, found.end()
    name = found["name"].lower()
    if found["end"]:
        return Token("close", name, at), found.end()
    attributes = tuple(
        (each[1].lower(), html.unescape(each[2] or each[3] or each[4] or ""))
        for each in ATTRIBUTE.finditer(found["attributes"])
    )
    return Token("open", name, at, attributes), found.end()


def _unclosed(at: int) -> Problem:
    return Problem(
        "template_unclosed",
        at,
        text("此处的 {{ 没有配对的 }}。", "The {{ here has no }}."),
        text("请补上 }}。", "Add the }}."),
    )


def _broken(at: int) -> Problem:
    return Problem(
        "template_tag_broken",
        at,
        text("此处的标签不完整。", "The tag here is not complete."),
        text("请补全标签；文字中的 < 写作 &lt;。", "Complete the tag; a < in words is written &lt;."),
    )
