"""Comments over HTTP."""

from __future__ import annotations

import pytest

from tests.forms.shop import SHOP
from tests.support.prepared import prepared_by, publishing

URL = "/apps/shop/forms/customer/records"
MINE = {"form": "customer", "actions": ["view", "create", "update", "comment"], "where": "owner = $me"}
READS = {"form": "customer", "actions": ["view"], "where": 'level = "a"'}
ROLE = {"key": "sales_rep", "label": {"zh": "x", "en": "x"}, "grants": [MINE, READS]}


@pytest.fixture
@prepared_by(publishing({**SHOP, "role": {"sales_rep": ROLE}}))
def li(people, as_user):
    return as_user("li")


@pytest.fixture
def comments(li):
    record = li.post(URL, {"name": "a", "level": "a"}).json()
    return f"{URL}/{record['id']}/comments"


def test_comments_are_listed_in_order_and_paged(li, comments):
    for number in range(3):
        assert li.post(comments, {"body": f" n{number} "}).status_code == 201
    first = li.get(f"{comments}?limit=2").json()
    assert [each["body"] for each in first["items"]] == ["n0", "n1"]
    rest = li.get(f"{comments}?limit=2&after={first['next']}").json()
    assert ([each["body"] for each in rest["items"]], rest["next"]) == (["n2"], None)
    assert first["items"][0]["author"] == "li"


def test_mentioned_colleague_who_sees_the_record_is_told(li, comments, as_user):
    assert li.post(comments, {"body": "look", "mentions": ["sun"]}).status_code == 201
    (notice,) = as_user("sun").get("/notifications").json()["items"]
    assert (notice["body"], notice["form"]) == ("look", "customer")


def test_who_may_not_see_the_record_cannot_be_called_to_it(li, comments):
    answer = li.post(comments, {"body": "look", "mentions": ["sun", "zheng", "nobody"]})
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/mentions/1", "/mentions/2"]
    assert li.get(comments).json()["items"] == []


def test_only_who_may_comment_comments_and_only_the_author_edits(li, comments, as_user):
    made = li.post(comments, {"body": "mine"}).json()
    sun = as_user("sun")  # sees the record, may not comment on it
    assert sun.get(comments).json()["items"][0]["body"] == "mine"
    assert sun.post(comments, {"body": "x"}).status_code == 403
    assert sun.patch(f"{comments}/{made['id']}", {"body": "x"}).status_code == 403
    assert sun.delete(f"{comments}/{made['id']}").status_code == 403
    edited = li.patch(f"{comments}/{made['id']}", {"body": "ours"}).json()
    assert edited["body"] == "ours"
    assert edited["edited_at"] is not None


def test_unseen_record_has_no_comments(li, comments, as_user):
    stranger = as_user("zheng")
    assert stranger.get(comments).status_code == 404
    assert stranger.post(comments, {"body": "x"}).status_code == 404


def test_removed_comment_keeps_its_place_and_loses_its_text(li, comments, as_user):
    made = li.post(comments, {"body": "wrong"}).json()
    answer = li.post(comments, {"body": "why?", "answers": made["id"]}).json()
    assert as_user("root").delete(f"{comments}/{made['id']}").status_code == 204
    first, second = li.get(comments).json()["items"]
    assert (first["body"], second["answers"]) == (None, made["id"])
    assert li.patch(f"{comments}/{made['id']}", {"body": "x"}).json()["code"] == "comment_removed"
    assert li.delete(f"{comments}/{answer['id']}").status_code == 204


@pytest.mark.parametrize(
    "body",
    [{}, {"body": "  "}, {"body": "x" * 4001}, {"body": "x", "answers": 1}, {"body": "x", "mentions": "sun"}],
)
def test_malformed_comments_are_refused(li, comments, body):
    assert li.post(comments, body).status_code == 422


def test_deleted_record_has_no_comments(li, comments, as_user):
    li.post(comments, {"body": "x"})
    assert as_user("root").delete(comments.removesuffix("/comments")).status_code == 204
    assert li.get(comments).status_code == 404
