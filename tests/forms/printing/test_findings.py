"""Everything that is wrong in a template is found at publish, with line and column."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app
from engine.plugins import extensions
from engine.registry import fill
from tests.forms.printing.press import template, with_template

REGISTRIES = fill(extensions(BUILT_INS))
DOT = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
).decode()


def findings(body: str, **more: Any) -> list[tuple[str, str, str]]:
    """(code, pointer, where) of what is wrong; where is "line:column"."""
    checked = check_app(with_template(template(body, **more)), REGISTRIES)
    found = []
    for each in checked.findings:
        words = each.message["en"].split(":")[0].removeprefix("Line ").replace(", column ", ":")
        found.append((each.code, each.pointer.removeprefix("/print_templates/sheet"), words))
        assert each.message["zh"]
    return found


WRONG = [
    ("<p>{{custmer}}</p>", "unknown_field", "1:6"),
    ("<p>a</p>\n<p>{{ total + nonsense }}</p>", "unknown_field", "2:15"),
    ("{{#each lines}}{{total}}{{/each}}", "unknown_field", "1:18"),
    ("{{$row_number}}", "unknown_variable", "1:3"),
    ("{{#each line}}{{/each}}", "unknown_child", "1:9"),
    ("{{#each lines}}{{#each lines}}{{/each}}{{/each}}", "template_each_nested", "1:24"),
    ("{{#if total}}a{{/if}}", "type_mismatch", "1:7"),
    ("{{lines}}", "child_outside_aggregate", "1:3"),
    ("<p>{{total</p>", "template_unclosed", "1:4"),
    ("{{#loop lines}}", "template_block", "1:3"),
    ("{{}}", "template_block", "1:3"),
    ("<p>a", "template_not_closed", "1:1"),
    ("{{#if true}}a", "template_not_closed", "1:7"),
    ("<p>{{#if true}}a</p>{{/if}}", "template_nesting", "1:17"),
    ("a</p>", "template_nesting", "1:2"),
    ("{{else}}", "template_nesting", "1:3"),
    ("<script>alert(1)</script>", "template_tag", "1:1"),
    ("<p onclick='x()'>a</p>", "template_attribute", "1:1"),
    ("<p style='position: fixed'>a</p>", "template_style", "1:1"),
    ("<p style='color: url(x)'>a</p>", "template_value", "1:1"),
    ("<p align='{{total}}'>a</p>", "template_in_tag", "1:1"),
    ("<table><tr>{{total}}</tr></table>", "template_misplaced", "1:14"),
    ("<table><tr>\n  words</tr></table>", "template_misplaced", "2:3"),
    ("<p><table></table></p>", "template_misplaced", "1:4"),
    ("<p <b>a</b>", "template_tag_broken", "1:1"),
    ("<div><p style='page-break-before: always'>a</p></div>", "template_page_break", "1:6"),
    ("<img src='http://example.com/a.png'>", "template_value", "1:1"),
    ("<img src='data:image/png;base64,AAAA'>", "template_picture", "1:1"),
]


@pytest.mark.parametrize(("body", "code", "where"), WRONG)
def test_a_mistake_is_found_where_it_stands(body: str, code: str, where: str) -> None:
    assert (code, "/body/zh", where) in findings(body)


RIGHT = [
    "a < b & c",
    "<!-- <p> --><p>a</p>",
    "{{#if total > 5}}<p>{{total}}</p>{{else}}<p>-</p>{{/if}}",
    "<table>{{#each lines}}<tr><td>{{item}} {{parent.no}} {{$row_number}}</td></tr>{{/each}}</table>",
    "<table><thead><tr><th colspan='2'>a</th></tr></thead><tr><td rowspan='3'>b</td><td>c</td></tr></table>",
    '{{IF(state = "open", "}}", "no")}}',
    "{{customer.where}} {{term}} {{term.start}}",
    f"<img src='data:image/png;base64,{DOT}' width='20mm'>",
    "<p style='page-break-before: always'>a</p>",
    "<P ALIGN=center>a<BR/>b</P>",
]


@pytest.mark.parametrize("body", RIGHT)
def test_what_is_right_has_no_findings(body: str) -> None:
    assert findings(body) == []


def test_a_header_takes_page_numbers_and_the_body_does_not() -> None:
    band = {"right": {"zh": "{{$page}} / {{$pages}}"}}
    assert findings("a", header=band, footer=band) == []
    assert [code for code, _, _ in findings("{{$page}}")] == ["unknown_variable"]


def test_other_texts_are_checked_too() -> None:
    more: dict[str, Any] = {
        "footer": {"left": {"zh": "{{x}}"}},
        "file_name": {"zh": ["a", "{{y}}"], "en": "{{z}}"},
        "when": "total",
    }
    assert {pointer for _, pointer, _ in findings("a", **more)} == {
        "/footer/left/zh",
        "/file_name/zh",
        "/file_name/en",
        "/when",
    }


def test_a_template_of_no_form_names_the_nearest_one() -> None:
    [found] = check_app(with_template(template("a", form="deel")), REGISTRIES).findings
    assert (found.code, found.pointer) == ("unknown_form", "/print_templates/sheet/form")
    assert "deal" in found.fix["en"]


def test_the_english_text_is_checked_by_itself() -> None:
    document = template("a", "{{nothing}}")
    [found] = check_app(with_template(document), REGISTRIES).findings
    assert found.pointer == "/print_templates/sheet/body/en"


def test_a_huge_or_deep_template_is_refused() -> None:
    assert ("template_too_large", "/body/zh") in [each[:2] for each in findings("<b>" * 40 + "</b>" * 40)]
    assert ("template_too_large", "/body/zh") in [each[:2] for each in findings("<p>a</p>" * 2000)]
