"""S08: numbers restart with the month in China and are never given twice."""

from __future__ import annotations

import threading

import pytest

from tests.scenarios.crm import Crm, Record, codes
from tests.scenarios.fixture import RECORDS

CLIENTS = 50


@pytest.fixture
def lines(crm: Crm) -> list[Record]:
    return [{"product": crm.ids["P1"], "qty": "1"}]


@pytest.fixture
def last_of_march(crm: Crm, lines: list[Record]) -> None:
    """The last order of March has number 41."""
    from engine.identity.principal import SYSTEM
    from forms import records
    from forms.compiled import compiled_form

    crm.at("2026-03-31 20:00")
    values = {"customer": crm.ids["C1"], "lines": [{"product": crm.ids["P1"], "qty": 100}]}
    with crm.runtime.unit_of_work(SYSTEM, source="engine") as work:
        form = compiled_form(work.app("crm"), "order")
        records.create(work, form, values, numbers={"no": "SO-202603-00041"})


@pytest.mark.usefixtures("last_of_march")
def test_50_clients_at_once_get_50_numbers(crm: Crm, lines: list[Record]) -> None:
    crm.at("2026-03-31 23:59:59")
    people = [crm.by("li") for _ in range(CLIENTS)]
    made: list[str] = []

    def create(number: int) -> None:
        answer = people[number].post(RECORDS.format("order"), {"customer": crm.ids["C1"], "lines": lines})
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["no"])

    threads = [threading.Thread(target=create, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [f"SO-202603-{number:05d}" for number in range(42, 42 + CLIENTS)]


@pytest.mark.usefixtures("last_of_march")
def test_the_next_month_begins_at_midnight_in_china(crm: Crm, lines: list[Record]) -> None:
    crm.at("2026-04-01 00:00")
    made = crm.create("li", "order", customer=crm.ids["C1"], lines=lines)
    assert (made["no"], made["order_date"]) == ("SO-202604-00001", "2026-04-01")


@pytest.mark.usefixtures("last_of_march")
def test_a_refused_order_leaves_a_gap_at_most(crm: Crm, lines: list[Record]) -> None:
    refused = crm.by("li").post(RECORDS.format("order"), {"customer": crm.ids["C1"], "lines": []})
    assert refused.status_code == 422
    first, second = (crm.create("li", "order", customer=crm.ids["C1"], lines=lines)["no"] for _ in range(2))
    assert "SO-202603-00041" < first < second


def test_a_number_is_never_the_client_s(crm: Crm, lines: list[Record]) -> None:
    order = {"customer": crm.ids["C1"], "lines": lines}
    answer = crm.by("li").post(RECORDS.format("order"), {**order, "no": "SO-209901-00001"})
    assert (answer.status_code, codes(answer)) == (422, {"no:read_only"})
    made = crm.create("li", "order", **order)
    assert made["no"].startswith("SO-202602-")
    answer = crm.patch("li", "order", made["id"], no="SO-209901-00001")
    assert (answer.status_code, codes(answer)) == (422, {"no:read_only"})
    assert crm.patch("li", "order", made["id"], no=made["no"]).status_code == 200
    assert crm.get("order", made["id"])["no"] == made["no"]
