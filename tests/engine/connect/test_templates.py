"""Templates: values by type, in the reader's language, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from engine.connect.templates import TemplateError, compile_template, split
from engine.connect.values import Reader, as_json, as_words
from engine.definitions.app import AppDocument
from engine.definitions.context import Context
from engine.expressions import Env
from engine.expressions import types as t

SHANGHAI = ZoneInfo("Asia/Shanghai")
TYPES = {
    "name": t.TEXT,
    "amount": t.money(),
    "rate": t.number(9, 4),
    "count": t.INTEGER,
    "day": t.DATE,
    "at": t.DATETIME,
    "ok": t.BOOL,
    "stage": t.choice(("won", "lost")),
    "owner": t.ref("user"),
}
RECORD = {
    "name": "{{amount}}",
    "amount": 123450,
    "rate": 80000,
    "count": 7,
    "day": date(2026, 3, 2),
    "at": datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
    "ok": True,
    "stage": "won",
    "owner": "li",
}


class Shape:
    key = "opportunity"

    def type_of(self, name):
        return TYPES.get(name)

    def names(self):
        return TYPES

    def child(self, _name):
        return None


@pytest.fixture
def context():
    label = {"zh": "青禾", "en": "Qinghe"}
    option = SimpleNamespace(label=SimpleNamespace(zh="赢单", en="Won"))
    stage = SimpleNamespace(kind=SimpleNamespace(choices={"won": option}))
    made = Context(AppDocument(key="crm", label=label), {}, {})
    made.compiled["form"] = {"opportunity": SimpleNamespace(fields={"stage": stage})}
    return made


@pytest.fixture
def render(context):
    def run(source, locale="zh"):
        scope = context.scope(Shape())
        template = compile_template(source, "/x", scope, context)
        assert template is not None, context.findings
        reader = Reader(locale, SHANGHAI, lambda form, key: f"{form}:{key}")
        return template.render(RECORD, Env(now=RECORD["at"], tz=SHANGHAI), reader)

    return run


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("金额 {{amount}} 元", "金额 1234.50 元", "金额 1234.50 元"),
        ("{{ rate }}%", "8%", "8%"),
        ("{{count}}", "7", "7"),
        ("{{day}}", "2026-03-02", "2026-03-02"),
        ("{{at}}", "2026-03-02 10:00", "2026-03-02 10:00"),
        ("{{ok}}", "是", "yes"),
        ("{{stage}}", "赢单", "Won"),
        ("{{owner}}", "user:li", "user:li"),
        ("{{amount * 2}}", "2469.00", "2469.00"),
        ('{{IF(ok, "}}", "{{")}}', "}}", "}}"),
        ("{ {amount} }", "{ {amount} }", "{ {amount} }"),
    ],
)
def test_values_are_written_by_type(render, source, zh, en):
    assert (render(source), render(source, "en")) == (zh, en)


def test_a_value_is_never_read_as_a_template(render):
    assert render("{{name}}") == "{{amount}}"


def test_an_empty_value_is_an_empty_text():
    reader = Reader("zh", SHANGHAI, lambda form, key: f"{form}:{key}")
    assert as_words(None, t.money(), reader) == ""


def test_mistakes_become_findings(context):
    assert compile_template("{{amout}}", "/subject/zh", context.scope(Shape()), context) is None
    assert compile_template("{{name", "/subject/zh", context.scope(Shape()), context) is None
    assert [finding.code for finding in context.findings] == ["unknown_field", "template_unclosed"]


def test_unclosed_says_where():
    with pytest.raises(TemplateError) as wrong:
        split("abc {{name")
    assert wrong.value.position == 4


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (123450, t.money(), "1234.50"),
        (-5, t.money(), "-0.05"),
        (7, t.INTEGER, 7),
        (date(2026, 3, 2), t.DATE, "2026-03-02"),
        (datetime(2026, 3, 2, 2, 0, tzinfo=UTC), t.DATETIME, "2026-03-02T02:00:00Z"),
        (("a", "b"), t.choices(("a", "b")), ["a", "b"]),
        (None, t.TEXT, None),
        (True, t.BOOL, True),
    ],
)
def test_json_values_are_exact(value, kind, expected):
    assert as_json(value, kind) == expected


def test_months_and_lengths_of_time_leave_as_people_write_them() -> None:
    reader = Reader("zh", SHANGHAI, lambda form, key: f"{form}:{key}")
    assert as_json(date(2026, 3, 1), t.MONTH) == as_words(date(2026, 3, 1), t.MONTH, reader) == "2026-03"
    assert as_json(date(2026, 4, 1), t.QUARTER) == "2026-Q2"
    assert as_json(5_400_000_000, t.DURATION) == 5400
    assert as_json(1_500_000, t.DURATION) == "1.500000"
    assert as_words(5_400_000_000, t.DURATION, reader) == "1:30"
