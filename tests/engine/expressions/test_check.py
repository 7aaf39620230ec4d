"""What the checker refuses, what it converts, what it says an expression reads."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.expressions import ExpressionError, Scope, Type, check
from engine.expressions import types as t
from engine.expressions.habits import FUNCTIONS as ELSEWHERE
from engine.expressions.library import FUNCTIONS
from tests.engine.expressions.world import (
    DEAL,
    FORMS,
    LINE,
    SCOPE,
    VARIABLES,
    WITH_OLD,
    environment,
    record_of,
)

REFUSED = [
    ("amuont > 1", "unknown_field", "'amount'"),
    ("customer.regoin", "unknown_field", "'region'"),
    ("me = owner", "unknown_field", "'$me'"),
    ("won = stage", "unknown_field", 'in quotes: "won"'),
    ("$mee = owner", "unknown_variable", "'$me'"),
    ("SUMM(lines.amount)", "unknown_function", "'SUM'"),
    ("name.length", "not_a_reference", ""),
    ("customer.region.manager.name.x", "path_too_long", "lookup"),
    ("lines.amount > 1", "child_outside_aggregate", "SUM"),
    ("lines", "child_outside_aggregate", "COUNT"),
    ("SUM(amount)", "no_child_table", "SUM(lines"),
    ("MAXOF(d)", "no_child_table", "MAX(a, b)"),
    ("SUM(lines.label)", "type_mismatch", ""),
    ("SUM(lines.amount, qty)", "type_mismatch", ""),
    ("SUM(lines.amount, rate > 1)", "unknown_field", "'parent.rate'"),
    ("amount = null", "null_comparison", "ISBLANK(x)"),
    ("amount <> null", "null_comparison", "not ISBLANK(x)"),
    ('name = ""', "null_comparison", "ISBLANK(x)"),
    ("n in [1, null]", "null_comparison", "ISBLANK(x)"),
    ('stage = "wno"', "unknown_option", "'won'"),
    ('stage in ["won", "zzz"]', "unknown_option", "open, won, lost"),
    ('tags has "vipp"', "unknown_option", "'vip'"),
    ('customer.level = "D"', "unknown_option", "A, B, C"),
    ("name > 5", "type_mismatch", ""),
    ('name = "a" = "b"', "chained_comparison", ""),
    ("stage > stage2", "type_mismatch", ""),
    ("flag > ok", "type_mismatch", ""),
    ("tags = stage", "type_mismatch", "HAS"),
    ("at = d", "type_mismatch", "TODATE"),
    ("owner = $team", "type_mismatch", "in"),
    ("customer = owner", "type_mismatch", ""),
    ("dollars + yuan", "currency_mismatch", "rate"),
    ("dollars > yuan", "currency_mismatch", ""),
    ("amount * cost", "type_mismatch", ""),
    ("name + note", "type_mismatch", "&"),
    ("name * 1000000000", "type_mismatch", ""),
    ("n + null", "type_mismatch", "COALESCE"),
    ("flag + 1", "type_mismatch", ""),
    ("-name", "type_mismatch", ""),
    ("not n", "type_mismatch", ""),
    ("n and flag", "type_mismatch", ""),
    ("IF(n, 1, 2)", "type_mismatch", ""),
    ('IF(flag, 1, "a")', "type_mismatch", ""),
    ("LEFT(name, 2.5)", "type_mismatch", "ROUND"),
    ("LEFT(name)", "wrong_arguments", "LEFT(text, count)"),
    ("LEN(5)", "type_mismatch", ""),
    ("ROUND(x, n)", "constant_needed", ""),
    ("ROUND(x, 9)", "constant_needed", ""),
    ("CONTAINS(name, note, flag)", "constant_needed", ""),
    ('DATEADD("days", 1, d)', "wrong_word", ""),
    ('DATEADD("hour", 1, d)', "wrong_word", ""),
    ('DATEDIFF("hour", d, d2)', "type_mismatch", ""),
    ('d > "2026-02-30"', "bad_date", "2026-03-01"),
    ('at > "yesterday"', "bad_date", "+08:00"),
    ("MAX(name, note)", "type_mismatch", ""),
    ("CONCAT(tags)", "type_mismatch", ""),
    ('name in "abc"', "type_mismatch", "CONTAINS"),
    ("AND()", "wrong_arguments", ""),
    ("AND()", "wrong_arguments", "AND(condition, …)"),
    ("TODAY(1)", "wrong_arguments", "TODAY()"),
    ("d > TODAY", "unknown_field", "'TODAY()'"),
    ("deal.amount > 5", "unknown_field", "'amount'"),
    ("SUM(lines.amuont)", "unknown_field", "'amount'"),
    ("SUM(lnies.amount)", "unknown_field", "'lines'"),
    ("MAX(lines.amount)", "child_outside_aggregate", "MAXOF(lines.amount)"),
    ("d > 2026-01-01", "type_mismatch", '"2026-03-01"'),
    ("at + 1", "type_mismatch", "DATEADD"),
    ("TODAY() - at", "type_mismatch", "TODATE"),
    ("at2 - at > 5", "type_mismatch", "HOURS(x)"),
    ("5 < NOW() - at", "type_mismatch", "DAYS(x)"),
    ("1 between at and at2", "type_mismatch", "2026-03-01"),
    ("flag = 1", "type_mismatch", "= true"),
    ('stage = "won" or "lost"', "type_mismatch", 'x in ["a", "b"]'),
    ('IF(flag, "a", 1)', "type_mismatch", "TEXT(x)"),
    ('DATEDIFF("days", d, d2)', "wrong_word", "day"),
    ('DATEDIFF(d, d2, "day")', "wrong_word", "DATEDIFF(unit"),
    ("IFNULL(n, 0)", "unknown_function", "COALESCE"),
    ("SUMIF(lines.qty, lines.qty > 1)", "unknown_function", "SUM(rows.field, condition)"),
    ("[1, 2]", "syntax", ""),
    ("$team", "type_mismatch", ""),
    ("old.amount > 1", "no_old", ""),
    ("CHANGED(amount)", "no_old", ""),
    ("parent.amount > 1", "no_parent", ""),
    ("row.amount > 1", "no_row", ""),
]


@pytest.mark.parametrize(("source", "code", "advice"), REFUSED)
def test_a_mistake_is_refused_with_advice(source: str, code: str, advice: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(source, SCOPE)
    assert caught.value.code == code
    assert caught.value.message["zh"] != caught.value.message["en"]
    assert advice in (caught.value.suggestion or {"en": ""})["en"]


def test_what_is_offered_for_functions_of_elsewhere_is_there() -> None:
    for usual in ELSEWHERE.values():
        for name in re.findall(r"[A-Z]+(?=\()", usual):
            assert name in FUNCTIONS, usual
    assert not ELSEWHERE.keys() & FUNCTIONS.keys()


PLACES = [
    ("(amuont) > 5", "amuont"),
    ("customer . naem = 'x'", "naem"),
    ("1 + SUMM( lines.qty )", "SUMM"),
    ('name in ["a", 5]', "5"),
    ("n = 1 and $meh = owner", "$meh"),
]


@pytest.mark.parametrize(("source", "wrong"), PLACES)
def test_the_span_is_that_of_the_wrong_word_alone(source: str, wrong: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(source, SCOPE)
    start, end = caught.value.span
    assert source[start:end] == wrong


def test_a_difference_of_moments_may_be_compared_with_nothing_and_with_another() -> None:
    assert check("at2 - at > 0", SCOPE).evaluate(
        record_of({"at": "2026-03-01T00:00:00Z", "at2": "2026-03-02T00:00:00Z"}), environment()
    )
    assert check("HOURS(at2 - at) > 5 and at2 - at > NOW() - at", SCOPE)


TYPED = [
    ("n + 1", "number", 15, 0),
    ("small + 1", "number", 5, 0),
    ("amount", "money", 15, 2),
    ("amount * 0.08", "money", 16, 4),
    ("amount / cost", "number", 21, 6),
    ("amount / n", "money", 19, 6),
    ("x * x", "number", 21, 6),
    ("ROUND(x, 2)", "number", 15, 2),
    ("SUM(lines.amount)", "money", 17, 2),
    ("IF(flag, n, amount)", "money", 17, 2),
    ("COUNT(lines)", "number", 12, 0),
]


@pytest.mark.parametrize(("source", "kind", "digits", "scale"), TYPED)
def test_digits_and_scale_of_numbers_are_tracked(source: str, kind: str, digits: int, scale: int) -> None:
    found = check(source, SCOPE).type
    assert (found.kind, found.digits, found.scale) == (kind, digits, scale)


CONVERTED = [
    ("amount / 3", t.money(), {"amount": "10.00"}, 333),
    ("amount / 8", t.money(), {"amount": "1.00"}, 13),
    ("-amount / 8", t.money(), {"amount": "1.00"}, -13),
    ("n", t.money(), {"n": 5}, 500),
    ("n", t.number(3, 0), {"n": 1000}, None),
    ("n", t.number(3, 0), {"n": 999}, 999),
    ("12.5", t.number(5, 2), {}, 1250),
    ('"12.50"', t.money(), {}, 1250),
    ("null", t.money(), {}, None),
    ('IF(flag, "won", "lost")', t.choice(["won", "lost"]), {"flag": True}, "won"),
    ("IF(flag, n, amount)", t.number(9, 0), {"flag": False, "amount": "2.50"}, 3),
    ('COALESCE(customer, "c9")', t.ref("customer"), {}, "c9"),
    ("name", t.choice(["a"]), {"name": "a"}, "a"),
]


@pytest.mark.parametrize(("source", "wanted", "record", "value"), CONVERTED)
def test_a_result_is_converted_to_what_is_expected(
    source: str, wanted: Type, record: dict[str, object], value: object
) -> None:
    checked = check(source, SCOPE, expect=wanted)
    assert checked.evaluate(record_of(record), environment()) == value
    assert checked.type.kind == wanted.kind
    assert not wanted.numeric or checked.type.scale == wanted.scale


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("name", t.money()),
        ("flag", t.TEXT),
        ("n", t.TEXT),
        ("at", t.DATE),
        ("owner", t.ref("customer")),
        ("dollars", t.money("CNY")),
        ('IF(flag, "won", "x")', t.choice(["won"])),
    ],
)
def test_a_result_of_another_type_is_refused(source: str, wanted: Type) -> None:
    with pytest.raises(ExpressionError):
        check(source, SCOPE, expect=wanted)


READS = [
    ("amount > $limit", {("amount",)}, {"limit"}),
    ("customer.region.manager = $me", {("customer", "region", "manager")}, {"me"}),
    ("SUM(lines.amount, gift = false)", {("lines", "amount"), ("lines", "gift")}, set()),
    ("COUNT(lines)", {("lines",)}, set()),
    ("ANY(lines, parent.n > 1)", {("lines",), ("n",)}, set()),
    ("old.amount <> amount", {("amount",)}, set()),
    ("CHANGED(stage)", {("stage",)}, set()),
    ("TODAY() > d", {("d",)}, set()),
]


@pytest.mark.parametrize(("source", "paths", "variables"), READS)
def test_an_expression_knows_what_it_reads(
    source: str, paths: set[tuple[str, ...]], variables: set[str]
) -> None:
    checked = check(source, WITH_OLD)
    assert checked.dependencies == paths
    assert checked.variables == variables


def test_the_clock_makes_an_expression_volatile() -> None:
    assert check("TODAY() > d", SCOPE).volatile
    assert check("$now > at", SCOPE).volatile
    assert not check("d > d2", SCOPE).volatile


def test_what_sql_cannot_compute_is_refused_by_name_where_sql_is_needed() -> None:
    checked = check("CHANGED(amount) and old.n > 1", WITH_OLD)
    assert checked.not_pushable == ("CHANGED", "old")
    with pytest.raises(ExpressionError) as caught:
        check("CHANGED(amount)", replace(WITH_OLD, db_only=True))
    assert caught.value.code == "not_pushable"
    assert "CHANGED" in caught.value.message["en"]


def test_child_rows_see_their_parent_and_for_each_rows_their_source() -> None:
    scope = Scope(LINE, FORMS.get, {**VARIABLES, "order": t.ref("deal")}, parent=DEAL, row=DEAL)
    source = "amount * 100 / SUM(parent.lines.amount) + row.n + $order.n"
    checked = check(source, scope)
    assert checked.dependencies == {("amount",), ("parent", "lines", "amount"), ("row", "n"), ("$order", "n")}
    assert set(checked.not_pushable) == {"row", "$order.n"}
    parent = record_of({"lines": [{"amount": "1"}, {"amount": "3"}]})
    env = environment(parent=parent, row=record_of({"n": 10}))
    env.variables = {**env.variables, "order": "d9"}
    env.follow = lambda form, key: {"n": 100} if (form, key) == ("deal", "d9") else None
    assert checked.evaluate(parent["lines"][0], env) == 135_000_000


def test_child_tables_are_found_behind_references() -> None:
    scope = Scope(replace(LINE, fields={**LINE.fields, "deal": t.ref("deal")}), FORMS.get)
    checked = check("SUM(deal.lines.amount, qty > parent.n)", scope)
    assert checked.dependencies == {("deal", "lines", "amount"), ("deal", "lines", "qty"), ("deal", "n")}
    deal = record_of({"n": 1, "lines": [{"amount": "1", "qty": 1}, {"amount": "3", "qty": 2}]})
    env = environment()
    env.follow = lambda form, key: deal if (form, key) == ("deal", "d1") else None
    assert checked.evaluate({"deal": "d1"}, env) == 300
    assert checked.evaluate({"deal": "d2"}, env) == 0
    assert checked.evaluate({"deal": None}, env) == 0


def test_change_functions_compare_with_the_record_before() -> None:
    record = record_of({"amount": "2", "stage": "won", "n": 1})
    before = record_of({"amount": "1", "stage": "won", "n": 1})
    changed = environment(old=before)
    new = environment(old=None)
    asks = ["CHANGED(amount)", "CHANGED(stage)", "CHANGED(d)", "ISNEW()", "old.amount", "OLD(amount) + 1"]
    assert [check(ask, WITH_OLD).evaluate(record, changed) for ask in asks] == [
        True,
        False,
        False,
        False,
        100,
        200,
    ]
    assert [check(ask, WITH_OLD).evaluate(record, new) for ask in asks] == [
        True,
        True,
        False,
        True,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("source", "code", "advice"), [each for each in REFUSED if each[1] == "type_mismatch"]
)
def test_a_mismatch_speaks_one_language_at_a_time(source: str, code: str, advice: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(source, SCOPE)
    for sentence in (caught.value.message, caught.value.fix):
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in sentence["en"]), sentence
        assert "{'zh'" not in sentence["zh"] + sentence["en"], sentence
    assert any("\u4e00" <= sign <= "\u9fff" for sign in caught.value.message["zh"])


def test_every_kind_of_type_has_a_name_in_both_languages() -> None:
    from typing import get_args

    from engine.expressions.types import LABELS, Kind

    assert set(LABELS) == set(get_args(Kind))
    assert t.list_of(t.ref("user")).label == {"zh": "引用（user）列表", "en": "list of reference to user"}
