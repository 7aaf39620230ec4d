"""Who uses what, and what is left of an app when something that is used goes."""

from __future__ import annotations

from functools import cache

import pytest

from api.boot import BUILT_INS
from engine.definitions.broken import check_leniently
from engine.definitions.check import check_app
from engine.definitions.dependencies import removed_parts, uses
from engine.definitions.forced import check_forced
from engine.errors import Invalid
from engine.plugins import extensions
from engine.registry import fill
from tests.engine.definitions.clients import documents, without_field, without_short

SHORT = "/forms/client/fields/short"
REGISTRIES = fill(extensions(BUILT_INS))
USERS = {
    "/forms/client/fields/shown/expr",
    "/forms/client/unique/0/fields/short",
    "/forms/deal/fields/client_short/path",
    "/print_templates/sheet/body/zh",
    "/reports/by_short/dimensions/short/field",
    "/roles/rep/grants/0/fields/hidden/short",
    "/roles/rep/grants/2/where",
    "/rules/greet/actions/0/body/en",
    "/rules/greet/actions/0/body/zh",
    "/rules/greet/actions/0/subject/en",
    "/rules/greet/actions/0/subject/zh",
    "/views/clients/columns/short",
    "/views/clients/sort",
    "/views/deals/columns/client.short",
    "/views/short_ones/filter",
}


@cache
def published():
    app = check_app(documents(), REGISTRIES, version=1).app
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


def test_uses_of_a_field_are_all_places_that_name_it():
    assert {part.pointer for part in uses(documents(), SHORT, REGISTRIES)} == USERS


def test_a_field_of_the_same_key_in_another_form_is_not_a_use():
    found = {part.pointer for part in uses(documents(), "/forms/deal/fields/short", REGISTRIES)}
    assert found == {"/views/deals/columns/short"}


def test_uses_of_an_option_of_a_role_and_of_a_form():
    levels = {part.key for part in uses(documents(), "/forms/client/fields/level/options/a", REGISTRIES)}
    assert levels == {"rep", "greet"}
    assert uses(documents(), "/roles/rep", REGISTRIES) == []
    forms = {(part.kind, part.key) for part in uses(documents(), "/forms/client", REGISTRIES)}
    assert forms >= {("form", "deal"), ("rule", "greet"), ("report", "by_level"), ("view", "deals")}


def test_uses_say_what_people_call_the_place():
    by_pointer = {part.pointer: part for part in uses(documents(), SHORT, REGISTRIES)}
    part = by_pointer["/forms/deal/fields/client_short/path"]
    assert (part.label["en"], part.part["en"]) == ("Deal", "client_short")


def test_nothing_at_a_pointer_is_said_so():
    with pytest.raises(Invalid) as wrong:
        uses(documents(), "/forms/client/fields/shrt", REGISTRIES)
    assert [finding.code for finding in wrong.value.findings] == ["unknown_pointer"]


def test_removing_what_is_used_is_one_finding_that_lists_the_uses():
    checked = forced(without_short())
    assert codes(checked) == {("still_used", SHORT)}
    sentence = checked.findings[0].message["en"]
    assert "used in 9 places" in sentence
    assert "view All clients" in sentence


def test_other_mistakes_are_still_named_beside_the_removal():
    source = without_short()
    source["rule"]["mark"]["actions"][0]["set"] = {"nte": "seen"}
    assert codes(forced(source)) == {
        ("still_used", SHORT),
        ("unknown_field", "/rules/mark/actions/0/set/nte"),
    }
    assert codes(forced(source, SHORT)) == {("unknown_field", "/rules/mark/actions/0/set/nte")}


def test_forced_removal_switches_off_the_users_and_nothing_else():
    app = forced(without_short(), SHORT).app
    assert app is not None
    assert {part.pointer for part in app.broken} == USERS
    assert set(app.kind("report")) == {"by_level"}
    assert set(app.kind("rule")) == {"mark"}
    assert set(app.kind("view")) == {"clients", "deals"}
    assert app.kind("view")["clients"].columns == ("name", "level")
    assert app.kind("view")["deals"].columns == ("name", "short")
    assert set(app.kind("print_template")) == set()
    assert {"shown", "short"} & set(app.kind("form")["client"].fields) == set()
    assert app.source == without_short()


def test_a_broken_grant_gives_nothing_and_what_a_role_hides_stays_hidden():
    app = forced(without_short(), SHORT).app
    rep = app.kind("role")["rep"]
    assert [str(grant.where.text()) for grant in rep.grants["deal"]] == ['client.level <> "a"']
    assert rep.grants["client"][0].hidden == {"credit"}


def test_a_broken_denial_denies_all():
    source = documents()
    source["role"]["rep"]["grants"][2]["deny"] = True
    before = check_app(source, REGISTRIES, version=1).app
    app = forced(without_short(source), SHORT, before=before).app
    (denied,) = app.kind("role")["rep"].denies["deal"]
    assert denied.where is None


def test_what_is_broken_works_again_when_the_name_is_back():
    off = forced(without_short(), SHORT).app
    again = forced(documents(), before=off)
    assert again.app is not None
    assert again.app.broken == ()
    assert set(again.app.kind("rule")) == {"greet", "mark"}


def test_other_changes_can_be_published_while_parts_are_off():
    off = forced(without_short(), SHORT).app
    source = without_short()
    source["form"]["deal"]["fields"].append({**source["form"]["deal"]["fields"][0], "key": "more"})
    checked = forced(source, before=off)
    assert checked.app is not None
    assert {part.pointer for part in checked.app.broken} == USERS
    assert {finding.code for finding in checked.findings} == {"switched_off"}


def test_a_broken_part_that_is_changed_must_be_right():
    off = forced(without_short(), SHORT).app
    source = without_short()
    source["report"]["by_short"]["dimensions"][0]["field"] = "shrt"
    assert codes(forced(source, before=off)) == {
        ("unknown_field", "/reports/by_short/dimensions/short/field")
    }
    source["report"]["by_short"]["dimensions"][0]["field"] = "name"
    checked = forced(source, before=off)
    assert checked.app is not None
    assert set(checked.app.kind("report")) == {"by_level", "by_short"}


def test_forcing_what_is_not_removed_is_a_mistake():
    assert codes(forced(documents(), SHORT)) == {("nothing_to_force", SHORT)}
    assert codes(forced(without_short(), "/forms/client/fields/level")) >= {
        ("nothing_to_force", "/forms/client/fields/level")
    }


def test_two_removals_are_named_each_with_its_own_uses():
    source = without_field(without_short(), "client", "level")
    found = {finding.pointer: finding for finding in forced(source).findings if finding.code == "still_used"}
    assert set(found) == {SHORT, "/forms/client/fields/level"}
    assert "report By level" in found["/forms/client/fields/level"].message["en"]
    assert "report By level" not in found[SHORT].message["en"]


def test_a_stored_version_that_does_not_check_any_more_still_runs():
    source = without_short()
    source["view"]["clients"]["layout"] = "a layout of an earlier release"
    checked = check_leniently(source, REGISTRIES, version=7)
    assert checked.app is not None
    assert set(checked.app.kind("view")) == {"deals"}
    assert set(checked.app.kind("report")) == {"by_level"}


def test_what_is_gone_is_found_at_any_depth():
    source = without_short()
    del source["rule"]["mark"]
    source["form"]["client"]["fields"][1]["options"].pop()
    assert set(removed_parts(documents(), source, REGISTRIES)) == {
        SHORT,
        "/rules/mark",
        "/forms/client/fields/level/options/c",
    }
