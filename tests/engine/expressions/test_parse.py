"""Both spellings give one tree, and the tree can be printed as either."""

from __future__ import annotations

import pytest

from engine.expressions import ExpressionError, parse
from engine.expressions.condition import condition_of_tree
from engine.expressions.spelling import text_of
from engine.expressions.tree import Call, Name
from tests.engine.expressions.world import cases

SAME = [
    ("a = 1", "a == 1"),
    ("a <> 1", "a != 1"),
    ("a and b", "AND(a, b)"),
    ("a or b or c", "OR(a, b, c)"),
    ("not a", "NOT(a)"),
    ("not (a in [1])", "a not in [1]"),
    ("a in [1, 2]", "a in (1, 2)"),
    ("not (a between 1 and 2)", "a not between 1 and 2"),
    ("true", "TRUE"),
    ("null", "None"),
    ("sum(lines.x)", "SUM( lines . x )"),
    ('"a\\"b"', '"a""b"'),
    ("'a'", '"a"'),
    ("a + b * c", "a + (b * c)"),
    ("a or b and c", "a or (b and c)"),
    ("-a * b", "(-a) * b"),
    ("not a = b", "not (a = b)"),
    ("a & b = c", "(a & b) = c"),
    ("1.50", "1.5"),
    ("+a", "a"),
    ("=a + 1", "a + 1"),
    ("= IF(a > 1, 2, 3)", "IF(a > 1, 2, 3)"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_give_one_tree(one: str, other: str) -> None:
    assert parse(one) == parse(other)


JSON = [
    ({"stage": "won"}, 'stage = "won"'),
    ({"amount": {"gte": 50000}}, "amount >= 50000"),
    ({"amount": {"gt": 0.08, "lt": 5}}, "amount > 0.08 and amount < 5"),
    ({"and": [{"a": 1}, {"customer.region": {"in": ["east"]}}]}, 'a = 1 and customer.region in ["east"]'),
    ({"or": [{"a": True}, {"not": {"b": {"ne": 2}}}]}, "a = true or not b <> 2"),
    ({"a": {"nin": [1, 2]}}, "a not in [1, 2]"),
    ({"a": {"between": [1, 2]}}, "a between 1 and 2"),
    ({"a": {"blank": True}, "b": {"blank": False}}, "ISBLANK(a) and not ISBLANK(b)"),
    ({"a": {"contains": "x"}}, 'CONTAINS(a, "x")'),
    ({"a": {"starts_with": "x"}}, 'STARTSWITH(a, "x")'),
    ({"tags": {"has": "vip"}}, 'tags has "vip"'),
    ({"tags": {"has_any": ["vip", "new"]}}, 'HASANY(tags, "vip", "new")'),
    ({"owner.groups": {"has_any": {"var": "my_roles"}}}, "HASANY(owner.groups, $my_roles)"),
    ({"owner": {"eq": {"var": "me"}}}, "owner = $me"),
    ({"owner": {"in": {"var": "team"}}}, "owner in $team"),
    ({"a": {"lt": {"field": "b.c"}}}, "a < b.c"),
    ({"a": {"lt": {"expr": "b * 2"}}}, "a < b * 2"),
    ({"expr": "SUM(lines.a) > 5"}, "SUM(lines.a) > 5"),
    ({"and": []}, "true"),
    ({"or": []}, "false"),
    (True, "true"),
]


@pytest.mark.parametrize(("condition", "text"), JSON)
def test_a_json_condition_is_the_same_as_its_text(condition: dict[str, object] | bool, text: str) -> None:
    tree = parse(condition)
    assert tree == parse(text)
    assert parse(condition_of_tree(tree)) == tree


def test_every_expression_of_the_table_survives_printing() -> None:
    for case in cases():
        tree = parse(case.expression)
        assert parse(text_of(tree)) == tree
        assert parse(condition_of_tree(tree)) == tree


WRONG = [
    ("8%", "percent_sign", "0.08"),
    ("a > 8%", "percent_sign", "0.08"),
    ("a % 3", "percent_sign", "MOD"),
    ("a < b < c", "chained_comparison", "between"),
    ("a ** 2", "unknown_operator", "POWER"),
    ("a && b", "unknown_operator", "and"),
    ("a || b", "unknown_operator", "&"),
    ("!a", "unknown_operator", "not"),
    ("a[0]", "syntax", "in"),
    ("f(a", "syntax", ""),
    ("a b", "syntax", ""),
    ("a = ", "syntax", ""),
    ("", "empty", ""),
    ("   ", "empty", ""),
    ('"abc', "unterminated_text", ""),
    ('"a\\q"', "bad_escape", "\\\\"),
    ("a （b）", "unexpected_character", "("),
    ("1e5", "bad_number", "1234.56"),
    ("1.2.3", "bad_number", ""),
    ("1234567890123456", "number_too_large", ""),
    ("0.1234567", "number_too_large", ""),
    ("a between 1 or 2", "syntax", ""),
    ("lambda x: x", "syntax", ""),
    ("a; b", "unknown_operator", "comma"),
    ("{1: 2}", "unknown_operator", "[ ]"),
    ("a ? 1 : 2", "unknown_operator", "IF("),
    ("if a > 5 then 1 else 2", "syntax", "IF("),
    ('"x" if a > 5 else "y"', "syntax", "IF("),
    ("a is null", "syntax", "ISBLANK"),
    ('a like "%x%"', "syntax", "CONTAINS"),
    ('a contains "x"', "syntax", "CONTAINS"),
    ("a > 1,000", "syntax", "thousands"),
    ("a > .5", "syntax", "0.5"),
    ("a > 5万", "bad_number", "unit"),
    ("a > ￥5", "unexpected_character", "alone"),
    ("a ≥ 5", "unexpected_character", ">="),
    ("a × 5", "unexpected_character", "*"),
    ('a = "张三”', "unterminated_text", 'End it with "'),
    ("= = a", "syntax", ""),
    ("==a", "syntax", ""),
]


@pytest.mark.parametrize(("source", "code", "advice"), WRONG)
def test_what_is_wrong_is_named_with_its_place(source: str, code: str, advice: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    error = caught.value
    assert error.code == code
    assert 0 <= error.span[0] <= error.span[1] <= max(len(source), 1)
    assert error.message["zh"]
    assert error.message["en"]
    assert advice in (error.suggestion or {"en": ""})["en"]


TYPED = [
    ("IF（a＞５，“大”，‘小’）", 'IF(a>5,"大","小")'),
    ("a ≥ 1 and b ≠ 2", "a >= 1 and b <> 2"),
    ('a = "（）" & “"”', 'a = "（）" & "\\""'),
    ("a in 【1、2】", "a in [1,2]"),
    ("a × 2 ÷ 3 − 1", "a * 2 / 3 - 1"),
    ("name = 「x」", 'name = "x"'),
]


@pytest.mark.parametrize(("typed", "plain"), TYPED)
def test_signs_of_a_chinese_keyboard_are_all_mended_at_once(typed: str, plain: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(typed)
    edit = caught.value.edit
    assert edit is not None
    assert (edit.span, edit.text) == ((0, len(typed)), plain)
    assert parse(edit.text)


def test_a_name_of_letters_from_elsewhere_is_no_function_and_no_word() -> None:
    assert parse("ſum(a)") == Call("ſum", (Name(("a",)),))
    assert parse("金额") == Name(("金额",))


WRONG_JSON = [
    ({}, "bad_condition"),
    ({"and": 5}, "bad_condition"),
    ({"a": {"like": "x"}}, "unknown_operator"),
    ({"a": {"between": [1]}}, "bad_condition"),
    ({"a": {"blank": 1}}, "bad_condition"),
    ({"a": {}}, "bad_condition"),
    ({"a": 1, "b": {}}, "bad_condition"),
    ({"a": {"eq": [1]}}, "bad_condition"),
    ({"a": {"eq": {"x": 1, "y": 2}}}, "bad_condition"),
    ({"a b": 1}, "bad_name"),
    ({"a": 10**5000}, "number_too_large"),
    ({"a": 1e300}, "number_too_large"),
    ({"a": float("nan")}, "number_too_large"),
    ({"a": 0.1234567891234567}, "number_too_large"),
    ({"a": "x\0y"}, "bad_character"),
    ([1], "bad_condition"),
    (None, "bad_condition"),
]


@pytest.mark.parametrize(("source", "code"), WRONG_JSON)
def test_a_wrong_json_condition_is_refused(source: object, code: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source)  # type: ignore[arg-type]
    assert caught.value.code == code
