"""Samples of references to several records and to records of several forms."""

from __future__ import annotations

from tests.forms.sample import RECORD, Sample, same

ABSENT = "01900000-0000-7000-8000-00000000ffff"

SAMPLES = {
    "users": Sample(
        "users",
        valid=(*same(["li"], ["wang", "li"]), (["li", {"id": "li"}], ["li"]), ([], None)),
        wrong=(
            ("li", "wrong_type"),
            (["li", 5], "wrong_type", "/1"),
            (["li", "nobody"], "not_found", "/1"),
        ),
        cells=(("li、wang", ["li", "wang"]),),
    ),
    "depts": Sample(
        "depts",
        valid=same(["north"]),
        wrong=((["nowhere"], "not_found", "/0"), ({"id": "north"}, "wrong_type")),
    ),
    "role": Sample(
        "role",
        valid=(*same("admin"), ("", None)),
        wrong=(("emperor", "not_in_options"), (["admin"], "wrong_type")),
        cells=(("管理员", "admin"),),
    ),
    "refs": Sample(
        "refs",
        valid=(*same([RECORD]), ([{"id": RECORD}, RECORD], [RECORD]), (["", None][:1], None), ([], None)),
        wrong=(
            (RECORD, "wrong_type"),
            ([RECORD, ABSENT], "not_found", "/1"),
            ([f"{RECORD[:-1]}{n}" for n in range(4)], "too_many"),
        ),
        options={"form": "target", "most": 3},
    ),
    "dynamic_ref": Sample(
        "dynamic_ref",
        valid=(*same({"form": "target", "id": RECORD}), ({"form": "", "id": None}, None)),
        wrong=(
            ({"form": "target"}, "reference_incomplete", "/id"),
            ({"form": "sheet", "id": RECORD}, "not_in_options", "/form"),
            ({"form": "target", "id": ABSENT}, "not_found"),
            (RECORD, "wrong_type"),
        ),
        options={"forms": ["target"]},
    ),
}
