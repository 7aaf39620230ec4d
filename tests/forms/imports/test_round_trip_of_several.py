"""Cells of several values, and references that no name finds, come back from a file as they went into it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from engine.identity.service import create_department, remove_department, update_user
from engine.runtime import Runtime
from forms import records
from forms.cells import join_cell, split_cell
from forms.compiled import compiled_form
from tests.forms.imports.desk import label, run_import
from tests.forms.imports.test_round_trip import export

STRANGE = (
    "甲、乙",
    "red, dark",
    "a;b",
    "全角，标点；（集团）",
    '"quoted"',
    'half "inch',
    '"half',
    '"a", "b"',
    "=1+1",
    "[x]",
    "a [b]",
    "'",
)
"""Names that hold what stands between values, or looks like it."""
SEVERAL = {
    "kinds": STRANGE[:3],
    "like": STRANGE,
    "also": STRANGE[3:5],
    "tags": ('"甲"', "ＡＢ", "（丙）", '5" 管'),
    "people": ("li", "system"),
    "depts": ("sales",),
}
THING = {
    "key": "thing",
    "label": label("物", "Thing"),
    "title": "name",
    "fields": [
        {"key": "name", "type": "text", "label": label("名称", "Name"), "required": True, "unique": True},
    ],
}
BOX = {
    "key": "box",
    "label": label("盒", "Box"),
    "title": "no",
    "fields": [
        {"key": "no", "type": "text", "label": label("编号", "No."), "unique": True},
        {
            "key": "kinds",
            "type": "multiselect",
            "label": label("种类", "Kinds"),
            "options": [
                {"key": f"k{at}", "label": {"zh": f"{name}\n二" if at == 2 else name, "en": f"{name} en"}}
                for at, name in enumerate(STRANGE)
            ],
        },
        {"key": "like", "type": "refs", "form": "thing", "label": label("相似", "Like")},
        {
            "key": "also",
            "type": "multiselect",
            "label": label("其他", "Others"),
            "options_from": {"form": "thing", "value": "name"},
        },
        {"key": "tags", "type": "tags", "label": label("标签", "Tags")},
        {"key": "people", "type": "users", "label": label("人员", "People")},
        {"key": "depts", "type": "depts", "label": label("部门", "Departments")},
        {"key": "about", "type": "ref", "form": "thing", "label": label("关于", "About")},
        {
            "key": "parts",
            "type": "subtable",
            "label": label("部件", "Parts"),
            "fields": [
                {"key": "what", "type": "text", "label": label("什么", "What"), "required": True},
                {"key": "things", "type": "refs", "form": "thing", "label": label("用于", "Used for")},
            ],
        },
    ],
}
KEEPER = {
    "key": "keeper",
    "label": label("保管", "Keeper"),
    "grants": [
        {"form": "box", "actions": ["view", "create", "update", "import", "export"]},
        {"form": "thing", "actions": ["view"], "where": 'name <> "a;b"'},
    ],
}
DEFINED = {
    "app": {"desk": {"key": "desk", "label": label("台", "desk")}},
    "form": {"thing": THING, "box": BOX},
    "role": {"keeper": KEEPER},
}
ALL = ("id", "owner", "dept", *(each["key"] for each in BOX["fields"]))
UNCHANGED = {"inserted": 0, "updated": 0, "unchanged": 1, "failed": 0}


@pytest.fixture
def box(runtime: Runtime, people: Any) -> str:
    """A record with every strange name in every field of several values, owned by the system."""
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, DEFINED)
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("desk")
        things = [records.create(work, compiled_form(app, "thing"), {"name": each})["id"] for each in STRANGE]
        values = {
            "no": "1",
            **SEVERAL,
            "kinds": tuple(f"k{at}" for at in range(len(STRANGE))),
            "like": tuple(things),
            "about": things[2],
            "parts": [
                {"what": "x", "things": tuple(things[:3])},
                {"what": "y", "things": tuple(things[1:2])},
            ],
        }
        return str(records.create(work, compiled_form(app, "box"), values)["id"])


def content(runtime: Runtime) -> list[dict[str, Any]]:
    """All boxes with names in place of ids."""
    with runtime.reading(SYSTEM) as work:
        app = work.app("desk")
        form = compiled_form(app, "box")
        names = dict(work.rows(f"SELECT id, name FROM {compiled_form(app, 'thing').table}"))
        rows = work.rows(f"SELECT id FROM {form.table} WHERE deleted_at IS NULL")
        found = [records.load(work, form, key) for (key,) in rows]
        return [
            {
                **{key: each[key] for key in (*SEVERAL, "no", "owner", "dept")},
                "like": [names[key] for key in each["like"]],
                "about": names[each["about"]],
                "parts": [(row["what"], [names[key] for key in row["things"]]) for row in each["parts"]],
            }
            for each in found
        ]


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("甲、乙", ["甲", "乙"]),
        ("甲，乙；丙,丁;戊\n己", ["甲", "乙", "丙", "丁", "戊", "己"]),
        ('"a, b"、乙', ["a, b", "乙"]),
        (' "a, b" ; 乙 ,', ["a, b", "乙"]),
        ('"say ""x"""', ['say "x"']),
        ('5" 管、6"', ['5" 管', '6"']),
        ('"not closed、乙', ['"not closed', "乙"]),
        ('"a"b、c', ['"a"b', "c"]),
        ('""、、', []),
        ("（集团）、ＡＢ", ["（集团）", "ＡＢ"]),
    ],
)
def test_several_values_stand_in_one_cell_as_people_type_them(cell: str, values: list[str]) -> None:
    assert split_cell(cell) == values


@pytest.mark.parametrize("values", [STRANGE, (" a ", "b\n"), ('"',), ('""', '"'), ("\t", "x")])
def test_values_that_hold_separators_come_back_from_a_cell(values: tuple[str, ...]) -> None:
    assert split_cell(join_cell(values)) == list(values)


def test_plain_values_are_joined_without_any_quotes() -> None:
    assert join_cell(["甲", "乙 (丙)", '5" 管']) == '甲、乙 (丙)、5" 管'


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_several_values_in_a_cell_imported_again_change_nothing(
    runtime: Runtime, box: str, tmp_path: Any, kind: str, language: str
) -> None:
    file = export(runtime, "box", format=kind, language=language, fields=ALL)
    done = run_import(runtime, "box", file, tmp_path, mode="upsert")
    assert done.report["errors"] == []
    assert done.report["counts"] == UNCHANGED


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_several_values_in_a_cell_make_the_same_record_in_another_store(
    runtime: Runtime, box: str, tmp_path: Any, kind: str
) -> None:
    things = export(runtime, "thing", format=kind)
    file, before = export(runtime, "box", format=kind, fields=ALL), content(runtime)
    with runtime.unit_of_work(SYSTEM) as work:
        for name in ("box", "thing"):
            form = compiled_form(work.app("desk"), name)
            for child in form.children.values():
                work.run(f"DELETE FROM {child.table}")
            work.run(f"DELETE FROM {form.table}")
    assert run_import(runtime, "thing", things, tmp_path).report["counts"]["failed"] == 0
    done = run_import(runtime, "box", file, tmp_path)
    assert done.report["errors"] == []
    assert content(runtime) == before


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_records_keep_what_they_refer_to_though_it_is_gone_or_not_to_be_seen(
    runtime: Runtime, box: str, tmp_path: Any, principal: Any, kind: str
) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        create_department(work, {"id": "old", "name": label("旧部", "Old")})
        update_user(work, "li", {"roles": ["keeper"]})
        form = compiled_form(work.app("desk"), "box")
        records.update(work, form, box, {"dept": "old", "depts": ("old", "sales")})
        remove_department(work, "old")
    li: Principal = principal("li")
    file, before = export(runtime, "box", li, format=kind, fields=ALL), content(runtime)
    done = run_import(runtime, "box", file, tmp_path, who=li, mode="update")
    assert done.report["errors"] == []
    assert done.report["counts"] == UNCHANGED
    assert content(runtime) == before


def test_what_a_person_may_not_see_is_taken_only_where_it_stood_before(
    runtime: Runtime, box: str, tmp_path: Any, principal: Any
) -> None:
    with runtime.unit_of_work(SYSTEM) as work:
        update_user(work, "li", {"roles": ["keeper"]})
        app = work.app("desk")
        hidden = records.load(work, compiled_form(app, "box"), box)["about"]
        other = records.create(work, compiled_form(app, "box"), {"no": "2"})["id"]
    rows = f"id,about,like\n{box},{hidden},\n{other},{hidden},{hidden}\n"
    done = run_import(runtime, "box", rows.encode(), tmp_path, who=principal("li"), mode="update")
    told = [(each["row"], each["code"], each["pointer"]) for each in done.report["errors"]]
    assert told == [(3, "not_found", "/about"), (3, "not_found", "/like/0")]
