"""What uses what across modules, and what is left when a part that a module needs goes."""

from __future__ import annotations

import copy

from api.boot import BUILT_INS
from engine.definitions.broken import check_leniently
from engine.definitions.check import check_app
from engine.definitions.dependencies import removed_parts, uses
from engine.definitions.forced import check_forced
from engine.plugins import extensions
from engine.registry import fill
from tests.engine.definitions.clients import documents, field, without_field
from tests.engine.definitions.modules.warranty import WARRANTY, module, warranty, with_modules

REGISTRIES = fill(extensions(BUILT_INS))
WHOLE = with_modules(WARRANTY)
DENIAL = {"form": "client", "actions": ["view"], "where": 'short = "secret"', "deny": True}


def published(source=WHOLE):
    app = check_app(source, REGISTRIES, version=1).app
    assert app is not None
    return app


def forced(source, *force, before=None):
    return check_forced(
        before or published(),
        source,
        lambda each: check_app(each, REGISTRIES, version=2),
        REGISTRIES,
        force=force,
    )


def codes(checked):
    return {(finding.code, finding.pointer) for finding in checked.findings if finding.level == "error"}


def places(parts):
    return {(part.kind, part.key, part.pointer) for part in parts}


def using_the_module():
    """The app itself names what the module brings."""
    source = copy.deepcopy(WHOLE)
    source["view"]["deals"]["columns"].append("client.warranty")
    return source


def test_what_uses_a_field_of_the_app_is_found_in_modules():
    source = copy.deepcopy(WHOLE)
    source["module"]["warranty"]["add"]["form"]["claim"]["fields"][2]["path"] = "client.short"
    found = {part.pointer for part in uses(source, "/forms/client/fields/short", REGISTRIES)}
    assert "/modules/warranty/add/form/claim/fields/months/path" in found


def test_uses_of_what_a_module_brings_are_asked_for_by_either_name():
    source = using_the_module()
    one = uses(source, "/forms/client/fields/warranty", REGISTRIES)
    other = uses(source, "/modules/warranty/extend/form/client/fields/warranty", REGISTRIES)
    assert places(one) == places(other)
    assert places(one) == {
        ("view", "deals", "/views/deals/columns/client.warranty"),
        ("view", "clients", "/modules/warranty/extend/view/clients/columns/0/value"),
        ("form", "client", "/modules/warranty/extend/form/client/fields/long_one/expr"),
        ("form", "claim", "/modules/warranty/add/form/claim/fields/months/path"),
    }


def test_a_module_cannot_go_while_the_app_uses_it():
    without = {**using_the_module(), "module": {}}
    (finding,) = forced(without, before=published(using_the_module())).findings
    assert (finding.code, finding.pointer) == ("still_used", "/modules/warranty")
    assert "view All deals" in finding.message["en"]


def test_a_module_goes_by_force_and_its_users_are_off_until_it_returns():
    whole = using_the_module()
    off = forced({**whole, "module": {}}, "/modules/warranty", before=published(whole)).app
    assert off is not None
    assert places(off.broken) == {("view", "deals", "/views/deals/columns/client.warranty")}
    assert off.kind("view")["deals"].columns == ("name", "short", "client.short")
    assert off.kind("form").keys() == {"client", "deal"}
    back = forced(whole, before=off).app
    assert back is not None
    assert back.broken == ()
    assert "claim" in back.kind("form")


def test_parts_that_a_module_loses_are_named_each():
    less = warranty()
    del less["add"]["form"]["claim"], less["add"]["role"]["claims"]
    less["extend"]["role"] = {}
    less["extend"]["form"]["client"]["fields"].pop(0)
    assert set(removed_parts(WHOLE, with_modules(less), REGISTRIES)) == {
        "/modules/warranty/add/form/claim",
        "/modules/warranty/add/role/claims",
        "/modules/warranty/extend/role/rep",
        "/modules/warranty/extend/form/client/fields/warranty",
    }


def test_the_form_of_a_module_cannot_go_while_the_app_names_it():
    source = copy.deepcopy(WHOLE)
    source["form"]["deal"]["fields"].append(field("claim", "ref", form="claim"))
    less = copy.deepcopy(source)
    less["module"]["warranty"]["add"]["form"] = {}
    less["module"]["warranty"]["add"]["role"] = {}
    less["module"]["warranty"]["extend"]["role"] = {}
    found = codes(forced(less, before=published(source)))
    assert found == {("still_used", "/modules/warranty/add/form/claim")}


def test_a_field_of_the_app_that_a_module_uses_goes_by_force():
    source = without_field(WHOLE, "client", "level")
    assert ("still_used", "/forms/client/fields/level") in codes(forced(source))
    whole = with_modules(module("one", extend={"view": {"clients": {"columns": ["credit"]}}}))
    checked = forced(
        without_field(whole, "client", "credit"), "/forms/client/fields/credit", before=published(whole)
    )
    assert checked.app is not None
    off = {part.pointer: part for part in checked.app.broken}
    assert off["/modules/one/extend/view/clients/columns/credit"].kind == "view"
    assert checked.app.kind("view")["clients"].columns == ("name", "short", "level")


def test_a_broken_field_that_a_module_adds_goes_and_the_form_stays():
    broken = warranty()
    broken["extend"]["form"]["client"]["fields"][1]["expr"] = "nothing"
    broken["add"]["form"]["claim"]["fields"][2]["path"] = "client.nothing"
    app = check_leniently(with_modules(broken), REGISTRIES).app
    assert app is not None
    assert "warranty" in app.kind("form")["client"].fields
    assert "long_one" not in app.kind("form")["client"].fields
    assert set(app.kind("form")["claim"].fields) >= {"subject", "client"}
    assert places(app.broken) == {
        ("form", "client", "/modules/warranty/extend/form/client/fields/long_one/expr"),
        ("form", "claim", "/modules/warranty/add/form/claim/fields/months/path"),
    }
    assert app.source == with_modules(broken)


def test_a_document_of_a_module_that_cannot_do_without_its_broken_part_is_off():
    report = {
        "key": "by_nothing",
        "label": {"zh": "无", "en": "By nothing"},
        "from": "client",
        "dimensions": [{"id": "x", "field": "nothing"}],
        "measures": [{"id": "n", "agg": "count"}],
    }
    app = check_leniently(with_modules(module("one", add={"report": {"by_nothing": report}})), REGISTRIES).app
    assert app is not None
    (part,) = app.broken
    assert (part.kind, part.key, part.whole) == ("report", "by_nothing", True)
    assert part.label == {"zh": "无", "en": "By nothing"}


def test_a_broken_denial_that_a_module_adds_denies_all():
    source = with_modules(module("one", extend={"role": {"rep": {"grants": [DENIAL]}}}))
    gone = without_field(source, "client", "short")
    app = check_leniently(gone, REGISTRIES).app
    assert app is not None
    (denied,) = app.kind("role")["rep"].denies["client"]
    assert denied.where is None


def test_a_role_that_cannot_do_without_what_a_module_adds_is_off():
    source = with_modules(
        module("one", extend={"role": {"rep": {"grants": [{**DENIAL, "actions": ["no such"]}]}}})
    )
    app = check_leniently(source, REGISTRIES).app
    assert app is not None
    assert "rep" not in app.kind("role"), "without the denial its holders would see more"
    assert ("role", "rep", True) in {(part.kind, part.key, part.whole) for part in app.broken}


def test_a_role_with_something_broken_of_its_own_is_off_with_what_a_module_adds():
    source = with_modules(
        module("one", extend={"role": {"rep": {"grants": [{**DENIAL, "actions": ["no such"]}]}}})
    )
    source["role"]["rep"]["grants"][1]["where"] = "nothing = 1"
    app = check_leniently(source, REGISTRIES).app
    assert app is not None
    assert "rep" not in app.kind("role")


def test_a_filter_that_does_not_check_takes_the_view_with_it():
    source = with_modules(module("one", extend={"view": {"clients": {"filter": "nothing = 1"}}}))
    app = check_leniently(source, REGISTRIES).app
    assert app is not None
    assert set(app.kind("view")) == {"deals", "short_ones"}


def test_without_a_module_that_it_requires_a_module_is_off():
    more = module("more", requires=["warranty"], extend={"form": {"claim": {"fields": [field("x", "text")]}}})
    whole = with_modules(WARRANTY, more)
    off = forced(with_modules(more), "/modules/warranty", before=published(whole)).app
    assert off is not None
    assert [(part.kind, part.key, part.pointer) for part in off.broken] == [
        ("module", "more", "/modules/more/requires/warranty")
    ]
    assert off.kind("form").keys() == {"client", "deal"}


def test_a_module_without_a_form_it_adds_to_is_off_there_alone():
    source = copy.deepcopy(WHOLE)
    del source["view"]["clients"]
    checked = forced(source, "/views/clients")
    assert checked.app is not None
    (part,) = checked.app.broken
    assert (part.kind, part.key, part.pointer) == ("view", "clients", "/modules/warranty/extend/view/clients")
    assert "claim" in checked.app.kind("form")
    assert documents()["form"].keys() < checked.app.kind("form").keys()
