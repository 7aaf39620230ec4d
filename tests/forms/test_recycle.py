"""The recycle bin: what is deleted together comes back together, or is removed together."""

from __future__ import annotations

from typing import Any

import pytest

from engine.changes import log
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM, Principal
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.testing import FixedClock
from tests.forms.shop import field, name, option
from tests.support.prepared import prepared_by, publishing

URL = "/api/v1/apps/desk"

FIRM = {
    "key": "firm",
    "label": name("firm"),
    "fields": [
        field("name", "text", required=True, unique=True),
        field("billed", "rollup", form="deal", link="firm", agg="sum", field="amount"),
    ],
}
PERSON = {
    "key": "person",
    "label": name("person"),
    "fields": [
        field("name", "text", required=True),
        field("firm", "ref", form="firm", on_delete="cascade", required=True),
    ],
}
DEAL = {
    "key": "deal",
    "label": name("deal"),
    "fields": [
        field("title", "text", required=True),
        field("firm", "ref", form="firm", on_delete="restrict"),
        field("person", "ref", form="person", on_delete="set_null"),
        field("stage", "select", options=option("open", "won")),
        field("amount", "money"),
        field("due", "rollup", form="plan", link="deal", agg="sum", field="amount"),
        field(
            "guests",
            "subtable",
            fields=[field("who", "ref", form="person", on_delete="set_null"), field("seat", "int")],
        ),
    ],
    "validations": [
        {
            "code": "won_alone",
            "expr": 'stage <> "won" or ISBLANK(person)',
            "field": "person",
            "message": name("won deals have no person"),
        }
    ],
}
PLAN = {
    "key": "plan",
    "label": name("plan"),
    "fields": [
        field("no", "text", required=True, unique=True),
        field("deal", "ref", form="deal", on_delete="cascade", required=True),
        field("amount", "money"),
    ],
}
PAYMENT = {
    "key": "payment",
    "label": name("payment"),
    "fields": [
        field("no", "text"),
        field(
            "allocs",
            "subtable",
            fields=[field("plan", "ref", form="plan", on_delete="restrict"), field("amount", "money")],
        ),
    ],
}
CLERK = {
    "key": "sales_rep",
    "label": name("rep"),
    "grants": [
        {
            "form": "deal",
            "actions": ["view", "create", "update", "delete", "restore"],
            "where": "owner = $me",
            "fields": {"hidden": ["title"]},
        },
        {"form": "person", "actions": ["view", "delete"]},
    ],
}
DESK: dict[str, dict[str, Any]] = {
    "app": {"desk": {"key": "desk", "label": name("desk")}},
    "form": {str(form["key"]): form for form in (FIRM, PERSON, DEAL, PLAN, PAYMENT)},
    "role": {"sales_rep": CLERK},
}


@pytest.fixture
@prepared_by(publishing(DESK))
def root(people: dict[str, Any], as_user: Any) -> Any:
    return as_user("root")


def made(user: Any, form: str, **data: Any) -> str:
    answer = user.post(f"{URL}/forms/{form}/records", json=data)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def got(user: Any, form: str, record: str) -> dict[str, Any]:
    answer = user.get(f"{URL}/forms/{form}/records/{record}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def status(user: Any, form: str, record: str) -> int:
    return int(user.get(f"{URL}/forms/{form}/records/{record}").status_code)


def deleted(user: Any, form: str, record: str) -> str:
    """Deletes; the unit this made."""
    answer = user.delete(f"{URL}/forms/{form}/records/{record}")
    assert answer.status_code == 204, answer.text
    return str(user.get(f"{URL}/recycle").json()["items"][0]["unit"])


@pytest.fixture
def deal(root: Any) -> dict[str, Any]:
    """A deal of 100.00 with three plans and a person as contact and guest."""
    firm = made(root, "firm", name="Acme")
    person = made(root, "person", name="K1", firm=firm)
    record = made(
        root, "deal", title="D", firm=firm, person=person, amount="100", guests=[{"who": person, "seat": 7}]
    )
    plans = [made(root, "plan", no=f"P{index}", deal=record, amount="10") for index in range(3)]
    return {"id": record, "firm": firm, "person": person, "plans": plans}


def test_a_record_comes_back_with_what_went_with_it(root: Any, deal: dict[str, Any]) -> None:
    before = got(root, "deal", deal["id"])
    unit = deleted(root, "deal", deal["id"])
    assert [status(root, "deal", deal["id"])] + [status(root, "plan", p) for p in deal["plans"]] == [404] * 4
    assert (
        got(root, "firm", deal["firm"])["billed"] is None
        or got(root, "firm", deal["firm"])["billed"] == "0.00"
    )
    (item,) = root.get(f"{URL}/recycle").json()["items"]
    assert (item["form"], item["record"], item["title"], item["deleted_by"]) == (
        "deal",
        deal["id"],
        "D",
        "root",
    )
    assert item["records"] == {"deal": 1, "plan": 3}
    answer = root.post(f"{URL}/recycle/{unit}:restore")
    assert answer.status_code == 200, answer.text
    assert answer.json()["records"] == {"plan": 3, "deal": 1}
    after = got(root, "deal", deal["id"])
    moved = {key for key in before if before[key] != after[key]}
    assert moved <= {"rev", "version", "updated_at"}
    assert after["due"] == "30.00"
    assert got(root, "firm", deal["firm"])["billed"] == "100.00"
    assert [got(root, "plan", plan)["amount"] for plan in deal["plans"]] == ["10.00"] * 3
    assert root.get(f"{URL}/recycle").json()["items"] == []
    assert root.post(f"{URL}/recycle/{unit}:restore").status_code == 404


def test_emptied_references_are_set_again(root: Any, deal: dict[str, Any]) -> None:
    unit = deleted(root, "person", deal["person"])
    emptied = got(root, "deal", deal["id"])
    assert (emptied["person"], emptied["guests"][0]["who"], emptied["guests"][0]["seat"]) == (None, None, 7)
    answer = root.post(f"{URL}/recycle/{unit}:restore").json()
    assert (answer["records"], answer["not_linked"]) == ({"person": 1}, [])
    back = got(root, "deal", deal["id"])
    assert (back["person"], back["guests"][0]["who"]) == (deal["person"], deal["person"])


def test_a_reference_that_was_given_a_new_value_keeps_it(root: Any, deal: dict[str, Any]) -> None:
    other = made(root, "person", name="K2", firm=deal["firm"])
    unit = deleted(root, "person", deal["person"])
    root.patch(f"{URL}/forms/deal/records/{deal['id']}", json={"person": other})
    assert root.post(f"{URL}/recycle/{unit}:restore").status_code == 200
    assert got(root, "deal", deal["id"])["person"] == other


def test_a_reference_that_may_no_longer_be_set_is_named(root: Any, deal: dict[str, Any]) -> None:
    unit = deleted(root, "person", deal["person"])
    root.patch(f"{URL}/forms/deal/records/{deal['id']}", json={"stage": "won"})
    answer = root.post(f"{URL}/recycle/{unit}:restore").json()
    assert [(each["form"], each["field"]) for each in answer["not_linked"]] == [("deal", "person")]
    back = got(root, "deal", deal["id"])
    assert (back["person"], back["guests"][0]["who"]) == (None, deal["person"])


def test_a_taken_unique_value_keeps_the_whole_unit_out(root: Any, deal: dict[str, Any]) -> None:
    unit = deleted(root, "deal", deal["id"])
    taking = made(root, "deal", title="other")
    made(root, "plan", no="P1", deal=taking)
    answer = root.post(f"{URL}/recycle/{unit}:restore")
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["pointer"]) == (409, "not_restorable", "/no")
    assert problem["details"]["record"] == deal["plans"][1]
    assert status(root, "deal", deal["id"]) == 404
    assert [status(root, "plan", plan) for plan in deal["plans"]] == [404] * 3


def test_what_a_record_needs_must_come_back_first(root: Any, deal: dict[str, Any]) -> None:
    first = deleted(root, "deal", deal["id"])
    second = deleted(root, "firm", deal["firm"])
    problem = root.post(f"{URL}/recycle/{first}:restore").json()
    assert problem["code"] == "not_restorable"
    assert problem["details"]["needs"] == {"form": "firm", "record": deal["firm"]}
    assert root.post(f"{URL}/recycle/{second}:restore").json()["records"] == {"firm": 1, "person": 1}
    assert root.post(f"{URL}/recycle/{first}:restore").status_code == 200
    assert got(root, "deal", deal["id"])["person"] == deal["person"]


def test_a_reference_to_what_is_gone_is_emptied_where_it_may_be(root: Any, deal: dict[str, Any]) -> None:
    first = deleted(root, "deal", deal["id"])
    deleted(root, "person", deal["person"])
    assert root.post(f"{URL}/recycle/{first}:restore").status_code == 200
    back = got(root, "deal", deal["id"])
    assert (back["person"], back["guests"][0]["who"], back["firm"]) == (None, None, deal["firm"])


def test_a_restricted_delete_deep_inside_changes_nothing(root: Any, deal: dict[str, Any]) -> None:
    made(root, "payment", no="R", allocs=[{"plan": deal["plans"][2], "amount": "5"}])
    answer = root.delete(f"{URL}/forms/deal/records/{deal['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "restrict")
    assert answer.json()["details"]["references"] == {"payment.allocs": 1}
    assert [status(root, "plan", plan) for plan in deal["plans"]] == [200] * 3
    assert root.get(f"{URL}/recycle").json()["items"] == []


def test_purging_removes_rows_and_keeps_history(root: Any, deal: dict[str, Any], runtime: Runtime) -> None:
    said = root.post(f"{URL}/forms/deal/records/{deal['id']}/comments", {"body": "a word about a person"})
    assert said.status_code == 201, said.text
    unit = deleted(root, "deal", deal["id"])
    assert root.delete(f"{URL}/recycle/{unit}").status_code == 204
    with runtime.reading(SYSTEM) as work:
        for table in ("desk_deal", "desk_deal__guests", "desk_plan", "ff_recycled", "ff_comment"):
            assert work.row(f"SELECT count(*) FROM {table}") == (0,)
        kept = log.of_record(work, "desk", "deal", deal["id"])
    assert [each.op for each in kept][:2] == ["purge", "delete"]
    assert root.post(f"{URL}/recycle/{unit}:restore").status_code == 404
    made(root, "plan", no="P1", deal=made(root, "deal", title="new"))


def test_what_other_deleted_records_name_is_purged_after_them(root: Any, deal: dict[str, Any]) -> None:
    first = deleted(root, "deal", deal["id"])
    second = deleted(root, "firm", deal["firm"])
    problem = root.delete(f"{URL}/recycle/{second}")
    assert (problem.status_code, problem.json()["code"]) == (409, "still_referenced")
    assert problem.json()["details"]["references"] == {"deal": 2, "deal.guests": 1}
    assert root.delete(f"{URL}/recycle/{first}").status_code == 204
    assert root.delete(f"{URL}/recycle/{second}").status_code == 204


def test_people_see_and_restore_what_their_grants_have(root: Any, as_user: Any, deal: dict[str, Any]) -> None:
    li, wu = as_user("li"), as_user("wu")
    own = made(root, "deal", title="mine", owner="li")
    assert li.delete(f"{URL}/forms/deal/records/{own}").status_code == 204
    deleted(root, "deal", deal["id"])
    (item,) = li.get(f"{URL}/recycle").json()["items"]
    assert (item["record"], item["title"], item["records"]) == (own, None, {"deal": 1})
    assert wu.get(f"{URL}/recycle").json()["items"] == []
    assert wu.get(f"{URL}/recycle?form=firm").status_code == 403
    assert wu.post(f"{URL}/recycle/{item['unit']}:restore").status_code == 404
    assert wu.delete(f"{URL}/recycle/{item['unit']}").status_code == 403
    assert li.post(f"{URL}/forms/deal/records/{own}:restore").json()["record"] == own
    assert li.post(f"{URL}/forms/deal/records/{deal['id']}:restore").status_code == 404
    assert got(li, "deal", own)["owner"] == "li"


def test_pages_of_the_bin_lead_on(root: Any) -> None:
    for index in range(5):
        deleted(root, "firm", made(root, "firm", name=f"f{index}"))
    first = root.get(f"{URL}/recycle?form=firm&limit=3").json()
    second = root.get(f"{URL}/recycle?form=firm&limit=3&before={first['next']}").json()
    titles = [item["title"] for item in first["items"] + second["items"]]
    assert (titles, second["next"]) == (["f4", "f3", "f2", "f1", "f0"], None)


def test_old_units_are_removed_after_the_days_of_the_app(
    root: Any, deal: dict[str, Any], runtime: Runtime, clock: FixedClock
) -> None:
    settings = {"key": "desk", "label": name("desk"), "recycle_days": 30}
    with runtime.unit_of_work(Principal(user="root", is_admin=True)) as work:
        publish(work, {**DESK, "app": {"desk": settings}})
    deleted(root, "deal", deal["id"])
    worker = Worker(runtime)
    worker.run_due()
    assert len(root.get(f"{URL}/recycle").json()["items"]) == 1
    clock.advance(days=31)
    worker.run_due()
    with runtime.reading(SYSTEM) as work:
        assert work.row("SELECT count(*) FROM ff_recycled") == (0,)
        assert work.row("SELECT count(*) FROM desk_plan") == (0,)
