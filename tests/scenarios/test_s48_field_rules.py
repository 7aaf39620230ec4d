"""S48: what a role may not see of a record is not there, by no way; what is masked is found by no part of it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.scenarios.crm import Crm
from tests.scenarios.deals import contract, quote_at
from tests.scenarios.fixture import RECORDS

PRODUCTS, CUSTOMERS = RECORDS.format("product"), RECORDS.format("customer")
MASKED = "138****5678"


def refused(crm: Crm, user: str, form: str, **params: str) -> tuple[int, Any]:
    answer = crm.by(user).get(RECORDS.format(form), params=params)
    return answer.status_code, answer.json().get("code")


def li_finds(crm: Crm, words: str) -> list[dict[str, Any]]:
    """What the search shows the owner of the customer."""
    found: list[dict[str, Any]] = crm.by("li").get("/apps/crm/search", params={"q": words}).json()["items"]
    return found


@pytest.mark.parametrize("name", ["cost", "nothing"])
def test_a_hidden_field_is_answered_as_one_that_does_not_exist(crm: Crm, name: str) -> None:
    for params in ({"sort": name}, {"filter": f"{name} > 40"}, {"fields": f"name,{name}"}):
        assert refused(crm, "li", "product", **params) == (422, "unknown_field")
    li = crm.by("li")
    asked = {"measures": {"m": {"agg": "sum", "field": name}}}
    assert li.post(f"{PRODUCTS}:aggregate", asked).json()["code"] == "unknown_field"
    spec = {"from": "product", "measures": [{"id": "m", "agg": "sum", "field": name}]}
    assert li.post("/apps/crm/draft/reports:preview", spec).json()["code"] == "unknown_field"
    spec = {"from": "product", "measures": [{"id": "m", "agg": "sum", "expr": f"{name} * 2"}]}
    assert li.post("/apps/crm/draft/reports:preview", spec).status_code == 422


def test_a_quote_is_not_ordered_by_a_hidden_margin(crm: Crm) -> None:
    quote_at(crm, "8")
    assert refused(crm, "li", "quote", sort="margin") == (422, "unknown_field")
    assert crm.by("liu").get(RECORDS.format("quote"), params={"sort": "margin"}).status_code == 200


def test_cost_is_in_no_payload_of_who_may_not_see_it(crm: Crm) -> None:
    li, product = crm.by("li"), crm.ids["P1"]
    for path in (PRODUCTS, f"{PRODUCTS}/{product}", "/apps/crm/forms/product/schema"):
        assert '"cost"' not in li.get(path).text, path
    history = li.get(f"{PRODUCTS}/{product}/history").json()["items"]
    assert all("cost" not in each["changes"] for each in history)
    assert any("cost" in each for each in crm.history("product", product))


def test_a_hidden_field_is_not_written_even_with_the_value_it_has(crm: Crm) -> None:
    assert crm.patch("li", "product", crm.ids["P1"], cost="38.00").status_code == 403
    quote = quote_at(crm, "8")
    rows = [{"id": quote["lines"][0]["id"], "cost": "70.00"}]
    assert crm.patch("li", "quote", quote["id"], lines=rows).status_code in {403, 422}


def test_a_colleague_sees_the_phone_of_a_shared_customer_masked(crm: Crm) -> None:
    place = f"{CUSTOMERS}/{crm.ids['C1']}"
    assert crm.by("sun").get(place).status_code == 404
    assert crm.by("li").put(f"{place}/collaborators/sun", {"level": "read"}).status_code == 200
    assert crm.by("sun").get(place).json()["phone"] == MASKED
    for user in ("li", "wang", "liu"):
        assert crm.by(user).get(place).json()["phone"].endswith("13812345678")
    sun = crm.by("sun")
    assert [each["id"] for each in li_finds(crm, "1381234")] == [crm.ids["C1"]]
    assert [each["field"] for each in li_finds(crm, "鼎盛")] == ["name"]
    listed = sun.get(CUSTOMERS, params={"fields": "name,phone"}).json()["items"]
    assert [each["phone"] for each in listed] == [MASKED]
    assert sun.get("/apps/crm/search", params={"q": "1381234"}).json()["items"] == []
    named = sun.get("/apps/crm/search", params={"q": "鼎盛"}).json()["items"]
    assert [each["id"] for each in named] == [crm.ids["C1"]]
    assert refused(crm, "sun", "customer", filter='CONTAINS(phone, "1381234")')[0] in {200, 422}
    part = sun.get(CUSTOMERS, params={"filter": 'STARTSWITH(phone, "+86138")'})
    assert part.status_code == 422 or part.json()["items"] == []


def test_a_duplicate_check_says_exists_and_no_more(crm: Crm) -> None:
    def asked(user: str, value: object, field: str = "phone") -> tuple[int, dict[str, Any]]:
        answer = crm.by(user).post(f"{CUSTOMERS}:exists", {"field": field, "value": value})
        return answer.status_code, answer.json()

    assert asked("sun", "13812345678") == (200, {"exists": True})  # of a customer that sun does not see
    assert asked("sun", "+86 138 1234 5678") == (200, {"exists": True})
    assert asked("sun", "13812345679") == (200, {"exists": False})
    assert asked("sun", "1381234") == (200, {"exists": False})
    for field in ("credit_limit", "email", "nothing"):
        status, problem = asked("sun", "1", field)
        assert (status, problem["code"]) == (422, "unknown_field")
    assert asked("xu", "13812345678")[0] == 403  # agents create no customers


def test_an_export_has_no_hidden_column_and_no_masked_value(crm: Crm) -> None:
    begun = crm.by("lin").post("/apps/crm/forms/lead/exports", {"format": "csv", "headers": "key"})
    assert begun.status_code == 202, begun.text
    begun = crm.by("wang").post("/apps/crm/forms/customer/exports", {"format": "csv", "headers": "key"})
    crm.work()
    file = crm.by("wang").get(f"{begun.headers['location']}/file").content.decode("utf-8-sig")
    names = {row["name"] for row in csv.DictReader(io.StringIO(file))}
    assert names == {each["name"] for each in crm.all("customer", user="wang")}
    assert crm.by("li").post("/apps/crm/forms/customer/exports", {"format": "csv"}).status_code == 403


def test_the_identity_number_is_masked_for_the_management_too(crm: Crm) -> None:
    made = contract(
        crm, "1000.00", user="root", customer="C1", type="subscription", id_no="11010519491231002X"
    )
    for user in ("fang", "zheng", "li"):
        seen = crm.get("contract", made["id"], user=user)
        assert seen.get("id_no", "").startswith("1101**"), user
        assert "id_photo" not in seen


def test_archived_messages_are_told_to_their_owner_and_the_region_alone(crm: Crm) -> None:
    made = crm.create(
        "root",
        "activity",
        type="wecom",
        content="合同价可再谈",
        customer=crm.ids["C1"],
        subject="会话",
        owner="li",
        dept="east_js",
    )
    shown = {
        user: "content" in crm.get("activity", made["id"], user=user)
        for user in ("li", "wang", "liu", "root")
    }
    assert shown == {"li": True, "wang": True, "liu": False, "root": True}
