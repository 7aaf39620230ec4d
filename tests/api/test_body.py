"""Bodies and query parameters are read strictly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from api.body import flag, number, parse_json, query
from api.problems import (
    DoubleKey,
    MalformedJson,
    NotUtf8,
    NulCharacter,
    NumberTooLong,
    UnknownParameter,
)
from engine.errors import Invalid


def request(query_string):
    return Request({"type": "http", "query_string": query_string.encode(), "headers": []})


def test_position_of_a_syntax_error_is_named():
    with pytest.raises(MalformedJson) as refused:
        parse_json(b'{\n  "a": 1,\n  "b": }')
    assert refused.value.details["line"] == 3
    assert refused.value.details["column"] == 8


@pytest.mark.parametrize("raw", [b'{"a": NaN}', b"{'a': 1}", b'"\xff"', b'{"a": 1}}', b'"\\ud800"', b"[1,]"])
def test_what_is_not_json_is_refused(raw):
    with pytest.raises(MalformedJson):
        parse_json(raw)


@pytest.mark.parametrize("depth", [101, 1000, 200_000])
def test_deep_nesting_is_refused(depth):
    with pytest.raises(MalformedJson) as refused:
        parse_json(b"[" * depth + b"]" * depth)
    assert "100" in refused.value.message["en"]


def test_a_byte_order_mark_is_passed_over():
    assert parse_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_what_is_not_utf8_is_told_so_with_its_place():
    with pytest.raises(NotUtf8) as refused:
        parse_json('{"name": "鼎盛贸易"}'.encode("gbk"))
    assert refused.value.details == {"position": 10}
    assert "GBK" in refused.value.fix["zh"]


def test_deep_nesting_is_found_among_wide_and_flat_parts():
    deep = b"[" * 101 + b"]" * 101
    with pytest.raises(MalformedJson):
        parse_json(b"[" + b'{"a": [{}, "]"]},' * 500 + deep + b"]")


def test_brackets_in_texts_do_not_nest():
    assert parse_json(b'{"note": "' + b"[" * 500 + b'"}') == {"note": "[" * 500}


def test_a_hundred_levels_pass():
    parse_json(b"[" * 100 + b"]" * 100)


def test_wide_documents_are_no_problem():
    assert len(parse_json(b"[" + b"{}," * 5000 + b"{}]")) == 5001


@pytest.mark.parametrize("number", ["1234567890123456", "-1234567890.123456", "1.234567890123456e3"])
def test_numbers_that_would_lose_digits_are_refused(number):
    with pytest.raises(NumberTooLong) as refused:
        parse_json(f'{{"rows": [{{"x": "1"}}, {{"a/b": {number}}}]}}'.encode())
    assert (refused.value.pointer, refused.value.details) == ("/rows/1/a~1b", {"number": number})


@pytest.mark.parametrize("text", ["123456789012345", "0.00000000000000001", '"12345678901234567890"', "12.5"])
def test_numbers_of_15_digits_and_strings_pass(text):
    parse_json(f'{{"a": {text}}}'.encode())


def test_nul_in_text_is_refused_with_its_place():
    with pytest.raises(NulCharacter) as refused:
        parse_json(b'{"lines": [{"note": "a\\u0000b"}]}')
    assert refused.value.pointer == "/lines/0/note"
    with pytest.raises(NulCharacter) as refused:
        parse_json(b'{"a~b": {"x/y": "\\u0000"}}')
    assert refused.value.pointer == "/a~0b/x~1y"
    assert parse_json(b'{"note": "a\\\\u0000b"}') == {"note": "a\\u0000b"}


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        ('{"a": 1, "a": 2}', "/a"),
        ('{"a":1,"a":1}', "/a"),
        ('{"a" :1,"a":2}', "/a"),
        ('{"a"\n:1,"b":{},"a"\t: {"c": 2}}', "/a"),
        ('{"a":1,"\\u0061":2}', "/a"),
        ('{"rows":[{"x":1},{"a/b":[{"at":"10:00","at":"11:00"}]}]}', "/rows/1/a~1b/0/at"),
        ('{"x":{"y":1,"y":2},"x":":"}', "/x/y"),
        ('{"a\\\\":1,"a\\\\":2}', "/a\\"),
        ('[[],{"n":"{{","n":null}]', "/1/n"),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_place(raw, pointer):
    with pytest.raises(DoubleKey) as refused:
        parse_json(raw.encode())
    assert refused.value.pointer == pointer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text('":{}, \\[a\n\u9f0e', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('":{ \\a', max_size=3), inner, max_size=3)
    ),
)


@given(JSON, st.sampled_from([None, 1]), st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]))
def test_keys_that_stand_once_are_never_taken_for_doubles(value, indent, separators):
    raw = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False).encode()
    assert parse_json(raw) == value


def test_unknown_and_repeated_parameters_are_refused():
    assert query(request("limit=5"), "limit") == {"limit": "5"}
    for text in ("limt=5", "limit=5&limit=6"):
        with pytest.raises(UnknownParameter):
            query(request(text), "limit")


@pytest.mark.parametrize("given", ["0", "501", "-1", "1.5", "x", "", "٣", "9" * 30])
def test_numbers_of_the_query_are_checked(given):
    with pytest.raises(Invalid):
        number({"limit": given}, "limit", default=50, least=1, most=500)


def test_flags_are_true_or_false():
    assert flag({"count": "true"}, "count")
    assert not flag({}, "count")
    with pytest.raises(Invalid):
        flag({"count": "yes"}, "count")
