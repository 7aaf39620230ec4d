"""Users, departments and roles over HTTP."""

from __future__ import annotations

from tests.support.people import ORGANISATION


def test_everybody_picks_users_and_sees_little(as_user, people):
    answer = as_user("li").get("/users", params={"search": "王"}).json()
    assert answer["items"] == [
        {"id": "wang", "name": {"zh": "王芳", "en": "Wang Fang"}, "dept": "east", "active": True}
    ]


def test_administrators_see_all_properties_but_no_password(as_user, people):
    [wang] = as_user("root").get("/users", params={"search": "wang"}).json()["items"]
    assert wang["roles"] == ["regional_manager"]
    assert wang["superior"] == "liu"
    assert "password_hash" not in wang


def test_pages_follow_each_other(as_user, people):
    root, seen, after = as_user("root"), [], None
    while True:
        answer = root.get("/users", params={"limit": 5, **({"after": after} if after else {})}).json()
        seen += [each["id"] for each in answer["items"]]
        after = answer["next"]
        if after is None:
            break
    assert seen == sorted(each["id"] for each in ORGANISATION["users"])


def test_unknown_parameters_are_refused(as_user, people):
    answer = as_user("li").get("/users?serach=x")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter")


def test_administrator_creates_a_user_who_can_log_in(as_user, client, people):
    document = {"id": "bao", "name": {"zh": "包军", "en": "Bao Jun"}, "roles": ["logistics"]}
    made = as_user("root").post("/users", {**document, "password": "correct horse"})
    assert made.status_code == 201
    assert made.headers["location"] == "/api/v1/users/bao"
    assert "password" not in made.text
    login = client.post("/api/v1/auth/login", json={"username": "bao", "password": "correct horse"})
    assert login.status_code == 200


def test_others_change_nothing(as_user, people):
    li = as_user("li")
    name = {"zh": "x", "en": "x"}
    attempts = [
        li.post("/users", {"id": "x", "name": name}),
        li.patch("/users/li", {"roles": ["admin"]}),
        li.post("/users/liu:password", {"password": "correct horse"}),
        li.post("/departments", {"id": "x", "name": name}),
        li.patch("/departments/east", {"head": "li"}),
        li.delete("/departments/east"),
        li.get("/roles"),
        li.get("/organisation"),
        li.put("/organisation", {"users": []}),
        li.get("/jobs"),
        li.get("/events"),
    ]
    assert {answer.status_code for answer in attempts} == {403}


def test_disabled_user_is_out_at_once(as_user, people):
    li = as_user("li")
    assert li.get("/auth/me").status_code == 200
    assert as_user("root").patch("/users/li", {"active": False}).json()["active"] is False
    assert li.get("/auth/me").status_code == 401


def test_new_password_by_the_administrator(as_user, client, people):
    assert as_user("root").post("/users/li:password", {"password": "new password"}).status_code == 204
    login = client.post("/api/v1/auth/login", json={"username": "li", "password": "new password"})
    assert login.status_code == 200


def test_departments_are_kept_in_order(as_user, people):
    root = as_user("root")
    made = root.post("/departments", {"id": "lab", "name": {"zh": "实验室", "en": "Lab"}, "parent": "group"})
    assert made.status_code == 201
    assert root.patch("/departments/lab", {"head": "liu"}).json()["head"] == "liu"
    refused = root.patch("/departments/lab", {"parent": "moon"})
    assert refused.json()["errors"][0]["pointer"] == "/parent"
    assert root.delete("/departments/lab").status_code == 204
    assert root.delete("/departments/lab").status_code == 404
    in_use = root.delete("/departments/east")
    assert (in_use.status_code, in_use.json()["code"]) == (409, "department_in_use")


def test_whole_organisation_goes_out_and_comes_in_unchanged(as_user, people):
    root = as_user("root")
    document = root.get("/organisation").json()
    tallies = root.put("/organisation", document).json()
    assert tallies["users"] == {"created": 0, "updated": 0, "unchanged": len(ORGANISATION["users"])}


def test_roles_count_their_holders(as_user, people):
    roles = {each["role"]: each["holders"] for each in as_user("root").get("/roles").json()["items"]}
    assert roles["sales_rep"] == 4
