"""What people learn of the record's values through a flow: shares of steps, timelines, failures."""

from __future__ import annotations

import pytest

from engine.definitions.publish import publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from forms.api_records import get_json
from forms.history import history_json
from tests.flows.desk import ALL, DISCOUNT, approval, documents, edges, end, name, one_step, start

HIDING = {
    "sales_rep": [
        {
            "form": "deal",
            "actions": ["view", "create", "update", "history"],
            "where": "owner = $me",
            "fields": {"hidden": ["limit", "lines.checked"]},
        },
    ],
    "regional_manager": [ALL],
}
FLOW = one_step(
    approval("n", {"user": "qian"}, write=["limit", "note", "lines.checked"], hidden=["amount", "lines.item"])
)


def publish_hiding(desk, *flows):
    """The app where sales reps do not see limits and checks."""
    found = documents(*flows)
    for key, grants in HIDING.items():
        found["role"][key]["grants"] = grants
    with desk.runtime.unit_of_work(SYSTEM, source="engine") as work:
        publish(work, found)


def read(desk, user, record, **more):
    with desk.reading(user) as work:
        return get_json(work, work.app("desk"), desk.form(work, "deal"), record, **more)


def changes(desk, user, record):
    with desk.reading(user) as work:
        found = history_json(work, work.app("desk"), desk.form(work, "deal"), record)["items"]
    return {key: moved for item in reversed(found) for key, moved in item["changes"].items()}


def data(desk, key, user, kind):
    [found] = [item["data"] for item in desk.timeline(key, user) if item["kind"] == kind]
    return found


def decided(desk, choice="approve"):
    """A deal where qian filled in the limit and a note; (record, instance)."""
    publish_hiding(desk, FLOW)
    deal = desk.deal()
    key = desk.submit(deal)
    desk.decide("qian", choice, values={"limit": "700", "note": "fine"})
    return deal, key


@pytest.mark.parametrize(("choice", "kind"), [("approve", "approved"), ("reject", "rejected")])
def test_the_timeline_shows_written_values_to_those_who_see_the_field(desk, choice, kind):
    deal, key = decided(desk, choice)
    everything = {"limit": ["0.00", "700.00"], "note": [None, "fine"]}
    assert "limit" not in read(desk, "li", deal)
    assert data(desk, key, "li", kind) == {"note": [None, "fine"]}
    for user in ("root", "wang", "qian"):
        assert data(desk, key, user, kind) == everything


def test_who_takes_part_without_any_right_sees_what_nobody_hides(desk):
    from engine.identity.service import update_user

    _, key = decided(desk)
    with desk.work("root") as work:
        update_user(work, "li", {"roles": ["nobody"]})
    assert data(desk, key, "li", "approved") == {"note": [None, "fine"]}


def test_who_lost_the_record_sees_no_values(desk):
    deal, key = decided(desk)
    desk.write("root", deal, owner="sun")
    assert data(desk, key, "li", "approved") == {}


def test_summaries_of_actions_are_for_administrators(desk):
    _, key = decided(desk)
    for user in ("li", "wang", "qian"):
        acted = [item["data"] for item in desk.timeline(key, user) if item["kind"] == "acted"]
        assert acted == [{"list": "actions"}, {"list": "actions"}]
    assert all("actions" in item["data"] for item in desk.timeline(key) if item["kind"] == "acted")


def test_findings_of_a_failure_are_for_who_acted_and_administrators(desk):
    from flows.decisions import note_failure
    from forms import records

    desk.publish(DISCOUNT)
    item = desk.make("item", sku="a")
    key = desk.submit(desk.deal(amount=150_00, reason="r", lines=[{"item": item, "qty": 1}]))
    with desk.work("root") as work:
        records.update(work, desk.form(work, "item"), item, {"on": False})
    task = desk.task("liu")
    with pytest.raises(Invalid) as refused:
        desk.decide("liu")
    with desk.work("liu") as work:
        note_failure(work, task, refused.value)
    for user in ("liu", "root"):
        assert data(desk, key, user, "failed")["errors"][0]["code"] == "item_off"
        assert desk.instance(key, user)["tasks"][0]["error"]["errors"][0]["code"] == "item_off"
    for user in ("li", "wang"):
        seen = data(desk, key, user, "failed")
        assert (seen["code"], seen["node"], seen["action"]) == ("invalid", "effects", "create_record")
        assert "errors" not in seen
        assert "errors" not in desk.instance(key, user)["tasks"][0]["error"]
    assert "errors" not in desk.tasks("li", "started")[0]["error"]


def test_a_step_hides_its_fields_and_shows_those_it_asks_to_fill_in(desk):
    publish_hiding(desk, FLOW)
    item = desk.make("item", sku="a")
    deal = desk.deal(lines=[{"item": item, "qty": 2}])
    desk.submit(deal)
    seen = read(desk, "qian", deal)
    assert "amount" not in seen
    assert (seen["limit"], seen["name"]) == ("0.00", "d")
    [row] = seen["lines"]
    assert (row["qty"], row["checked"]) == (2, False)
    assert "item" not in row
    assert read(desk, "li", deal)["amount"] == "50.00"
    known = changes(desk, "qian", deal)
    assert "amount" not in known
    assert known["limit"] == [None, "0.00"]
    assert "item" not in known["lines"]["insert"][0]
    desk.decide("qian", values={"limit": "700"})
    assert read(desk, "qian", deal)["limit"] == "700.00"


def test_a_hidden_field_cannot_be_asked_for_by_name(desk):
    publish_hiding(desk, FLOW)
    deal = desk.deal()
    desk.submit(deal)
    assert read(desk, "root", deal, fields=[("id",), ("amount",)])["amount"] == "50.00"
    assert "amount" not in read(desk, "qian", deal, fields=[("id",), ("amount",)])


def test_shares_of_different_steps_show_different_fields(desk):
    flow = {
        "key": "two",
        "label": name("two"),
        "form": "deal",
        "nodes": [
            start(),
            approval("n1", {"user": "qian"}, hidden=["amount"], write=["limit"]),
            approval("n2", {"users": ["zhao", "qian"]}, hidden=["note"], mode="all", repeat="again"),
            end("ok", "approved"),
            end("no", "rejected"),
        ],
        "edges": edges("start>n1 n1>n2:approve n1>no:reject n2>ok:approve n2>no:reject"),
    }
    publish_hiding(desk, flow)
    first, second = desk.deal(note="a"), desk.deal(note="b")
    for deal in (first, second):
        desk.submit(deal)
    [task] = [task["id"] for task in desk.tasks("qian") if task["record"] == second]
    desk.decide("qian", task=task)

    def seen(user, deal):
        return {"amount", "note", "limit"} & read(desk, user, deal).keys()

    assert seen("qian", first) == {"note", "limit"}
    assert seen("zhao", second) == {"amount"}
    # asked by both steps: what either of them shows
    assert seen("qian", second) == {"amount", "note", "limit"}
    assert seen("qian", first) == {"note", "limit"}


def test_whoever_takes_over_a_task_sees_as_much(desk):
    publish_hiding(desk, FLOW)
    deal = desk.deal()
    desk.submit(deal)
    desk.act("qian", "transfer", desk.task("qian"), to="zhao")
    seen = read(desk, "zhao", deal)
    assert "amount" not in seen
    assert seen["limit"] == "0.00"


def test_a_step_takes_nothing_from_people_with_grants(desk):
    publish_hiding(desk, one_step(approval("n", {"user": "wang"}, hidden=["amount"])))
    deal = desk.deal()
    desk.submit(deal)
    assert read(desk, "wang", deal)["amount"] == "50.00"
