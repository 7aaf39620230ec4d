"""What conditions and validations say is told together with what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.api_records import create_json, update_json
from forms.compiled import compiled_form
from tests.forms.shop import field, name, option
from tests.support.client import AsUser, SignedIn

CLIENT = {"key": "client", "label": name("client"), "fields": [field("name", "text", required=True)]}
ORDER: dict[str, Any] = {
    "key": "order",
    "label": name("order"),
    "fields": [
        field("kind", "select", options=option("plain", "gift"), default="plain", required=True),
        field("client", "ref", form="client"),
        field("amount", "money"),
        field("tax", "formula", result={"type": "money"}, expr="amount * 0.1"),
        field("day", "date"),
        field("until", "date", default={"expr": 'DATEADD("day", 7, day)'}),
        field("to", "text", required='kind = "gift"'),
        field("reason", "text", required="amount > 100"),
        field("tip", "text", required="tax > 1"),
        field("paper", "text", required=True, visible='kind = "gift"'),
        field("place", "text", required="COUNT(lines) > 1"),
        field(
            "lines",
            "subtable",
            fields=[
                field("qty", "int"),
                field("size", "text", required="qty > 5"),
                field("wrap", "text", required='parent.kind = "gift"'),
            ],
            validations=[{"code": "few", "expr": "qty > 0", "field": "qty", "message": name("Few.")}],
        ),
    ],
    "validations": [
        {"code": "late", "expr": "until >= day", "field": "until", "message": name("Late.")},
        {"code": "much", "expr": "amount < 1000", "field": "amount", "message": name("Much.")},
    ],
}


def documents(**more: Any) -> dict[str, Any]:
    form = {"client": CLIENT, "order": ORDER}
    return {"app": {"shop": {"key": "shop", "label": name("shop")}}, "form": form, **more}


@pytest.fixture
def shop(runtime: Runtime, people: dict[str, Any]) -> Runtime:
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents())
    return runtime


def told(runtime: Runtime, body: dict[str, Any], record: str | None = None) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as wrong, runtime.unit_of_work(SYSTEM) as work:
        app = work.app("shop")
        form = compiled_form(app, "order")
        if record is None:
            create_json(work, app, form, body)
        else:
            update_json(work, app, form, record, body)
    found = [(each.pointer, each.code) for each in wrong.value.findings]
    assert len(found) == len(set(found))
    return sorted(found)


def saved(runtime: Runtime, **body: Any) -> str:
    with runtime.unit_of_work(SYSTEM) as work:
        app = work.app("shop")
        return str(create_json(work, app, compiled_form(app, "order"), body)["id"])


def test_conditions_and_validations_are_told_with_what_cannot_be_read(shop: Runtime) -> None:
    body = {"kind": "gift", "amount": "2000", "day": "tomorrow"}
    assert told(shop, body) == [
        ("/amount", "much"),
        ("/day", "bad_date"),
        ("/paper", "required"),
        ("/reason", "required"),
        ("/tip", "required"),
        ("/to", "required"),
    ]


def test_what_reads_an_unreadable_value_waits(shop: Runtime) -> None:
    # `reason` reads the amount, `tip` what is computed from it, `late` a default made from the day
    assert told(shop, {"amount": "a lot", "day": "soon", "kind": "plain"}) == [
        ("/amount", "wrong_type"),
        ("/day", "bad_date"),
    ]
    assert told(shop, {"kind": "other", "amount": "2000"}) == [
        ("/amount", "much"),
        ("/kind", "not_in_options"),
        ("/reason", "required"),
        ("/tip", "required"),
    ]


def test_rows_are_judged_one_by_one(shop: Runtime) -> None:
    lines = [{"qty": "x"}, {"qty": 9}, {"qty": 0, "wrap": "w"}]
    assert told(shop, {"kind": "gift", "to": "a", "paper": "p", "place": "here", "lines": lines}) == [
        ("/lines/0/qty", "wrong_type"),
        ("/lines/0/wrap", "required"),
        ("/lines/1/size", "required"),
        ("/lines/1/wrap", "required"),
        ("/lines/2/qty", "few"),
    ]
    assert told(shop, {"kind": "what", "lines": [{"qty": 9}]}) == [
        ("/kind", "not_in_options"),
        ("/lines/0/size", "required"),
    ]


def test_what_counts_rows_waits_until_they_are_read(shop: Runtime) -> None:
    assert ("/place", "required") in told(shop, {"day": "x", "lines": [{"qty": 1}, {"qty": 1}]})
    assert ("/place", "required") not in told(shop, {"lines": [{"qty": "x"}, {"qty": 1}]})


def test_a_change_is_judged_with_what_the_record_holds(shop: Runtime) -> None:
    record = saved(shop, kind="gift", to="a", paper="p", amount="50", tip="t")
    assert told(shop, {"day": "x", "to": None, "amount": "500"}, record) == [
        ("/day", "bad_date"),
        ("/reason", "required"),
        ("/to", "required"),
    ]
    assert told(shop, {"day": "x"}, record) == [("/day", "bad_date")]


def test_new_records_inside_are_told_with_the_rest(shop: Runtime) -> None:
    body = {"client": {"name": ""}, "kind": "gift", "amount": "500", "tip": "t"}
    assert told(shop, body) == [
        ("/client/name", "required"),
        ("/paper", "required"),
        ("/reason", "required"),
        ("/to", "required"),
    ]


def test_mending_what_was_told_at_once_is_enough(shop: Runtime) -> None:
    body: dict[str, Any] = {"kind": "gift", "amount": "500", "day": "x"}
    wrong = told(shop, body)
    mended = {pointer[1:]: "text" for pointer, code in wrong if code == "required"}
    assert saved(shop, **{**body, "day": "2026-03-01", **mended})


def test_where_rules_set_values_before_a_save_only_what_is_plain_is_told(
    runtime: Runtime, people: dict[str, Any]
) -> None:
    rule = {
        "key": "address",
        "label": name("address"),
        "form": "order",
        "trigger": {"type": "created"},
        "phase": "before",
        "actions": [{"type": "set_fields", "set": {"to": "home"}}],
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents(rule={"address": rule}))
    assert told(runtime, {"kind": "gift", "day": "x"}) == [("/day", "bad_date")]


def test_what_a_rule_may_fill_in_is_not_told_as_missing(shop: Runtime) -> None:
    rule = {
        "key": "address",
        "label": name("Address"),
        "form": "client",
        "trigger": {"type": "created"},
        "phase": "before",
        "actions": [{"type": "set_fields", "set": {"name": "new"}}],
    }
    client = {**CLIENT, "fields": [*CLIENT["fields"], field("since", "date")]}
    with shop.unit_of_work(SYSTEM) as work:
        form = {"client": client, "order": ORDER}
        publish(work, {**documents(rule={"address": rule}), "form": form})
    with pytest.raises(Invalid) as wrong, shop.unit_of_work(SYSTEM) as work:
        app = work.app("shop")
        create_json(work, app, compiled_form(app, "client"), {"since": "x"})
    assert [(each.pointer, each.code) for each in wrong.value.findings] == [("/since", "bad_date")]


YARD = "/apps/yard/forms"
YARD_CLIENT = {
    "key": "client",
    "label": name("client"),
    "fields": [
        field("name", "text", required=True),
        field("credit", "money"),
        field("area", "text"),
    ],
}
YARD_ORDER: dict[str, Any] = {
    "key": "order",
    "label": name("order"),
    "fields": [
        field("client", "ref", form="client"),
        field("others", "refs", form="client"),
        field("day", "date"),
        field("note", "text"),
        field("area", "text"),
        field("credit", "lookup", path="client.credit"),
        field("agreed", "copy", path="client.credit"),
        field("why", "text", required="client.credit < 1000"),
        field("why_looked", "text", required="credit < 1000"),
        field("why_copied", "text", required="agreed < 1000"),
        field("why_sum", "text", required="SUM(lines.lent) = 5"),
        field("why_row", "text", required="ANY(lines, client.credit < 1000)"),
        field("who", "text", required="ISBLANK(owner) or ISBLANK(created_at) or ISBLANK(created_by)"),
        field("many", "text", required="COUNT(lines, ISBLANK(qty)) > 0"),
        field(
            "lines",
            "subtable",
            fields=[
                field("client", "ref", form="client"),
                field("qty", "int", default=1),
                field("lent", "formula", result={"type": "money"}, expr="parent.client.credit"),
                field("why", "text", required="client.credit < 1000"),
            ],
        ),
    ],
    "validations": [
        {"code": "own", "expr": "owner = $me and rev >= 1", "message": name("Not yours.")},
        {"code": "poor", "expr": "ISBLANK(client) or client.credit >= 1000", "message": name("Poor.")},
    ],
}
SELLS = {"form": "order", "actions": ["view", "create", "update"], "where": "owner = $me"}
OWN_CLIENTS = {"form": "client", "actions": ["view", "create"], "where": "owner = $me"}


@pytest.fixture
def yard(runtime: Runtime, people: dict[str, Any]) -> Callable[..., None]:
    """`yard(**presets)` publishes an app where sellers see their own clients."""

    def published(**presets: Any) -> None:
        grants = [{**SELLS, "presets": presets} if presets else SELLS, OWN_CLIENTS]
        rep = {"key": "sales_rep", "label": name("rep"), "grants": grants}
        documents = {
            "app": {"yard": {"key": "yard", "label": name("yard")}},
            "form": {"client": YARD_CLIENT, "order": YARD_ORDER},
            "role": {"sales_rep": rep},
        }
        with runtime.unit_of_work(SYSTEM) as work:
            publish(work, documents)

    return published


def made(user: SignedIn, form: str, **data: Any) -> dict[str, Any]:
    answer = user.post(f"{YARD}/{form}/records", data)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def refused(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return sorted((each["pointer"], each["code"]) for each in answer.json()["errors"])


def clients(user: SignedIn) -> list[str]:
    """A rich one and a poor one."""
    return [made(user, "client", name="c", credit=credit, area="x")["id"] for credit in ("5000", "5")]


def test_what_the_writer_may_not_see_decides_nothing_in_a_new_record(
    yard: Callable[..., None], as_user: AsUser
) -> None:
    yard()
    root, li = as_user("root"), as_user("li")
    for client in clients(root):
        answer = li.post(f"{YARD}/order/records", {"client": client, "day": "x", "lines": [{}]})
        assert refused(answer) == [("/client", "not_found"), ("/day", "bad_date")]
        wrong = [("/day", "bad_date"), ("/others/0", "not_found")]
        assert refused(li.post(f"{YARD}/order/records", {"others": [client], "day": "x"})) == wrong
        lines = [{"qty": 1}, {"client": client}]
        wrong = [("/day", "bad_date"), ("/lines/1/client", "not_found")]
        assert refused(li.post(f"{YARD}/order/records", {"lines": lines, "day": "x"})) == wrong
        lines = [{"qty": "x"}, {"client": client}]
        wrong = [("/lines/0/qty", "wrong_type"), ("/lines/1/client", "not_found")]
        assert refused(li.post(f"{YARD}/order/records", {"lines": lines})) == wrong


def test_where_rows_cannot_be_placed_nothing_is_told_of_them(
    yard: Callable[..., None], as_user: AsUser
) -> None:
    yard()
    root, li = as_user("root"), as_user("li")
    for client in clients(root):
        body = {"lines": ["x", {"client": client}]}
        assert refused(li.post(f"{YARD}/order/records", body)) == [("/lines/0", "wrong_type")]


def test_what_the_writer_may_not_see_decides_nothing_in_a_change(
    yard: Callable[..., None], as_user: AsUser
) -> None:
    yard()
    root, li = as_user("root"), as_user("li")
    order = made(li, "order", note="n", lines=[{"qty": 1}, {"qty": 2}])
    there, row = f"{YARD}/order/records/{order['id']}", order["lines"][1]["id"]
    for client in clients(root):
        wrong = [("/client", "not_found"), ("/day", "bad_date")]
        assert refused(li.patch(there, {"client": client, "day": "x"})) == wrong
        wrong = [("/day", "bad_date"), ("/lines/0/client", "not_found"), ("/lines/1/client", "not_found")]
        lines = [{"client": client}, {"id": row, "client": client}]
        assert refused(li.patch(there, {"lines": lines, "day": "x"})) == wrong


def test_what_the_writer_sees_is_told_together(yard: Callable[..., None], as_user: AsUser) -> None:
    yard()
    li = as_user("li")
    rich, poor = clients(li)
    body = {"others": [rich, poor], "client": poor, "lines": [{"client": poor}], "day": "x"}
    assert refused(li.post(f"{YARD}/order/records", body)) == [
        ("", "poor"),
        ("/day", "bad_date"),
        ("/lines/0/why", "required"),
        ("/why", "required"),
        ("/why_copied", "required"),
        ("/why_looked", "required"),
        ("/why_row", "required"),
        ("/why_sum", "required"),
    ]
    body = {"others": [rich], "client": rich, "lines": [{"client": rich}], "day": "x"}
    assert refused(li.post(f"{YARD}/order/records", body)) == [("/day", "bad_date")]


@pytest.mark.parametrize("more", [{}, {"day": "x"}])
def test_presets_do_not_tell_of_what_the_writer_may_not_see(
    yard: Callable[..., None], as_user: AsUser, more: dict[str, Any]
) -> None:
    yard(area={"expr": "client.area"}, note="set")
    root, li = as_user("root"), as_user("li")
    rich, _ = clients(root)
    for guess in ("x", "y"):
        body = {"client": rich, "area": guess, **more}
        wrong = [("/client", "not_found"), *([("/day", "bad_date")] if more else [])]
        assert refused(li.post(f"{YARD}/order/records", body)) == wrong
    body = {"client": clients(li)[0], "area": "y", **more}
    wrong = [("/area", "preset"), *([("/day", "bad_date")] if more else [])]
    assert refused(li.post(f"{YARD}/order/records", body)) == wrong


def test_a_new_record_is_judged_with_what_it_begins_with(yard: Callable[..., None], as_user: AsUser) -> None:
    yard()
    li = as_user("li")
    assert refused(li.post(f"{YARD}/order/records", {"day": "x"})) == [("/day", "bad_date")]
    body = {"day": "x", "owner": "wu"}
    assert refused(li.post(f"{YARD}/order/records", body)) == [("", "own"), ("/day", "bad_date")]


def test_new_rows_of_a_change_are_judged_with_their_defaults(
    yard: Callable[..., None], as_user: AsUser
) -> None:
    yard()
    li = as_user("li")
    there = f"{YARD}/order/records/{made(li, 'order', lines=[{}])['id']}"
    assert refused(li.patch(there, {"lines": [{}], "day": "x"})) == [("/day", "bad_date")]
    assert refused(li.patch(there, {"lines": None, "day": "x"})) == [("/day", "bad_date")]
    wrong = [("/day", "bad_date"), ("/many", "required")]
    assert refused(li.patch(there, {"lines": [{"qty": None}], "day": "x"})) == wrong


def test_what_rights_or_other_records_give_is_not_told_as_missing(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser
) -> None:
    source = {"form": "client", "value": "area", "where": "name = $record_note", "sort": "name"}
    order = {
        **YARD_ORDER,
        "fields": [
            field("day", "date"),
            field("note", "text"),
            field("place", "text", required=True),
            field("area", "text", required=True, default_from=source),
        ],
        "validations": [],
    }
    rep = {
        "key": "sales_rep",
        "label": name("rep"),
        "grants": [{**SELLS, "presets": {"place": "here"}}, OWN_CLIENTS],
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(
            work,
            {
                "app": {"yard": {"key": "yard", "label": name("yard")}},
                "form": {"client": YARD_CLIENT, "order": order},
                "role": {"sales_rep": rep},
            },
        )
    root, li = as_user("root"), as_user("li")
    made(root, "client", name="known", area="x")
    known, strange = {"day": "x", "note": "known"}, {"day": "x", "note": "strange"}
    orders = f"{YARD}/order/records"
    assert refused(li.post(orders, known)) == [("/day", "bad_date")]
    assert refused(li.post(orders, strange)) == [("/area", "required"), ("/day", "bad_date")]
    assert refused(root.post(orders, known)) == [("/day", "bad_date"), ("/place", "required")]
    assert refused(root.post(orders, {**known, "note": 5})) == [
        ("/day", "bad_date"),
        ("/note", "wrong_type"),
        ("/place", "required"),
    ]


MOST = 1000
"""Rows that a table may have where its form does not say."""


def test_of_more_rows_than_there_may_be_only_their_number_is_told(shop: Runtime) -> None:
    rows = [{"qty": "x"}] * (MOST + 1)
    wrong = {"amount": "x", "lines": rows}
    assert told(shop, wrong) == [("/amount", "wrong_type"), ("/lines", "too_many_rows")]
    stored = saved(shop, lines=[{"qty": 1}])
    assert told(shop, {"lines": [*rows, {"qty": 2}]}, stored) == [("/lines", "too_many_rows")]


def test_every_row_there_may_be_is_told(shop: Runtime) -> None:
    rows: list[dict[str, Any]] = [{"qty": "x"}, {"qty": 9}] * (MOST // 2)
    found = told(shop, {"lines": rows})
    assert [each for each in found if each[1] == "wrong_type"] == sorted(
        (f"/lines/{index}/qty", "wrong_type") for index in range(0, MOST, 2)
    )
    assert [each for each in found if each[1] == "required"] == sorted(
        (f"/lines/{index}/size", "required") for index in range(1, MOST, 2)
    )


def test_a_reference_alone_that_is_wrong_is_told_with_what_is_missing(
    yard: Callable[..., None], as_user: AsUser
) -> None:
    yard()
    root, li = as_user("root"), as_user("li")
    hidden = made(root, "client", name="hidden")["id"]
    orders = f"{YARD}/order/records"
    wrong = [("/many", "required"), ("/others/0", "not_found")]
    assert refused(li.post(orders, {"others": [hidden], "lines": [{"qty": None}]})) == wrong
    own = made(li, "order", lines=[{"qty": 1}])
    there = f"{orders}/{own['id']}"
    assert refused(li.patch(there, {"others": [hidden], "lines": [{"qty": None}]})) == wrong
    row = own["lines"][0]["id"]
    assert refused(li.patch(there, {"lines": [{"$delete": True, "id": row}, {"client": hidden}]})) == [
        ("/lines/1/client", "not_found")
    ]


def test_where_rules_set_values_references_are_told_with_what_cannot_be_read(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser
) -> None:
    rule = {
        "key": "address",
        "label": name("address"),
        "form": "order",
        "trigger": {"type": "created"},
        "phase": "before",
        "actions": [{"type": "set_fields", "set": {"note": "home"}}],
    }
    rep = {"key": "sales_rep", "label": name("rep"), "grants": [SELLS, OWN_CLIENTS]}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(
            work,
            {
                "app": {"yard": {"key": "yard", "label": name("yard")}},
                "form": {"client": YARD_CLIENT, "order": YARD_ORDER},
                "role": {"sales_rep": rep},
                "rule": {"address": rule},
            },
        )
    hidden = made(as_user("root"), "client", name="hidden")["id"]
    body = {"client": hidden, "day": "x", "lines": [{"qty": None}]}
    found = refused(as_user("li").post(f"{YARD}/order/records", body))
    assert found == [("/client", "not_found"), ("/day", "bad_date")]
