"""What conditions and validations say is told together with what could not be read."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.publish import publish
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.api_records import create_json, update_json
from forms.compiled import compiled_form
from tests.forms.shop import field, name, option

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
