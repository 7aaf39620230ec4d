"""The access log: who was shown marked values, and who was not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.changes.jobs import log_retention
from engine.changes.sealer import Sealer
from engine.changes.verify import flaws_of, verify
from engine.definitions.app import CompiledApp
from engine.definitions.publish import publish
from engine.identity.principal import SYSTEM
from engine.jobs.worker import Worker
from engine.reads.keeper import keeper_of
from engine.reads.spool import AccessLogFull
from engine.runtime import Runtime
from engine.testing import FixedClock
from tests.support.client import AsUser

URL = "/apps/hr/forms/person/records"


def name(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": name(key), **more}


PERSON = {
    "key": "person",
    "label": name("person"),
    "title": "name",
    "fields": [
        field("name", "text"),
        field("salary", "money", log_reads=True),
        field("phone", "phone", mask="###****####"),
        field("bank", "text", encrypt=True),
        field("note", "text", encrypt=True, log_reads=False),
        field("boss", "ref", form="person"),
        field("children", "subtable", fields=[field("name", "text"), field("idno", "text", log_reads=True)]),
    ],
}
ROLES = {
    "sales_rep": [{"form": "*", "actions": ["*"]}],
    "finance": [{"form": "person", "actions": ["*"], "fields": {"masked": ["phone"], "hidden": ["bank"]}}],
}


@pytest.fixture
def hr(runtime: Runtime, people: dict[str, Any]) -> CompiledApp:
    documents = {
        "app": {"hr": {"key": "hr", "label": name("hr")}},
        "form": {"person": PERSON},
        "role": {key: {"key": key, "label": name(key), "grants": held} for key, held in ROLES.items()},
    }
    with runtime.unit_of_work(SYSTEM) as work:
        publish(work, documents)
    with runtime.reading(SYSTEM) as work:
        return work.app("hr")


@pytest.fixture
def wen(hr: CompiledApp, as_user: AsUser) -> str:
    body = {
        "name": "文",
        "salary": "9000",
        "phone": "13812345678",
        "bank": "6222",
        "note": "n",
        "children": [{"name": "小文", "idno": "3301"}],
    }
    made = as_user("root").post(URL, json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def reads(as_user: AsUser, query: str = "") -> list[dict[str, Any]]:
    found = as_user("root").get(f"/log/reads?{query}")
    assert found.status_code == 200, found.text
    return list(found.json()["items"])


def test_reading_a_record_says_who_saw_which_marked_fields(as_user: AsUser, wen: str) -> None:
    as_user("li").get(f"{URL}/{wen}")
    (read,) = reads(as_user, "actor=li")
    assert read["fields"] == ["salary", "phone", "bank", "children.idno"]
    assert (read["records"], read["form"], read["way"]) == ([wen], "person", "api")
    assert read["request_id"]
    assert read["address"] == "testclient"


def test_masked_and_hidden_values_were_not_seen(as_user: AsUser, wen: str) -> None:
    as_user("qian").get(f"{URL}/{wen}?fields=name,salary,phone")
    (read,) = reads(as_user, "actor=qian")
    assert read["fields"] == ["salary"]


def test_reads_without_marked_values_are_not_logged(as_user: AsUser, wen: str) -> None:
    as_user("li").get(f"{URL}/{wen}?fields=name,note")
    empty = as_user("li").post(URL, json={"name": "空"}).json()["id"]
    as_user("li").get(f"{URL}/{empty}")
    assert reads(as_user, "actor=li") == []


def test_a_list_is_one_read_of_many_records(as_user: AsUser, wen: str) -> None:
    other = as_user("root").post(URL, json={"name": "李", "salary": "1", "boss": wen}).json()["id"]
    as_user("li").get(f"{URL}?fields=name,salary&sort=name")
    (read,) = reads(as_user, "actor=li")
    assert sorted(read["records"]) == sorted([wen, other])
    assert read["fields"] == ["salary"]


def test_a_value_behind_a_reference_is_logged_by_its_path(as_user: AsUser, wen: str) -> None:
    other = as_user("root").post(URL, json={"name": "李", "boss": wen}).json()["id"]
    as_user("li").get(f"{URL}/{other}?fields=name,boss.salary")
    (read,) = reads(as_user, "actor=li")
    assert (read["fields"], read["records"]) == (["boss.salary"], [other])


def test_the_history_shows_values_too(as_user: AsUser, wen: str) -> None:
    as_user("li").get(f"{URL}/{wen}/history")
    assert [(each["way"], each["fields"]) for each in reads(as_user, "actor=li")] == [
        ("history", ["salary", "phone", "bank", "children.idno"])
    ]


def test_an_export_is_a_read_of_what_it_holds(as_user: AsUser, runtime: Runtime, wen: str) -> None:
    li = as_user("li")
    begun = li.post("/apps/hr/forms/person/exports", json={"format": "csv", "fields": ["name", "salary"]})
    assert begun.status_code == 202, begun.text
    Worker(runtime).run_due()
    assert li.get(f"/apps/hr/forms/person/exports/{begun.json()['id']}/file").status_code == 200
    (read,) = reads(as_user, "actor=li")
    assert (read["way"], read["fields"], read["records"]) == ("export", ["salary"], [wen])
    told = as_user("root").get("/log?app=hr&actor=li&kind=operation").json()["items"]
    assert [each["action"] for each in told] == ["export_fetched", "export_begun"]


def test_old_reads_are_dropped_by_the_daily_job(
    as_user: AsUser, runtime: Runtime, clock: FixedClock, wen: str
) -> None:
    for years in (4, 0):
        as_user("li").get(f"{URL}/{wen}?fields=salary")
        keeper_of(runtime).store()
        Sealer(runtime).run_once(all_rows=True)
        clock.advance(days=365 * years)
    with runtime.unit_of_work(SYSTEM) as work:
        log_retention.arm(work, work.now)
    Worker(runtime).run_due()
    assert len(reads(as_user, "actor=li")) == 1
    Sealer(runtime).run_once(all_rows=True)
    with runtime.reading(SYSTEM, snapshot=True) as work:
        found = {each.stream: each for each in verify(work)}
    assert (found["read"].dropped, found["read"].flaws) == (1, ())
    assert found["change"].dropped == 0


@pytest.mark.parametrize("sealed", [False, True])
def test_reads_are_found_by_record_field_and_person(
    as_user: AsUser, runtime: Runtime, wen: str, sealed: bool
) -> None:
    as_user("li").get(f"{URL}/{wen}?fields=salary")
    as_user("sun").get(f"{URL}/{wen}?fields=phone")
    if sealed:
        keeper_of(runtime).store()
        Sealer(runtime).run_once(all_rows=True)
    assert [each["actor"] for each in reads(as_user, f"record={wen}")] == ["sun", "li"]
    assert [each["actor"] for each in reads(as_user, "field=salary")] == ["li"]
    assert reads(as_user, "field=sal") == []
    assert [each["fields"] for each in reads(as_user, "actor=sun&app=hr&form=person")] == [["phone"]]
    with runtime.reading(SYSTEM, snapshot=True) as work:
        assert list(flaws_of(verify(work))) == []


def test_a_value_is_not_shown_when_its_read_cannot_be_logged(
    as_user: AsUser, runtime: Runtime, wen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = keeper_of(runtime)

    def full(line: bytes) -> None:
        raise AccessLogFull()

    monkeypatch.setattr(keeper.spool, "add", full)
    refused = as_user("li").get(f"{URL}/{wen}")
    assert (refused.status_code, refused.json()["code"]) == (503, "access_log_full")
    assert "9000" not in refused.text
    assert as_user("li").get(f"{URL}/{wen}?fields=name").status_code == 200


def test_reads_wait_in_the_spool_while_the_store_is_away_and_are_stored_once(
    as_user: AsUser, runtime: Runtime, wen: str
) -> None:
    keeper = keeper_of(runtime)
    as_user("li").get(f"{URL}/{wen}?fields=salary")
    keeper.spool.turn()
    lines = [path.read_bytes() for path in keeper.spool.full()]
    keeper.store()
    for line in lines:  # as if the process had died before it removed the file
        for each in line.splitlines():
            keeper.spool.add(each)
    keeper.store()
    assert len(reads(as_user, "actor=li")) == 1


def test_only_administrators_and_auditors_read_the_access_log(as_user: AsUser, wen: str) -> None:
    assert as_user("li").get("/log/reads").status_code == 403
