"""An app as a zip over the API: checked, planned, compared, applied, taken away."""

from __future__ import annotations

import copy
import io
import json
import threading
import zipfile

import pytest

from engine.definitions.package import pack, unpack

APP = {"key": "shop", "label": {"zh": "小店", "en": "Shop"}}
NOTE = {
    "key": "note",
    "label": {"zh": "便签", "en": "Note"},
    "title": "text",
    "fields": [
        {"key": "text", "type": "text", "label": {"zh": "内容", "en": "Text"}, "required": True},
        {"key": "amount", "type": "money", "label": {"zh": "金额", "en": "Amount"}},
    ],
}
BASE = ".fourfold/base.json"


def packed(*forms, **more):
    documents = {"app.json": APP, **{f"forms/{form['key']}.json": form for form in forms or (NOTE,)}, **more}
    return pack({name: json.dumps(each, ensure_ascii=False).encode() for name, each in documents.items()})


def labelled(label):
    form = copy.deepcopy(NOTE)
    form["label"]["en"] = label
    return form


@pytest.fixture
def root(as_user, people):
    return as_user("root")


@pytest.fixture
def send(root):
    def post(path, content, **params):
        return root.request(
            "POST", path, content=content, params=params, headers={"content-type": "application/zip"}
        )

    return post


def test_an_app_is_checked_planned_applied_and_taken_away(root, send):
    assert send("/apps:check", packed()).json() == {"ok": True, "findings": []}
    planned = send("/apps:plan", packed()).json()
    assert (planned["ok"], planned["version"]) == (True, 1)
    assert {each["document"] for each in planned["differences"]} == {"/app", "/forms/note"}
    assert root.get("/apps/shop").status_code == 404
    done = send("/apps:apply", packed(), note="first").json()
    assert (done["app"], done["version"], done["changed"]) == ("shop", 1, True)
    assert root.get("/apps/shop/versions").json()["items"][0]["note"] == "first"
    taken = root.get("/apps/shop/files")
    assert taken.headers["content-type"] == "application/zip"
    assert json.loads(unpack(taken.content)["forms/note.json"]) == NOTE
    again = send("/apps:apply", taken.content).json()
    assert (again["version"], again["changed"]) == (1, False)
    assert root.get("/apps/shop/files").content == taken.content


def test_drift_is_shown_and_refused_until_a_side_is_taken(root, send):
    send("/apps:apply", packed())
    files = unpack(root.get("/apps/shop/files", params={"base": "true"}).content)
    assert BASE in files
    send("/apps:apply", packed(labelled("Memo")))
    files["forms/note.json"] = json.dumps(labelled("Sticker")).encode()
    mine = pack(files)
    (difference,) = send("/apps:diff", mine).json()["items"]
    assert (difference["document"], difference["state"]) == ("/forms/note", "conflict")
    assert difference["pointers"] == ["/label/en"]
    refused = send("/apps:apply", mine)
    assert (refused.status_code, refused.json()["code"]) == (409, "drifted")
    assert refused.json()["details"]["documents"] == [difference]
    assert not send("/apps:plan", mine).json()["ok"]
    done = send("/apps:apply", mine, take_mine="forms/note").json()
    assert (done["version"], done["changed"]) == (3, True)
    files[BASE] = json.dumps(done["base"]).encode()
    assert send("/apps:diff", pack(files)).json()["items"] == []


def test_what_is_broken_is_named_and_nothing_is_published(root, send):
    broken = packed({**NOTE, "colour": "red"}, **{"poems/a.json": {}, "rules/r.json": []})
    found = send("/apps:check", broken).json()
    assert not found["ok"]
    assert {(each["pointer"], each["code"]) for each in found["findings"]} == {
        ("/poems", "unknown_folder"),
        ("/rules/r", "malformed_json"),
    }
    refused = send("/apps:apply", packed({**NOTE, "colour": "red"}))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/forms/note/colour")
    assert root.get("/apps").json()["items"] == []


def test_what_is_no_app_is_refused(send):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("../app.json", "{}")
    for content in (b"", b"no zip", target.getvalue()):
        refused = send("/apps:check", content)
        assert (refused.status_code, refused.json()["code"]) == (422, "package_refused")
    assert (
        send("/apps:check", pack({"readme.json": b"{}"})).json()["findings"][0]["code"] == "app_json_missing"
    )
    assert send("/apps:plan", packed(), take_mine="forms/note,forms/none").json()["ok"]
    assert (
        send("/apps:apply", packed(), take_theirs="forms/none").json()["errors"][0]["code"]
        == "nothing_to_choose"
    )


def test_the_cases_in_a_zip_are_run_beside_the_store(root, send):
    label = {"zh": "用例", "en": "Cases"}
    written = {"type": "create", "form": "note", "name": "n", "values": {"text": "hello"}}
    wrong = {"type": "expect", "record": "$n", "values": {"text": "bye"}}
    cases = [{"key": "good", "steps": [written]}, {"key": "bad", "steps": [written, wrong]}]
    content = packed(**{"tests/notes.json": {"key": "notes", "label": label, "cases": cases}})
    send("/apps:apply", packed())
    done = send("/apps:test", content)
    assert done.status_code == 200, done.text
    assert [(each["case"], each["ok"]) for each in done.json()["cases"]] == [("good", True), ("bad", False)]
    assert not done.json()["ok"]
    (finding,) = done.json()["cases"][1]["findings"]
    assert finding["pointer"] == "/tests/notes/cases/1/steps/1/values/text"
    assert root.get("/apps/shop/forms/note/records").json()["items"] == []
    assert send("/apps:test", content, only="none").status_code == 404


def test_only_designers_bring_and_take_apps(as_user, root, send):
    send("/apps:apply", packed())
    li = as_user("li")
    headers = {"content-type": "application/zip"}
    attempts = [
        *(
            li.request("POST", f"/apps:{verb}", content=packed(), headers=headers)
            for verb in ("check", "plan", "diff", "apply", "test")
        ),
        li.get("/apps/shop/files"),
    ]
    assert {each.status_code for each in attempts} == {403}


def test_half_a_character_and_numbers_that_are_none_are_refused(send):
    for text in ('{"key": "shop", "label": {"zh": "\\ud800", "en": "x"}}', '{"key": "shop", "size": NaN}'):
        found = send("/apps:check", pack({"app.json": text.encode()})).json()
        assert [each["code"] for each in found["findings"]][:1] == ["malformed_json"]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_zip_with_broken_or_foreign_compression_is_refused(send, method):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("app.json", b'{"key": "tools"}' * 40)
    content = bytearray(target.getvalue())
    at = content.index(b"app.json") + len("app.json")
    content[at : at + 4] = b"\xff\xff\xff\xff"
    answer = send("/apps:check", bytes(content))
    assert (answer.status_code, answer.json()["code"]) == (422, "package_refused")


def test_nothing_is_unpacked_for_who_designs_no_app(as_user, send, root, monkeypatch):
    def never(_content):
        raise AssertionError("unpacked")

    assert send("/apps:apply", packed()).status_code == 200
    monkeypatch.setattr("api.routes.app_files.unpack", never)
    for path in ("/apps:check", "/apps:plan", "/apps:diff", "/apps:test", "/apps:apply"):
        refused = as_user("li").request(
            "POST", path, content=packed(), headers={"content-type": "application/zip"}
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "not_a_designer"), path
    monkeypatch.undo()
    root.put("/apps/shop/designers", {"users": ["li"]})
    li = as_user("li")
    headers = {"content-type": "application/zip"}
    assert li.request("POST", "/apps:check", content=packed(), headers=headers).json()["ok"] is True


def test_cases_wait_in_a_short_queue_of_their_own(send, client, monkeypatch):
    """Uploads go on meanwhile, and who comes when the queue is full is told so."""
    names = []
    monkeypatch.setattr(
        "api.routes.app_files.run_cases", lambda *_, **__: names.append(threading.current_thread().name) or []
    )
    assert send("/apps:test", packed()).json() == {"ok": True, "cases": []}
    assert names[0].startswith("fourfold-cases")
    places = client.app.state.edge.cases._places
    taken = sum(places.acquire(blocking=False) for _ in range(100))
    full = send("/apps:test", packed())
    assert (full.status_code, full.json()["code"], "retry-after" in full.headers) == (
        429,
        "too_many_tests",
        True,
    )
    for _ in range(taken):
        places.release()
    assert send("/apps:test", packed()).status_code == 200
