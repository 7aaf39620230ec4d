"""Functions of texts: what they refuse, every letter of Unicode, lengths known before anything is built."""

from __future__ import annotations

import json
import time
import tracemalloc
from dataclasses import dataclass
from typing import Any

import pytest

from engine.expressions import ExpressionError, check
from engine.expressions.functions.matching import MAX_STEPS, matcher
from tests.engine.expressions.stores import Store
from tests.engine.expressions.world import SCOPE, environment, record_of

REFUSED = [
    ("RIGHT(name)", "wrong_arguments", "RIGHT(text, count)"),
    ("RIGHT(name, 1.5)", "type_mismatch", "ROUND"),
    ("MID(name, 1)", "wrong_arguments", "MID(text, start, count)"),
    ("MID(5, 1, 1)", "type_mismatch", ""),
    ("FIND(name, 5)", "type_mismatch", ""),
    ("FIND(name)", "wrong_arguments", "FIND(part, text, [start])"),
    ("SPLITPART(name, 1, 1)", "type_mismatch", ""),
    ("SPLITPART(name, note)", "wrong_arguments", "SPLITPART(text, separator, number)"),
    ("SUBSTITUTE(name, note)", "wrong_arguments", "[occurrence]"),
    ("REPLACE(name, 1, 2)", "wrong_arguments", ""),
    ("REPT(name, 0.5)", "type_mismatch", "ROUND"),
    ("LPAD(n, 5)", "type_mismatch", ""),
    ("RPAD(name)", "wrong_arguments", "RPAD(text, width, [fill])"),
    ('TEXTJOIN("-", true)', "wrong_arguments", "TEXTJOIN(separator, ignore_empty, value, …)"),
    ('TEXTJOIN("-", flag, name)', "constant_needed", ""),
    ('TEXTJOIN("-", name, note)', "constant_needed", ""),
    ('TEXTJOIN("-", true, tags)', "type_mismatch", ""),
    ('ENDSWITH(name, "a", flag)', "constant_needed", ""),
    ("PROPER(d)", "type_mismatch", ""),
    ("VALUE(n)", "type_mismatch", ""),
    ("TEXT(tags)", "type_mismatch", ""),
    ('TEXT(name, "0")', "type_mismatch", ""),
    ('TEXT(flag, "0")', "type_mismatch", "IF(x"),
    ("TEXT(n, note)", "constant_needed", ""),
    ('TEXT(n, "")', "constant_needed", ""),
    (f'TEXT(n, "{"0" * 101}")', "constant_needed", ""),
    ('TEXT(n, "yyyy")', "bad_pattern", "#,##0.00"),
    ('TEXT(n, "0.00E0")', "bad_pattern", ""),
    ('TEXT(n, "0 0")', "bad_pattern", ""),
    ('TEXT(n, "元")', "bad_pattern", ""),
    ('TEXT(n, "0,")', "bad_pattern", ""),
    ('TEXT(n, "0#")', "bad_pattern", ""),
    ('TEXT(n, "0.0.0")', "bad_pattern", ""),
    ('TEXT(n, ".")', "bad_pattern", ""),
    ('TEXT(n, "0%%")', "bad_pattern", ""),
    ('TEXT(n, "0.00000000000")', "bad_pattern", ""),
    ('TEXT(d, "0")', "bad_pattern", "yyyy-MM-dd"),
    ('TEXT(d, "yyy")', "bad_pattern", ""),
    ('TEXT(d, "Q")', "bad_pattern", ""),
    ('TEXT(d, "HH:mm")', "bad_pattern", ""),
    ('TEXT(d, "AM/PM")', "bad_pattern", ""),
    ('TEXT(at, "年")', "bad_pattern", ""),
    ('TEXT(at - at2, "yyyy")', "bad_pattern", "h:mm"),
    ('TEXT(at - at2, "hhh")', "bad_pattern", ""),
    ('TEXT(at - at2, ":")', "bad_pattern", ""),
    ("MATCHES(name, note)", "constant_needed", ""),
    ('MATCHES(name, "")', "constant_needed", ""),
    (f'MATCHES(name, "{"a" * 501}")', "constant_needed", ""),
    ('MATCHES(n, "a")', "type_mismatch", ""),
    ('MATCHES(name, "(")', "bad_pattern", "RE2"),
    ('MATCHES(name, "(a)\\\\1")', "bad_pattern", "RE2"),
    ('MATCHES(name, "(?=a)")', "bad_pattern", "RE2"),
    ('MATCHES(name, "a{1001}")', "bad_pattern", ""),
    ('MATCHES(name, "(a{100}){10}")', "bad_pattern", "+"),
    ('MATCHES(name, "((a{100}){100}){100}")', "bad_pattern", ""),
    ('PINYIN(name, "tones")', "wrong_word", ""),
    ("PINYIN(name, note)", "wrong_word", ""),
    ("PINYIN(n)", "type_mismatch", ""),
]


@pytest.mark.parametrize(("source", "code", "advice"), REFUSED)
def test_a_mistake_is_refused_with_advice(source: str, code: str, advice: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check(source, SCOPE)
    assert caught.value.code == code
    assert caught.value.message["zh"] != caught.value.message["en"]
    assert advice in (caught.value.suggestion or {"en": ""})["en"]


def test_text_with_a_pattern_matches_and_pinyin_say_that_they_are_in_memory_only() -> None:
    asked = 'TEXT(n, "0") & PINYIN(name) & TEXT(MATCHES(name, "a")) & TEXT(n) & RIGHT(name, 1)'
    assert check(asked, SCOPE).not_pushable == ("TEXT pattern", "PINYIN", "MATCHES")


CHUNK = 4_000


@dataclass(frozen=True)
class Letters:
    """Every code point that can be stored, in chunks, and what UPPER and LOWER make of them."""

    chunks: list[str]
    upper: list[str]
    lower: list[str]


@pytest.fixture(scope="module")
def letters() -> Letters:
    signs = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code < 0xE000]
    chunks = [signs[start : start + CHUNK] for start in range(0, len(signs), CHUNK)]
    return Letters(
        ["".join(chunk) for chunk in chunks],
        ["".join([one_for_one(sign, sign.upper()) for sign in chunk]) for chunk in chunks],
        ["".join([one_for_one(sign, sign.lower()) for sign in chunk]) for chunk in chunks],
    )


def one_for_one(sign: str, other: str) -> str:
    """What Unicode says, where that is one code point."""
    return other if len(other) == 1 else sign


def wrong(chunks: list[str], given: list[Any], wanted: list[str]) -> list[str]:
    """The code points that came out otherwise, a few of them."""
    assert [len(text) for text in given] == [len(text) for text in wanted]
    unequal = [each for each in zip(chunks, given, wanted, strict=True) if each[1] != each[2]]
    found = [
        f"U+{ord(sign):04X}: {got!r}, not {want!r}"
        for texts in unequal
        for sign, got, want in zip(*texts, strict=True)
        if got != want
    ]
    return found[:20]


def in_memory(function: str, chunks: list[str]) -> list[Any]:
    asked = check(f"{function}(name)", SCOPE)
    return [asked.evaluate(record_of({"name": chunk}), environment()) for chunk in chunks]


def test_every_letter_of_unicode_changes_case_in_memory(letters: Letters) -> None:
    assert wrong(letters.chunks, in_memory("UPPER", letters.chunks), letters.upper) == []
    assert wrong(letters.chunks, in_memory("LOWER", letters.chunks), letters.lower) == []


def test_every_letter_of_unicode_changes_case_in_every_database(store: Store, letters: Letters) -> None:
    asked = [check(f"{each}(name)", SCOPE) for each in ("UPPER", "LOWER", "PROPER")]
    keys = [store.keep(record_of({"name": each}), json.dumps({"name": each})) for each in letters.chunks]
    upper, lower, proper = (list(column) for column in zip(*store.table(asked, keys), strict=True))
    assert wrong(letters.chunks, upper, letters.upper) == []
    assert wrong(letters.chunks, lower, letters.lower) == []
    assert wrong(letters.chunks, proper, in_memory("PROPER", letters.chunks)) == []


HUGE = [
    'SUBSTITUTE(name, "a", REPT("b", 10000))',
    'SUBSTITUTE(name, "a", REPT("b", 10000), 1)',
    "REPT(name, 999999999)",
    "REPT(name, n)",
    "LPAD(note, n)",
    'RPAD(note, n, "ab")',
    'RPAD("a", 99999999, "b")',
    'REPT(REPT("a", 9999), 9999)',
    'SUBSTITUTE(REPT("a", 9999), "a", REPT("b", 9999))',
    "TEXTJOIN(name, true, note, note, note)",
    'REPLACE(name, 1, 0, "b")',
]
LONG = {"name": "a" * 200_000, "note": "n", "n": 99_999_999}
"""With it the first result would have two thousand million characters, more than any database holds."""


@pytest.mark.parametrize("source", HUGE)
def test_a_text_that_would_be_too_long_is_null_and_never_built(source: str) -> None:
    asked, record = check(source, SCOPE), record_of(LONG)
    asked.evaluate(record, environment())
    tracemalloc.start()
    assert asked.evaluate(record, environment()) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


def test_no_database_builds_a_text_that_would_be_too_long(store: Store) -> None:
    asked = [check(source, SCOPE) for source in HUGE]
    key = store.keep(record_of(LONG), json.dumps(LONG))
    assert store.table(asked, [key]) == [[None] * len(HUGE)]


HARD = ["(a|b)*a(a|b){140}c", "(a*)*c", "(.*)(.*)(.*)(.*)[^ab]", "((a?){11}){11}c", "(a|aa|aaa)*c"]


@pytest.mark.parametrize("pattern", HARD)
def test_no_pattern_takes_long_on_the_longest_text(pattern: str) -> None:
    assert matcher(pattern).programsize <= MAX_STEPS
    asked = check(f'MATCHES(name, "{pattern}")', SCOPE)
    record = record_of({"name": "ab" * 5_000})
    asked.evaluate(record, environment())
    started = time.process_time()
    assert asked.evaluate(record, environment()) is False
    assert time.process_time() - started < 0.2


def test_matches_is_null_for_a_text_longer_than_the_language_makes() -> None:
    asked = check('MATCHES(name, "a*")', SCOPE)
    assert asked.evaluate(record_of({"name": "a" * 10_000}), environment()) is True
    assert asked.evaluate(record_of({"name": "a" * 10_001}), environment()) is None


def test_a_pattern_of_text_rounds_like_round() -> None:
    for value in ("2.345", "-2.345", "0.005", "-0.005", "1.0049"):
        spelled = check('TEXT(x, "0.00")', SCOPE).evaluate(record_of({"x": value}), environment())
        rounded = check("ROUND(x, 2)", SCOPE).evaluate(record_of({"x": value}), environment())
        assert int(spelled.replace(".", "")) == rounded, value
