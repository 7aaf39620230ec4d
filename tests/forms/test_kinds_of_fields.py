"""What single field types promise beyond reading and writing: months, times, words, layout."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.definitions.publish import publish
from engine.errors import NotPublishable
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.cells import read_moment_cell, write_moment_cell
from forms.check_digits import is_credit_code, is_id_number, retail_mark
from forms.codec import Codec
from forms.field_types.richtext import clean
from tests.forms.shop import field, name
from tests.support.client import AsUser, SignedIn
from tests.support.prepared import prepared_by, publishing

PATH = "/apps/bills/forms/bill/records"
BILL = {
    "key": "bill",
    "label": name("bill"),
    "fields": [
        {"key": "head", "type": "section", "label": name("head"), "collapsed": True},
        field("at", "datetime"),
        field("month", "month"),
        {"key": "line", "type": "divider"},
        {
            "key": "said",
            "type": "note",
            "text": {"zh": "**注意**", "en": "**mind**"},
            "visible": "amount > 5",
        },
        field("quarter", "quarter"),
        field("amount", "money"),
        field("words", "amount_in_words", field="amount"),
        field("took", "duration"),
        field("opens", "time"),
        field("of_at", "formula", result={"type": "month"}, expr="TODATE(at)"),
        field("of_month", "formula", result={"type": "quarter"}, expr="month"),
        field("ends", "formula", result={"type": "datetime"}, expr="at + took"),
        field("spent", "formula", result={"type": "duration"}, expr="ends - at"),
        {"key": "split", "type": "columns", "count": 3},
        {"key": "more", "type": "tab", "label": name("more")},
        field("rows", "subtable", fields=[{"key": "cut", "type": "divider"}, field("x", "rating")]),
        {"key": "go", "type": "button", "label": name("go"), "open": "https://example.com"},
    ],
    "unique": [{"fields": ["month"]}],
}


def bills(*fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
    form = {**BILL, "fields": [*BILL["fields"], *fields]}  # type: ignore[misc]
    return {"app": {"bills": {"key": "bills", "label": name("bills")}}, "form": {"bill": form}}


@pytest.fixture
@prepared_by(publishing(bills()))
def root(people: dict[str, Any], as_user: AsUser) -> SignedIn:
    return as_user("root")


def count(root: SignedIn, **condition: Any) -> int:
    answer = root.get(PATH, params={"filter": json.dumps(condition), "count": "exact"})
    assert answer.status_code == 200, answer.text
    number: int = answer.json()["count"]
    return number


def test_months_and_quarters_are_days_to_expressions(root: SignedIn) -> None:
    made = root.post(
        PATH, {"month": "2026-05", "quarter": "2026-Q2", "at": "2026-03-31T23:30:00+08:00"}
    ).json()
    assert (made["of_at"], made["of_month"]) == ("2026-03", "2026-Q2")
    assert count(root, month="2026-05") == 1
    assert count(root, month={"between": ["2026-04", "2026-06"]}) == 1
    assert count(root, quarter={"gt": "2026-Q1"}, of_month={"field": "quarter"}) == 1
    assert count(root, of_at={"lt": "2026-03-01"}) == 0
    assert count(root, expr="MONTH(month) = 5 and YEAR(of_at) = 2026") == 1
    wrong = root.get(PATH, params={"filter": '{"month": "2026-13"}'})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_date")
    twice = root.post(PATH, {"month": "2026-05"}).json()
    assert [each["code"] for each in twice["errors"]] == ["unique"]


def test_a_length_of_time_adds_to_moments_and_counts_seconds(root: SignedIn) -> None:
    made = root.post(PATH, {"at": "2026-03-02T02:00:00Z", "took": 5400}).json()
    assert (made["ends"], made["spent"]) == ("2026-03-02T03:30:00Z", 5400)
    assert count(root, took={"gte": 5400}, spent={"lte": 5400}) == 1
    assert count(root, took={"lt": 5400}) == 0
    assert count(root, expr="took > 3600") == 1


def test_times_of_day_are_in_order(root: SignedIn) -> None:
    for opens in ("09:05", "18:00", "10:00"):
        root.post(PATH, {"opens": opens})
    items = root.get(PATH, params={"sort": "opens", "fields": "opens"}).json()["items"]
    assert [row["opens"] for row in items] == ["09:05", "10:00", "18:00"]
    assert count(root, opens={"between": ["09:30", "17:59"]}) == 1


def test_an_amount_is_written_in_words(root: SignedIn) -> None:
    made = root.post(PATH, {"amount": "1409.50", "words": "ignored"}).json()
    assert made["words"] == "壹仟肆佰零玖元伍角"
    assert root.patch(f"{PATH}/{made['id']}", {"amount": "100000"}).json()["words"] == "壹拾万元整"
    assert root.patch(f"{PATH}/{made['id']}", {"amount": None}).json()["words"] is None
    assert (
        root.get("/apps/bills/forms/bill/schema").json()["properties"]["words"]["anyOf"][0]["readOnly"]
        is True
    )


def test_layout_has_no_value_and_says_what_it_stands_before(root: SignedIn) -> None:
    schema = root.get("/apps/bills/forms/bill/schema").json()
    shown = [(item["type"], item["key"], item["before"]) for item in schema["x-layout"]]
    assert shown == [
        ("section", "head", "at"),
        ("divider", "line", "quarter"),
        ("note", "said", "quarter"),
        ("columns", "split", "rows"),
        ("tab", "more", "rows"),
        ("button", "go", None),
    ]
    assert schema["x-layout"][2]["text"] == {"zh": "**注意**", "en": "**mind**"}
    assert schema["properties"]["rows"]["x-layout"] == [{"type": "divider", "key": "cut", "before": "x"}]
    assert not {"head", "line", "said", "go"} & schema["properties"].keys()
    refused = root.post(PATH, {"head": "x"}).json()
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/head", "unknown_field")]


@pytest.mark.parametrize(
    ("added", "code", "inside"),
    [
        ({"key": "head", "type": "text", "label": name("x")}, "key_taken", "/key"),
        (
            {"key": "x", "type": "section", "label": name("x"), "required": True},
            "unknown_key",
            "/required",
        ),
        ({"key": "x", "type": "section"}, "missing_key", "/label"),
        (
            {"key": "x", "type": "note", "text": name("x"), "visible": "nothing > 1"},
            "unknown_field",
            "/visible",
        ),
        (
            {"key": "x", "type": "button", "label": name("x"), "open": "javascript:alert(1)"},
            "bad_url",
            "/open",
        ),
        (field("x", "amount_in_words", field="opens"), "type_mismatch", "/field"),
        (field("x", "slider", min=0, max=10, step=3), "bad_step", "/step"),
        (field("x", "rating", max=11), "invalid_value", "/max"),
        (field("x", "formula", result={"type": "divider"}, expr="1"), "bad_result_type", "/result"),
    ],
)
def test_what_cannot_be_published(
    runtime: Runtime, people: dict[str, Any], added: dict[str, Any], code: str, inside: str
) -> None:
    with pytest.raises(NotPublishable) as refused, runtime.unit_of_work(SYSTEM) as work:
        publish(work, bills(added))
    pointer = f"/forms/bill/fields/{len(BILL['fields'])}{inside}"
    assert (code, pointer) in {(each.code, each.pointer) for each in refused.value.findings}


ATTACKS = [
    "<script>alert(1)</script>",
    "<p onclick=alert(1)>x</p>",
    "<img src=x onerror=alert(1)>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<form action='https://evil.example'><input name=a></form>",
    "<style>@import url(https://evil.example)</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<object data='x'></object><embed src='x'><base href='https://evil.example'><meta http-equiv=refresh>",
    "<!--<script>alert(1)</script>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
]


@pytest.mark.parametrize("html", ATTACKS)
def test_rich_text_keeps_nothing_that_runs(html: str) -> None:
    kept = (clean(f"<p>before</p>{html}") or "").lower()
    assert kept.startswith("<p>before</p>")
    for word in (
        "script",
        "onerror",
        "onclick",
        "onload",
        "onbegin",
        "iframe",
        "form",
        "evil",
        "url(",
        "<base",
        "data:",
    ):
        assert word not in kept
    assert clean(kept) == (kept or None)


@pytest.mark.parametrize(
    ("digits", "mark"),
    [
        ("400638133393", "1"),
        ("690103560011", "8"),
        ("03600029145", "2"),
        ("9638507", "4"),
        ("1540014128876", "3"),
    ],
)
def test_check_digits_of_goods(digits: str, mark: str) -> None:
    """Published examples of EAN-13, UPC-A, EAN-8 and ITF-14."""
    assert retail_mark(digits) == mark


def test_one_wrong_or_two_swapped_signs_are_noticed() -> None:
    for code, proves in (("91350100M000100Y43", is_credit_code), ("11010519491231002X", is_id_number)):
        assert proves(code)
        for place in range(len(code)):
            other = "2" if code[place] != "2" else "3"
            assert not proves(code[:place] + other + code[place + 1 :])
        assert not proves(code[:16] + code[17] + code[16])


def test_a_moment_in_a_cell_loses_nothing() -> None:
    """The hour that the clocks show twice, and parts of a second, are written with their offset."""
    york = ZoneInfo("America/New_York")
    for moment in (
        "2026-11-01T05:30:00Z",
        "2026-11-01T06:30:00Z",
        "2026-03-08T06:59:59Z",
        "2026-03-08T07:00:00Z",
        "2026-07-01T12:00:00.000001Z",
    ):
        assert read_moment_cell(write_moment_cell(moment, york), york) == moment
    assert isinstance(write_moment_cell("2026-07-01T12:00:00Z", york), datetime)


def test_what_the_log_keeps_becomes_what_answers_show() -> None:
    for codec, memory, shown in (
        (Codec("integer", 2, text_json=True), 3561, "35.61"),
        (Codec("integer", form="seconds"), 90_000_000, 90),
        (Codec("integer", form="seconds"), 1_500_000, "1.500000"),
        (Codec("text", form="json"), '{"a":1}', {"a": 1}),
    ):
        assert codec.json_of(memory) == shown
        assert codec.from_log(codec.log_of(memory)) == shown
        assert codec.json_of(None) is None
        assert codec.from_log(None) is None


@pytest.fixture
@prepared_by(
    publishing(
        bills(
            field(
                "code",
                "text",
                pattern="^[A-Z]{2}$",
                pattern_message={"zh": "两个大写字母。", "en": "Two capital letters."},
            ),
            field("weight", "decimal", scale=4, max="100", min="-2.5"),
        )
    )
)
def worded(people: dict[str, Any], as_user: AsUser) -> SignedIn:
    return as_user("root")


def test_a_pattern_is_said_in_the_words_of_its_field(worded: SignedIn) -> None:
    [told] = worded.post(PATH, {"code": "x"}).json()["errors"]
    assert (told["code"], told["message"]) == (
        "pattern",
        {"zh": "两个大写字母。", "en": "Two capital letters."},
    )
    assert "A-Z" not in json.dumps(told)


def test_bounds_are_said_without_needless_zeros(worded: SignedIn) -> None:
    told = [
        worded.post(PATH, {"weight": each}).json()["errors"][0]["message"]["en"] for each in ("101", "-3")
    ]
    assert told == ["It must be at most 100.", "It must be at least -2.5."]
