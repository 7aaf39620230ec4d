"""Sentences for what a model refuses: the types of pydantic's errors, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from engine.findings import Text, text

Details = Mapping[str, Any]
Sentence = Callable[[Details], Text]


QUOTED = re.compile(r"'[^']*'|\b\d+\b|\btrue\b|\bfalse\b", re.IGNORECASE)


class Unfit(ValueError):
    """Raised by a validator of a document: what is wrong, in both languages, as part of a sentence."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = text(zh, en)


def _fixed(zh: str, en: str) -> Sentence:
    return lambda _details: text(zh, en)


def _one_of(key: str) -> Sentence:
    """Pydantic joins what may stand there with an English word: 'a', 'b' or 'c'."""

    def said(details: Details) -> Text:
        known = str(details.get(key))
        return text(
            f"应为以下之一：{'、'.join(QUOTED.findall(known)) or known}", f"one of these is expected: {known}"
        )

    return said


def _with(key: str, zh: str, en: str) -> Sentence:
    return lambda details: text(zh.format(details.get(key)), en.format(details.get(key)))


_SENTENCES: dict[str, Sentence] = {
    "string_type": _fixed("应为文本", "text is expected"),
    "int_type": _fixed("应为整数", "a whole number is expected"),
    "int_parsing": _fixed("应为整数", "a whole number is expected"),
    "int_from_float": _fixed("应为整数", "a whole number is expected"),
    "float_type": _fixed("应为数字", "a number is expected"),
    "bool_type": _fixed("应为 true 或 false", "true or false is expected"),
    "bool_parsing": _fixed("应为 true 或 false", "true or false is expected"),
    "list_type": _fixed("应为列表", "a list is expected"),
    "tuple_type": _fixed("应为列表", "a list is expected"),
    "dict_type": _fixed("应为对象", "an object is expected"),
    "text_or_object": _fixed("应为文本或对象", "text or an object is expected"),
    "model_type": _fixed("应为对象", "an object is expected"),
    "model_attributes_type": _fixed("应为对象", "an object is expected"),
    "literal_error": _one_of("expected"),
    "enum": _one_of("expected"),
    "union_tag_invalid": _one_of("expected_tags"),
    "string_pattern_mismatch": _with("pattern", "应符合格式 {}", "it must match {}"),
    "string_too_short": _with("min_length", "至少 {} 个字符", "at least {} characters are needed"),
    "string_too_long": _with("max_length", "最多 {} 个字符", "at most {} characters are allowed"),
    "too_short": _with("min_length", "至少需要 {} 项", "at least {} are needed"),
    "too_long": _with("max_length", "最多 {} 项", "at most {} are allowed"),
    "greater_than": _with("gt", "应大于 {}", "it must be greater than {}"),
    "greater_than_equal": _with("ge", "不能小于 {}", "it must be at least {}"),
    "less_than": _with("lt", "应小于 {}", "it must be less than {}"),
    "less_than_equal": _with("le", "不能大于 {}", "it must be at most {}"),
}
_OTHERS = _fixed("请对照 JSON Schema", "see the JSON Schema")


def sentence(name: str, problem: Mapping[str, Any]) -> Text:
    """What is wrong with the value of `name`; `problem` is one of pydantic's error dicts."""
    kind = str(problem["type"])
    why = _SENTENCES.get(kind, _OTHERS)(problem.get("ctx") or {})
    if kind in {"value_error", "assertion_error"}:
        # a validator of ours: its own words say more
        reason = (problem.get("ctx") or {}).get("error", problem["msg"])
        why = reason.why if isinstance(reason, Unfit) else text(str(reason), str(reason))
    return text(f"“{name}”的值不合要求：{why['zh']}。", f"The value of '{name}' does not fit: {why['en']}.")
