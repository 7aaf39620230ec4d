"""What functions of dates and calendars refuse, read and print."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from engine.expressions import ExpressionError, Params, check, print_sql
from engine.expressions.calendar import read_date
from engine.expressions.sql.printing import lower
from tests.engine.expressions.calendars import CALENDARS
from tests.engine.expressions.stores import DealColumns, Store
from tests.engine.expressions.world import NOW, SCOPE, VALUES, environment, record_of

REFUSED = [
    ("DATETIME(2026, 3)", "wrong_arguments", "DATETIME("),
    ("DATETIME(2026, 3, 1)", "type_mismatch", ""),
    ("DATETIME(d, 9)", "wrong_arguments", ""),
    ("DATETIME(d, 3, 1, 9, 30)", "type_mismatch", ""),
    ("DATETIME(d, 9.5, 0)", "type_mismatch", "ROUND"),
    ('DATETIME("tomorrow", 9, 0)', "bad_date", "2026-03-01"),
    ("DATEVALUE(n)", "type_mismatch", ""),
    ("QUARTER(name)", "type_mismatch", ""),
    ("HOUR(d)", "type_mismatch", ""),
    ("MINUTE(n)", "type_mismatch", ""),
    ("WEEKDAY(d, 2)", "wrong_arguments", "WEEKDAY(date)"),
    ('ENDOF("hour", d)', "wrong_word", "day"),
    ("ENDOF(name, d)", "wrong_word", ""),
    ("EDATE(d, x)", "type_mismatch", "ROUND"),
    ("EDATE(n, 1)", "type_mismatch", ""),
    ("AGE(n)", "type_mismatch", ""),
    ("DAYSUNTIL()", "wrong_arguments", "DAYSUNTIL(date)"),
    ("MINUTES(n)", "type_mismatch", ""),
    ("MINUTES(d, d2)", "type_mismatch", ""),
    ("DAYS(at, at2)", "wrong_arguments", "DAYS(duration)"),
    ("NETWORKDAYS(d)", "wrong_arguments", "NETWORKDAYS(start, end, [calendar])"),
    ('NETWORKDAYS(d, d2, "cn5x9")', "unknown_calendar", '"cn_5x9"'),
    ("NETWORKDAYS(d, d2, name)", "unknown_calendar", "cn_5x9"),
    ('NETWORKDAYS(d, d2, "")', "unknown_calendar", "24x7"),
    ("NETWORKDAYS(d, n)", "type_mismatch", ""),
    ("WORKDAY(d, x)", "type_mismatch", "ROUND"),
    ("WORKHOURS(at, at2)", "calendar_needed", "app.json"),
    ('WORKHOURS(d, d2, "24x7")', "type_mismatch", ""),
    ("ADDWORKHOURS(at, 4)", "calendar_needed", "app.json"),
    ('ADDWORKHOURS(at, name, "24x7")', "type_mismatch", ""),
]


@pytest.mark.parametrize(("source", "code", "advice"), REFUSED)
def test_a_mistake_is_refused_with_advice(source: str, code: str, advice: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(source, SCOPE)
    assert caught.value.code == code
    assert caught.value.message["zh"] != caught.value.message["en"]
    said = (caught.value.suggestion or {"en": ""})["en"] + caught.value.message["en"]
    assert advice in said


def test_an_app_with_a_default_calendar_need_not_name_it() -> None:
    scope = replace(SCOPE, calendars={**CALENDARS, "": CALENDARS["cn_5x9"]})
    env = environment(calendars={"": CALENDARS["cn_5x9"]})
    record = record_of({"d": "2026-02-15", "d2": "2026-02-24", "at": "2026-03-13T08:30:00Z"})
    assert check("NETWORKDAYS(d, d2)", scope).evaluate(record, env) == 1
    due = check("ADDWORKHOURS(at, 4)", scope).evaluate(record, env)
    assert due.isoformat() == "2026-03-16T03:30:00+00:00"


def test_a_calendar_that_is_gone_gives_null_and_no_error(store: Store) -> None:
    """A flow that runs on an older version may name one; SQL and Python agree."""
    record = record_of({"d": "2026-02-15", "d2": "2026-02-24", "at": "2026-03-13T08:30:00Z"})
    env = environment(calendars={})
    sources = (
        'NETWORKDAYS(d, d2, "cn_5x9")',
        'WORKDAY(d, 1, "cn_5x9")',
        'WORKHOURS(at, NOW(), "cn_5x9")',
        'ADDWORKHOURS(at, 1, "cn_5x9")',
    )
    key = store.keep(record, "a calendar that is gone")
    for source in sources:
        checked = check(source, SCOPE)
        assert checked.evaluate(record, env) is None
        if checked.pushable:
            params = Params(store.dialect)
            made = lower(checked, DealColumns(), params, store.dialect)
            bound = params.bind(VALUES, NOW, ZoneInfo("Asia/Shanghai"), {})
            sql = print_sql(made, store.dialect)
            rows = store.execute(f"SELECT {sql} FROM deal AS r WHERE r.id = '{key}'", bound)
            assert rows == [(None,)]


def test_a_calendar_is_bound_and_never_spelled_into_the_query(store: Store) -> None:
    checked = check('NETWORKDAYS(d, d2, "cn_5x9") > 3', SCOPE)
    params = Params(store.dialect)
    sql = print_sql(lower(checked, DealColumns(), params, store.dialect), store.dialect)
    assert "cn_5x9" not in sql
    assert str(CALENDARS["cn_5x9"].days.exceptions[0]) not in sql


def test_what_can_only_be_computed_in_memory_says_so() -> None:
    assert check('WORKHOURS(at, at2, "24x7") > 4', SCOPE).not_pushable == ("WORKHOURS",)
    assert check('ADDWORKHOURS(at, 4, "24x7") > at2', SCOPE).not_pushable == ("ADDWORKHOURS",)
    assert check('NETWORKDAYS(at, at2, "cn_5x9") > 4', SCOPE).pushable


def test_what_follows_the_clock_is_volatile() -> None:
    for source in ("DAYSUNTIL(d)", "AGE(d)"):
        assert check(source, SCOPE).volatile
    assert not check("AGE(d, d2)", SCOPE).volatile


READ = {
    "2026-03-01": date(2026, 3, 1),
    "2026年12月31日": date(2026, 12, 31),
    "20240229": date(2024, 2, 29),
    "2026-3-1 ": None,
    "2026-03-011": None,
    "2026年3月1": None,
    "٢٠٢٦-03-01": None,
    "": None,
}


@pytest.mark.parametrize(("written", "found"), READ.items())
def test_only_unambiguous_dates_are_read(written: str, found: date | None) -> None:
    assert read_date(written) == found
