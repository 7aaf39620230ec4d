"""Fixtures of the two apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.forms.across_apps.two_apps import HR, VISITS, put

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from tests.support.client import AsUser


@pytest.fixture
def both(runtime: Runtime, people: dict[str, Any]) -> None:
    """Both apps published, without records."""
    put(runtime, HR)
    put(runtime, VISITS)


@pytest.fixture
def ids(both: None, as_user: AsUser) -> dict[str, str]:
    """Two units led by Li and by nobody, an employee in each: `ann` (Li sees her), `bob` (Li does not)."""
    root = as_user("root")

    def made(form: str, **values: Any) -> str:
        answer = root.post(f"/apps/hr/forms/{form}/records", values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    north = made("unit", name="North", lead="li")
    team = made("unit", name="Team", above=north)
    south = made("unit", name="South")
    skills = [{"skill": "law", "grade": 3}, {"skill": "tax", "grade": 5}]
    ann = made(
        "employee",
        no="A1",
        name="Ann",
        unit=team,
        level=4,
        salary="9000",
        phone="+8613812345678",
        skills=skills,
    )
    bob = made("employee", no="B1", name="Bob", unit=south, level=2, salary="7000")
    return {"north": north, "team": team, "south": south, "ann": ann, "bob": bob}
