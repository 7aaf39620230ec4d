"""The examples of docs/designer.md are one app: checked, published, and used as the page says."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import steps
from tests.docs.shell import shell
from tests.support.client import AsUser

PEOPLE = {
    "departments": [{"id": "house", "name": {"zh": "物业", "en": "House"}}],
    "users": [
        {"id": key, "name": {"zh": key, "en": key}, "dept": "house", "roles": roles}
        for key, roles in {
            "mei": ["engineer"],
            "tan": ["site_manager"],
            "lu": ["site_manager"],
            "gu": ["head"],
            "root": ["admin"],
        }.items()
    ],
}


def test_the_examples_are_an_app_without_findings(repair_folder: Path) -> None:
    from api.boot import BUILT_INS
    from engine.definitions.check import check_app, kinds
    from engine.definitions.folder import read_folder
    from engine.plugins import extensions
    from engine.registry import fill

    registries = fill(extensions(BUILT_INS))
    documents, broken = read_folder(repair_folder, kinds(registries))
    assert broken == []
    assert set(documents) == {"app", *registries["definition"]}, "an example of every kind"
    assert check_app(documents, registries).findings == ()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_commands_of_the_page(repair_folder: Path, tmp_path: Path) -> None:
    with shell(tmp_path, FOURFOLD_HOME=str(tmp_path / "home")) as opened:
        opened.run(f"cd {tmp_path}")
        opened.follow(steps("designer.md"))


@pytest.fixture
def repairs(runtime: Any, repair_folder: Path, as_user: AsUser) -> dict[str, str]:
    """The app published, with its people and two sites: a house and a room in it."""
    from api.cli.apps import apply_folder
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM

    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        load_organisation(work, PEOPLE)
    apply_folder(runtime, repair_folder)
    house = as_user("gu").post(f"{FORMS}/site/records", {"name": "东楼", "manager": "tan"}).json()
    room = as_user("gu").post(f"{FORMS}/site/records", {"name": "东楼 101", "above": house["id"]}).json()
    return {"house": house["id"], "room": room["id"]}


FORMS = "/apps/repair/forms"


def ticket(as_user: AsUser, site: str, **values: Any) -> dict[str, Any]:
    parts = [{"name": "水泵", "qty": "1.5", "price": "999.99"}]
    given = {"site": site, "problem": "漏水", "parts": parts, **values}
    answer = as_user("mei").post(f"{FORMS}/ticket/records", given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_the_server_computes_and_the_rule_sets_the_due_date(
    repairs: dict[str, str], as_user: AsUser, clock: Any
) -> None:
    made = ticket(as_user, repairs["room"], urgency="high", cost="1.00")
    assert made["cost"] == "1499.99"
    assert made["due"] == (clock.now() + timedelta(hours=8) + timedelta(days=1)).date().isoformat()
    assert as_user("gu").get(f"{FORMS}/site/records/{repairs['room']}").json()["open"] == 1


def test_the_validation_and_the_readonly_field(repairs: dict[str, str], as_user: AsUser) -> None:
    late = {"site": repairs["room"], "problem": "漏水", "due": "2020-01-01"}
    refused = as_user("mei").post(f"{FORMS}/ticket/records", late).json()
    assert [(each["code"], each["pointer"]) for each in refused["errors"]] == [("due_past", "/due")]


def test_above_1000_the_head_approves_and_a_reason_is_needed(
    repairs: dict[str, str], as_user: AsUser
) -> None:
    made = ticket(as_user, repairs["room"])
    submit = f"{FORMS}/ticket/records/{made['id']}:submit"
    refused = as_user("mei").post(submit).json()
    assert [each["pointer"] for each in refused["errors"]] == ["/reason"]
    as_user("mei").patch(f"{FORMS}/ticket/records/{made['id']}", {"reason": "旧泵已坏"})
    assert as_user("mei").post(submit).json()["status"] == "running"
    (task,) = as_user("gu").get("/tasks").json()["items"]
    assert as_user("gu").post(f"/tasks/{task['id']}:approve", {}).status_code == 200
    assert as_user("mei").get(f"{FORMS}/ticket/records/{made['id']}").json()["status"] == "approved"


def test_up_to_1000_nobody_is_asked(repairs: dict[str, str], as_user: AsUser) -> None:
    made = ticket(as_user, repairs["room"], parts=[{"name": "垫圈", "price": "1000"}])
    assert as_user("mei").post(f"{FORMS}/ticket/records/{made['id']}:submit").json()["outcome"] == "approved"


def test_a_site_manager_sees_what_is_below_without_prices(repairs: dict[str, str], as_user: AsUser) -> None:
    made = ticket(as_user, repairs["room"])
    (seen,) = as_user("tan").get(f"{FORMS}/ticket/records").json()["items"]
    assert seen["id"] == made["id"]
    whole = as_user("tan").get(f"{FORMS}/ticket/records/{made['id']}").json()
    assert "reason" not in whole
    assert "price" not in whole["parts"][0]
    assert as_user("lu").get(f"{FORMS}/ticket/records").json()["items"] == []


def test_an_overdue_ticket_tells_its_owner_and_the_manager(
    repairs: dict[str, str], as_user: AsUser, runtime: Any, clock: Any
) -> None:
    from engine.jobs.worker import Worker

    made = ticket(as_user, repairs["house"], due="2026-03-03")
    clock.set(clock.now().replace(day=4, hour=1))
    Worker(runtime).run_due()
    for user in ("mei", "tan"):
        (told,) = as_user(user).get("/notifications").json()["items"]
        assert made["no"] in told["title"]


def test_the_report_sums_what_the_reader_may_see(repairs: dict[str, str], as_user: AsUser) -> None:
    ticket(as_user, repairs["room"], urgency="high")
    ticket(as_user, repairs["room"], parts=[{"name": "垫圈", "price": "500.01"}])
    (row,) = as_user("gu").post("/apps/repair/reports/cost_by_site:run", {}).json()["rows"]
    assert (row["tickets"], row["cost"], row["urgent"]) == (2, "2000.00", 1)
    assert row["mean"].startswith("1000.00")
    assert as_user("lu").post("/apps/repair/reports/cost_by_site:run", {}).json()["rows"] == []


def test_the_module_brings_inspections_and_says_when_a_site_was_last_inspected(
    repairs: dict[str, str], as_user: AsUser
) -> None:
    for day in ("2026-02-27", "2026-03-01"):
        given = {"site": repairs["room"], "day": day}
        assert as_user("mei").post(f"{FORMS}/inspection/records", given).status_code == 201
    assert as_user("gu").get(f"{FORMS}/site/records/{repairs['room']}").json()["inspected"] == "2026-03-01"
    assert as_user("tan").get(f"{FORMS}/inspection/records").status_code in (403, 404)
    columns = as_user("gu").get("/apps/repair/views/ticket_board").json()["columns"]
    assert [each["key"] if isinstance(each, dict) else each for each in columns][:2] == ["no", "problem"]
