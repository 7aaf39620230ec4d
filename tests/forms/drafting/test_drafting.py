"""Forms out of sheets and JSON Schemas: what is seen in the cells is what the fields are."""

# ruff: noqa: DTZ001  a cell has no zone
from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app
from engine.plugins import extensions
from engine.registry import fill
from forms.drafting.guess import guesses
from forms.drafting.json_schema import NotAnObjectSchema, SchemaDraft
from forms.drafting.keys import key_of, option_key
from forms.drafting.sheet import NothingToDraft
from tests.forms.shop import name

REGISTRIES = fill(extensions(BUILT_INS))


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("客户名称", "ke_hu_ming_cheng"),
        ("重庆银行", "chong_qing_yin_hang"),
        ("Unit price", "unit_price"),
        ("unitPrice", "unit_price"),
        ("金额（元）", "jin_e_yuan"),
        ("2026 目标", "field_2026_mu_biao"),
        ("ID", "id_field"),
        ("owner", "owner_field"),
        ("!?", "field"),
        ("x" * 60, "x" * 40),
    ],
)
def test_keys_are_the_words_of_the_label(label: str, key: str) -> None:
    assert key_of(label, set()) == key


def test_a_key_that_is_taken_gets_a_number() -> None:
    assert key_of("名称", {"ming_cheng", "ming_cheng_2"}) == "ming_cheng_3"
    assert key_of("x" * 60, {"x" * 40}) == "x" * 38 + "_2"
    assert option_key("1 级", {"1_ji"}) == "1_ji_2"


MANY = ["华东", "华北", "华东", "西北", "华东", "华北", "华东", "华北", "西北"]


@pytest.mark.parametrize(
    ("title", "cells", "kind"),
    [
        ("启用", ["是", "否", None, "是"], "bool"),
        ("启用", [True, False], "bool"),
        ("日期", [date(2026, 3, 1), "2026/3/2", "2026年3月3日"], "date"),
        ("日期", ["03/05/2026", "04/05/2026"], "text"),
        ("时间", [datetime(2026, 3, 1, 9, 30), date(2026, 3, 2)], "datetime"),
        ("时间", ["2026-03-01 09:30", "2026年3月2日9时5分"], "datetime"),
        ("几点", [time(9, 30), "10:00"], "time"),
        ("邮箱", ["a@b.cn", "c@d.com"], "email"),
        ("网站", ["https://a.cn/x"], "url"),
        ("手机", ["13812345678", 13912345678], "phone"),
        ("电话", ["0571-88888888", "13812345678"], "phone"),
        ("数", ["0571-88888888"], "text"),
        ("身份证", ["11010519491231002X"], "idno"),
        ("身份证", ["110105194912310021"], "text"),
        ("信用代码", ["91350100M000100Y43"], "uscc"),
        ("金额", [100, "1,234.50"], "money"),
        ("数", ["￥100", "￥1,200.00"], "money"),
        ("金额", [0.125], "decimal"),
        ("比例", ["12%", "7.5%"], "percent"),
        ("数量", [1, 2, 3.0], "int"),
        ("长度", [1.25, "3"], "decimal"),
        ("编号", [1001, 1002], "text"),
        ("代码", ["007", "008"], "text"),
        ("区域", MANY, "select"),
        ("区域", ["华东", "华北"], "text"),
        ("标签", ["红、绿", "绿", "红、蓝", "蓝,红", "绿、蓝", "红"], "multiselect"),
        ("备注", ["行一\n行二"], "textarea"),
        ("备注", ["长" * 300], "textarea"),
        ("空", [None, " "], "text"),
    ],
)
def test_the_first_guess_is_what_the_cells_are(title: str, cells: list[Any], kind: str) -> None:
    assert next(guesses(title, cells)).type == kind


def test_every_column_ends_as_text_at_worst() -> None:
    assert [each.type for each in guesses("金额", ["1", "2"])][-2:] == ["text", "textarea"]


SCHEMA = {
    "$defs": {"level": {"enum": ["a", "b c"], "title": "级别"}},
    "title": "Customer",
    "type": "object",
    "required": ["name", "lines"],
    "properties": {
        "name": {"type": "string", "maxLength": 80, "title": "名称", "description": "全称"},
        "story": {"type": "string", "maxLength": 9000},
        "level": {"$ref": "#/$defs/level"},
        "stage": {"oneOf": [{"const": "new", "title": "新"}, {"const": "old", "title": "旧"}]},
        "born": {"type": ["string", "null"], "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "mail": {"type": "string", "format": "email"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150, "default": 3},
        "rate": {"type": "number", "multipleOf": 0.001},
        "open": {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": False},
        "tags": {"type": "array", "items": {"type": "string"}},
        "kinds": {"type": "array", "items": {"enum": ["x", "y"]}},
        "boss": {"type": "string", "x-form": "user"},
        "address": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "zip code": {"type": "string"}},
        },
        "lines": {
            "type": "array",
            "minItems": 1,
            "items": {
                "properties": {"sku": {"type": "string"}, "qty": {"type": "integer"}},
                "required": ["sku"],
            },
        },
        "blob": {"type": "object"},
        "mixed": {"type": ["string", "integer"]},
        "lost": {"$ref": "#/$defs/none"},
        "loop": {"$ref": "#/properties/loop"},
    },
}


def test_a_json_schema_becomes_a_form_that_stands() -> None:
    draft = SchemaDraft(SCHEMA)
    document = draft.document(key="customer", label=None)
    fields = {each["key"]: each for each in document["fields"]}
    assert {key: each["type"] for key, each in fields.items()} == {
        "name": "text",
        "story": "textarea",
        "level": "select",
        "stage": "select",
        "born": "date",
        "at": "datetime",
        "mail": "email",
        "age": "int",
        "rate": "decimal",
        "open": "bool",
        "tags": "tags",
        "kinds": "multiselect",
        "boss": "ref",
        "address_city": "text",
        "address_zip_code": "text",
        "lines": "subtable",
        "blob": "json",
        "mixed": "json",
        "lost": "json",
        "loop": "json",
    }
    assert (fields["name"]["required"], fields["name"]["max_length"]) == (True, 80)
    assert fields["name"]["label"] == {"zh": "名称", "en": "名称"}
    assert fields["level"]["label"]["zh"] == "级别"
    assert [each["key"] for each in fields["level"]["options"]] == ["a", "b_c"]
    assert (fields["rate"]["scale"], fields["age"]["min"], fields["age"]["default"]) == (3, 0, 3)
    assert [each["key"] for each in fields["lines"]["fields"]] == ["sku", "qty"]
    assert fields["lines"]["min_rows"] == 1
    assert (document["title"], document["label"]) == ("name", {"zh": "Customer", "en": "Customer"})
    said = {(each.pointer, each.code) for each in draft.remarks}
    assert {("/properties/blob", "kept_as_json"), ("/properties/mixed", "kept_as_json")} <= said
    assert ("#/$defs/none", "reference_unknown") in said
    source = {"app": {"a": {"key": "a", "label": name("a")}}, "form": {"customer": document}}
    fields["boss"]["form"] = "customer"  # the form that a reference names is the app's matter
    assert [each.as_json() for each in check_app(source, REGISTRIES).findings] == []


@pytest.mark.parametrize("schema", [{}, {"type": "array"}, {"properties": []}, {"$ref": "#/nowhere"}])
def test_what_describes_no_object_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(NotAnObjectSchema):
        SchemaDraft(schema).document(key="x", label=None)
    with pytest.raises(NothingToDraft):
        SchemaDraft({"properties": {}}).document(key="x", label=None)
