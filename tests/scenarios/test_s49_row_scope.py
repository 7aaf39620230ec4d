"""S49 for lists and exports: a list, a sum, a view and a file hold the rows of who asks, whoever made them."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from tests.scenarios.crm import Crm, Record
from tests.scenarios.deals import opportunity
from tests.scenarios.fixture import RECORDS

OPPORTUNITIES = RECORDS.format("opportunity")
EXPORTS = "/apps/crm/forms/opportunity/exports"
VIEW = "/apps/crm/views/opportunity_list/records"
AMOUNTS = {"li": "120000.00", "zhou": "80000.00", "wu": "50000.00", "he": "30000.00"}
CUSTOMERS = {"li": "C1", "zhou": "C2", "wu": "C4", "he": "C3"}
REGIONS = {"li": "EAST-JS", "zhou": "EAST-ZJ", "wu": "NORTH", "he": "NW"}
SCOPES = {
    "liu": {"li", "zhou", "wu", "he"},
    "wang": {"li", "zhou"},
    "zhang": {"wu"},
    "li": {"li"},
    "sun": set(),
}
"""Whose opportunities each of them sees: all, the region EAST with those below, NORTH, their own."""


@pytest.fixture
def chances(crm: Crm) -> dict[str, Record]:
    """One opportunity of each of four reps in three regions, by rep."""
    return {
        rep: opportunity(crm, user=rep, customer=CUSTOMERS[rep], amount=amount)
        for rep, amount in AMOUNTS.items()
    }


def ids(records: list[Record]) -> set[str]:
    return {each["id"] for each in records}


def of(chances: dict[str, Record], user: str) -> set[str]:
    return {chances[rep]["id"] for rep in SCOPES[user]}


def asked(crm: Crm, user: str, path: str = OPPORTUNITIES, **params: str) -> dict[str, Any]:
    answer = crm.by(user).get(path, params={"limit": "100", **params})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def exported(crm: Crm, user: str, **options: Any) -> tuple[str, list[dict[str, str]]]:
    """Where the file of an export is, and its rows."""
    begun = crm.by(user).post(EXPORTS, {"format": "csv", "headers": "key", **options})
    assert begun.status_code == 202, begun.text
    place = f"{begun.headers['location']}/file"
    crm.work()
    file = crm.by(user).get(place)
    assert file.status_code == 200, file.text
    rows = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    return place, [row for row in rows if row.get("id")]


def test_a_list_and_its_count_hold_the_rows_of_who_asks(crm: Crm, chances: dict[str, Record]) -> None:
    for user in SCOPES:
        found = asked(crm, user, count="exact")
        assert (ids(found["items"]), found["count"]) == (of(chances, user), len(SCOPES[user])), user


def test_one_view_opened_by_the_director_then_by_a_manager_shows_each_their_rows(
    crm: Crm, chances: dict[str, Record]
) -> None:
    for user in ("liu", "wang", "zhang", "liu", "wang"):
        assert ids(asked(crm, user, VIEW)["items"]) == of(chances, user), user


def test_totals_are_of_the_same_rows_and_lead_to_no_others(crm: Crm, chances: dict[str, Record]) -> None:
    question = {"by": ["customer.region"], "measures": {"total": {"agg": "sum", "field": "amount"}}}
    for user in ("liu", "wang", "zhang"):
        answer = crm.by(user).post(f"{OPPORTUNITIES}:aggregate", question)
        assert answer.status_code == 200, answer.text
        told = {each["customer.region"]: Decimal(each["total"]) for each in answer.json()["items"]}
        assert told == {crm.ids[REGIONS[rep]]: Decimal(AMOUNTS[rep]) for rep in SCOPES[user]}, user
        for region in REGIONS.values():
            condition = f'customer.region = "{crm.ids[region]}"'
            behind = ids(asked(crm, user, filter=condition)["items"])
            assert behind == {chances[rep]["id"] for rep in SCOPES[user] if REGIONS[rep] == region}


def test_a_file_holds_the_rows_of_who_had_it_written(crm: Crm, chances: dict[str, Record]) -> None:
    for user in ("liu", "wang", "zhang"):
        _, rows = exported(crm, user)
        assert {row["id"] for row in rows} == of(chances, user), user
        wanted = sum((Decimal(AMOUNTS[rep]) for rep in SCOPES[user]), Decimal(0))
        assert sum(Decimal(row["amount"]) for row in rows) == wanted
    _, rows = exported(crm, "wang", filter=f'customer.region = "{crm.ids["NORTH"]}"')
    assert rows == []


def test_a_file_of_the_director_is_not_fetched_by_a_manager(crm: Crm, chances: dict[str, Record]) -> None:
    place, rows = exported(crm, "liu")
    assert len(rows) == len(chances)
    for user in ("wang", "zhang", "li"):
        assert crm.by(user).get(place).status_code == 404
        assert crm.by(user).get(place.removesuffix("/file")).status_code == 404


def test_what_moved_out_of_scope_before_the_file_was_written_is_not_in_it(
    crm: Crm, chances: dict[str, Record]
) -> None:
    begun = crm.by("wang").post(EXPORTS, {"format": "csv", "headers": "key"})
    crm.engine_sets("customer", crm.ids["C2"], region=crm.ids["NORTH"])
    crm.work()
    file = crm.by("wang").get(f"{begun.headers['location']}/file").content.decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(file))
    assert {row["id"] for row in rows if row["id"]} == {chances["li"]["id"]}


def test_single_records_keep_to_the_same_rows(crm: Crm, chances: dict[str, Record]) -> None:
    for user in ("liu", "wang", "zhang", "li"):
        for rep, chance in chances.items():
            expected = 200 if rep in SCOPES[user] else 404
            for way in ("", "/history"):
                status = crm.by(user).get(f"{OPPORTUNITIES}/{chance['id']}{way}").status_code
                assert status == expected, (user, rep, way)
