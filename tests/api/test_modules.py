"""A module over the API: put into an app, used, designed around, taken out, brought back."""

from __future__ import annotations

import copy
import json

import pytest

from engine.definitions.package import pack, unpack
from engine.jobs.worker import Worker
from tests.api.test_life_cycle import RECORDS, codes, publish, publish_clients, put
from tests.engine.definitions.clients import documents, field, named, without_short
from tests.engine.definitions.modules.warranty import WARRANTY, module, warranty, with_modules
from tests.support.prepared import prepared_by

MODULE = "/apps/clients/draft/module/warranty"
CLIENTS, CLAIMS = (RECORDS.format(form) for form in ("client", "claim"))


@pytest.fixture
def root(as_user, people):
    return as_user("root")


@pytest.fixture
@prepared_by(publish_clients)
def published(root):
    return root


@pytest.fixture
def installed(published):
    """The app with the module, a client and a claim."""
    assert published.put(MODULE, WARRANTY).status_code == 200
    publish(published)
    made = published.post(CLIENTS, {"name": "Anchor", "short": "an", "warranty": "36", "level": "d"}).json()
    claim = published.post(CLAIMS, {"subject": "leak", "client": made["id"]})
    assert claim.status_code == 201, claim.text
    return published, made["id"], claim.json()["id"]


def actions(plan):
    return {(step["action"], step["pointer"], step["risk"]) for step in plan["steps"]}


def removal(root):
    """Draft the removal of the module; what publishing it would do."""
    assert root.delete(MODULE).status_code == 204
    planned = root.post("/apps/clients/draft:plan").json()
    return [step["pointer"] for step in planned["steps"] if step["risk"] == "destructive"], planned


def test_a_module_is_put_in_like_any_document(published):
    published.put(MODULE, WARRANTY)
    planned = published.post("/apps/clients/draft:plan").json()
    assert planned["ok"], planned["findings"]
    assert actions(planned) >= {
        ("add_form", "/forms/claim", "safe"),
        ("add_field", "/forms/client/fields/warranty", "safe"),
        ("add_module", "/modules/warranty", "safe"),
    }
    (changed,) = published.get("/apps/clients/draft:diff").json()["items"]
    assert (changed["kind"], changed["key"], changed["change"]) == ("module", "warranty", "added")


def test_what_it_brings_works_as_if_it_stood_in_the_app(installed):
    root, client, claim = installed
    assert root.get(f"{CLIENTS}/{client}").json()["long_one"] is True
    assert root.get(f"{CLAIMS}/{claim}").json()["months"] == "36.00"
    listed = root.get("/apps/clients/views/clients/records").json()["items"]
    assert listed[0]["warranty"] == "36.00"


def test_grants_of_a_module_hold_and_give_no_more(installed, as_user, runtime):
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM

    people = [
        {"id": who, "name": named(who), "dept": "sales", "roles": roles}
        for who, roles in {"ada": ["claims"], "bo": ["rep"], "cy": []}.items()
    ]
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        load_organisation(work, {"departments": [], "users": people})
    assert as_user("ada").post(CLAIMS, {"subject": "noise"}).status_code == 201
    assert as_user("ada").get(RECORDS.format("deal")).status_code in (403, 404)
    assert len(as_user("bo").get(CLAIMS).json()["items"]) == 2
    assert as_user("bo").post(CLAIMS, {"subject": "x"}).status_code == 403
    assert as_user("cy").get(CLAIMS).status_code in (403, 404)


def test_designers_are_told_which_module_a_part_comes_from(installed):
    root, _, _ = installed
    objects = root.get("/apps/clients").json()["objects"]
    assert {each["key"]: each.get("module") for each in objects["form"]} == {
        "client": None,
        "deal": None,
        "claim": "warranty",
    }
    assert [each["key"] for each in objects["module"]] == ["warranty"]
    composed = root.get("/apps/clients/composed").json()
    assert composed["version"] == 2
    assert [each["key"] for each in composed["documents"]["form"]["client"]["fields"]][:2] == [
        "name",
        "warranty",
    ]
    by_pointer = {part["pointer"]: part for part in composed["parts"]}
    assert by_pointer["/forms/client/fields/warranty"] == {
        "pointer": "/forms/client/fields/warranty",
        "module": "warranty",
        "written": "/modules/warranty/extend/form/client/fields/0",
    }


def test_the_draft_is_shown_composed_with_what_does_not_fit(published):
    published.put(MODULE, warranty(extend={"form": {"client": {"fields": [field("name", "text")]}}}))
    composed = published.get("/apps/clients/composed", params={"draft": "true"}).json()
    assert composed["version"] is None
    assert "claim" in composed["documents"]["form"]
    (finding,) = composed["findings"]
    assert (finding["code"], finding["pointer"]) == (
        "module_conflict",
        "/modules/warranty/extend/form/client/fields/0/key",
    )


def test_only_designers_see_the_composed_documents(installed, as_user):
    assert as_user("li").get("/apps/clients/composed").status_code == 403
    assert as_user("li").get("/apps/clients/composed", params={"draft": "true"}).status_code == 403


def test_documents_of_the_app_stay_as_they_were_written(installed):
    root, _, _ = installed
    assert root.get("/apps/clients/documents").json()["documents"] == with_modules(WARRANTY)
    assert root.get("/apps/clients/draft/form/client").json() == documents()["form"]["client"]
    missing = root.get("/apps/clients/draft/form/claim")
    assert (missing.status_code, missing.json()["code"]) == (404, "document_not_found")
    assert missing.json()["details"] == {"module": "warranty", "pointer": "/modules/warranty/add/form/claim"}


def test_export_and_apply_are_the_identity(installed):
    root, _, _ = installed
    content = root.get("/apps/clients/files", params={"base": "true"}).content
    assert json.loads(unpack(content)["modules/warranty.json"]) == WARRANTY
    headers = {"content-type": "application/zip"}
    done = root.request("POST", "/apps:apply", content=content, headers=headers).json()
    assert (done["changed"], done["differences"]) == (False, [])


def test_a_finding_in_a_module_points_into_it(published):
    broken = warranty()
    broken["add"]["form"]["claim"]["fields"][2]["path"] = "client.nothing"
    published.put(MODULE, broken)
    refused = published.post("/apps/clients/draft:publish")
    assert codes(refused) == {("unknown_field", "/modules/warranty/add/form/claim/fields/2/path")}


def test_removing_a_module_parks_its_values_and_they_come_back_with_it(installed):
    root, client, claim = installed
    pointers, planned = removal(root)
    assert ("remove_module", "/modules/warranty", "warn") in actions(planned)
    assert {"/forms/claim", "/forms/client/fields/warranty"} <= set(pointers)
    assert codes(root.post("/apps/clients/draft:publish")) >= {
        ("needs_approval", "/forms/claim"),
        ("needs_approval", "/forms/client/fields/warranty"),
    }
    publish(root, approve=pointers)
    assert "warranty" not in root.get(f"{CLIENTS}/{client}").json()
    assert root.get(CLAIMS).status_code == 404
    root.put(MODULE, WARRANTY)
    publish(root)
    assert root.get(f"{CLIENTS}/{client}").json()["warranty"] == "36.00"
    assert root.get(f"{CLAIMS}/{claim}").json()["subject"] == "leak"


def test_one_field_of_a_removed_module_can_be_kept_by_the_app(installed):
    root, client, _ = installed
    pointers, _ = removal(root)
    publish(root, approve=pointers)
    parked = {each["pointer"]: each["id"] for each in root.get("/apps/clients/parked").json()["items"]}
    restored = root.post(f"/apps/clients/parked/{parked['/forms/client/fields/warranty']}:restore", {})
    assert restored.status_code == 200, restored.text
    assert root.get(f"{CLIENTS}/{client}").json()["warranty"] == "36.00"
    assert root.get("/apps/clients/documents/form/client").json()["fields"][-1]["key"] == "warranty"
    root.put(MODULE, WARRANTY)
    assert codes(root.post("/apps/clients/draft:publish")) == {
        ("module_conflict", "/modules/warranty/extend/form/client/fields/0/key")
    }


def test_a_converted_field_of_a_module_gets_its_type_back_in_the_module(installed, runtime):
    root, client, _ = installed
    changed = warranty()
    changed["extend"]["form"]["client"]["fields"][0]["type"] = "text"
    changed["extend"]["form"]["client"]["fields"].pop(1)
    root.put(MODULE, changed)
    planned = root.post("/apps/clients/draft:plan").json()
    approve = [step["pointer"] for step in planned["steps"] if step["risk"] == "destructive"]
    done = root.post("/apps/clients/draft:publish", {"approve": approve})
    assert done.status_code in (200, 202), done.text
    Worker(runtime).run_due()
    assert root.get(f"{CLIENTS}/{client}").json()["warranty"] == "36.00"
    (entry,) = [
        each for each in root.get("/apps/clients/parked").json()["items"] if each["reason"] == "converted"
    ]
    restored = root.post(f"/apps/clients/parked/{entry['id']}:restore", {"approve": approve})
    assert restored.status_code in (200, 202), restored.text
    Worker(runtime).run_due()
    written = root.get("/apps/clients/documents/module/warranty").json()["extend"]["form"]["client"][
        "fields"
    ][0]
    assert (written["key"], written["type"], written["after"]) == ("warranty", "decimal", "name")
    assert root.get("/apps/clients/documents/form/client").json() == documents()["form"]["client"]


@pytest.mark.parametrize(
    "step",
    [
        {"step": "rename", "of": "/forms/client/fields/warranty", "to": "guarantee"},
        {"step": "rename", "of": "/forms/claim", "to": "complaint"},
        {"step": "archive_option", "of": "/forms/client/fields/level/options/d"},
        {"step": "map_option", "of": "/forms/client/fields/level/options/d", "to": "a"},
        {
            "step": "move_to_child",
            "form": "client",
            "fields": ["warranty"],
            "child": "more",
            "label": named("x"),
        },
        {
            "step": "move_to_child",
            "form": "claim",
            "fields": ["subject"],
            "child": "more",
            "label": named("x"),
        },
    ],
)
def test_guided_steps_on_what_a_module_brings_say_where_it_is_written(installed, step):
    root, _, _ = installed
    refused = root.post("/apps/clients/draft:guide", step)
    found = refused.json()["errors"]
    assert {each["code"] for each in found} == {"part_of_module"}
    assert all("/modules/warranty/" in each["fix"]["en"] for each in found), refused.text
    assert root.get("/apps/clients/draft").json()["items"] == []


def test_a_guided_step_on_the_app_reaches_into_its_modules(published):
    hiding = module(
        "hiding",
        add={
            "role": {
                "guest": {
                    "key": "guest",
                    "label": named("Guest"),
                    "grants": [
                        {"form": "*", "actions": ["view"], "fields": {"hidden": ["credit"]}},
                    ],
                }
            }
        },
        extend={
            "view": {"clients": {"columns": [{"value": "credit", "after": "short"}]}},
            "form": {
                "client": {
                    "fields": [
                        {
                            **field("twice", "formula", result={"type": "money"}, expr="credit * 2"),
                            "after": "credit",
                        }
                    ]
                }
            },
        },
    )
    put(published, {"module": {"hiding": hiding}})
    publish(published)
    step = {"step": "rename", "of": "/forms/client/fields/credit", "to": "limit_of"}
    changed = published.post("/apps/clients/draft:guide", step)
    assert changed.status_code == 200, changed.text
    assert {(each["kind"], each["key"]) for each in changed.json()["changed"]} == {
        ("form", "client"),
        ("module", "hiding"),
        ("role", "rep"),
    }
    made = published.get("/apps/clients/draft/module/hiding").json()
    assert made["extend"]["view"]["clients"]["columns"] == [{"value": "limit_of", "after": "short"}]
    (twice,) = made["extend"]["form"]["client"]["fields"]
    assert (twice["expr"], twice["after"]) == ("limit_of * 2", "limit_of")
    (grant,) = made["add"]["role"]["guest"]["grants"]
    assert "limit_of" in grant["fields"]["hidden"]
    assert published.post("/apps/clients/draft:check").json()["ok"]


def test_a_guided_step_that_would_clash_with_a_module_is_refused(installed):
    root, _, _ = installed
    step = {"step": "rename", "of": "/forms/client/fields/short", "to": "warranty"}
    assert ("module_conflict", "/modules/warranty/extend/form/client/fields/0/key") in codes(
        root.post("/apps/clients/draft:guide", step)
    )
    assert root.get("/apps/clients/draft").json()["items"] == []


def test_expressions_are_tried_where_they_are_written(installed):
    root, _, _ = installed

    def check(expression, **context):
        asked = {"context": context, "expression": expression}
        answer = root.post("/apps/clients/draft/expressions:check", asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    own = check("short", kind="form", key="client", pointer="/fields/4/expr")
    assert own["ok"], own
    in_module = {"kind": "module", "key": "warranty", "pointer": "/extend/form/client/fields/1/expr"}
    assert check("warranty < 12", **in_module)["ok"]
    assert check("wrong < 12", **in_module)["findings"][0]["pointer"] == (
        "/modules/warranty/extend/form/client/fields/1/expr"
    )
    brought = {"kind": "form", "key": "claim", "pointer": "/fields/0/required"}
    assert check('client.name = "x"', **brought)["ok"]


def test_upgrading_the_app_keeps_a_module_that_its_folder_never_had(installed):
    root, client, _ = installed
    app = documents()
    app["form"]["client"]["label"]["en"] = "Customer"
    files = {
        f"{folder}/{key}.json": each for folder, kind in FOLDERS.items() for key, each in app[kind].items()
    }
    files["app.json"] = app["app"]["clients"]
    content = pack({name: json.dumps(each).encode() for name, each in files.items()})
    headers = {"content-type": "application/zip"}
    for _round in range(2):
        done = root.request("POST", "/apps:apply", content=content, headers=headers).json()
        kept = [each for each in done["differences"] if each["state"] == "kept"]
        assert [each["document"] for each in kept] == ["/modules/warranty"]
        assert root.get("/apps/clients/documents/form/client").json()["label"]["en"] == "Customer"
        assert root.get(f"{CLIENTS}/{client}").json()["warranty"] == "36.00"
        content = pack(
            {
                **{name: json.dumps(each).encode() for name, each in files.items()},
                ".fourfold/base.json": json.dumps(done["base"]).encode(),
            }
        )
    planned = root.request(
        "POST", "/apps:plan", content=content, headers=headers, params={"take_mine": "modules/warranty"}
    )
    assert ("remove_module", "/modules/warranty", "warn") in actions(planned.json())


FOLDERS = {
    "forms": "form",
    "roles": "role",
    "views": "view",
    "reports": "report",
    "rules": "rule",
    "print_templates": "print_template",
}


def test_a_folder_that_had_the_module_removes_it_when_the_file_is_gone(installed):
    root, _, _ = installed
    files = unpack(root.get("/apps/clients/files", params={"base": "true"}).content)
    left = {name: content for name, content in files.items() if name != "modules/warranty.json"}
    headers = {"content-type": "application/zip"}
    planned = root.request("POST", "/apps:plan", content=pack(left), headers=headers).json()
    assert ("remove_module", "/modules/warranty", "warn") in actions(planned)


def test_a_module_that_only_adds_can_be_tried_by_a_few(published, as_user):
    small = copy.deepcopy(WARRANTY)
    small["add"].pop("role")
    small["extend"] = {"form": {"client": {"fields": WARRANTY["extend"]["form"]["client"]["fields"][:1]}}}
    published.put(MODULE, small)
    done = published.post("/apps/clients/draft:publish", {"pilot": {"users": ["root"]}})
    assert done.status_code == 200, done.text
    assert published.get("/apps/clients/composed").json()["documents"]["form"].keys() >= {"claim"}


def test_a_version_without_the_module_can_be_restored_and_the_module_again(installed):
    root, client, _ = installed
    pointers, _ = removal(root)
    root.post("/apps/clients/draft:discard")
    done = root.post("/apps/clients/versions/1:restore", {"approve": pointers})
    assert done.status_code == 200, done.text
    assert root.get("/apps/clients/documents/module/warranty").status_code == 404
    assert root.post("/apps/clients/versions/2:restore", {}).status_code == 200
    assert root.get(f"{CLIENTS}/{client}").json()["warranty"] == "36.00"


def test_a_designer_who_is_no_administrator_widens_no_rights_by_a_module(published, as_user):
    published.put("/apps/clients/designers", {"users": ["li"]})
    li = as_user("li")
    assert li.put(MODULE, WARRANTY).status_code == 200
    written = "/modules/warranty/add/role/claims/grants/1"
    assert ("needs_administrator", written) in codes(li.post("/apps/clients/draft:publish"))
    small = warranty(extend={"form": WARRANTY["extend"]["form"]})
    small["add"].pop("role")
    li.put(MODULE, small)
    publish(li)


def test_taking_a_denial_out_with_its_module_needs_an_administrator(published, as_user):
    denial = {"form": "client", "actions": ["view"], "where": 'level = "a"', "deny": True}
    put(published, {"module": {"strict": module("strict", extend={"role": {"rep": {"grants": [denial]}}})}})
    publish(published)
    published.put("/apps/clients/designers", {"users": ["li"]})
    li = as_user("li")
    assert li.delete("/apps/clients/draft/module/strict").status_code == 204
    assert "needs_administrator" in {code for code, _ in codes(li.post("/apps/clients/draft:publish"))}


def test_a_template_that_a_module_brings_is_previewed(published):
    body = {"zh": ["<p>{{name}}: {{warranty}}</p>"]}
    slip = {"key": "slip", "label": named("Slip"), "form": "client", "body": body}
    put(
        published,
        {
            "module": {
                "warranty": warranty(
                    add={"print_template": {"slip": slip}}, extend={"form": WARRANTY["extend"]["form"]}
                )
            }
        },
    )
    publish(published)
    published.post(CLIENTS, {"name": "Anchor", "warranty": "36"})
    shown = published.post("/apps/clients/draft/print_template/slip:preview", {"format": "html"})
    assert shown.status_code == 200, shown.text
    assert "Anchor: 36" in shown.text


def test_a_form_of_a_module_is_not_drafted_anew(installed):
    root, _, _ = installed
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    taken = root.post("/apps/clients/draft/forms:from_json_schema", {"key": "claim", "schema": schema})
    assert (taken.status_code, taken.json()["code"]) == (409, "form_there")


def test_a_part_of_a_module_that_is_off_says_so_where_it_is_missed(published):
    """As where a name that the module uses was removed by force."""
    report = {
        "key": "by_short_again",
        "label": named("By short name"),
        "from": "client",
        "dimensions": [{"id": "short", "field": "short"}],
        "measures": [{"id": "n", "agg": "count"}],
    }
    put(published, {"module": {"more": module("more", add={"report": {"by_short_again": report}})}})
    publish(published)
    put(published, {"form": {"client": without_short()["form"]["client"]}})
    publish(published, force=["/forms/client/fields/short"])
    refused = published.post("/apps/clients/reports/by_short_again:run", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "definition_broken")
    off = {each["pointer"] for each in published.get("/apps/clients/broken").json()["items"]}
    assert "/modules/more/add/report/by_short_again/dimensions/short/field" in off
    put(published, {"form": {"client": documents()["form"]["client"]}})
    publish(published)
    assert published.post("/apps/clients/reports/by_short_again:run", {}).status_code == 200


def test_a_demo_that_is_started_again_keeps_the_modules_of_its_store(installed, runtime, tmp_path):
    from api.cli.apps import apply_folder
    from engine.definitions.check import kinds
    from engine.definitions.folder import write_folder

    root, client, _ = installed
    app = documents()
    app["form"]["client"]["label"]["en"] = "Customer"
    write_folder(tmp_path / "clients", app, kinds(runtime.registries))
    assert apply_folder(runtime, tmp_path / "clients").changed
    assert not apply_folder(runtime, tmp_path / "clients").changed
    assert root.get("/apps/clients/documents/form/client").json()["label"]["en"] == "Customer"
    assert root.get(f"{CLIENTS}/{client}").json()["warranty"] == "36.00"


def test_a_grant_that_is_no_object_is_a_finding(published):
    role = {"key": "odd", "label": {"zh": "a", "en": "a"}, "grants": ["x"]}
    assert published.put("/apps/clients/draft/role/odd", role).status_code == 200
    findings = published.post("/apps/clients/draft:plan", {}).json()["findings"]
    assert ("invalid_value", "/roles/odd/grants/0") in {(each["code"], each["pointer"]) for each in findings}
