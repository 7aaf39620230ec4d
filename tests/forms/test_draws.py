"""Rollups over child rows, draws, and validations that a rollup would break."""

from __future__ import annotations

from typing import Any

import pytest

from engine.definitions.check import check_app
from engine.errors import Invalid
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name, option
from tests.forms.test_records import Desk, codes
from tests.support.prepared import prepared_by, publishing

BILL = {
    "key": "bill",
    "label": name("bill"),
    "fields": [
        field("title", "text"),
        field("amount", "money", required=True),
        field(
            "paid",
            "rollup",
            form="receipt.parts",
            link="bill",
            agg="sum",
            field="amount",
            where="parent.done and amount > 0",
        ),
        field("last", "rollup", form="receipt.parts", link="bill", agg="max", field="parent.day"),
        field("parts", "count", form="receipt.parts", link="bill"),
        field("open", "formula", result={"type": "money"}, expr="amount - paid"),
    ],
    "validations": [{"code": "too_much_paid", "expr": "open >= 0", "message": name("Too much is paid.")}],
}
RECEIPT = {
    "key": "receipt",
    "label": name("receipt"),
    "fields": [
        field("day", "date"),
        field("done", "bool", default=False),
        field(
            "parts",
            "subtable",
            fields=[field("bill", "ref", form="bill", on_delete="restrict"), field("amount", "money")],
        ),
    ],
}
GOODS = [
    field("what", "text"),
    field("kind", "select", options=option("new", "used")),
    field("count", "int"),
    field("half", "decimal", scale=1),
]
DELIVERY = {
    "key": "delivery",
    "label": name("delivery"),
    "fields": [
        field("of", "ref", form="delivery", on_delete="restrict"),
        field("state", "select", options=option("draft", "sent"), default="draft"),
        field("goods", "subtable", fields=GOODS),
    ],
    "draws": [
        {
            "code": "too_many",
            "link": "of",
            "rows": "goods",
            "field": "count",
            "of": "goods.count",
            "match": ["what", "kind"],
            "where": "not ISBLANK(of)",
            "counted": 'state = "sent"',
            "message": name("More than there is."),
        }
    ],
}


def documents(**changed: Any) -> dict[str, Any]:
    forms = {"bill": BILL, "receipt": RECEIPT, "delivery": DELIVERY} | changed
    return {"app": {"shop": {"key": "shop", "label": name("shop")}}, "form": forms}


@pytest.fixture
@prepared_by(publishing(documents()))
def desk(runtime: Runtime, people: dict[str, Any]) -> Desk:
    return Desk(runtime)


def part(bill: dict[str, Any], amount: str | None) -> dict[str, Any]:
    return {"bill": bill["id"], "amount": amount}


def instead(record: dict[str, Any], child: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """A body in which these rows take the place of those that are there."""
    return {child: [*({"id": row["id"], "$delete": True} for row in record[child]), *rows]}


def test_child_rows_of_other_records_are_summed(desk: Desk) -> None:
    one, two = (desk.create("bill", title=title, amount="100") for title in "ab")
    first = desk.create("receipt", day="2026-03-01", parts=[part(one, "30"), part(two, "5"), part(one, "7")])
    second = desk.create("receipt", day="2026-03-05", done=True, parts=[part(one, "20")])
    after = desk.get("bill", one["id"])
    assert (after["paid"], after["open"], after["last"], after["parts"]) == (
        "20.00",
        "80.00",
        "2026-03-05",
        3,
    )
    desk.update("receipt", first["id"], done=True)
    assert [desk.get("bill", bill["id"])["paid"] for bill in (one, two)] == ["57.00", "5.00"]
    desk.update("receipt", second["id"], **instead(second, "parts", part(two, "20")))
    assert [desk.get("bill", bill["id"])["paid"] for bill in (one, two)] == ["37.00", "25.00"]
    desk.delete("receipt", second["id"])
    after = desk.get("bill", two["id"])
    assert (after["paid"], after["last"], after["parts"]) == ("5.00", "2026-03-01", 1)


def test_a_rollup_may_not_break_a_validation_that_held(desk: Desk) -> None:
    bill = desk.create("bill", title="a", amount="10")
    receipt = desk.create("receipt", parts=[part(bill, "10.01")])
    with pytest.raises(Invalid) as refused:
        desk.update("receipt", receipt["id"], done=True)
    assert codes(refused.value) == {("/parts", "too_much_paid")}
    assert desk.get("bill", bill["id"])["paid"] == "0.00"
    assert desk.get("receipt", receipt["id"])["done"] is False


def test_what_is_broken_already_may_get_better(desk: Desk) -> None:
    bill = desk.create("bill", title="a", amount="10")
    receipt = desk.create("receipt", done=True, parts=[part(bill, "10")])
    with desk.runtime.unit_of_work(SYSTEM) as work:
        work.run('UPDATE "shop_bill" SET amount = 100, "open" = -900')  # stored in hundredths
    desk.update("receipt", receipt["id"], **instead(receipt, "parts", part(bill, "8")))
    assert desk.get("bill", bill["id"])["open"] == "-7.00"


def goods(*rows: tuple[str, str | None, int | None]) -> list[dict[str, Any]]:
    return [{"what": what, "kind": kind, "count": count} for what, kind, count in rows]


def taking(desk: Desk, source: dict[str, Any], *rows: tuple[str, str | None, int | None], **more: Any) -> Any:
    return desk.create("delivery", of=source["id"], goods=goods(*rows), **more)


@pytest.fixture
def source(desk: Desk) -> dict[str, Any]:
    """Five new and two used cups, in three rows, and one plate of no kind."""
    rows = goods(("cup", "new", 3), ("cup", "used", 2), ("cup", "new", 2), ("plate", None, 1))
    return desk.create("delivery", goods=rows)


def refusal(desk: Desk, source: dict[str, Any], *rows: tuple[str, str | None, int | None]) -> Any:
    with pytest.raises(Invalid) as refused:
        taking(desk, source, *rows)
    return codes(refused.value)


def test_rows_of_the_same_kind_are_added_up_on_both_sides(desk: Desk, source: dict[str, Any]) -> None:
    assert refusal(desk, source, ("cup", "new", 3), ("cup", "new", 3)) == {("/goods/1/count", "too_many")}
    assert refusal(desk, source, ("cup", "used", 3), ("fork", "new", 1)) == {
        ("/goods/0/count", "too_many"),
        ("/goods/1/count", "too_many"),
    }
    taking(desk, source, ("cup", "new", 5), ("cup", "used", 2), ("plate", None, 1), ("fork", "new", None))


def test_what_counted_others_took_is_gone(desk: Desk, source: dict[str, Any]) -> None:
    taking(desk, source, ("cup", "new", 5))  # a draft
    sent = taking(desk, source, ("cup", "new", 4), state="sent")
    assert refusal(desk, source, ("cup", "new", 2)) == {("/goods/0/count", "too_many")}
    taking(desk, source, ("cup", "new", 1), state="sent")
    desk.delete("delivery", sent["id"])
    taking(desk, source, ("cup", "new", 4), state="sent")


def test_a_record_that_took_its_part_is_left_alone(desk: Desk, source: dict[str, Any]) -> None:
    sent = taking(desk, source, ("cup", "new", 4), state="sent")
    desk.update("delivery", source["id"], **instead(source, "goods", *goods(("cup", "new", 1))))
    assert desk.update("delivery", sent["id"], state="draft")["state"] == "draft"
    with pytest.raises(Invalid):
        desk.update("delivery", sent["id"], state="sent")


def test_it_may_change_within_what_is_left(desk: Desk, source: dict[str, Any]) -> None:
    sent = taking(desk, source, ("cup", "new", 4), state="sent")
    desk.update("delivery", sent["id"], goods=goods(("cup", "new", 1)))
    with pytest.raises(Invalid):
        desk.update("delivery", sent["id"], goods=goods(("cup", "new", 1)))


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"link": "state"}, "/forms/delivery/draws/0/link", "bad_link"),
        ({"rows": "good"}, "/forms/delivery/draws/0/rows", "unknown_child"),
        ({"field": "cont"}, "/forms/delivery/draws/0/field", "unknown_field"),
        ({"field": "what"}, "/forms/delivery/draws/0/of", "not_a_number"),
        ({"field": "half"}, "/forms/delivery/draws/0/of", "not_a_number"),
        ({"of": "goods.price"}, "/forms/delivery/draws/0/of", "unknown_field"),
        ({"match": ["what", "colour"]}, "/forms/delivery/draws/0/match/1", "unknown_field"),
        ({"where": "count > 1"}, "/forms/delivery/draws/0/where", "unknown_field"),
    ],
)
def test_a_draw_that_makes_no_sense_is_a_finding(
    runtime: Runtime, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    [draw] = DELIVERY["draws"]
    form = DELIVERY | {"draws": [{**draw, **wrong}]}
    found = check_app(documents(delivery=form), runtime.registries).findings
    assert (pointer, code) in {(finding.pointer, finding.code) for finding in found}


def test_a_rollup_over_a_child_table_that_is_not_there(runtime: Runtime) -> None:
    fields = [{**each, "form": "receipt.part"} if each["key"] == "parts" else each for each in BILL["fields"]]
    found = check_app(documents(bill=BILL | {"fields": fields}), runtime.registries).findings
    [finding] = [finding for finding in found if finding.code == "unknown_form"]
    assert finding.pointer == "/forms/bill/fields/4/form"
    assert finding.fix is not None
    assert "receipt.parts" in finding.fix["en"]
