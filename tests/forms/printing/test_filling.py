"""What comes out of a template: values as people read them, escaped, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from forms.printing.fill import NotPrintable
from tests.forms.printing.conftest import Press

LINES = [
    {"item": "啤酒", "qty": 150, "amount": 123456789},
    {"item": "杯子", "qty": 2000, "amount": -50},
]

VALUES: list[tuple[str, dict[str, Any], str, str]] = [
    ("total", {"lines": LINES}, "1,234,567.39", "1,234,567.39"),
    ("cost", {"cost": -123456}, "-1,234.56", "-1,234.56"),
    ("share", {"share": 85000}, "8.5%", "8.5%"),
    ("share * 2", {"share": 85000}, "17", "17"),
    ("year", {"year": 2026}, "2026", "2026"),
    ("day", {"day": date(2026, 3, 1)}, "2026年3月1日", "1 Mar 2026"),
    ("at", {"at": datetime(2026, 3, 1, 16, 5, tzinfo=UTC)}, "2026年3月2日 00:05", "2 Mar 2026 00:05"),
    (
        "term",
        {"term": (date(2026, 1, 1), date(2026, 12, 31))},
        "2026年1月1日 至 2026年12月31日",
        "1 Jan 2026 – 31 Dec 2026",
    ),
    ("term.start", {"term": (date(2026, 1, 1), None)}, "2026年1月1日", "1 Jan 2026"),
    ("state", {"state": "done"}, "已完成", "Done"),
    ('IF(true, state, "open")', {"state": "done"}, "已完成", "Done"),
    ("kinds", {"kinds": ("a", "b")}, "甲类、乙类", "A, B"),
    ("total > 0", {"lines": LINES}, "是", "yes"),
    (
        "RMB_UPPER(total)",
        {"lines": LINES},
        "壹佰贰拾叁万肆仟伍佰陆拾柒元叁角玖分",
        "壹佰贰拾叁万肆仟伍佰陆拾柒元叁角玖分",
    ),
    ("no", {}, "D-0001", "D-0001"),
    ("owner", {"owner": "li"}, "李娜", "Li Na"),
    ("note", {"note": "一\n二"}, "一 二", "一 二"),
    ("cost", {}, "", ""),
]


@pytest.mark.parametrize(("expression", "values", "zh", "en"), VALUES)
@pytest.mark.database("sqlite")
def test_a_value_is_written_for_people(
    press: Press, expression: str, values: dict[str, Any], zh: str, en: str
) -> None:
    press.publish(f"<p>{{{{{expression}}}}}</p>")
    record = press.save(**values)
    assert press.words(record) == zh
    assert press.words(record, language="en") == en


def test_references_show_titles_and_addresses_in_words(press: Press) -> None:
    press.publish("{{customer}} / {{customer.where}} / {{phone}} / {{customer.phone}}")
    customer = press.save(
        "customer", name="甲公司", phone="13812345678", where=("320102", "中山路 1 号", "210000")
    )
    record = press.save(customer=customer)
    assert press.words(record) == "甲公司 / 江苏省南京市玄武区 中山路 1 号 210000 / 13812345678 / 13812345678"


def test_rows_are_numbered_and_know_their_record(press: Press) -> None:
    press.publish("{{#each lines}}{{$row_number}}.{{item}} of {{parent.no}}; {{/each}}", None)
    assert press.words(press.save(lines=LINES)) == "1.啤酒 of D-0001; 2.杯子 of D-0001; "


def test_an_if_takes_one_side(press: Press) -> None:
    press.publish("{{#if total > 100}}big{{else}}small{{/if}}{{#if ISBLANK(note)}}!{{/if}}")
    assert press.words(press.save(lines=LINES)) == "big!"
    assert press.words(press.save(note="x")) == "small"


def test_a_condition_without_a_value_takes_the_else(press: Press) -> None:
    press.publish("{{#if cost > 100}}big{{else}}unknown{{/if}}")
    assert press.words(press.save()) == "unknown"


def test_what_a_record_says_is_never_markup(press: Press) -> None:
    press.publish("<p>{{note}}</p>", file_name={"zh": "{{note}}"})
    record = press.save(note="<script>alert(1)</script>{{total}} #set page() $x$ *b*")
    html = press.html(record)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{total}} #set page() $x$ *b*" in html
    assert press.words(record) == "<script>alert(1)</script>{{total}} #set page() $x$ *b*"


def test_what_a_template_says_in_words_is_escaped(press: Press) -> None:
    press.publish("<p>a < b &amp; &lt;i&gt;</p>")
    assert "<p>a &lt; b &amp; &lt;i&gt;</p>" in press.html(press.save())


def test_formatted_text_keeps_what_paper_can_show(press: Press) -> None:
    press.publish("{{terms}}", "<p>{{terms}}</p>")
    terms = '<p>一<strong>二</strong></p><ul><li>三</li></ul><p style="color:#ff0000">四 &lt;b&gt;</p>'
    record = press.save(terms=terms)
    assert (
        '<p>一<strong>二</strong></p><ul><li>三</li></ul><p style="color: #ff0000">四 &lt;b&gt;</p>'
        in press.html(record)
    )
    assert press.words(record, language="en") == "一二 三 四 <b>"


def test_the_file_is_called_as_the_template_says(press: Press) -> None:
    press.publish("a", file_name={"zh": "单/据 {{no}}", "en": "Sheet {{no}}"})
    record = press.save()
    assert press.gathered(record).title == "单/据 D-0001"
    assert press.pdf(record).name == "据 D-0001.pdf"
    assert press.pdf(record, language="en").name == "Sheet D-0001.pdf"


def test_without_a_name_it_is_called_like_template_and_record(press: Press) -> None:
    press.publish("a")
    assert press.gathered(press.save()).title == "单据 D-0001"


def test_a_record_that_is_not_ready_is_not_printed(press: Press) -> None:
    press.publish("a", when='state = "done"')
    assert press.words(press.save(state="done")) == "a"
    with pytest.raises(NotPrintable):
        press.words(press.save(state="open"))
