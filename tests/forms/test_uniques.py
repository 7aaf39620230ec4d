"""Unique constraints of several fields, with conditions, among child rows, and on records that are there."""

from __future__ import annotations

from typing import Any

import pytest

from engine.connect.notifications import inbox
from engine.definitions.publish import plan, publish
from engine.identity.principal import SYSTEM, Principal
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.testing import FixedClock
from tests.forms.shop import field, name, option

URL = "/api/v1/apps/desk/forms/target/records"
ROOT = Principal(user="root", roles=("admin",), is_admin=True)


def documents(
    *, unique: tuple[Any, ...] | list[Any] = (), rows: tuple[Any, ...] | list[Any] = (), **more: Any
) -> dict[str, Any]:
    """Targets per team and month; of each there is one, and one per product in its lines."""
    form = {
        "key": "target",
        "label": name("target"),
        "fields": [
            field("team", "text"),
            field("month", "month"),
            field("amount", "money"),
            field("kind", "select", options=option("sum", "count")),
            field("main", "bool"),
            field(
                "lines",
                "subtable",
                fields=[field("product", "text"), field("level", "text"), field("qty", "int")],
                unique=list(rows),
            ),
        ],
        "unique": list(unique),
        **more,
    }
    return {"app": {"desk": {"key": "desk", "label": name("desk")}}, "form": {"target": form}}


def published(runtime: Runtime, **more: Any) -> None:
    with runtime.unit_of_work(ROOT) as work:
        publish(work, documents(**more))


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any], as_user: Any) -> Any:
    return as_user("root")


def told(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json().get("errors", [])]


def made(root: Any, **data: Any) -> str:
    answer = root.post(URL, json=data)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_several_fields_are_unique_together(root: Any, runtime: Runtime) -> None:
    published(runtime, unique=[{"fields": ["team", "month"], "code": "one_per_month"}])
    made(root, team="A", month="2026-03")
    made(root, team="A", month="2026-04")
    made(root, team="B", month="2026-03")
    double = root.post(URL, json={"team": " ａ ", "month": "2026-03"})
    assert told(double) == [("/team", "one_per_month")]
    made(root, team="A")
    assert told(root.post(URL, json={"team": "a"})) == [("/team", "one_per_month")]
    made(root)
    made(root)


def test_the_same_fields_may_be_unique_under_two_conditions(root: Any, runtime: Runtime) -> None:
    rules = [
        {"fields": ["team"], "when": "main = true", "code": "one_main"},
        {"fields": ["team"], "when": 'kind = "sum"', "code": "one_sum"},
    ]
    published(runtime, unique=rules)
    first = made(root, team="A", main=True)
    made(root, team="A", kind="sum")
    made(root, team="A", kind="count")
    assert told(root.post(URL, json={"team": "A", "main": True})) == [("/team", "one_main")]
    assert told(root.post(URL, json={"team": "A", "kind": "sum"})) == [("/team", "one_sum")]
    assert root.patch(f"{URL}/{first}", json={"main": False}).status_code == 200
    made(root, team="A", main=True)
    assert told(root.patch(f"{URL}/{first}", json={"main": True})) == [("/team", "one_main")]


def test_rows_of_one_record_differ_and_may_swap(root: Any, runtime: Runtime) -> None:
    published(runtime, rows=[{"fields": ["product", "level"], "when": "qty > 0"}])
    lines = [{"product": "x", "level": "a", "qty": 1}, {"product": "y", "level": "a", "qty": 1}]
    record = made(root, lines=lines)
    made(root, lines=lines)
    again = root.post(URL, json={"lines": [*lines, {"product": "X ", "level": "A", "qty": 2}]})
    assert told(again) == [("/lines/2/product", "unique")]
    assert "第 1 行" in again.json()["errors"][0]["message"]["zh"]
    made(root, lines=[*lines, {"product": "x", "level": "a", "qty": 0}])
    first, second = root.get(f"{URL}/{record}").json()["lines"]
    swapped = [{"id": first["id"], "product": "y"}, {"id": second["id"], "product": "x"}]
    assert root.patch(f"{URL}/{record}", json={"lines": swapped}).status_code == 200


def test_rows_may_be_unique_across_records_until_theirs_is_deleted(root: Any, runtime: Runtime) -> None:
    published(runtime, rows=[{"fields": ["product"], "across": True}])
    first = made(root, lines=[{"product": "x"}])
    assert told(root.post(URL, json={"lines": [{"product": "X"}]})) == [("/lines/0/product", "unique")]
    assert root.delete(f"{URL}/{first}").status_code == 204
    second = made(root, lines=[{"product": "x"}])
    restored = root.post(f"{URL}/{first}:restore")
    assert (restored.status_code, restored.json()["code"]) == (409, "not_restorable")
    assert root.delete(f"{URL}/{second}").status_code == 204
    assert root.post(f"{URL}/{first}:restore").status_code == 200
    assert told(root.post(URL, json={"lines": [{"product": "X"}]})) == [("/lines/0/product", "unique")]


def test_rows_that_another_record_has_are_told_by_their_places(root: Any, runtime: Runtime) -> None:
    published(runtime, rows=[{"fields": ["product"], "across": True}])
    made(root, lines=[{"product": "x"}, {"product": "y"}])
    lines = [{"product": "a"}, {"product": "Y"}, {"qty": "many"}, {"product": "b"}, {"product": "x "}]
    assert told(root.post(URL, json={"lines": [*lines[:2], *lines[3:]]})) == [
        ("/lines/1/product", "unique"),
        ("/lines/3/product", "unique"),
    ]
    assert told(root.post(URL, json={"lines": [{"product": "a"}, {"product": "b"}, {"product": "A"}]})) == [
        ("/lines/2/product", "unique")
    ]
    other = made(root, lines=[{"product": "a"}, {"product": "b"}])
    first, second = root.get(f"{URL}/{other}").json()["lines"]
    change = [{"id": second["id"], "product": "y"}, {"product": "x"}, {"product": "c"}]
    assert told(root.patch(f"{URL}/{other}", json={"lines": change})) == [
        ("/lines/0/product", "unique"),
        ("/lines/1/product", "unique"),
    ]
    swapped = [{"id": first["id"], "product": "c"}, {"id": second["id"], "$delete": True}, {"product": "b"}]
    assert root.patch(f"{URL}/{other}", json={"lines": swapped}).status_code == 200


def test_a_constraint_on_what_is_there_names_the_doubles(
    root: Any, as_user: Any, runtime: Runtime, clock: FixedClock
) -> None:
    published(runtime)
    first, second = made(root, team="A"), made(root, team="a")
    made(root, team="B")
    rule = [{"fields": ["team"]}]
    with runtime.unit_of_work(ROOT) as work:
        _, findings, steps = plan(work, documents(unique=rule))
    assert (findings, [(step.action, step.risk) for step in steps]) == ([], [("add_unique", "warn")])
    published(runtime, unique=rule)
    Worker(runtime).run_due()
    assert told(root.post(URL, json={"team": "b"})) == [("/team", "unique")]
    assert told(root.post(URL, json={"team": "A"})) == [("/team", "unique")]
    with runtime.reading(SYSTEM) as work:
        (notice,) = inbox(work, "root")
    assert (notice["record"], second in notice["body"], first in notice["body"]) == (second, True, False)
    assert root.patch(f"{URL}/{second}", json={"amount": "1"}).status_code == 200
    assert root.patch(f"{URL}/{first}", json={"team": "C"}).status_code == 200
    clock.advance(days=1, minutes=1)
    Worker(runtime).run_due()
    assert told(as_user("root").post(URL, json={"team": "A"})) == [("/team", "unique")]
    with runtime.reading(SYSTEM) as work:
        assert len(inbox(work, "root")) == 1


def test_a_constraint_that_was_dropped_can_be_set_again(root: Any, runtime: Runtime) -> None:
    rule = [{"fields": ["team"]}]
    published(runtime, unique=rule)
    first = made(root, team="A")
    published(runtime)
    assert root.patch(f"{URL}/{first}", json={"team": "B"}).status_code == 200
    second = made(root, team="A")
    published(runtime, unique=rule)
    made(root, team="C")
    Worker(runtime).run_due()
    assert told(root.post(URL, json={"team": "A"})) == [("/team", "unique")]
    assert told(root.patch(f"{URL}/{second}", json={"team": "b"})) == [("/team", "unique")]


def test_long_names_keep_their_indexes_apart(root: Any, runtime: Runtime) -> None:
    long = [f"a_field_with_a_long_name_number_{index}" for index in range(2)]
    fields = [field(key, "text") for key in long]
    published(runtime, fields=fields, unique=[{"fields": [key]} for key in long])
    root.post(URL, json={long[0]: "x", long[1]: "x"})
    assert told(root.post(URL, json={long[1]: "x"})) == [(f"/{long[1]}", "unique")]
