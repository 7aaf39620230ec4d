"""Guided steps on the app reach into its modules; what modules bring is not theirs to change."""

from __future__ import annotations

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app, kinds
from engine.definitions.guided.move import move_to_child
from engine.definitions.guided.options import map_option
from engine.definitions.guided.rename import rename
from engine.definitions.modules.compose import composed
from engine.definitions.modules.written import foreign_parts, own_pointer
from engine.plugins import extensions
from engine.registry import fill
from tests.engine.definitions.clients import documents, field, named
from tests.engine.definitions.modules.warranty import WARRANTY, module, with_modules

REGISTRIES = fill(extensions(BUILT_INS))
KINDS = kinds(REGISTRIES)
WHOLE = with_modules(WARRANTY)
EVERYWHERE = {"form": "*", "actions": ["view"], "fields": {"hidden": ["credit"]}}


def errors(app):
    return [finding for finding in check_app(app, REGISTRIES).findings if finding.level == "error"]


def renamed(of, to, app=WHOLE):
    after = rename(app, of, to, REGISTRIES)
    assert errors(after) == []
    return after


def test_a_form_that_a_module_adds_to_gets_another_key_there_too():
    after = renamed("/forms/client", "customer")["module"]["warranty"]
    assert set(after["extend"]["form"]) == {"customer"}
    assert after["add"]["form"]["claim"]["fields"][1]["form"] == "customer"
    assert after["add"]["form"]["claim"]["fields"][1]["key"] == "client"
    assert after["add"]["role"]["claims"]["grants"][1]["form"] == "customer"


def test_the_name_behind_which_a_field_stands_is_rewritten():
    after = renamed("/forms/client/fields/name", "title_of")["module"]["warranty"]
    assert after["extend"]["form"]["client"]["fields"][0]["after"] == "title_of"
    assert after["extend"]["view"]["clients"]["columns"] == [{"value": "warranty", "after": "title_of"}]


def test_a_field_whose_options_a_module_adds_to_is_found_under_its_new_key():
    after = renamed("/forms/client/fields/level", "grade")
    assert after["module"]["warranty"]["extend"]["form"]["client"]["fields"][2]["key"] == "grade"
    fields = composed(after, KINDS).documents["form"]["client"]["fields"]
    assert [each["key"] for each in fields[3]["options"]] == ["a", "b", "c", "d"]


def test_an_option_that_a_module_names_is_rewritten_there():
    app = with_modules(module("one", extend={"view": {"deals": {"filter": 'client.level = "a"'}}}))
    after = map_option(app, "/forms/client/fields/level/options/a", "b", REGISTRIES)
    assert after["module"]["one"]["extend"]["view"]["deals"]["filter"] == 'client.level = "b"'
    assert errors(after) == []


@pytest.mark.parametrize("section", ["add", "extend"])
def test_what_a_module_hides_in_all_forms_stays_hidden_under_another_key(section):
    role = {"key": "guest", "label": named("Guest"), "grants": [EVERYWHERE]}
    parts = {"add": {"role": {"guest": role}}, "extend": {"role": {"rep": {"grants": [EVERYWHERE]}}}}
    key = {"add": "guest", "extend": "rep"}[section]
    app = with_modules(module("one", **{section: parts[section]}))
    after = renamed("/forms/client/fields/credit", "limit_of", app)
    hidden = composed(after, KINDS).documents["role"][key]["grants"][-1]["fields"]["hidden"]
    assert hidden == ["credit", "limit_of"]
    moved = move_to_child(app, "client", ["credit"], "more", named("More"), REGISTRIES)
    hidden = composed(moved, KINDS).documents["role"][key]["grants"][-1]["fields"]["hidden"]
    assert hidden == ["credit", "more.credit"]


def test_words_of_a_module_that_mean_something_else_stay():
    other = {"key": "other", "label": named("name"), "fields": [field("name", "text"), field("x", "text")]}
    app = with_modules(module("one", add={"form": {"other": other}}), app=documents())
    assert renamed("/forms/client/fields/name", "title_of", app)["module"] == app["module"]


@pytest.mark.parametrize(
    ("pointer", "written"),
    [
        ("/forms/client/fields/name", "/forms/client/fields/name"),
        ("/forms/client/fields/warranty", "/modules/warranty/extend/form/client/fields/0"),
        ("/forms/claim", "/modules/warranty/add/form/claim"),
        ("/forms/client/fields/level/options/d", "/modules/warranty/extend/form/client/fields/2/options/0"),
        ("/forms/nothing", "/forms/nothing"),
    ],
)
def test_a_part_is_asked_for_by_the_name_it_has_in_the_app(pointer, written):
    assert own_pointer(WHOLE, pointer, KINDS) == written
    codes = [each.code for each in foreign_parts(WHOLE, [pointer], KINDS)]
    assert codes == ([] if pointer == written else ["part_of_module"])
