"""A version that a group tries: they see it, all others go on, and nothing is lost whichever way it ends."""

from __future__ import annotations

import pytest

from tests.engine.definitions.clients import documents, field
from tests.support.applications import signed_in
from tests.support.prepared import prepared_by

RECORDS = "/apps/clients/forms/client/records"
NEW = "/forms/client/fields/rank"


def put(root, kind, document):
    answer = root.put(f"/apps/clients/draft/{kind}/{document['key']}", document)
    assert answer.status_code == 200, answer.text


def with_rank():
    form = documents()["form"]["client"]
    form["fields"].append(field("rank", "int"))
    form["fields"].append(field("ranked", "formula", result={"type": "int"}, expr="rank * 2"))
    return form


def publish_for_all(runtime):
    """The app, open to sales representatives."""
    app = documents()
    app["role"]["sales_rep"] = {
        "key": "sales_rep",
        "label": {"zh": "销售", "en": "Sales"},
        "grants": [{"form": "client", "actions": ["*"]}],
    }
    with signed_in(runtime, "root") as root:
        for kind, objects in app.items():
            for document in objects.values():
                put(root, kind, document)
        answer = root.post("/apps/clients/draft:publish")
        assert answer.status_code == 200, answer.text


@pytest.fixture
@prepared_by(publish_for_all)
def root(as_user, people):
    """The administrator; the app is published once."""
    return as_user("root")


def try_rank(root, **group):
    put(root, "form", with_rank())
    return root.post("/apps/clients/draft:publish", {"pilot": group})


@pytest.fixture
def piloted(root):
    """A record of everybody, then the people of the Jiangsu group try version 2."""
    made = root.post(RECORDS, {"name": "Anchor", "short": "an"}).json()
    started = try_rank(root, departments=["east_js"])
    assert started.status_code == 200, started.text
    assert started.json()["version"] == 2
    return made["id"]


def test_the_group_works_with_the_new_version_all_others_with_the_old(piloted, root, as_user):
    li, wu = as_user("li"), as_user("wu")
    assert (li.get("/apps/clients").json()["version"], wu.get("/apps/clients").json()["version"]) == (2, 1)
    changed = li.patch(f"{RECORDS}/{piloted}", {"rank": 7})
    assert (changed.status_code, changed.json()["rank"]) == (200, 7)
    assert "rank" not in wu.get(f"{RECORDS}/{piloted}").json()
    refused = wu.patch(f"{RECORDS}/{piloted}", {"rank": 8})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_field")
    assert "rank" in li.get("/apps/clients/forms/client/schema").text
    assert "rank" not in wu.get("/apps/clients/forms/client/schema").text


def test_values_of_new_fields_survive_what_others_save(piloted, as_user):
    li, wu = as_user("li"), as_user("wu")
    li.patch(f"{RECORDS}/{piloted}", {"rank": 7})
    assert wu.patch(f"{RECORDS}/{piloted}", {"name": "Anchor Ltd"}).status_code == 200
    record = li.get(f"{RECORDS}/{piloted}").json()
    assert (record["name"], record["rank"]) == ("Anchor Ltd", 7)
    assert wu.get(f"{RECORDS}/{piloted}/history").status_code == 200


def test_promoting_gives_it_to_all(piloted, root, runtime, as_user):
    from engine.jobs.worker import Worker

    as_user("li").patch(f"{RECORDS}/{piloted}", {"rank": 7})
    others = as_user("wu").post(RECORDS, {"name": "Bridge"}).json()["id"]
    done = root.post("/apps/clients/pilot:promote")
    assert (done.status_code, done.json()["version"]) == (200, 2)
    wu = as_user("wu")
    assert wu.get("/apps/clients").json()["version"] == 2
    assert wu.get(f"{RECORDS}/{piloted}").json()["rank"] == 7
    assert wu.patch(f"{RECORDS}/{others}", {"rank": 3}).json()["ranked"] == 6
    Worker(runtime).run_due()
    assert root.get("/apps/clients/pilot").status_code == 404
    put(root, "rule", documents()["rule"]["mark"] | {"label": {"zh": "新", "en": "New"}})
    assert root.post("/apps/clients/draft:publish").json()["version"] == 3


def test_withdrawing_parks_what_the_new_fields_hold(piloted, root, as_user):
    as_user("li").patch(f"{RECORDS}/{piloted}", {"rank": 7})
    done = root.post("/apps/clients/pilot:withdraw")
    assert (done.status_code, done.json()["version"]) == (200, 3)
    assert as_user("li").get("/apps/clients").json()["version"] == 3
    assert "rank" not in as_user("li").get(f"{RECORDS}/{piloted}").json()
    put(root, "form", with_rank())
    again = root.post("/apps/clients/draft:publish")
    assert again.status_code == 200, again.text
    assert as_user("wu").get(f"{RECORDS}/{piloted}").json()["rank"] == 7


def test_nothing_else_is_published_while_a_group_tries_a_version(piloted, root):
    put(root, "form", documents()["form"]["deal"] | {"description": {"zh": "新", "en": "New"}})
    refused = root.post("/apps/clients/draft:publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "pilot_running")
    about = root.get("/apps/clients/pilot").json()
    assert (about["version"], about["departments"], about["started_by"]) == (2, ["east_js"], "root")


def test_only_additions_can_be_tried(root):
    form = documents()["form"]["client"]
    form["fields"][3] = field("credit", "int")
    put(root, "form", form)
    refused = root.post("/apps/clients/draft:publish", {"pilot": {"users": ["li"]}})
    assert refused.status_code == 422
    assert "not_for_a_pilot" in {each["code"] for each in refused.json()["errors"]}
    assert root.get("/apps/clients").json()["version"] == 1


@pytest.mark.parametrize(
    ("group", "pointer"),
    [
        ({}, "/pilot"),
        ({"users": ["nobody"]}, "/pilot/users"),
        ({"roles": ["no_role"]}, "/pilot/roles"),
        ({"departments": ["x"]}, "/pilot/departments"),
        ({"people": ["li"]}, "/pilot/people"),
    ],
)
def test_a_group_of_nobody_is_refused(root, group, pointer):
    refused = try_rank(root, **group)
    assert refused.status_code == 422, refused.text
    assert pointer in {each["pointer"] for each in refused.json()["errors"]}


def test_there_is_nothing_to_end_without_a_pilot(root):
    for action in ("promote", "withdraw"):
        answer = root.post(f"/apps/clients/pilot:{action}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no_pilot")


def test_users_and_holders_of_roles_are_in_the_group(root, as_user):
    assert try_rank(root, users=["wang"], roles=["sales_rep"]).status_code == 200
    versions = {user: as_user(user).get("/apps/clients").json()["version"] for user in ("wang", "li", "liu")}
    assert versions == {"wang": 2, "li": 2, "liu": 1}
