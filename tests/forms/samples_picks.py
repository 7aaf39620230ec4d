"""Samples of choices with more to them: ticks, tags, trees of options, grids, rankings."""

from __future__ import annotations

from typing import Any

from tests.forms.sample import Sample, same
from tests.forms.samples_choice import OPTIONS


def branch(key: str, zh: str, en: str, *options: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "label": {"zh": zh, "en": en}, "options": list(options)}


TREE = [
    branch(
        "hardware",
        "硬件",
        "Hardware",
        branch("engine", "发动机", "Engine"),
        branch("hw_other", "其他", "Other"),
    ),
    branch(
        "software",
        "软件",
        "Software",
        branch("crm", "客户管理/CRM", "CRM"),
        branch("sw_other", "其他", "Other"),
    ),
    branch("none", "无", "None"),
]
ROWS = [
    {"key": "taste", "label": {"zh": "口味", "en": "Taste"}},
    {"key": "speed", "label": {"zh": "速度：送达", "en": "Speed: delivery"}},
]
ANSWERS = [
    {"key": "good", "label": {"zh": "好", "en": "Good"}},
    {"key": "bad", "label": {"zh": "不好", "en": "Bad"}},
]

SAMPLES = {
    "radio": Sample(
        "radio",
        valid=(*same("east", "north"), ("", None)),
        wrong=(("west", "not_in_options"), (["east"], "wrong_type")),
        options={"options": OPTIONS},
        cells=(("华东", "east"),),
    ),
    "checklist": Sample(
        "checklist",
        valid=(*same(["east"]), (["south", "east"], ["east", "south"]), ([], None)),
        wrong=(
            (["west"], "not_in_options", "/0"),
            (["east", "north", "south"], "too_many"),
            ("east", "wrong_type"),
        ),
        options={"options": OPTIONS, "most": 2},
        cells=(("华南、华东", ["south", "east"]),),
    ),
    "checklist_all": Sample(
        "checklist",
        valid=((["centre", "south", "north", "east"], ["east", "north", "south", "centre"]), ([], None)),
        wrong=((["east"], "too_few"),),
        options={"options": OPTIONS, "all": True},
    ),
    "tags": Sample(
        "tags",
        valid=(
            *same(["大客户"], ["vip", "新客"]),
            (["VIP", "ｖｉｐ", " vip "], ["VIP"]),
            (["", "  "], None),
            ([], None),
        ),
        wrong=(
            ("vip", "wrong_type"),
            (["vip", 3], "wrong_type", "/1"),
            (["a、b"], "bad_character", "/0"),
            (["x" * 41], "too_long", "/0"),
            ([f"t{n}" for n in range(51)], "too_many"),
        ),
        cells=(("大客户、新客", ["大客户", "新客"]), ("a; b\nc", ["a", "b", "c"]), (" ", None)),
    ),
    "tags_closed": Sample(
        "tags",
        valid=((["vip", "New"], ["VIP", "new"]),),
        wrong=((["other"], "not_in_options", "/0"),),
        options={"known": ["VIP", "new"], "closed": True},
    ),
    "cascade": Sample(
        "cascade",
        valid=(
            *same(["hardware", "engine"], ["software", "crm"], ["none"]),
            ("engine", ["hardware", "engine"]),
            ([], None),
            ("", None),
        ),
        wrong=(
            (["hardware"], "option_too_wide"),
            (["software", "engine"], "not_in_options", "/1"),
            (["engine"], "not_in_options", "/0"),
            ("nothing", "not_in_options", "/0"),
            (7, "wrong_type"),
            ([7], "wrong_type"),
        ),
        options={"options": TREE},
        cells=(
            ("硬件/发动机", ["hardware", "engine"]),
            ("Software / crm", ["software", "crm"]),
            ("硬件/其他", ["hardware", "hw_other"]),
            ("engine", ["hardware", "engine"]),
            ("无", ["none"]),
        ),
        wrong_cells=(("硬件/车轮", "not_in_options"), ("硬件", "option_too_wide")),
    ),
    "cascade_any": Sample(
        "cascade",
        valid=same(["hardware"], ["hardware", "engine"]),
        wrong=((["engine", "hardware"], "not_in_options", "/0"),),
        options={"options": TREE, "any_level": True},
    ),
    "ranking": Sample(
        "ranking",
        valid=(*same(["south", "east", "centre", "north"]), ([], None)),
        wrong=(
            (["east"], "too_few"),
            (["east", "east", "north", "south"], "double_item", "/1"),
            (["west"], "not_in_options", "/0"),
        ),
        options={"options": OPTIONS},
        cells=(("华南、east、centre、north", ["south", "east", "centre", "north"]),),
    ),
    "ranking_top": Sample(
        "ranking",
        valid=same(["south", "east"]),
        wrong=((["south"], "too_few"), (["south", "east", "north"], "too_many")),
        options={"options": OPTIONS, "top": 2},
    ),
    "matrix": Sample(
        "matrix",
        valid=(
            *same({"taste": "good", "speed": "bad"}, {"taste": "good", "speed": None}),
            ({"speed": "bad"}, {"taste": None, "speed": "bad"}),
            ({}, None),
        ),
        wrong=(
            ({"taste": "ugly"}, "not_in_options", "/taste"),
            ({"smell": "good"}, "unknown_part", "/smell"),
            ("good", "wrong_type"),
        ),
        options={"rows": ROWS, "columns": ANSWERS},
        cells=(
            ("口味：好\nspeed: bad", {"taste": "good", "speed": "bad"}),
            ("Taste: Good", {"taste": "good", "speed": None}),
        ),
        wrong_cells=(("气味：好", "unknown_part"), ("口味：差", "not_in_options")),
    ),
    "matrix_complete": Sample(
        "matrix",
        valid=same({"taste": ["good", "bad"], "speed": ["bad"]}),
        wrong=(({"taste": ["good"]}, "matrix_incomplete", "/speed"),),
        options={"rows": ROWS, "columns": ANSWERS, "multiple": True, "complete": True},
    ),
}
