"""Printed records as one PDF, laid out by Typst with the shipped font.

Typst runs the program in page.typ, which never changes; the records are data beside it. What a person wrote
is never a part of a program.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import typst

from engine import fonts
from forms.printing.fill import Printed
from forms.printing.layout import Layout
from forms.printing.nodes import Picture
from forms.printing.schema import Page, PaperSize

Content = Callable[[Picture], bytes | None]

PROGRAM = Path(__file__).parent / "page.typ"
PAPERS: Mapping[str, tuple[float, float]] = {
    "A3": (297, 420),
    "A4": (210, 297),
    "A5": (148, 210),
    "B5": (176, 250),
    "letter": (215.9, 279.4),
}


@cache
def _fonts(folder: Path | None) -> typst.Fonts:
    """The shipped font, then those of the installation; none of the machine, so that paper looks the same."""
    paths = [str(fonts.FOLDER), *([str(folder)] if folder is not None else [])]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)


def pdf_of(
    records: Sequence[Printed], content: Content, *, made_at: datetime, font_folder: Path | None = None
) -> bytes:
    """A PDF with the records in order, each from a page 1 of its own. `content` gives pictures."""
    known = _fonts(font_folder)
    with tempfile.TemporaryDirectory(prefix="fourfold-print-") as name:
        folder = Path(name)
        layout = Layout(folder, content)
        document = {
            "title": records[0].title,
            "language": records[0].language,
            "fonts": [fonts.FAMILY, *(each for each in known.families() if each != fonts.FAMILY)],
            "records": [_record(layout, number, each) for number, each in enumerate(records)],
        }
        (folder / "document.json").write_bytes(orjson.dumps(document))
        (folder / "page.typ").write_bytes(PROGRAM.read_bytes())
        compiler = typst.Compiler(root=folder, font_paths=known, ignore_system_fonts=True)
        # a PDF keeps whole seconds
        stamp = made_at.astimezone(UTC).replace(microsecond=0)
        made = compiler.compile(input=str(folder / "page.typ"), format="pdf", timestamp=stamp)
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


def _record(layout: Layout, number: int, printed: Printed) -> dict[str, Any]:
    return {
        "paper": _paper(printed.page),
        "header": _band(layout, printed.header, number),
        "footer": _band(layout, printed.footer, number),
        "body": layout.nodes(printed.body, number),
    }


def _band(layout: Layout, sides: Mapping[str, Iterable[Any]], number: int) -> list[Any] | None:
    said = [layout.nodes(sides.get(side, ()), number) for side in ("left", "center", "right")]
    return said if any(said) else None


def _paper(page: Page) -> dict[str, float]:
    if isinstance(page.size, PaperSize):
        width, height = page.size.width, page.size.height
    else:
        width, height = PAPERS[page.size]
    if page.orientation == "landscape":
        width, height = height, width
    return {"width": width, "height": height, "font_size": page.font_size, **page.margins.model_dump()}
