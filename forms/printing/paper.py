"""Filled templates as the file that is sent: HTML or PDF, with its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog
import typst

from engine import fonts
from engine.errors import EngineError
from engine.files.names import clean_name
from engine.files.opened import store_of
from engine.runtime import Runtime
from forms.printing.fill import Printed
from forms.printing.html import html_page
from forms.printing.nodes import Picture, size_of, words_of
from forms.printing.pdf import pdf_of
from forms.printing.pictures import stored

log = structlog.get_logger("fourfold.printing")

Format = Literal["html", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "pdf")
MOST_NODES = 40_000
"""Parts of all records together: some 5,000 rows, which take about five seconds."""


class PrintTooLarge(EngineError):
    """There is too much to print at once."""

    code = "print_too_large"
    zh = "一次要打印的内容过多。"
    fix_zh = "请减少记录数。"
    fix_en = "Print fewer records at once."


class PrintFailed(EngineError):
    """The page could not be laid out."""

    code = "print_failed"
    zh = "无法排版该页面。"
    fix_zh = "请简化模板中的表格与尺寸。"
    fix_en = "Make tables and sizes of the template simpler."


@dataclass(frozen=True, slots=True)
class Paper:
    """A file with its name and media type. `lacking` are characters that no font at hand can show."""

    content: bytes
    name: str
    media_type: str
    lacking: tuple[str, ...] = ()


def on_paper(runtime: Runtime, records: Sequence[Printed], form: Format, *, made_at: datetime) -> Paper:
    """The file to send. It takes no transaction, for it may take seconds. Raises PrintTooLarge, PrintFailed."""
    if sum(size_of(each.body) for each in records) > MOST_NODES:
        raise PrintTooLarge()
    content = _pictures(runtime)
    name = clean_name(records[0].title + (f" +{len(records) - 1}" if len(records) > 1 else ""))
    if form == "html":
        return Paper(html_page(records, content).encode(), f"{name}.html", "text/html; charset=utf-8")
    folder = runtime.settings.font_folder
    try:
        made = pdf_of(records, content, made_at=made_at, font_folder=folder)
    except typst.TypstError as wrong:
        log.error("page not laid out", diagnostic=wrong.diagnostic)
        raise PrintFailed() from wrong
    lacking = _lacking(records) if folder is None else ()
    return Paper(made, f"{name}.pdf", "application/pdf", lacking)


def _lacking(records: Sequence[Printed]) -> tuple[str, ...]:
    """Characters that the shipped font does not have; what further fonts have is not known."""
    found: set[str] = set()
    for each in records:
        for tree in (each.body, *each.header.values(), *each.footer.values()):
            found |= fonts.lacking(words_of(tree))
    return tuple(sorted(found))


def _pictures(runtime: Runtime) -> Callable[[Picture], bytes | None]:
    """Pictures of the file store, each read once."""
    known: dict[str, bytes | None] = {}

    def content(picture: Picture) -> bytes | None:
        if picture.file not in known:
            known[picture.file] = stored(picture, store_of(runtime))
        return known[picture.file]

    return content
