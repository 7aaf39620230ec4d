"""docs/print.md: its template prints a ticket as the page says, and its tables list what there is."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from forms.printing.tags import ATTRIBUTES, STYLES, TAGS
from tests.docs.pages import DOCS, blocks
from tests.support.client import AsUser, SignedIn

PAGE = "print.md"
TICKETS = "/apps/repair/forms/ticket"


@pytest.fixture
def mei(runtime: Any, repair_folder: Path, as_user: AsUser) -> SignedIn:
    """An engineer who may print, of the guide's app with the template of this page."""
    from api.cli.apps import apply_folder
    from engine.identity.organisation import load_organisation
    from engine.identity.principal import SYSTEM

    [block] = [each for each in blocks(PAGE, "json") if each.name]
    (repair_folder / block.name).write_text(block.text, "utf-8")
    role = repair_folder / "roles/engineer.json"
    role.write_text(
        role.read_text("utf-8").replace('"create", "update"]', '"create", "update", "print"]'), "utf-8"
    )
    users = [
        {"id": key, "name": {"zh": key, "en": key}, "roles": roles}
        for key, roles in {"mei": ["engineer"], "root": ["admin"]}.items()
    ]
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        load_organisation(work, {"departments": [], "users": users})
    apply_folder(runtime, repair_folder)
    return as_user("mei")


@pytest.fixture
def ticket(mei: SignedIn, as_user: AsUser) -> str:
    site = as_user("root").post("/apps/repair/forms/site/records", {"name": "一号楼"}).json()["id"]
    parts = [{"name": "水泵", "qty": "2", "price": "617.25"}]
    answer = mei.post(f"{TICKETS}/records", {"site": site, "problem": "漏水", "parts": parts})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def words(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())


def test_the_template_of_the_page_prints_a_ticket(mei: SignedIn, ticket: str) -> None:
    path = f"{TICKETS}/records/{ticket}/print/receipt"
    paper = words(mei.get(path))
    for said in (
        "一号楼",
        "维修单",
        "2026年3月2日报修，一般",
        "漏水",
        "1水泵21,234.50",
        "壹仟贰佰叁拾肆元伍角",
        "第1页，共1页",
    ):
        assert said in paper
    assert "reported2Mar2026,Normal" in words(mei.get(f"{path}?language=en"))
    assert [each["key"] for each in mei.get(f"{TICKETS}/print_templates").json()["items"]] == [
        "receipt",
        "work_order",
    ]


def test_the_request_for_several_is_one(mei: SignedIn, ticket: str) -> None:
    [body] = [each for each in blocks(PAGE, "json") if '"records"' in each.text]
    asked = json.loads(body.text) | {"records": [ticket, ticket]}
    assert words(mei.post(f"{TICKETS}/records:print", asked)).count("壹仟贰佰叁拾肆元伍角") == 2


def test_the_preview_answers_as_the_page_shows(mei: SignedIn, ticket: str, as_user: AsUser) -> None:
    [block] = [each for each in blocks(PAGE, "json") if each.name]
    document = json.loads(block.text) | {"body": {"zh": "<p>{{nothing}}</p>"}}
    preview = "/apps/repair/draft/print_template/receipt:preview"
    [found] = as_user("root").post(preview, {"document": document}).json()["errors"]
    [shown] = [each for each in blocks(PAGE, "json") if '"unknown_field"' in each.text]
    said = json.loads(shown.text)
    assert (found["code"], found["pointer"]) == (said["code"], said["pointer"])
    assert found["message"]["zh"].startswith(said["message"]["zh"].rstrip("… "))


def test_every_tag_and_attribute_is_listed() -> None:
    section = (DOCS / PAGE).read_text("utf-8").split("## 3. ")[1].split("## 4. ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    listed: dict[str, set[str]] = {}
    for names, given in rows:
        for tag in re.findall(r"`([a-z0-9-]+)`", names):
            listed[tag] = set(re.findall(r"`([a-z]+)`", given))
    assert {tag: set(ATTRIBUTES.get(tag, {})) for tag in TAGS} == {tag: listed[tag] for tag in TAGS}
    assert set(listed) == TAGS | set(STYLES)
