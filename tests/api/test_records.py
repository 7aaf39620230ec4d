"""Records over HTTP: addresses, headers and parameters. What a save means is tested with forms."""

from __future__ import annotations

import pytest

from tests.support.prepared import prepared_by, publishing

LABEL = {"zh": "x", "en": "x"}
APP = {
    "app": {"shop": {"key": "shop", "label": LABEL}},
    "form": {
        "note": {
            "key": "note",
            "label": LABEL,
            "title": "text",
            "fields": [
                {"key": "text", "type": "text", "label": LABEL, "required": True},
                {"key": "amount", "type": "money", "label": LABEL},
                {
                    "key": "lines",
                    "type": "subtable",
                    "label": LABEL,
                    "fields": [{"key": "qty", "type": "int", "label": LABEL}],
                },
            ],
        }
    },
}
RECORDS = "/apps/shop/forms/note/records"


@pytest.fixture
@prepared_by(publishing(APP))
def root(as_user, people):
    return as_user("root")


def create(user, **values):
    answer = user.post(RECORDS, {"text": "hello", **values})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_created_record_is_read_at_its_location(root):
    answer = root.post(RECORDS, {"text": "hello", "amount": "12.50", "lines": [{"qty": 3}]})
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    found = root.get(answer.headers["location"])
    assert found.headers["etag"] == '"1"'
    record = found.json()
    assert (record["amount"], record["lines"][0]["qty"], record["rev"]) == ("12.50", 3, 1)


@pytest.mark.parametrize("revision", [0, -1, 3, "1", True])
def test_a_base_version_that_never_was_is_refused(root, revision):
    one = f"{RECORDS}/{create(root)['id']}"
    root.patch(one, {"amount": "1"})
    (wrong,) = root.patch(one, {"text": "x", "base_version": revision}).json()["errors"]
    assert wrong["pointer"] == "/base_version"
    assert root.get(one).json()["text"] == "hello"


def test_every_error_says_what_to_do(root):
    one = f"{RECORDS}/{create(root)['id']}"
    for answer in (
        root.get(f"{RECORDS}?limit=0"),
        root.get(RECORDS, params={"filter": "amount >"}),
        root.get(RECORDS, params={"filter": 'amount = "x"'}),
        root.get(RECORDS, params={"filter": '{"amount":'}),
        root.post(RECORDS, {"text": "x" * 501, "amount": "1.005"}),
        root.post(RECORDS, []),
        root.patch(one, {"lines": [{"qty": "1.5"}, 5]}),
        root.post(f"{RECORDS}:batch", {"items": []}),
        root.post(f"{RECORDS}:aggregate", {"sort": "zz"}),
    ):
        problem = answer.json()
        assert answer.status_code == 422
        for each in (problem, *problem["errors"]):
            assert each["fix"]["zh"], each
            assert each["fix"]["en"], each


def test_dry_run_answers_and_keeps_nothing(root):
    answer = root.post(f"{RECORDS}?dry_run=true", {"text": "hello"})
    assert (answer.status_code, answer.json()["text"]) == (200, "hello")
    assert root.get(RECORDS).json()["items"] == []


def test_problem_of_a_field_has_its_pointer(root):
    answer = root.post(RECORDS, {"amount": "1"})
    assert answer.status_code == 422
    assert ("/text", "required") in [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def test_if_match_is_strict(root):
    record = create(root)
    url = f"{RECORDS}/{record['id']}"
    assert root.patch(url, {"amount": "1"}, headers={"if-match": '"1"'}).headers["etag"] == '"2"'
    stale = root.patch(url, {"amount": "2"}, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert root.patch(url, {"amount": "2"}, headers={"if-match": "x"}).status_code == 422


def test_list_filters_sorts_and_pages(root):
    for number in range(5):
        create(root, text=f"n{number}", amount=f"{number}.00")
    first = root.get(RECORDS, params={"filter": "amount >= 1", "sort": "-amount", "limit": 2}).json()
    assert [each["amount"] for each in first["items"]] == ["4.00", "3.00"]
    rest = root.get(
        RECORDS, params={"filter": "amount >= 1", "sort": "-amount", "limit": 2, "cursor": first["next"]}
    ).json()
    assert [each["amount"] for each in rest["items"]] == ["2.00", "1.00"]
    body = {
        "filter": {"amount": {"gte": 1}},
        "sort": ["-amount"],
        "fields": ["text"],
        "limit": 1,
        "count": "exact",
    }
    queried = root.post(f"{RECORDS}:query", body).json()
    assert (queried["items"][0]["text"], queried["count"]) == ("n4", 4)
    assert "amount" not in queried["items"][0]


@pytest.mark.parametrize(
    "parameters",
    [
        {"limt": "1"},
        {"limit": "0"},
        {"limit": "501"},
        {"count": "all"},
        {"sort": "nothing"},
        {"fields": "nothing"},
    ],
)
def test_wrong_parameters_are_refused(root, parameters):
    assert root.get(RECORDS, params=parameters).status_code == 422


def test_deleted_record_is_gone(root):
    url = f"{RECORDS}/{create(root)['id']}"
    assert root.delete(url).status_code == 204
    assert root.get(url).status_code == 404


def test_history_tells_who_changed_what(root):
    record = create(root, amount="1.00")
    root.patch(f"{RECORDS}/{record['id']}", {"amount": "2.00"})
    items = root.get(f"{RECORDS}/{record['id']}/history").json()["items"]
    assert [each["op"] for each in items] == ["update", "create"]
    assert items[0]["changes"]["amount"] == ["1.00", "2.00"]
    assert items[0]["actor"] == "root"


def test_schema_of_the_form_names_its_fields(root):
    schema = root.get("/apps/shop/forms/note/schema").json()
    assert {"text", "amount", "lines"} <= set(schema["properties"])


def test_unknown_app_form_and_record_are_not_found(root):
    codes = [
        root.get(url).json()["code"]
        for url in (
            "/apps/none/forms/note/records",
            "/apps/shop/forms/none/records",
            f"{RECORDS}/00000000-0000-7000-8000-000000000000",
        )
    ]
    assert codes == ["app_not_found", "form_not_found", "record_not_found"]


def test_wrong_method_names_all_right_ones(root):
    answer = root.put(f"{RECORDS}/x", {})
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "PATCH", "DELETE"}


def test_create_with_an_idempotency_key_is_done_once(root):
    headers = {"idempotency-key": "click-1"}
    first = root.post(RECORDS, {"text": "once"}, headers=headers)
    second = root.post(RECORDS, {"text": "once"}, headers=headers)
    assert first.json() == second.json()
    assert len(root.get(RECORDS).json()["items"]) == 1


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b""])
def test_body_must_be_an_object(root, body):
    assert root.request("POST", RECORDS, content=body).status_code == 422
