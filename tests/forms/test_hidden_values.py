"""What a condition hides is neither required nor kept; what a condition shows may be required."""

from __future__ import annotations

from typing import Any

import pytest

from engine.changes import log
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from tests.forms.shop import field, name, option

URL = "/api/v1/apps/desk/forms/invoice/records"
TAX_NO = "91320500MA1ABCDE2X"

INVOICE = {
    "key": "invoice",
    "label": name("invoice"),
    "fields": [
        field("kind", "select", options=option("special", "normal", "red"), required=True),
        field("title", "text", required=True),
        field("tax_no", "text", visible='kind = "special"', required='kind = "special"'),
        field("origin", "ref", form="invoice", visible='kind = "red"', required='kind = "red"'),
        field("amount", "money", required=True),
        field("tax_rate", "percent", default="13"),
        field("net", "formula", result={"type": "money"}, expr="ROUND(amount / (1 + tax_rate / 100), 2)"),
        field("tax", "formula", result={"type": "money"}, expr="amount - net"),
        field(
            "parts",
            "subtable",
            visible='kind <> "red"',
            fields=[
                field("what", "select", options=option("goods", "other"), required=True),
                field("other", "text", visible='what = "other"', required='what = "other"'),
                field("due", "text", visible='parent.kind = "special"'),
            ],
        ),
    ],
}


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any], as_user: Any) -> Any:
    source = {"app": {"desk": {"key": "desk", "label": name("desk")}}, "form": {"invoice": INVOICE}}
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, source)
    return as_user("root")


def told(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json().get("errors", [])]


BODY = {"kind": "special", "title": "苏州鼎盛", "amount": "11300.00", "tax_rate": "13"}


def test_a_value_is_required_while_it_shows_and_cleared_when_it_does_not(root: Any, runtime: Runtime) -> None:
    assert told(root.post(URL, json=BODY)) == [("/tax_no", "required")]
    made = root.post(URL, json={**BODY, "tax_no": TAX_NO}).json()
    assert (made["net"], made["tax"], made["tax_no"]) == ("10000.00", "1300.00", TAX_NO)
    address = f"{URL}/{made['id']}"
    normal = root.patch(address, json={"kind": "normal"})
    assert (normal.status_code, normal.json()["tax_no"]) == (200, None)
    with runtime.reading(SYSTEM) as work:
        newest, *_ = log.of_record(work, "desk", "invoice", made["id"])
    assert newest.diff["tax_no"] == [TAX_NO, None]
    assert told(root.patch(address, json={"kind": "red"})) == [("/origin", "required")]
    assert root.patch(address, json={"tax_no": TAX_NO}).json()["tax_no"] is None


def test_rows_hide_by_their_own_values_and_by_those_of_their_record(root: Any) -> None:
    parts = [{"what": "other", "other": "x", "due": "now"}, {"what": "goods", "other": "y"}]
    made = root.post(URL, json={**BODY, "tax_no": TAX_NO, "parts": parts}).json()
    assert [(row["other"], row["due"]) for row in made["parts"]] == [("x", "now"), (None, None)]
    address = f"{URL}/{made['id']}"
    normal = root.patch(address, json={"kind": "normal"}).json()
    assert [(row["other"], row["due"]) for row in normal["parts"]] == [("x", None), (None, None)]
    wrong = [{"what": "other"}, {}]
    assert told(root.patch(address, json={"parts": wrong})) == [
        ("/parts/0/other", "required"),
        ("/parts/1/what", "required"),
    ]
    assert root.patch(address, json={"kind": "red", "origin": made["id"]}).json()["parts"] == []
