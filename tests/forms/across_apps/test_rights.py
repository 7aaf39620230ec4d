"""No cell of another app is seen that no single grant of that app allows: random roles there, every way from here."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from engine.jobs.worker import Worker
from tests.forms.across_apps.two_apps import ALL, VISITS, put
from tests.forms.shop import field, name

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from tests.support.client import AsUser, SignedIn

ROUNDS = int(os.environ.get("FOURFOLD_RIGHTS_ROUNDS", "1"))
Row = dict[str, Any]
FORM = "/apps/visits/forms/visit"
CELLS = ("name", "no", "note")
READERS = {"li": "sales_rep", "wang": "regional_manager", "qian": "finance"}
ME = "who reads"
CONDITIONS = {
    "": ("", ""),
    "owner = $me": ("owner", ME),
    'kind = "in"': ("kind", "in"),
    "unit.lead = $me": ("lead", ME),
    "unit in $led": ("lead", ME),
}
"""Condition -> the cell of the model that decides, and its value."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one role of the other app allows, or with `deny` takes away."""

    where: str
    hidden: frozenset[str]
    deny: bool = False

    def holds(self, row: Row, me: str) -> bool:
        cell, value = CONDITIONS[self.where]
        return not cell or row[cell] == (me if value == ME else value)

    def document(self) -> dict[str, Any]:
        made: dict[str, Any] = {"form": "employee", "actions": ["list", "view"]}
        if self.where:
            made["where"] = self.where
        if self.hidden:
            made["fields"] = {"hidden": sorted(self.hidden)}
        return made | ({"deny": True} if self.deny else {})


Roles = dict[str, list[Grant]]


def random_roles(dice: random.Random) -> Roles:
    def grant() -> Grant:
        hidden = frozenset(cell for cell in CELLS if dice.random() < 0.35)
        return Grant(dice.choice(list(CONDITIONS)), hidden)

    roles: Roles = {}
    for role in READERS.values():
        roles[role] = [grant() for _ in range(dice.randrange(4))]
        if dice.random() < 0.4:
            gone = frozenset(cell for cell in CELLS if dice.random() < 0.5)
            roles[role].append(Grant(dice.choice(list(CONDITIONS)), gone, deny=True))
    return roles


def sees(grants: list[Grant], row: Row, me: str) -> bool:
    denied = any(each.deny and not each.hidden and each.holds(row, me) for each in grants)
    return not denied and any(not each.deny and each.holds(row, me) for each in grants)


def shows(grants: list[Grant], row: Row, me: str, cell: str) -> bool:
    taken = any(each.deny and cell in each.hidden and each.holds(row, me) for each in grants)
    held = any(not each.deny and cell not in each.hidden and each.holds(row, me) for each in grants)
    return sees(grants, row, me) and held and not taken


def people_app(roles: Roles) -> dict[str, Any]:
    unit = {"key": "unit", "label": name("unit"), "fields": [field("name", "text"), field("lead", "user")]}
    employee = {
        "key": "employee",
        "label": name("employee"),
        "title": "name",
        "fields": [
            field("name", "text"),
            field("no", "text", unique=True),
            field("note", "text"),
            field("kind", "text"),
            field("level", "int", default=1),
            field("salary", "money"),
            field("unit", "ref", form="unit"),
        ],
    }
    return {
        "app": {"hr": {"key": "hr", "label": name("hr")}},
        "form": {"unit": unit, "employee": employee},
        "scope": {"led": {"key": "led", "form": "unit", "where": "lead = $me"}},
        "role": {
            key: {
                "key": key,
                "label": name(key),
                "grants": [each.document() for each in grants]
                + [{"form": "unit", "actions": ["list", "view"]}],
            }
            for key, grants in roles.items()
        },
    }


def visits_app() -> dict[str, Any]:
    fields = ["title", "employee.name", "employee.no", "employee.note"]
    body = "<p>{{title}} {{employee}} {{employee.no}} {{employee.note}} {{told}}</p>"
    return {
        **VISITS,
        "role": {
            role: {"key": role, "label": name(role), "grants": [{"form": "visit", "actions": ALL}]}
            for role in READERS.values()
        },
        "view": {
            "all": {"key": "all", "label": name("all"), "form": "visit", "layout": "list", "columns": fields}
        },
        "print_template": {
            "sheet": {"key": "sheet", "label": name("sheet"), "form": "visit", "body": {"zh": body}}
        },
    }


def filled(root: SignedIn, dice: random.Random) -> list[Row]:
    """Employees with values of their own in every cell, each with a visit that names them in three ways."""

    def made(path: str, body: Row) -> str:
        answer = root.post(path, body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    units = {lead: made("/apps/hr/forms/unit/records", {"name": lead, "lead": lead}) for lead in READERS}
    rows = []
    for at in range(6):
        row: Row = {cell: f"{cell}{at}q{dice.randrange(10**8)}" for cell in CELLS}
        row |= {
            "owner": dice.choice(list(READERS)),
            "kind": dice.choice(["in", "out"]),
            "lead": dice.choice(list(READERS)),
        }
        body = {key: value for key, value in row.items() if key != "lead"}
        row["id"] = made("/apps/hr/forms/employee/records", {**body, "unit": units[row["lead"]]})
        visit = {
            "title": f"t{at}",
            "employee": row["id"],
            "helpers": [row["id"]],
            "stops": [{"guide": row["id"]}],
        }
        row["visit"] = made(f"{FORM}/records", visit)
        rows.append(row)
    return rows


def answers(runtime: Runtime, who: SignedIn, rows: list[Row]) -> Iterator[tuple[str, str]]:
    """(what was asked, the answer) of every way from the visits to the employees."""
    paths = [f"{start}.{cell}" for start in ("employee", "helpers", "stops.guide") for cell in CELLS]
    asked: list[tuple[str, dict[str, str]]] = [(f"{FORM}/records", {"fields": each}) for each in paths]
    asked += [(f"{FORM}/records", {"sort": f"employee.{cell}"}) for cell in CELLS]
    asked += [(f"{FORM}/records", {}), ("/apps/visits/views/all/records", {})]
    for row in rows:
        base = f"{FORM}/records/{row['visit']}"
        asked += [(base, {}), (base, {"fields": ",".join(paths)}), (f"{base}/history", {})]
        asked.append((f"{base}/print/sheet", {"format": "html"}))
    for path, params in asked:
        yield f"{path} {params}", who.get(path, params=params).text
    for cell in CELLS:
        by = {"by": [f"employee.{cell}"], "measures": {"n": {"agg": "count"}}}
        yield f"aggregate {cell}", who.post(f"{FORM}/records:aggregate", by).text
        spec = {
            "from": "visit",
            "dimensions": [{"id": "d", "field": f"employee.{cell}"}, {"id": "e", "field": "employee"}],
            "measures": [{"id": "n", "agg": "count"}],
        }
        yield f"report {cell}", who.post("/apps/visits/draft/reports:preview", spec).text
    made = who.post(
        f"{FORM}/exports", {"format": "csv", "headers": "key", "fields": ["title", "employee", "told"]}
    )
    Worker(runtime).run_due()
    yield "export", who.get(f"{FORM}/exports/{made.json()['id']}/file").text


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_way_leads_to_a_cell_of_the_other_app_that_its_roles_hide(
    runtime: Runtime, people: dict[str, Any], as_user: AsUser, seed: int
) -> None:
    dice = random.Random(seed)
    roles = random_roles(dice)
    put(runtime, people_app(roles))
    put(runtime, visits_app())
    rows = filled(as_user("root"), dice)
    for me, role in READERS.items():
        who, grants = as_user(me), roles[role]
        for asked, text in answers(runtime, who, rows):
            learnt = {(row["id"], cell) for row in rows for cell in CELLS if row[cell] in text}
            allowed = {(row["id"], cell) for row in rows for cell in CELLS if shows(grants, row, me, cell)}
            assert learnt <= allowed, (me, asked, learnt - allowed)
        for cell in CELLS:
            same_as_the_model(who, grants, rows, me, cell)
        for row in rows:
            made = who.post(f"{FORM}/records", {"title": f"{me}{row['id']}", "employee": row["id"]})
            assert (made.status_code == 201) == sees(grants, row, me), (me, row, made.text)


def same_as_the_model(who: SignedIn, grants: list[Grant], rows: list[Row], me: str, cell: str) -> None:
    """What may be seen is seen: in lists and as what filters find."""
    listed = who.get(f"{FORM}/records", params={"fields": f"title,employee.{cell}", "limit": "100"})
    if listed.status_code != 200:
        assert not any(shows(grants, row, me, cell) for row in rows)
        return
    found = {each["id"]: each["employee"] for each in listed.json()["items"]}
    for row in rows:
        wanted = row[cell] if shows(grants, row, me, cell) else None
        assert found[row["visit"]].get(cell) == wanted, (me, cell, row)
        filtered = who.get(f"{FORM}/records", params={"filter": f'employee.{cell} = "{row[cell]}"'}).json()
        hits = {each["employee"] for each in filtered["items"]}
        assert hits == ({row["id"]} if wanted else set()), (me, cell, row)
