"""PDF: the text can be read back, tables go on over pages, the font is inside and small."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from forms.printing.fill import Printed
from forms.printing.markup import read_body, read_line
from forms.printing.paper import PrintTooLarge, on_paper
from forms.printing.pdf import pdf_of
from forms.printing.schema import Margins, Page, PaperSize
from tests.forms.printing.conftest import Press

MOMENT = datetime(2026, 3, 2, 2, 0, 5, 123_456, tzinfo=UTC)
"""As a clock tells it: a PDF keeps whole seconds."""


def printed(body: str, *, footer: str = "", page: Page | None = None, title: str = "标题") -> Printed:
    tree, problems = read_body(body)
    assert problems == []
    band = {"right": read_line(footer, counters=True)[0]} if footer else {}
    return Printed(title, page or Page(), "zh", tree, {}, band)


def pdf(*records: Printed) -> PdfReader:
    return PdfReader(BytesIO(pdf_of(records, lambda _: None, made_at=MOMENT)))


def text(reader: PdfReader) -> list[str]:
    return ["".join(page.extract_text().split()) for page in reader.pages]


def table(rows: int) -> str:
    cells = "".join(f"<tr><td>{n}</td><td>第{n}行</td></tr>" for n in range(rows))
    return f"<table><thead><tr><th>序号</th><th>名称</th></tr></thead>{cells}</table>"


def test_the_text_can_be_read_back() -> None:
    [page] = text(pdf(printed("<h1>报价单</h1><p>合计<b>壹佰元整</b>，¥100.00 €5 —— 堃喆䶮</p>")))
    assert page == "报价单合计壹佰元整，¥100.00€5——堃喆䶮"


def test_a_table_goes_on_over_pages_with_its_head() -> None:
    pages = text(pdf(printed(table(120), footer="第{{$page}}页共{{$pages}}页")))
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert page.count("序号名称") == 1
        assert f"第{number}页共{len(pages)}页" in page
    together = "".join(pages)
    assert [n for n in range(120) if f"第{n}行" not in together] == []


def test_every_record_counts_its_own_pages() -> None:
    footer = "{{$page}}/{{$pages}}"
    pages = text(
        pdf(printed("一", footer=footer), printed(table(60), footer=footer), printed("三", footer=footer))
    )
    assert [page[-3:] for page in pages] == ["1/1", "1/2", "2/2", "1/1"]


def test_only_the_letters_that_are_used_are_embedded() -> None:
    made = pdf_of([printed("<p>报价</p>")], lambda _: None, made_at=MOMENT)
    assert len(made) < 12_000
    [font] = PdfReader(BytesIO(made)).pages[0]["/Resources"]["/Font"].values()
    assert "FourfoldSansSC" in font["/BaseFont"]
    assert "+" in font["/BaseFont"], "a subset has a tag before its name"


def test_the_same_print_has_the_same_bytes() -> None:
    one, two = (pdf_of([printed(table(3))], lambda _: None, made_at=MOMENT) for _ in range(2))
    assert one == two


def test_lists_within_lists_are_marked_with_signs_of_the_font() -> None:
    inner = "<ul><li>一<ul><li>二<ul><li>三</li></ul></li></ul></li></ul>"
    [page] = text(pdf(printed(inner)))
    assert page == "•一–二◦三"


def test_the_page_is_as_large_as_it_is_said() -> None:
    def size(page: Page) -> tuple[int, int]:
        box = pdf(printed("a", page=page)).pages[0].mediabox
        return round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)

    margins = Margins(top=5, right=5, bottom=5, left=5)
    assert size(Page()) == (210, 297)
    assert size(Page(size="A5", orientation="landscape")) == (210, 148)
    assert size(Page(size=PaperSize(width=80, height=50), margins=margins)) == (80, 50)


def test_the_document_says_its_title_and_moment() -> None:
    about = pdf(printed("a", title="报价单 QT-1")).metadata
    assert about is not None
    assert (about.title, about.creation_date) == ("报价单 QT-1", MOMENT.replace(microsecond=0))


CODE = [
    "#panic()",
    '#read("/etc/passwd")',
    "$ x^2 $",
    "*a* _b_ `c`",
    "= h",
    "<label> @ref",
    "\\ // /* */",
    "#{ 1 }",
]


@pytest.mark.parametrize("words", CODE)
def test_words_are_never_a_program(words: str) -> None:
    escaped = words.replace("<", "&lt;")
    assert (
        text(pdf(printed(f"<p>{escaped}</p>", footer=words, title=words)))[0].count("".join(words.split()))
        == 2
    )


ODD = [
    "<table></table>",
    "<table><tr></tr></table>",
    "<table><tr><td colspan='5' rowspan='9'>a</td></tr><tr><td>b</td></tr></table>",
    "<table><thead><tr><th rowspan='4'>a</th><th>b</th></tr></thead><tr><td>1</td><td>2</td><td>3</td></tr></table>",
    "<table><tr><td>a</td><td rowspan='2'>b</td></tr><tr><td colspan='3'>c</td></tr></table>",
    "<table><tr><td width='100%'>a</td><td width='100%'>b</td></tr></table>",
    "<table><tr><td><table><tr><td>" + "长" * 3000 + "</td></tr></table></td></tr></table>",
    "<div style='height: 900mm'>a</div>",
    "<p></p><ul></ul><ol><li></li></ol><hr><br>",
    "<table style='page-break-inside: avoid'>" + "<tr><td>a</td></tr>" * 100 + "</table>",
    "<p style='page-break-before: always'>a</p><p style='page-break-before: always'>b</p>",
    "<b><u><s><sub>a</sub></s></u></b><blockquote>q</blockquote><small>s</small><sup>2</sup>",
    "<p style='color:#f00; background-color:#eee; font-size: 72pt; padding: 5mm; border: 1pt solid #000'>a</p>",
]


@pytest.mark.parametrize("body", ODD)
def test_what_is_odd_is_laid_out_all_the_same(body: str) -> None:
    assert len(pdf(printed(body)).pages) >= 1


def test_cells_stay_in_their_columns() -> None:
    body = "<table><tr><td>a</td></tr><tr><td>b</td><td>c</td></tr><tr><td>d</td><td>e</td></tr></table>"
    lines = pdf(printed(body)).pages[0].extract_text().split("\n")
    assert [" ".join(line.split()) for line in lines] in (
        ["a", "b c", "d e"],
        ["a", "b", "c", "d", "e"],
    )


def test_more_than_a_print_holds_is_refused(runtime: Any) -> None:
    with pytest.raises(PrintTooLarge):
        on_paper(runtime, [printed(table(150))] * 100, "pdf", made_at=MOMENT)


def test_characters_without_a_glyph_are_named(press: Press) -> None:
    press.publish("{{note}}")
    assert press.pdf(press.save(note="堃 喆 ok")).lacking == ()
    assert press.pdf(press.save(note="😀 กx")).lacking == ("ก", "😀")
