"""Imports and exports over REST, done by the worker."""

from __future__ import annotations

import io
import zipfile

import orjson
import pytest

from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.identity.service import update_user
from engine.jobs.worker import Worker
from tests.forms.imports.desk import DESK, label, publish_desk, workbook

FORM = "/api/v1/apps/desk/forms/customer"
KEEPER = label("管理员", "keeper")


@pytest.fixture
def desk(runtime, people):
    app = publish_desk(runtime)
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        update_user(work, "li", {"roles": ["clerk"]})
    return app


def begin(user, content, **options):
    asked = {"name": "customers.xlsx", "options": orjson.dumps(options).decode()}
    return user.post(f"{FORM}/imports", params=asked, content=content)


def test_an_import_is_done_by_a_worker_and_followed_by_its_owner(runtime, desk, as_user):
    li = as_user("li")
    begun = begin(li, workbook(["名称", "等级"], ["甲", "A"], ["乙", "无"]))
    assert begun.status_code == 202
    assert begun.json()["state"] == "waiting"
    address = begun.headers["location"]
    Worker(runtime).run_due()
    done = li.get(address).json()
    assert (done["state"], done["counts"]) == (
        "done",
        {"inserted": 1, "updated": 0, "unchanged": 0, "failed": 1},
    )
    assert done["progress"] == {"phase": "saving", "done": 2, "total": 2}
    (wrong,) = li.get(f"{address}/errors").json()["items"]
    assert (wrong["row"], wrong["column"], wrong["code"]) == (3, "等级", "not_in_options")
    book = li.get(f"{address}/errors", params={"format": "xlsx"})
    assert zipfile.is_zipfile(io.BytesIO(book.content))
    assert [each["name"] for each in li.get(f"{FORM}/records").json()["items"]] == ["甲"]
    assert as_user("wu").get(address).status_code == 404
    assert [each["id"] for each in li.get(f"{FORM}/imports").json()["items"]] == [done["id"]]


def test_an_uploaded_file_is_imported_and_taken_back(runtime, desk, as_user):
    li = as_user("li")
    uploaded = li.post("/api/v1/uploads", params={"name": "a.xlsx"}, content=workbook(["名称"], ["甲"]))
    assert uploaded.status_code == 201, uploaded.text
    begun = li.post(f"{FORM}/imports", json={"upload": uploaded.json()["id"], "options": {}})
    Worker(runtime).run_due()
    address = begun.headers["location"]
    assert li.get(address).json()["counts"]["inserted"] == 1
    assert li.post(f"{address}:undo").status_code == 403  # new records cannot be deleted without the right to
    keeper = {
        "key": "keeper",
        "label": KEEPER,
        "grants": [{"form": "customer", "actions": ["view", "delete"]}],
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, {**DESK, "role": {**DESK["role"], "keeper": keeper}})
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        update_user(work, "li", {"roles": ["clerk", "keeper"]})
    assert li.post(f"{address}:undo").status_code == 202
    Worker(runtime).run_due()
    undone = li.get(address).json()
    assert (undone["state"], undone["progress"]) == ("undone", {"phase": "undoing", "done": 1, "total": 1})
    assert li.get(f"{FORM}/records").json()["items"] == []
    assert li.post(f"{address}:cancel").status_code == 409


def test_a_cancelled_import_does_nothing(runtime, desk, as_user):
    li = as_user("li")
    address = begin(li, workbook(["名称"], ["甲"])).headers["location"]
    assert li.post(f"{address}:cancel").status_code == 202
    Worker(runtime).run_due()
    assert li.get(address).json()["state"] == "cancelled"
    assert li.get(f"{FORM}/records").json()["items"] == []


def test_who_may_not_import_is_refused(runtime, desk, as_user):
    assert begin(as_user("wu"), workbook(["名称"], ["甲"])).status_code == 403


def test_unknown_options_are_named(runtime, desk, as_user):
    refused = begin(as_user("li"), workbook(["名称"]), modus="insert")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/options/modus"


def test_the_template_is_recognised_column_by_column(runtime, desk, as_user):
    li = as_user("li")
    template = li.get(f"{FORM}/import-template", params={"language": "en"})
    begun = begin(li, template.content)
    Worker(runtime).run_due()
    done = li.get(begun.headers["location"]).json()
    assert [each["code"] for each in done["remarks"]] == ["no_rows"]
    assert set(done["columns"].values()) == {
        "name", "level", "uscc", "region", "phone", "credit", "since", "next_call", "vip", "tags",
        "manager", "note",
    }  # fmt: skip


def test_an_export_holds_what_its_owner_may_see(runtime, desk, as_user):
    root, li = as_user("root"), as_user("li")
    for name in ("甲", "乙"):
        made = root.post(f"{FORM}/records", json={"name": name, "secret": "hidden words", "credit": "5.00"})
        assert made.status_code == 201, made.text
    begun = li.post(f"{FORM}/exports", json={"format": "csv", "filter": 'name = "乙"'})
    assert begun.status_code == 202, begun.text
    address = begun.headers["location"]
    assert li.get(f"{address}/file").status_code == 409
    Worker(runtime).run_due()
    text = li.get(f"{address}/file").content.decode("utf-8-sig")
    header, row = text.splitlines()
    assert "乙" in row
    assert "5.00" in row
    assert "甲" not in text
    assert "内部" not in header
    assert "hidden words" not in text
    refused = li.post(f"{FORM}/exports", json={"fields": ["name", "secret"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_field")


def test_by_names_references_and_what_their_records_are_called_by(runtime, desk, as_user):
    root = as_user("root")
    for by in ({"nothing": "name"}, {"name": "code"}, {"region": "nothing"}):
        (name,) = by
        refused = begin(root, b"x", by=by)
        assert refused.status_code == 422, by
        assert [(each["code"], each["pointer"]) for each in refused.json()["errors"]] == [
            ("unknown_field", f"/options/by/{name}")
        ]
    assert begin(root, "名称\n甲\n".encode(), by={"region": "name", "manager": "name"}).status_code == 202
