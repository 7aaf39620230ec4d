"""What people and departments are called, along paths through users and departments."""

from __future__ import annotations

import csv

import pytest

from engine.definitions.check import check_app
from engine.definitions.publish import publish
from engine.errors import EngineError
from engine.identity import repository, service
from engine.identity.principal import SYSTEM, Principal
from forms import records
from forms.compiled import compiled_form
from forms.exports.options import ExportOptions
from forms.exports.run import file_of, run_export
from forms.exports.service import begin
from forms.listing import ListQuery, list_json
from forms.reading_plan import UnknownField
from tests.forms.shop import field, name
from tests.support.statements import counted

TASK = {
    "key": "task",
    "label": name("task"),
    "fields": [
        field("title", "text"),
        field("handler", "user"),
        field("team", "users"),
        field("unit", "dept"),
        field("called", "lookup", path="handler.name.zh"),
        field("said", "formula", result={"type": "text"}, expr='handler.name.en & "!"'),
        field("parts", "subtable", fields=[field("who", "user")]),
    ],
}
ROLE = {
    "key": "sales_rep",
    "label": name("sales_rep"),
    "grants": [
        {
            "form": "task",
            "actions": ["view", "export"],
            "fields": {"hidden": ["unit"]},
            "where": "owner = $me",
        },
    ],
}
APP = {
    "app": {"desk": {"key": "desk", "label": name("desk")}},
    "form": {"task": TASK},
    "role": {"sales_rep": ROLE},
}
LI = Principal(user="li", roles=("sales_rep",), dept="east_js", depts=("east_js",))
RECORDS = "/apps/desk/forms/task/records"


@pytest.fixture
def root(runtime, people, as_user):
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, APP)
    user = as_user("root")
    body = {
        "title": "a",
        "owner": "li",
        "handler": "wu",
        "team": ["wu", "li"],
        "unit": "east_js",
        "parts": [{"who": "wu"}, {"who": None}],
    }
    made = user.post(RECORDS, body)
    assert made.status_code == 201, made.text
    assert user.post(RECORDS, {"title": "b", "owner": "wu"}).status_code == 201
    return user


def called(people, kind, key):
    return next(each["name"] for each in people[kind] if each["id"] == key)


def asked(runtime, who, **query):
    with runtime.reading(who) as work:
        app = work.app("desk")
        return list_json(work, app, compiled_form(app, "task"), ListQuery(**query))["items"]


def test_names_stand_in_both_languages_wherever_a_path_leads_to_somebody(runtime, root, people):
    fields = "owner.name,owner.dept.name,handler.name,team.name,unit.head.name,unit.name,parts.who.name"
    found = asked(runtime, SYSTEM, fields=fields, sort="title")[0]
    wu, li = called(people, "users", "wu"), called(people, "users", "li")
    assert found["owner"] == {"id": "li", "name": li, "dept": found["owner"]["dept"]}
    assert found["owner"]["dept"]["name"] == called(people, "departments", found["owner"]["dept"]["id"])
    assert found["handler"] == {"id": "wu", "name": wu}
    assert found["team"] == [{"id": "wu", "name": wu}, {"id": "li", "name": li}]
    assert found["unit"]["name"] == called(people, "departments", "east_js")
    assert [each["who"] for each in found["parts"]] == [{"id": "wu", "name": wu}, None]
    assert asked(runtime, SYSTEM, fields="handler.name,unit.name", sort="title")[1]["handler"] is None


def test_one_language_can_be_asked_filtered_and_ordered_by(runtime, root, people):
    wu = called(people, "users", "wu")
    found = asked(runtime, SYSTEM, fields="owner.name.en", filter=f'owner.name.zh = "{wu["zh"]}"')
    assert [each["owner"] for each in found] == [{"id": "wu", "name": {"en": wu["en"]}}]
    names = [called(people, "users", each)["en"] for each in ("li", "wu")]
    found = asked(runtime, SYSTEM, fields="owner.name.en", sort="owner.name.en")
    assert [each["owner"]["name"]["en"] for each in found] == sorted(names)
    assert len(asked(runtime, SYSTEM, filter='CONTAINS(title & owner.name.zh, "a")')) == 1


@pytest.mark.parametrize(
    "sort", ["owner.name.zh", "-owner.name.en", "owner.dept.head", "owner.superior.dept.name.zh"]
)
def test_pages_in_the_order_of_names_follow_each_other(root, sort):
    first = root.get(f"{RECORDS}?sort={sort}&limit=1&fields=title").json()
    second = root.get(f"{RECORDS}?sort={sort}&limit=1&fields=title&cursor={first['next']}").json()
    assert {first["items"][0]["title"], second["items"][0]["title"]} == {"a", "b"}
    assert second["next"] is None


def test_a_lookup_and_a_formula_read_one_language(root, people):
    wu = called(people, "users", "wu")
    found = root.get(f"{RECORDS}?sort=title&fields=called,said").json()["items"][0]
    assert (found["called"], found["said"]) == (wu["zh"], f"{wu['en']}!")


def test_a_formula_reads_names_in_memory_as_it_does_in_the_store(root, people):
    wu = called(people, "users", "wu")
    tried = root.post(f"{RECORDS}?dry_run=true", {"title": "c", "handler": "wu"}).json()
    assert (tried["called"], tried["said"]) == (wu["zh"], f"{wu['en']}!")


def test_only_what_the_reader_sees_leads_to_a_name(runtime, root, people):
    found = asked(runtime, LI, fields="title,owner.name,handler.name")
    assert [each["handler"]["name"] for each in found] == [called(people, "users", "wu")]
    for path in ("unit.name", "owner.email", "owner.names", "owner.name.de", "owner.name.zh.x"):
        with pytest.raises(UnknownField):
            asked(runtime, LI, fields=path)
    with pytest.raises(EngineError) as refused:
        asked(runtime, LI, filter='unit.name.zh = "x"')
    assert refused.value.code == "unknown_field"


def test_a_whole_name_is_no_value_of_an_expression(runtime, root):
    with pytest.raises(EngineError) as refused:
        asked(runtime, SYSTEM, filter='owner.name = "x"')
    assert refused.value.code == "unknown_field"
    assert "owner.name.zh" in str(refused.value.suggestion)


def test_a_lookup_of_a_whole_name_says_which_parts_there_are(runtime):
    wrong = {**TASK, "fields": [*TASK["fields"][:6], field("wrong", "lookup", path="owner.name")]}
    findings = check_app({**APP, "form": {"task": wrong}}, runtime.registries).findings
    [found] = [each for each in findings if each.code == "bad_path"]
    assert found.pointer == "/forms/task/fields/6/path"
    assert "name.zh" in found.fix["en"]


def test_names_cost_no_statement_for_each_record(runtime, root):
    items = [
        {
            "op": "create",
            "record": {"title": "x", "handler": who, "team": ["li", "wu"], "parts": [{"who": who}]},
        }
        for who in ("li", "wu") * 20
    ]
    assert root.post(f"{RECORDS}:batch", {"items": items}).json()["done"] == 40
    with runtime.reading(SYSTEM) as work:
        app = work.app("desk")
        fields = "owner.name,handler.name,handler.superior.name,team.name,parts.who.name"
        with counted(work) as seen:
            page = list_json(
                work, app, compiled_form(app, "task"), ListQuery(fields=fields, limit=50, count="none")
            )
    assert len(page["items"]) == 42
    assert len(seen) == 3, seen


@pytest.mark.parametrize("language", ["zh", "en"])
def test_exports_write_names_in_their_language(runtime, root, people, language):
    fields = ("title", "owner.name", "handler.name.en", "team.name", "parts.who.name")
    with runtime.unit_of_work(LI) as work:
        app = work.app("desk")
        options = ExportOptions(format="csv", language=language, fields=fields)
        transfer = begin(work, app, compiled_form(app, "task"), options, job=False)
    done = run_export(runtime, transfer.id)
    assert done.state == "done", done.report
    with file_of(runtime, done).open(encoding="utf-8-sig", newline="") as file:
        header, row, *_rest = csv.reader(file)
    li, wu = called(people, "users", "li"), called(people, "users", "wu")
    title = {"zh": "负责人.姓名", "en": "Owner.Name"}[language]
    assert header[1] == title
    assert row == ["a", li[language], wu["en"], f"{wu[language]}、{li[language]}", wu[language]]


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"handler": "east_js"}, "/handler"),
        ({"owner": "east_js"}, "/owner"),
        ({"team": ("li", "east_js")}, "/team/1"),
        ({"parts": [{"who": "east_js"}]}, "/parts/0/who"),
        ({"unit": "li"}, "/unit"),
        ({"dept": "li"}, "/dept"),
        ({"unit": "system"}, "/unit"),
        ({"dept": "system"}, "/dept"),
    ],
)
def test_who_saves_is_no_department_and_their_department_is_nobody(runtime, root, values, pointer):
    with pytest.raises(EngineError) as refused, runtime.unit_of_work(LI) as work:
        records.create(work, compiled_form(work.app("desk"), "task"), values)
    assert [(each.pointer, each.code) for each in refused.value.findings] == [(pointer, "not_found")]


def test_who_saves_and_the_system_may_be_named_and_so_may_the_own_department(runtime, root):
    with runtime.unit_of_work(LI) as work:
        form = compiled_form(work.app("desk"), "task")
        kept = records.create(work, form, {"handler": "li", "team": ("system", "li"), "unit": "east_js"})
        changed = records.update(work, form, kept["id"], {"handler": "system", "dept": "east_js"})
    assert (changed["handler"], changed["team"], changed["unit"]) == ("system", ("system", "li"), "east_js")


def add_unit(work, key):
    repository.add_department(work, {"id": key, "name": {"zh": key, "en": key}})


def save_task(runtime, **values):
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("desk"), "task")
        return records.create(work, form, values)


def test_a_department_that_was_not_kept_is_not_there(runtime, root):
    with pytest.raises(LookupError), runtime.unit_of_work(SYSTEM) as work:
        add_unit(work, "passing")
        records.create(work, compiled_form(work.app("desk"), "task"), {"unit": "passing"})
        raise LookupError
    with pytest.raises(EngineError) as refused:
        save_task(runtime, unit="passing")
    assert [(each.pointer, each.code) for each in refused.value.findings] == [("/unit", "not_found")]


def test_a_department_that_was_missing_is_found_once_it_is_there(runtime, root):
    with pytest.raises(EngineError):
        save_task(runtime, unit="later")
    with runtime.unit_of_work(SYSTEM) as work:
        add_unit(work, "later")
    assert save_task(runtime, unit="later")["unit"] == "later"


def test_who_is_known_to_be_there_is_not_asked_for_again(runtime, root):
    save_task(runtime, handler="wang")
    with runtime.unit_of_work(SYSTEM) as work:
        form = compiled_form(work.app("desk"), "task")
        with counted(work) as seen:
            records.create(work, form, {"handler": "wang"})
    assert not any("ff_user" in each for each in seen)


def test_a_department_that_was_removed_is_not_there_any_more(runtime, root):
    with runtime.unit_of_work(SYSTEM) as work:
        add_unit(work, "closing")
    assert save_task(runtime, unit="closing")["unit"] == "closing"
    with runtime.unit_of_work(SYSTEM) as work:
        service.remove_department(work, "closing")
    with pytest.raises(EngineError) as refused:
        save_task(runtime, unit="closing")
    assert [(each.pointer, each.code) for each in refused.value.findings] == [("/unit", "not_found")]
