"""Many writers at once: right rollups, distinct numbers, one winner for a unique value, no deadlock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.runtime import Runtime
from tests.forms.test_records import Desk

WRITERS = 8


@pytest.fixture
def desk(runtime: Runtime, shop: CompiledApp) -> Desk:
    return Desk(runtime)


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """What each of `count` threads got: an answer or the error."""
    start = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = call(number)
        except Exception as error:  # noqa: BLE001  the test looks at it
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_children_saved_at_once_are_all_in_the_rollup_and_have_their_own_numbers(desk: Desk) -> None:
    customer = desk.create("customer", name="c")["id"]
    product = desk.create("product", sku="p", price="10")["id"]
    lines = [{"product": product, "qty": 1}]

    def sell(number: int) -> str:
        made = [desk.create("sale", customer=customer, status="done", lines=lines)["no"] for _ in range(3)]
        return ",".join(made)

    results = at_once(WRITERS, sell)
    numbers = [number for each in results for number in str(each).split(",")]
    assert sorted(numbers) == [f"SO-202603-{count:03}" for count in range(1, 3 * WRITERS + 1)]
    seen = desk.get("customer", customer)
    assert (seen["ordered"], seen["sales"]) == ("240.00", 24)


def test_one_of_many_gets_a_unique_value(desk: Desk) -> None:
    results = at_once(WRITERS, lambda _number: desk.create("customer", name="Acme"))
    assert sum(isinstance(each, dict) for each in results) == 1
    assert all(isinstance(each, (dict, Invalid)) for each in results)


def test_edits_of_different_fields_at_once_are_all_kept(desk: Desk) -> None:
    made = desk.create("customer", name="c")
    edits = [{"level": "a"}, {"email": "a@example.com"}, {"credit": "5"}, {"tags": ["x"]}]
    results = at_once(4, lambda number: desk.update("customer", made["id"], **edits[number]))
    assert all(isinstance(each, dict) for each in results), results
    seen = desk.get("customer", made["id"])
    assert (seen["level"], seen["email"], seen["credit"], seen["tags"], seen["rev"]) == (
        "a",
        "a@example.com",
        "5.00",
        ["x"],
        5,
    )


def test_a_record_is_not_deleted_under_a_new_reference(desk: Desk) -> None:
    for turn in range(6):
        customer = desk.create("customer", name=f"c{turn}")["id"]
        calls = [
            lambda customer=customer: desk.delete("customer", customer),
            lambda customer=customer: desk.create("contact", name="x", customer=customer),
        ]
        at_once(2, lambda number, calls=calls: calls[number]())
        with desk.runtime.reading(desk.principal) as work:
            dangling = work.row(
                "SELECT count(*) FROM shop_contact AS c JOIN shop_customer AS p ON p.id = c.customer "
                "WHERE c.deleted_at IS NULL AND p.deleted_at IS NOT NULL"
            )
        assert dangling == (0,)
