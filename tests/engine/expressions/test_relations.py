"""Functions over child rows, about changes, about who asks and about the log: refusals, limits, traces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from engine.expressions import CheckedExpression, ExpressionError, Scope, check, trace
from engine.expressions.functions.happenings import LastActivity
from engine.expressions.limits import MAX_ROWS
from engine.expressions.sql.sqlite.aggregate_functions import sortable
from engine.expressions.types import BOOL
from tests.engine.expressions.world import (
    DEAL,
    FORMS,
    LINE,
    SCOPE,
    VARIABLES,
    WITH_OLD,
    FakeShape,
    environment,
    record_of,
)

IN_ROWS = Scope(LINE, FORMS.get, VARIABLES, parent=DEAL, old=True)


@pytest.mark.parametrize(
    ("expression", "code", "advice"),
    [
        ("LOOKUP(lines, due)", "type_mismatch", "LOOKUP(rows.field, order, [asc|desc], [filter])"),
        ("LOOKUP(lines.price)", "wrong_arguments", "LOOKUP(rows.field, order, [asc|desc], [filter])"),
        ('LOOKUP(lines.price, due, "down")', "wrong_word", "asc|desc"),
        ('LOOKUP(lines.price, due, gift, "desc")', "wrong_word", "asc|desc"),
        ("LOOKUP(lines.price, gift)", "type_mismatch", ""),
        ('LOOKUP(lines.price, due, "asc", qty)', "type_mismatch", ""),
        ("LOOKUP(lines.prize, due)", "unknown_field", "price"),
        ("LOOKUP(amount, due)", "no_child_table", "LOOKUP(lines.amount)"),
        ("LOOKUP(customer.name, d)", "no_child_table", ""),
        ("DISTINCTCOUNT(lines)", "type_mismatch", "DISTINCTCOUNT(rows.field, [filter])"),
        ("SUM(lines, gift)", "type_mismatch", "SUM(rows.field, [filter])"),
        ("DISTINCTCOUNT(tags)", "no_child_table", ""),
        ("DISTINCTCOUNT(lines.label, qty)", "type_mismatch", ""),
        ("SUM(lines.label)", "type_mismatch", ""),
        ("AVG(lines.due)", "type_mismatch", ""),
        ("MAXOF(lines.gift)", "type_mismatch", ""),
        ("HAS(lines, qty)", "type_mismatch", ""),
        ("HAS(lines, gift, gift)", "wrong_arguments", ""),
        ("ANY(lines)", "wrong_arguments", "ANY(rows, filter)"),
        ('lines has "vip"', "child_outside_aggregate", ""),
        ("CHANGED(customer.name)", "field_needed", ""),
        ("CHANGED($me)", "field_needed", ""),
        ("CHANGED(nothing)", "unknown_field", ""),
        ("OLD(lines)", "child_outside_aggregate", ""),
        ("CHANGEDTO(stage)", "wrong_arguments", "CHANGEDTO(field, value, …)"),
        ('CHANGEDTO(stage, "wone")', "unknown_option", "won"),
        ('CHANGEDTO(n, "won")', "type_mismatch", ""),
        ("CHANGEDTO(stage, null)", "null_comparison", "ISBLANK"),
        ('CHANGEDFROM(lines, "x")', "child_outside_aggregate", ""),
        ("owner = MYTEAM()", "type_mismatch", "in"),
        ("MYTEAM()", "type_mismatch", ""),
        ("ME(1)", "wrong_arguments", ""),
        ("HASROLE()", "wrong_arguments", "HASROLE(role)"),
        ("HASROLE(n)", "type_mismatch", ""),
        ('HASROLE("seler")', "unknown_role", "seller"),
        ('LASTACTIVITY("tusk")', "unknown_form", ""),
        ('LASTACTIVITY("region")', "not_related", ""),
        ("LASTACTIVITY(name)", "constant_needed", ""),
        ('LASTACTIVITY("task", name)', "type_mismatch", ""),
        ("INACTIVEDAYS(n)", "constant_needed", ""),
        ("DAYSINSTATE(customer.level)", "field_needed", ""),
        ("DAYSINSTATE(nothing)", "unknown_field", ""),
        ('EVENTCOUNT("task")', "wrong_arguments", ""),
        ('EVENTCOUNT("creatd", 7)', "unknown_form", "created"),
        ('EVENTCOUNT("task", 1.5)', "type_mismatch", "ROUND"),
        ("EVENTCOUNT(stage, 7)", "constant_needed", ""),
    ],
)
def test_a_wrong_call_is_refused_with_advice(expression: str, code: str, advice: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        check(expression, WITH_OLD)
    assert refused.value.code == code
    assert refused.value.message["zh"]
    assert advice in refused.value.fix["en"]


@pytest.mark.parametrize(
    "call", ["CHANGED(n)", 'CHANGEDTO(stage, "won")', 'CHANGEDFROM(stage, "won")', "OLD(n)"]
)
def test_a_change_is_known_only_where_the_record_before_is(call: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        check(call, SCOPE)
    assert refused.value.code == "no_old"


@pytest.mark.parametrize(
    "call", ["LASTACTIVITY()", "INACTIVEDAYS()", "DAYSINSTATE(qty)", 'EVENTCOUNT("task", 7)']
)
def test_the_log_is_about_records_not_rows(call: str) -> None:
    for source, scope in ((call, IN_ROWS), (f"COUNT(lines, ISBLANK({call}))", SCOPE)):
        with pytest.raises(ExpressionError) as refused:
            check(source, scope)
        assert refused.value.code == "no_record"
    assert check('EVENTCOUNT("task", 7, parent.customer)', IN_ROWS).not_pushable == ("EVENTCOUNT",)


def test_any_role_may_be_asked_for_where_the_roles_are_not_known() -> None:
    assert check('HASROLE("nobody")', replace(SCOPE, roles=None)).evaluate({}, environment()) is False


def test_who_asks_can_be_asked_in_the_database() -> None:
    checked = check('owner in MYTEAM() or owner = ME() or HASROLE("boss")', replace(SCOPE, db_only=True))
    assert checked.variables == {"my_team", "me", "my_roles"}


@pytest.mark.parametrize(
    "call", ["LASTACTIVITY()", "INACTIVEDAYS()", "DAYSINSTATE(stage)", 'EVENTCOUNT("task", 7)']
)
def test_what_the_log_tells_is_not_pushed_down_and_never_stored(call: str) -> None:
    checked = check(call, SCOPE)
    assert checked.volatile
    assert not checked.pushable
    with pytest.raises(ExpressionError) as refused:
        check(f"ISBLANK({call})", replace(SCOPE, db_only=True))
    assert refused.value.code == "not_pushable"
    assert call.split("(")[0] in refused.value.message["en"]


def test_nothing_has_happened_where_no_log_is_known() -> None:
    env, record = environment(happenings=None), record_of({"id": "h1", "stage": "open"})
    calls = ["LASTACTIVITY()", "INACTIVEDAYS()", "DAYSINSTATE(stage)", 'EVENTCOUNT("task", 7)']
    assert [check(call, SCOPE).evaluate(record, env) for call in calls] == [None, None, None, 0]


def test_a_call_says_which_fields_it_depends_on() -> None:
    assert check("CHANGED(lines)", WITH_OLD).dependencies == {("lines",)}
    assert check('CHANGEDTO(stage, "won")', WITH_OLD).dependencies == {("stage",)}
    assert check("DAYSINSTATE(stage)", SCOPE).dependencies == {("id",), ("stage",)}
    assert check("LOOKUP(lines.price, due, gift)", SCOPE).dependencies == {
        ("lines", "price"),
        ("lines", "due"),
        ("lines", "gift"),
    }


def test_the_log_is_asked_only_when_the_value_is_needed() -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"{name} was asked")

    record = record_of({"id": "h1", "n": 1})
    env = environment(happenings=Untouchable())
    assert check("n > 5 and INACTIVEDAYS() > 3", SCOPE).holds(record, env) is False
    assert check("IF(n = 1, 0, INACTIVEDAYS())", SCOPE).evaluate(record, env) == 0
    with pytest.raises(AssertionError):
        check("INACTIVEDAYS()", SCOPE).evaluate(record, env)


def rows(count: int) -> Mapping[str, Any]:
    row = record_of({"qty": 1, "price": "1", "label": "a", "gift": True}, LINE)
    return {**record_of({}), "lines": [row] * count}


AGGREGATES = [
    "SUM(lines.qty)",
    "COUNT(lines)",
    "AVG(lines.qty)",
    "MINOF(lines.label)",
    "MAXOF(lines.qty)",
    "DISTINCTCOUNT(lines.label)",
    "ANY(lines, gift)",
    "ALL(lines, gift)",
    "HAS(lines)",
    "LOOKUP(lines.qty, price)",
]


@pytest.mark.parametrize("call", AGGREGATES)
def test_more_rows_than_memory_takes_give_null_and_the_trace_says_so(call: str) -> None:
    checked = check(call, SCOPE)
    assert checked.evaluate(rows(MAX_ROWS), environment()) is not None
    assert trace(checked, rows(MAX_ROWS), environment()).note is None
    assert checked.evaluate(rows(MAX_ROWS + 1), environment()) is None
    told = trace(checked, rows(MAX_ROWS + 1), environment())
    assert told.value is None
    assert told.note is not None
    assert "10,000" in told.note["en"]


def test_too_many_rows_fulfil_no_condition() -> None:
    for condition in ("ANY(lines, gift)", "not ANY(lines, gift)", "COUNT(lines) > 5", "ALL(lines, gift)"):
        assert check(condition, SCOPE).holds(rows(MAX_ROWS + 1), environment()) is False


def test_a_trace_shows_both_ends_of_a_change_and_no_rows() -> None:
    record = record_of({"stage": "won", "lines": [{"due": "2026-03-01"}]})
    env = environment(old=record_of({"stage": "open"}))
    assert shown(check('CHANGEDTO(stage, "won")', WITH_OLD), record, env)[:2] == [
        ("stage", "won"),
        ("old.stage", "open"),
    ]
    assert shown(check("CHANGED(lines)", WITH_OLD), record, env) == []
    assert shown(check("INACTIVEDAYS()", WITH_OLD), record, env) == []
    assert shown(check('HASROLE("seller")', WITH_OLD), record, env) == []


def shown(checked: CheckedExpression, record: Mapping[str, Any], env: Any) -> list[tuple[str, Any]]:
    return [(part["text"], part["value"]) for part in trace(checked, record, env).as_json()["parts"]]


def test_a_bare_direction_is_a_word_unless_the_rows_have_such_a_condition() -> None:
    plain = check("LOOKUP(lines.price, due, desc)", SCOPE)
    assert plain.canonical() == check('LOOKUP(lines.price, due, "desc")', SCOPE).canonical()
    flagged = FakeShape("lines", {**LINE.fields, "desc": BOOL})
    scope = replace(SCOPE, shape=FakeShape("deal", DEAL.fields, {"lines": flagged}))
    assert check("LOOKUP(lines.price, due, desc)", scope).dependencies == {
        ("lines", "price"),
        ("lines", "due"),
        ("lines", "desc"),
    }


def test_the_first_row_is_found_among_many_in_their_order(store: Any) -> None:
    given = {"lines": [{"qty": number % 7, "label": str(number)} for number in range(40)]}
    record = record_of(given)
    for direction, label in (("asc", "0"), ("desc", "6")):
        checked = check(f'LOOKUP(lines.label, qty, "{direction}")', SCOPE)
        assert checked.evaluate(record, environment()) == label
        assert store.evaluate(checked, record, f"many {direction}") == label


def test_wide_numbers_sort_as_texts_like_they_compare() -> None:
    numbers = [0, 1, -1, 9, 10, -10, 2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 10**21, -(10**21), 10**40]
    assert sorted(numbers, key=sortable) == sorted(numbers)
    assert sortable(str(2**63)) == sortable(2**63)


def test_a_function_of_the_log_keeps_its_options_plain() -> None:
    assert check('LASTACTIVITY("task")', SCOPE).canonical()["tree"]["option"] == ["deal", "task", ["deal"]]
    assert LastActivity.in_memory
