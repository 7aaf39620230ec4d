"""The shipped font: what it can show, how large it is, and that its licence lies beside it."""

from __future__ import annotations

import typst

from engine import fonts


def gb2312() -> str:
    rows = (bytes([high, low]) for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    return "".join(each.decode("gb2312", "ignore") for each in rows)


def test_all_of_gb2312_can_be_shown() -> None:
    assert len(gb2312()) == 7445
    assert fonts.lacking(gb2312()) == set()


def test_what_business_papers_need_can_be_shown() -> None:
    for text in (
        "零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整负",
        "¥￥€£$¢₩%‰°℃①②③㎡㎏№※×÷±≤≥",
        "，。、；：？！“”‘’（）《》【】—…·～「」",
        "ABCxyz0123456789àéîõüß",
        "镕堃喆玥珺䶮淼垚赟媖昇犇鑫煊瑄翀奭",
        "一二三\u3000全角　ＡＢＣ１２３",
    ):
        assert fonts.lacking(text) == set()


def test_what_it_does_not_have_is_known() -> None:
    assert fonts.lacking("a😀ก") == {"😀", "ก"}


def test_the_font_has_the_characters_that_are_listed() -> None:
    known = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts.FOLDER)]
    )
    assert known.families() == [fonts.FAMILY]
    assert len(fonts.covered()) > 12_000


def test_it_is_a_few_megabytes_with_its_licence() -> None:
    assert 1_000_000 < fonts.FONT.stat().st_size < 4_000_000
    assert "SIL Open Font License, Version 1.1" in (fonts.FOLDER / "OFL.txt").read_text("utf-8")
