"""Pieces of Markdown: headings in both languages and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by `fourfold docs` from the code. Do not edit: change the code and run it again. -->"


def page(zh: str, en: str, *parts: str) -> str:
    """A whole page; `parts` are paragraphs, tables and sections."""
    return "\n\n".join([f"# {zh} / {en}", NOTICE, *(part for part in parts if part)]) + "\n"


def both(zh: str, en: str) -> str:
    """A sentence in Chinese, then in English, each a paragraph."""
    return f"{zh}\n\n{en}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; without rows nothing at all."""
    lines = [f"| {' | '.join(_cell(each) for each in row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines])


def code(text: str) -> str:
    """`text` as code; nothing for an empty text."""
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
