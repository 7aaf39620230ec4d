"""What modules bring to an app, where it stands then, and what does not fit."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from api.boot import BUILT_INS
from engine.definitions.check import check_app, examine, kinds
from engine.definitions.modules.compose import composed
from engine.plugins import extensions
from engine.registry import fill
from tests.engine.definitions.clients import documents, field, named, options
from tests.engine.definitions.modules.warranty import WARRANTY, module, warranty, with_modules

REGISTRIES = fill(extensions(BUILT_INS))
KINDS = kinds(REGISTRIES)


def composition(*modules: dict[str, Any]):
    return composed(with_modules(*modules), KINDS)


def keys(document, name="fields"):
    return [each["key"] for each in document[name]]


def found(source):
    """(code, pointer) of everything that blocks."""
    return [
        (each.code, each.pointer) for each in check_app(source, REGISTRIES).findings if each.level == "error"
    ]


def extending(kind: str, key: str, addition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return with_modules(module("one", extend={kind: {key: addition}}, **more))


def test_an_app_without_modules_is_as_it_is_written():
    assert composed(documents(), KINDS).documents == documents()
    assert list(composed(documents(), KINDS).brought()) == []


def test_documents_fields_options_columns_and_grants_come_in():
    made = composition(WARRANTY).documents
    assert made["form"]["claim"]["title"] == "subject"
    assert keys(made["form"]["client"]) == [
        "name",
        "warranty",
        "short",
        "level",
        "credit",
        "shown",
        "long_one",
    ]
    assert keys(made["form"]["client"]["fields"][3], "options") == ["a", "b", "c", "d"]
    assert made["view"]["clients"]["columns"] == ["name", "warranty", "short", "level"]
    assert [grant["form"] for grant in made["role"]["rep"]["grants"]] == ["client", "deal", "deal", "claim"]
    assert "module" not in made


def test_the_composed_app_checks_and_is_compiled():
    checked = check_app(with_modules(WARRANTY), REGISTRIES)
    assert checked.findings == ()
    assert set(checked.app.kind("form")["client"].fields) >= {"warranty", "long_one"}
    assert set(checked.app.kind("role")) == {"rep", "claims"}


def test_what_was_written_stays_as_it_was():
    source = with_modules(WARRANTY)
    before = copy.deepcopy(source)
    assert check_app(source, REGISTRIES).app.source == before
    assert source == before


def test_composed_documents_compose_to_themselves():
    once = composition(WARRANTY).documents
    assert composed(once, KINDS).documents == once


def test_it_is_known_what_comes_from_which_module():
    brought = dict(composition(WARRANTY).brought())
    assert brought == {
        "/forms/claim": "/modules/warranty/add/form/claim",
        "/forms/client/fields/warranty": "/modules/warranty/extend/form/client/fields/0",
        "/forms/client/fields/long_one": "/modules/warranty/extend/form/client/fields/1",
        "/forms/client/fields/level/options/d": "/modules/warranty/extend/form/client/fields/2/options/0",
        "/roles/claims": "/modules/warranty/add/role/claims",
        "/roles/rep/grants/3": "/modules/warranty/extend/role/rep/grants/0",
        "/views/clients/columns/warranty": "/modules/warranty/extend/view/clients/columns/0/value",
    }
    made = composition(WARRANTY)
    assert (made.module("form", "claim"), made.module("form", "client")) == ("warranty", None)
    assert made.module("form", "client", "fields", 1) == "warranty"
    assert made.module("form", "client", "fields", 2) is None


def test_members_behind_the_same_one_keep_their_order_and_the_front_has_no_name():
    added = [
        {**field("first", "text"), "after": None},
        {**field("x", "text"), "after": "name"},
        {**field("y", "text"), "after": "name"},
    ]
    one = module("one", extend={"form": {"client": {"fields": added}}})
    two = module("two", extend={"form": {"client": {"fields": [{**field("z", "text"), "after": "name"}]}}})
    made = composition(one, two)
    assert keys(made.documents["form"]["client"])[:6] == ["first", "name", "x", "y", "z", "short"]
    pointers = [made.own(f"/forms/client/fields/{index}/label") for index in range(6)]
    assert pointers == [
        "/modules/one/extend/form/client/fields/0/label",
        "/forms/client/fields/0/label",
        "/modules/one/extend/form/client/fields/1/label",
        "/modules/one/extend/form/client/fields/2/label",
        "/modules/two/extend/form/client/fields/0/label",
        "/forms/client/fields/1/label",
    ]


def test_a_module_adds_to_what_a_required_one_brings():
    more = module(
        "more",
        requires=["warranty"],
        extend={
            "form": {
                "claim": {
                    "fields": [
                        {**field("lines", "subtable", fields=[field("part", "text")]), "after": "subject"}
                    ]
                }
            }
        },
    )
    last = module(
        "last",
        requires=["more"],
        extend={
            "form": {
                "claim": {
                    "fields": [{"key": "lines", "fields": [{**field("no", "nonsense"), "after": None}]}]
                }
            }
        },
    )
    made = composition(last, more, WARRANTY)
    assert keys(made.documents["form"]["claim"]) == ["subject", "lines", "client", "months"]
    assert keys(made.documents["form"]["claim"]["fields"][1]) == ["no", "part"]
    assert made.module("form", "claim", "fields", 1) == "more"
    assert made.module("form", "claim", "fields", 1, "fields", 0) == "last"
    assert found(with_modules(last, more, WARRANTY)) == [
        ("unknown_field_type", "/modules/last/extend/form/claim/fields/0/fields/0/type")
    ]


def test_findings_point_to_where_a_part_is_written():
    broken = warranty()
    broken["add"]["form"]["claim"]["fields"][2]["path"] = "client.nothing"
    broken["extend"]["form"]["client"]["fields"][1]["expr"] = "nothing > 1"
    broken["extend"]["role"]["rep"]["grants"][0]["where"] = "nothing = 1"
    broken["extend"]["view"]["clients"]["columns"] = ["nothing"]
    source = with_modules(broken)
    source["form"]["client"]["fields"][4]["expr"] = "nothing"
    assert set(found(source)) == {
        ("unknown_field", "/modules/warranty/add/form/claim/fields/2/path"),
        ("unknown_field", "/modules/warranty/extend/form/client/fields/1/expr"),
        ("unknown_field", "/modules/warranty/extend/role/rep/grants/0/where"),
        ("unknown_field", "/modules/warranty/extend/view/clients/columns/0"),
        ("unknown_field", "/forms/client/fields/4/expr"),
    }


def test_places_of_expressions_are_named_as_they_are_written():
    context = examine(with_modules(WARRANTY), REGISTRIES, [])
    assert "/forms/client/fields/4/expr" in context.places  # `shown`, sixth in the composed form
    assert "/modules/warranty/extend/form/client/fields/1/expr" in context.places
    assert "/forms/client/fields/6/expr" not in context.places


@pytest.mark.parametrize(
    ("addition", "code", "inside"),
    [
        ({"title": "short"}, "module_overrides", "title"),
        ({"label": {"zh": "客"}}, "module_overrides", "label/zh"),
        ({"label": "x"}, "module_overrides", "label"),
        ({"fields": {"x": 1}}, "module_overrides", "fields"),
        ({"fields": [field("name", "text")]}, "module_conflict", "fields/0/key"),
        ({"fields": [{"key": "name", "required": False}]}, "module_conflict", "fields/0/key"),
        ({"fields": [{"key": "name", "label": {"zh": "x"}}]}, "module_overrides", "fields/0/label/zh"),
        ({"fields": [{"key": "level", "options": [], "after": "name"}]}, "module_conflict", "fields/0/key"),
        ({"fields": [{**field("x", "text"), "after": "nmae"}]}, "module_unknown_place", "fields/0/after"),
        ({"fields": [{"key": "levle", "options": options("d")}]}, "module_unknown_target", "fields/0/key"),
    ],
)
def test_nothing_that_is_there_is_changed(addition, code, inside):
    source = extending("form", "client", addition)
    assert found(source) == [(code, f"/modules/one/extend/form/client/{inside}")]
    form = composed(source, KINDS).documents["form"]["client"]
    assert form["title"] == "name"
    assert form["fields"][0] == documents()["form"]["client"]["fields"][0]


def test_a_column_that_is_there_is_a_conflict():
    assert found(extending("view", "clients", {"columns": ["level"]})) == [
        ("module_conflict", "/modules/one/extend/view/clients/columns/0")
    ]


def test_two_modules_with_the_same_field_clash():
    one, two = (
        module(key, extend={"form": {"deal": {"fields": [field("x", "text")]}}}) for key in ("one", "two")
    )
    assert found(with_modules(one, two)) == [
        ("module_conflict", "/modules/two/extend/form/deal/fields/0/key")
    ]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"add": {"form": {"client": {}}}}, ("module_conflict", "add/form/client")),
        ({"add": {"forms": {}}}, ("module_unknown_kind", "add/forms")),
        ({"add": {"module": {}}}, ("module_unknown_kind", "add/module")),
        ({"extend": {"app": {}}}, ("module_unknown_kind", "extend/app")),
        ({"extend": {"form": {"clinet": {}}}}, ("module_unknown_target", "extend/form/clinet")),
        ({"requires": ["none"]}, ("module_missing", "requires/0")),
        ({"requires": ["one"]}, ("module_cycle", "requires/0")),
        ({"extends": {}}, ("unknown_key", "extends")),
    ],
)
def test_what_cannot_be_brought(parts, expected):
    code, inside = expected
    assert found(with_modules(module("one", **parts))) == [(code, f"/modules/one/{inside}")]


def test_a_near_name_is_suggested():
    (finding,) = check_app(extending("form", "clinet", {}), REGISTRIES).findings
    assert finding.fix["en"] == "Did you mean 'client'?"


def test_modules_that_require_each_other_stay_out_with_those_that_build_on_them():
    add = {"form": {"x": {"key": "x", "label": named("x"), "fields": [field("name", "text")]}}}
    one = module("one", requires=["two"], add=add)
    two, three = module("two", requires=["one"]), module("three", requires=["one"])
    source = with_modules(one, two, three)
    assert found(source) == [
        ("module_cycle", "/modules/one/requires/0"),
        ("module_cycle", "/modules/two/requires/0"),
    ]
    assert "x" not in composed(source, KINDS).documents["form"]


def test_a_module_names_those_whose_parts_it_adds_to():
    whole = module("two", extend={"form": {"claim": {"fields": [field("x", "text")]}}})
    option = {"key": "level", "options": [{"key": "e", "label": named("e")}]}
    extra = module("extra", extend={"form": {"client": {"fields": [option]}}})
    inner = module(
        "inner", extend={"form": {"client": {"fields": [{**field("x", "text"), "after": "warranty"}]}}}
    )
    assert found(with_modules(WARRANTY, extra)) == []
    source = with_modules({**WARRANTY, "key": "a_warranty"}, whole)
    assert found(source) == [("module_unknown_target", "/modules/two/extend/form/claim")]
    source = with_modules({**WARRANTY, "key": "a_warranty"}, inner)
    assert found(source) == [("module_unknown_place", "/modules/inner/extend/form/client/fields/0/after")]


@pytest.mark.parametrize(
    "raw", [{}, {"key": "one"}, {"key": "one", "label": named("x"), "add": []}, {"add": {"form": []}}]
)
def test_a_module_that_cannot_be_read_is_reported_and_left_out(raw):
    source = {**documents(), "module": {"one": raw}}
    assert all(pointer.startswith("/modules/one") for _, pointer in found(source))
    assert found(source)
    assert composed(source, KINDS).documents == documents()
