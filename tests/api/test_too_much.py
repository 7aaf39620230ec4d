"""Bodies in which too much is wrong: the first errors are told, and how many there are."""

from __future__ import annotations

import pytest

from api.errors import problem
from engine.definitions.publish import publish
from engine.errors import MOST_TOLD, Invalid
from engine.findings import error, text
from engine.identity.principal import SYSTEM
from tests.api.labelled_shop import LABEL, RECORDS, publish_shop
from tests.support.prepared import prepared_by


@pytest.fixture
@prepared_by(publish_shop)
def shop(people):
    """The shop, published."""


@pytest.fixture
def root(shop, as_user):
    return as_user("root")


def unknown(count):
    return {f"nix_{each}": each for each in range(count)}


def test_the_first_thousand_are_told_and_how_many_there_are(root):
    answer = root.post(RECORDS, {"name": "a", **unknown(3000)})
    assert answer.status_code == 422
    found = answer.json()
    assert (len(found["errors"]), found["errors_in_all"]) == (MOST_TOLD, 3000)
    assert found["message"]["zh"].endswith("共有 3000 处错误，此处列出前 1000 处。")
    assert found["message"]["en"].endswith("There are 3000 errors; the first 1000 are told here.")
    assert [each["pointer"] for each in found["errors"][:2]] == ["/nix_0", "/nix_1"]


def test_of_fewer_all_are_told(root):
    found = root.post(RECORDS, {"name": "a", **unknown(MOST_TOLD)}).json()
    assert len(found["errors"]) == MOST_TOLD
    assert "errors_in_all" not in found


def test_what_is_wrong_inside_a_new_record_counts_too():
    wrong = [error("wrong", f"/{each}", text("错。", "Wrong.")) for each in range(5)]
    found = problem(Invalid(wrong, further=7), most=3)
    assert [len(found["errors"]), found["errors_in_all"]] == [3, 12]


@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_a_batch_tells_no_more_in_all(root, mode):
    items = [{"op": "create", "record": unknown(40)} for _ in range(50)]
    answer = root.post(f"{RECORDS}:batch", {"mode": mode, "items": items}).json()
    if mode == "atomic":
        assert len(answer["errors"]) == MOST_TOLD
        assert answer["errors_in_all"] > MOST_TOLD
        return
    told = [len(each["problem"]["errors"]) for each in answer["items"]]
    assert min(told) >= 1
    assert sum(told) <= MOST_TOLD + len(items)
    assert all(each["problem"].get("errors_in_all", 41) >= 40 for each in answer["items"])


def test_unknown_keys_of_a_request_are_counted(root):
    found = root.post(f"{RECORDS}:batch", {"items": [], **unknown(1500)}).json()
    assert (len(found["errors"]), found["errors_in_all"]) == (MOST_TOLD, 1500)


LONG = {
    "words": {"type": "tags"},
    "several": {"type": "refs", "form": "customer"},
    "people": {"type": "users"},
    "papers": {"type": "files"},
    "ticks": {"type": "multiselect", "options": [{"key": "a", "label": LABEL}]},
}


def test_a_list_that_is_much_too_long_is_not_looked_through(runtime, people, as_user):
    """Every item of it is wrong, too; only the length is told."""
    fields = [{"key": key, "label": LABEL, **kind} for key, kind in LONG.items()]
    note = {"key": "note", "label": LABEL, "fields": fields}
    customer = {"key": "customer", "label": LABEL, "fields": [{"key": "x", "label": LABEL, "type": "text"}]}
    with runtime.unit_of_work(SYSTEM) as work:
        app = {"shop": {"key": "shop", "label": LABEL}}
        publish(work, {"app": app, "form": {"note": note, "customer": customer}})
    body = {key: [5] * 3000 for key in LONG}
    found = as_user("root").post("/apps/shop/forms/note/records", body).json()["errors"]
    codes = {each["pointer"]: each["code"] for each in found}
    assert codes == {f"/{key}": "too_many_files" if key == "papers" else "too_many" for key in LONG}
