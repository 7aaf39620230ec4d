"""Guided steps: a part gets another key wherever it is named, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app, kinds
from engine.definitions.compare import compare
from engine.definitions.folder import read_folder
from engine.definitions.guided.move import move_to_child
from engine.definitions.guided.occurrences import Occurrences
from engine.definitions.guided.options import archive_option, map_option
from engine.definitions.guided.rename import rename
from engine.errors import Invalid, NotPublishable
from engine.plugins import extensions
from engine.registry import fill
from tests.engine.definitions.clients import documents

SHORT = "/forms/client/fields/short"
REGISTRIES = fill(extensions(BUILT_INS))
CRM = Path(__file__).parents[3] / "examples" / "crm_app"


def errors(app):
    return [finding for finding in check_app(app, REGISTRIES).findings if finding.level == "error"]


def renamed(of, to, app=None, published=None):
    after = rename(app or documents(), of, to, REGISTRIES, published=published)
    assert errors(after) == []
    return after


def test_expressions_paths_templates_and_lists_are_rewritten():
    after = renamed(SHORT, "brief")
    assert after["form"]["client"]["fields"][4]["expr"] == 'name & " / " & brief'
    assert after["form"]["client"]["unique"] == [{"fields": ["brief"]}]
    assert after["form"]["deal"]["fields"][3]["path"] == "client.brief"
    assert after["view"]["clients"]["columns"] == ["name", "brief", "level"]
    assert after["view"]["clients"]["sort"] == "brief"
    assert after["view"]["short_ones"]["filter"] == "LEN(brief) < 3"
    assert after["report"]["by_short"]["dimensions"] == [{"id": "short", "field": "brief"}]
    assert after["role"]["rep"]["grants"][0]["fields"]["hidden"] == ["credit", "brief"]
    assert after["role"]["rep"]["grants"][2]["where"] == 'client.brief = "x"'


def test_words_for_people_stay_as_they_are():
    after = renamed(SHORT, "brief")
    assert after["rule"]["greet"]["actions"][0]["subject"]["en"] == "short: {{brief}}"
    assert after["rule"]["greet"]["actions"][0]["body"]["en"] == "Welcome {{name}}, in short {{brief}}."
    assert after["print_template"]["sheet"]["body"]["zh"] == [
        "<p>short {{name}}</p>",
        "<p>{{brief}} {{level}}</p>",
    ]


def test_a_field_of_the_same_key_elsewhere_keeps_it():
    after = renamed(SHORT, "brief")
    assert after["form"]["deal"]["fields"][2]["key"] == "short"
    assert after["view"]["deals"]["columns"] == ["name", "short", "client.brief"]


def test_the_right_one_of_two_alike_names_in_one_expression_changes():
    app = documents()
    app["form"]["deal"]["fields"].append(
        {**app["form"]["deal"]["fields"][0], "key": "both", "type": "formula", "result": {"type": "text"}}
        | {"expr": 'short & client.short & "short"', "required": False}
    )
    assert (
        renamed(SHORT, "brief", app)["form"]["deal"]["fields"][-1]["expr"] == 'short & client.brief & "short"'
    )
    other = renamed("/forms/deal/fields/short", "own", app)
    assert other["form"]["deal"]["fields"][-1]["expr"] == 'own & client.short & "short"'


def test_a_published_field_says_what_it_was_called():
    app = documents()
    once = renamed(SHORT, "brief", app, published=app)
    assert once["form"]["client"]["fields"][1]["renamed_from"] == "short"
    twice = renamed("/forms/client/fields/brief", "nick", once, published=app)
    assert twice["form"]["client"]["fields"][1]["renamed_from"] == "short"
    back = renamed("/forms/client/fields/brief", "short", once, published=app)
    assert compare(app, back) == []
    later = renamed("/forms/client/fields/brief", "nick", once, published=once)
    assert later["form"]["client"]["fields"][1]["renamed_from"] == "brief"


def test_a_field_of_a_form_renamed_before_is_found_in_the_published_one():
    app = documents()
    form = renamed("/forms/client", "customer", app, published=app)
    assert form["form"]["customer"]["renamed_from"] == "client"
    both = renamed("/forms/customer/fields/short", "brief", form, published=app)
    assert both["form"]["customer"]["fields"][1]["renamed_from"] == "short"


def test_two_fields_change_places_by_way_of_a_third_key():
    app = documents()
    after = app
    for of, to in (("short", "aside"), ("name", "short"), ("aside", "name")):
        after = renamed(f"/forms/client/fields/{of}", to, after, published=app)
    said = {each["key"]: each.get("renamed_from") for each in after["form"]["client"]["fields"]}
    assert (said["short"], said["name"]) == ("name", "short")
    later = renamed("/forms/client/fields/name", "brief", after, published=app)
    said = {each["key"]: each.get("renamed_from") for each in later["form"]["client"]["fields"]}
    assert (said["short"], said["brief"]) == ("name", "short")
    assert renamed("/forms/client/fields/short", "own", after, published=after) != after


def test_what_changed_places_once_differs_from_itself_no_more():
    app = documents()
    for each in app["form"]["client"]["fields"][:2]:
        each["renamed_from"] = "short" if each["key"] == "name" else "name"
    assert compare(app, app) == []
    added = documents()
    added["form"]["client"]["fields"].append({**added["form"]["client"]["fields"][1], "key": "nick"})
    added["form"]["client"]["fields"][-1]["renamed_from"] = "short"
    (found,) = compare(documents(), added)
    assert [each.pointer for each in found.parts] == ["/fields/nick"]


def test_a_form_is_renamed_in_every_document_that_names_it():
    after = renamed("/forms/client", "customer")
    assert "client" not in after["form"]
    assert after["form"]["deal"]["fields"][1]["form"] == "customer"
    assert after["form"]["deal"]["fields"][1]["key"] == "client"
    assert {after["view"][key]["form"] for key in ("clients", "short_ones")} == {"customer"}
    assert after["report"]["by_level"]["from"] == "customer"
    assert after["rule"]["greet"]["form"] == "customer"


def test_an_option_is_renamed_where_it_is_compared_with():
    app = documents()
    after = renamed("/forms/client/fields/level/options/a", "top", app, published=app)
    assert after["rule"]["greet"]["when"] == 'level = "top"'
    assert after["role"]["rep"]["grants"][1]["where"] == 'client.level <> "top"'
    assert after["form"]["client"]["fields"][2]["options"][0]["renamed_from"] == ["a"]


def test_a_mapped_option_leaves_its_place_to_the_other():
    app = documents()
    after = map_option(app, "/forms/client/fields/level/options/c", "b", REGISTRIES, published=app)
    level = after["form"]["client"]["fields"][2]
    assert errors(after) == []
    assert [option["key"] for option in level["options"]] == ["a", "b"]
    assert (level["options"][1]["renamed_from"], level["default"]) == (["c"], "b")


def test_an_archived_option_changes_nothing_else():
    (changed,) = compare(
        documents(), archive_option(documents(), "/forms/client/fields/level/options/a", REGISTRIES)
    )
    assert [part.as_json() for part in changed.parts] == [
        {"pointer": "/fields/level/options/a/archived", "change": "added", "after": True}
    ]


def test_a_field_hidden_in_all_forms_stays_hidden_under_its_new_name():
    app = documents()
    app["role"]["rep"]["grants"].append({"form": "*", "actions": ["view"], "fields": {"hidden": ["short"]}})
    after = renamed(SHORT, "brief", app)
    assert after["role"]["rep"]["grants"][-1]["fields"]["hidden"] == ["short", "brief"]


def test_an_app_with_mistakes_is_not_rewritten():
    app = documents()
    app["view"]["deals"]["columns"].append("nothing")
    with pytest.raises(NotPublishable):
        rename(app, SHORT, "brief", REGISTRIES)


@pytest.mark.parametrize("to", ["name", "Short", "x__y", "", "a" * 41])
def test_a_key_that_is_taken_or_none_is_refused(to):
    with pytest.raises(Invalid):
        rename(documents(), SHORT, to, REGISTRIES)


def moved(fields, child, label=None, app=None, published=None, form="deal"):
    return move_to_child(app or documents(), form, fields, child, label, REGISTRIES, published=published)


LINES = {"zh": "行", "en": "Lines"}


def test_moved_fields_stand_in_a_new_child_table_where_the_first_of_them_stood():
    app = documents()
    after = moved(["amount", "note"], "lines", LINES, app, published=app)
    fields = after["form"]["deal"]["fields"]
    assert [each["key"] for each in fields] == ["name", "client", "short", "client_short", "lines"]
    assert [(each["key"], each["type"], each["moved_from"]) for each in fields[-1]["fields"]] == [
        ("amount", "money", "amount"),
        ("note", "text", "note"),
    ]
    assert {finding.pointer for finding in errors(after)} == {"/rules/mark/actions/0/set/note"}


def test_a_field_goes_to_the_end_of_an_existing_child_table():
    app = documents()
    once = moved(["amount"], "lines", LINES, app, published=app)
    twice = moved(["note"], "lines", None, once, published=app)
    lines = twice["form"]["deal"]["fields"][-1]
    assert [each["key"] for each in lines["fields"]] == ["amount", "note"]
    assert lines["label"] == LINES


def test_a_field_says_where_it_comes_from_as_it_is_published():
    app = documents()
    called = renamed("/forms/deal/fields/note", "remark", app, published=app)
    inner = moved(["remark"], "lines", LINES, called, published=app)["form"]["deal"]["fields"][-1]["fields"]
    assert (inner[0]["key"], inner[0]["moved_from"], "renamed_from" in inner[0]) == ("remark", "note", False)
    fresh = moved(["note"], "lines", LINES, app)["form"]["deal"]["fields"][-1]["fields"]
    assert "moved_from" not in fresh[0]


def test_grants_follow_a_moved_field_and_expressions_are_left_to_the_check():
    app = documents()
    app["role"]["rep"]["grants"].append({"form": "*", "actions": ["view"], "fields": {"hidden": ["short"]}})
    after = moved(["short"], "lines", LINES, app, published=app, form="client")
    grants = after["role"]["rep"]["grants"]
    assert grants[0]["fields"]["hidden"] == ["credit", "lines.short"]
    assert grants[-1]["fields"]["hidden"] == ["short", "lines.short"]
    assert grants[2]["where"] == 'client.short = "x"'
    assert {finding.pointer for finding in errors(after)} >= {
        "/forms/client/fields/4/expr",
        "/roles/rep/grants/2/where",
    }
    assert not any(finding.pointer.startswith("/roles/rep/grants/0") for finding in errors(after))


@pytest.mark.parametrize(
    ("fields", "child", "label", "pointer"),
    [
        (["amount"], "lines", None, "/label"),
        (["amount"], "note", LINES, "/child"),
        (["nothing"], "lines", LINES, "/fields/0"),
        (["amount", "amount"], "lines", LINES, "/fields/1"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(fields, child, label, pointer):
    with pytest.raises(Invalid) as refused:
        moved(fields, child, label)
    assert [finding.pointer for finding in refused.value.findings] == [pointer]


def test_a_name_that_would_become_that_of_the_row_is_not_moved():
    app = documents()
    lines = moved(["note"], "lines", LINES, app)["form"]["deal"]["fields"].pop()
    app["form"]["deal"]["fields"].append(lines)
    app["form"]["deal"]["fields"][4]["visible"] = 'note = "x"'
    with pytest.raises(Invalid) as refused:
        moved(["amount"], "lines", None, app)
    assert [finding.code for finding in refused.value.findings] == ["ambiguous_name"]


@pytest.mark.parametrize(
    ("of", "to"),
    [
        ("/forms/customer/fields/level", "grade_of"),
        ("/forms/order/fields/lines", "positions"),
        ("/forms/order/fields/lines/fields/qty", "pieces"),
        ("/forms/region", "area"),
        ("/forms/opportunity/fields/stage/options/quote", "quoted"),
    ],
)
def test_parts_of_the_crm_are_renamed_there_and_back(of, to):
    crm, _ = read_folder(CRM, kinds(REGISTRIES))
    there = renamed(of, to, crm)
    assert compare(crm, there) != []
    head, _, old = of.rpartition("/")
    back = renamed(f"{head}/{to}", old, there)
    assert compare(crm, back) == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("name", 1),
        ("customer.name & name", 2),
        ('"name" & first_name & names', 0),
        ("Dear name, {{name}} and {{customer.name}}", 2),
        ({"name": {"eq": "name"}, "and": [{"expr": "name > 1"}]}, 2),
        (["name", "x"], 1),
    ],
)
def test_a_name_is_found_where_a_name_can_stand(value, found):
    assert Occurrences("name").replaced(None, value, "x", chosen=None)[2] == found


def test_the_key_of_an_option_is_found_where_something_is_compared_with_it():
    words = Occurrences("won", literal=True)
    value = {"stage": {"in": ["won", "lost"]}, "won": True, "expr": "stage = 'won' and won > 1"}
    assert words.replaced(None, value, "gained", chosen=None) == (
        None,
        {"stage": {"in": ["gained", "lost"]}, "gained": True, "expr": "stage = 'gained' and won > 1"},
        3,
    )
