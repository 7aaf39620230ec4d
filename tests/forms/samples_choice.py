"""Samples of choices and references."""

from __future__ import annotations

from tests.forms.sample import RECORD, Sample, same

OPTIONS = [
    {"key": "east", "label": {"zh": "华东", "en": "East"}},
    {"key": "north", "label": {"zh": "华北、东北", "en": "North, Northeast"}},
    {"key": "south", "label": {"zh": "华南", "en": "South"}},
    {"key": "centre", "label": {"zh": "华中", "en": "South"}},
]

SAMPLES = {
    "bool": Sample(
        "bool",
        valid=same(True, False),
        wrong=(("true", "wrong_type"), (1, "wrong_type")),
        cells=(
            *(("是", True), ("否", False), ("TRUE", True), ("no", False), (1, True), (0.0, False)),
            *(("√", True), ("", None)),
        ),
        wrong_cells=(("maybe", "wrong_type"), (2, "wrong_type")),
    ),
    "select": Sample(
        "select",
        valid=(*same("east", "north"), ("", None)),
        wrong=(("west", "not_in_options"), ("华东", "not_in_options"), (1, "wrong_type")),
        options={"options": OPTIONS},
        cells=(
            ("华东", "east"),
            ("EAST", "east"),
            (" north ", "north"),
            ("华北、东北", "north"),
            ("west", "west"),
        ),
        wrong_cells=(("South", "ambiguous_option"),),
    ),
    "multiselect": Sample(
        "multiselect",
        valid=(*same(["east"], ["south", "east", "north"]), (["east", "east"], ["east"]), ([], None)),
        wrong=(
            (["east", "west"], "not_in_options", "/1"),
            ([""], "not_in_options", "/0"),
            ("east", "wrong_type"),
            ([1], "wrong_type", "/0"),
        ),
        options={"options": OPTIONS},
        cells=(("华东、华南", ["east", "south"]), ("east, south;north", ["east", "south", "north"])),
        wrong_cells=(("华东、South", "ambiguous_option"),),
    ),
    "user": Sample(
        "user",
        valid=(*same("li"), ({"id": "li"}, "li"), ("", None)),
        wrong=((5, "wrong_type"), ("nobody", "not_found")),
    ),
    "dept": Sample("dept", valid=same("north"), wrong=((["north"], "wrong_type"), ("nowhere", "not_found"))),
    "ref": Sample(
        "ref",
        valid=(*same(RECORD), ({"id": RECORD}, RECORD)),
        wrong=((1, "wrong_type"), ("01900000-0000-7000-8000-00000000ffff", "not_found")),
        options={"form": "target"},
    ),
}
