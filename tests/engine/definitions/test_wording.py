"""Sentences for what a model refuses are wholly in one language."""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, Field

from engine.definitions.app import known_zone
from engine.definitions.check import read_model
from engine.definitions.folder import read_files
from engine.findings import Finding


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class Model(BaseModel):
    one: Literal["a", "b", "c"] = "a"
    mixed: Literal[1, "it's", True] = 1
    colour: Colour = Colour.RED
    zone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    many: list[int] = Field(default=[1], min_length=1, max_length=2)


def told(**values: object) -> Finding:
    findings: list[Finding] = []
    assert read_model(Model, values, "", findings) is None
    (found,) = findings
    return found


@pytest.mark.parametrize(
    ("values", "zh", "en"),
    [
        ({"one": "x"}, "“one”的值不合要求：应为以下之一：'a'、'b'、'c'。", "'a', 'b' or 'c'"),
        ({"colour": "x"}, "“colour”的值不合要求：应为以下之一：'red'、'green'。", "'red' or 'green'"),
        ({"zone": "Mars"}, "“zone”的值不合要求：没有这个时区，例如 Asia/Shanghai。", "no such time zone"),
        ({"many": []}, "“many”的值不合要求：至少需要 1 项。", "at least 1"),
    ],
)
def test_what_does_not_fit_is_said_in_both_languages(values: dict[str, object], zh: str, en: str) -> None:
    found = told(**values)
    assert found.message["zh"] == zh
    assert en in found.message["en"]


def test_no_english_word_joins_what_may_stand_there() -> None:
    said = told(mixed="x").message["zh"]
    assert not re.search(r"\bor\b", said), said
    assert "1、" in said


@pytest.mark.parametrize(
    ("content", "zh"),
    [
        (b'{"key": "a", "key": "b"}', "键“key”在同一个对象中出现了两次，其中一个值会丢失。"),
        (b'{"key": NaN}', "NaN 不是 JSON 的数字。"),
        (b'{\n"key" 1}', "第 2 行第 7 列：不是有效的 JSON。"),
        (b'{"key": "\xff"}', "不是有效的 JSON：应为 UTF-8 文本。"),
        (b'{"key": "\\ud800"}', "不是有效的 JSON：应为 UTF-8 文本。"),
        (b"[" * 100_000, "嵌套过深。"),
    ],
)
def test_a_broken_file_is_told_in_chinese(content: bytes, zh: str) -> None:
    _, findings = read_files({"app.json": content}, [])
    assert [(each.code, each.message["zh"]) for each in findings] == [("malformed_json", zh)]
