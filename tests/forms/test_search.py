"""Searching: what is found, by whom, and that every save keeps it right."""

from __future__ import annotations

import pytest

from engine.definitions.publish import publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from tests.forms.shop import CUSTOMER, REP, SHOP
from tests.support.prepared import prepared_by

URL = "/apps/shop/forms/customer/records"
ROLE = {**REP, "key": "sales_rep"}


def with_search(*fields):
    customer = {**CUSTOMER, "search": list(fields)}
    return {**SHOP, "form": {**SHOP["form"], "customer": customer}, "role": {"sales_rep": ROLE}}


def put(runtime, *fields):
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, with_search(*fields))


def publish_searched(runtime):
    put(runtime, "name", "phone", "secret")


@pytest.fixture
@prepared_by(publish_searched)
def root(people, as_user):
    return as_user("root")


def create(user, name, **more):
    answer = user.post(URL, {"name": name, **more})
    assert answer.status_code == 201, answer.text
    return f"{URL}/{answer.json()['id']}"


def found(user, question, **more):
    return [
        each["title"]
        for each in user.get("/apps/shop/search", params={"q": question, **more}).json()["items"]
    ]


@pytest.mark.parametrize(
    "question",
    ["鼎盛", "酿酒", "盛酿酒", "鼎", "厂", "苏州 酒厂", "ABC", "ａｂ", "c9", "9"],
)
def test_words_parts_and_single_characters_are_found(root, question):
    create(root, "苏州鼎盛酿酒厂 Abc9")
    create(root, "杭州")
    assert found(root, question) == ["苏州鼎盛酿酒厂 Abc9"]


@pytest.mark.parametrize("question", ["盛鼎", "鼎酿", "abcd", "苏州 杭州", "ac"])
def test_pairs_that_only_meet_elsewhere_are_not(root, question):
    create(root, "苏州鼎盛酿酒厂 abxbc")
    assert found(root, question) == []


def test_every_save_keeps_the_words_right(root):
    address = create(root, "青禾", secret="甲乙")
    root.patch(address, {"name": "白云", "secret": None})
    assert (found(root, "青禾"), found(root, "甲乙"), found(root, "白云")) == ([], [], ["白云"])
    root.delete(address)
    assert found(root, "白云") == []


def test_batch_and_bulk_change_keep_the_words_right(root):
    items = [{"op": "create", "record": {"name": f"青禾{n}号"}} for n in range(30)]
    assert root.post(f"{URL}:batch", {"items": items}).json()["done"] == 30
    assert len(found(root, "青禾", limit=100)) == 30
    root.post(f"{URL}:update", {"filter": 'CONTAINS(name, "青禾")', "set": {"secret": "暗号"}})
    assert len(found(root, "暗号", limit=100)) == 30


def test_refused_save_leaves_no_words(root):
    create(root, "青禾")
    assert root.post(URL, {"name": "青禾", "secret": "甲乙"}).status_code == 422
    assert root.post(f"{URL}?dry_run=true", {"name": "白云"}).status_code == 200
    assert (found(root, "甲乙"), found(root, "白云")) == ([], [])


def test_rights_on_rows_and_fields_hold(root, as_user):
    li = as_user("li")
    create(root, "根的客户", secret="暗号", level="a")
    mine = create(li, "我的客户")
    root.patch(mine, {"secret": "暗号"})
    assert found(li, "客户") == ["我的客户"]
    assert found(li, "暗号") == []
    assert found(root, "暗号") == ["我的客户", "根的客户"]
    assert found(as_user("zheng"), "客户") == []


def test_where_the_word_stands_is_shown(root):
    create(root, "a", phone="13812345678")
    (item,) = root.get("/apps/shop/search", params={"q": "8123"}).json()["items"]
    assert (item["field"], item["form"]) == ("phone", "customer")
    assert "8123" in item["excerpt"]


def test_pages_follow_each_other(root):
    for number in range(5):
        create(root, f"青禾{number}")
    first = root.get("/apps/shop/search", params={"q": "青禾", "limit": 3}).json()
    rest = root.get("/apps/shop/search", params={"q": "青禾", "limit": 3, "cursor": first["next"]}).json()
    titles = [each["title"] for each in first["items"] + rest["items"]]
    assert titles == [f"青禾{number}" for number in (4, 3, 2, 1, 0)]
    assert rest["next"] is None


def test_records_from_before_become_findable(runtime, people, as_user):
    put(runtime)
    root = as_user("root")
    for number in range(3):
        create(root, f"青禾{number}", secret="暗号")
    put(runtime, "name", "secret")
    assert found(root, "青禾") == []
    Worker(runtime).run_due()
    assert len(found(root, "青禾")) == 3
    put(runtime, "name")
    Worker(runtime).run_due()
    assert (len(found(root, "青禾")), found(root, "暗号")) == (3, [])


def test_questions_that_ask_nothing_are_refused(root):
    for parameters in (
        {},
        {"q": " . "},
        {"q": "a b c d e f g h i j k"},
        {"q": "x" * 201},
        {"q": "a", "forms": "no"},
        {"q": "a", "cursor": "zz"},
        {"q": "a", "cursor": ""},
    ):
        assert root.get("/apps/shop/search", params=parameters).status_code in (404, 422)


@pytest.mark.parametrize(("key", "code"), [("nothing", "unknown_field"), ("credit", "not_searchable")])
def test_fields_that_hold_no_text_are_refused(runtime, people, key, code):
    with pytest.raises(Invalid) as refused:
        put(runtime, "name", key)
    assert (code, "/forms/customer/search/1") in [
        (each.code, each.pointer) for each in refused.value.findings
    ]
