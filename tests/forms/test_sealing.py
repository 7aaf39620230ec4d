"""Encrypted fields: unreadable wherever they rest, found by the whole value, the same to who may read them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.definitions.publish import plan, publish
from engine.errors import NotPublishable
from engine.identity.principal import SYSTEM, Principal
from engine.jobs.worker import Worker
from engine.runtime import Runtime
from engine.sealing.ring import key_of
from forms import records
from forms.compiled import compiled_form
from tests.forms.shop import field, name, option

URL = "/api/v1/apps/desk/forms/contract/records"
ROOT = Principal(user="root", roles=("admin",), is_admin=True)
IDNO, OTHER = "11010519491231002X", "440524188001010014"


def documents(**more: Any) -> dict[str, Any]:
    """Contracts with the number of an identity card, a salary, a token, and lines with accounts."""
    form = {
        "key": "contract",
        "label": name("contract"),
        "fields": [
            field("title", "text"),
            field("id_no", "idno", encrypt=True, unique=True),
            field("born", "date", encrypt=True, index=True),
            field("salary", "money", encrypt=True),
            field("kinds", "multiselect", options=option("a", "b"), encrypt=True),
            field("token", "secret"),
            field(
                "lines",
                "subtable",
                fields=[field("account", "text", encrypt=True), field("part", "percent")],
            ),
        ],
        "validations": [
            {"code": "low", "expr": "salary > 1000", "field": "salary", "message": name("too low")}
        ],
        **more,
    }
    rep = {
        "key": "sales_rep",
        "label": name("rep"),
        "grants": [
            {
                "form": "contract",
                "actions": ["view", "history", "update"],
                "fields": {"masked": ["id_no"], "hidden": ["salary"]},
            }
        ],
    }
    return {
        "app": {"desk": {"key": "desk", "label": name("desk")}},
        "form": {"contract": form},
        "role": {"sales_rep": rep},
    }


def published(runtime: Runtime, source: dict[str, Any]) -> None:
    with runtime.unit_of_work(ROOT) as work:
        publish(work, source)


VALUES = {
    "title": "T",
    "id_no": IDNO,
    "born": "1949-12-31",
    "salary": "12345.67",
    "kinds": ["b", "a"],
    "token": "hush-hush-token",
    "lines": [{"account": "6222020200001234", "part": "50"}],
}


@pytest.fixture
def root(runtime: Runtime, people: dict[str, Any], as_user: Any) -> Any:
    published(runtime, documents())
    return as_user("root")


def made(root: Any, **data: Any) -> dict[str, Any]:
    answer = root.post(URL, json={**VALUES, **data})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def everything_stored(runtime: Runtime) -> str:
    """All rows of all tables as one text."""
    tables = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgres": "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    }
    with runtime.reading(SYSTEM) as work:
        names = [row[0] for row in work.rows(tables[runtime.database.dialect])]
        return "\n".join(str(work.rows(f'SELECT * FROM "{each}"')) for each in names)


def test_values_read_as_they_were_written(root: Any) -> None:
    record = made(root)
    again = root.get(f"{URL}/{record['id']}").json()
    assert again == record
    assert {key: again[key] for key in ("id_no", "born", "salary", "kinds")} == {
        "id_no": IDNO,
        "born": "1949-12-31",
        "salary": "12345.67",
        "kinds": ["b", "a"],
    }
    assert (again["token"], again["lines"][0]["account"]) == ("••••••", "6222020200001234")
    listed = root.get(f"{URL}?fields=id_no,salary,token").json()["items"]
    assert [(item["id_no"], item["salary"], item["token"]) for item in listed] == [
        (IDNO, "12345.67", "••••••")
    ]
    cleared = root.patch(f"{URL}/{record['id']}", json={"id_no": None, "token": None}).json()
    assert (cleared["id_no"], cleared["token"]) == (None, None)


def test_nothing_of_them_rests_readable(root: Any, runtime: Runtime) -> None:
    record = made(root)
    root.patch(f"{URL}/{record['id']}", json={"salary": "2000", "id_no": OTHER})
    root.post(URL, json={**VALUES, "title": "again"}, headers={"idempotency-key": "k1"})
    again = root.post(URL, json={**VALUES, "title": "again"}, headers={"idempotency-key": "k1"})
    assert (again.status_code, again.json()["id_no"]) == (201, IDNO)
    stored = everything_stored(runtime)
    for value in (IDNO, OTHER, "1949-12-31", "1234567", "12345.67", "hush-hush", "6222020200001234"):
        assert value not in stored


def test_whole_values_are_unique_and_found(root: Any) -> None:
    record = made(root)
    refused = root.post(URL, json={**VALUES, "id_no": IDNO.lower()})
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [("/id_no", "unique")]
    assert IDNO not in refused.text
    made(root, id_no=OTHER, born="1880-01-01")

    def found(condition: str) -> Any:
        answer = root.get(URL, params={"filter": condition})
        return [i["id"] for i in answer.json()["items"]] if answer.is_success else answer.json()["code"]

    assert found(f'id_no = "{IDNO}"') == [record["id"]]
    assert found(f'id_no in ["{IDNO}", "x"] and title = "T"') == [record["id"]]
    assert found('born = "1949-12-31"') == [record["id"]]
    assert len(found(f'id_no <> "{IDNO}"')) == 1
    assert found("ISBLANK(salary)") == []
    assert found('CONTAINS(id_no, "1949")') == "whole_value_only"
    assert found('born > "1900-01-01"') == "whole_value_only"
    assert found("salary = 12345.67") == "not_findable"
    assert found('token = "x"') == "unknown_field"
    assert found('COUNT(lines, account = "x") > 0') == "whole_value_only"
    assert root.get(URL, params={"sort": "id_no"}).json()["code"] == "not_findable"


def test_validations_read_them_and_refusals_do_not_quote_them(root: Any) -> None:
    low = root.post(URL, json={**VALUES, "salary": "999"})
    assert [(e["pointer"], e["code"]) for e in low.json()["errors"]] == [("/salary", "low")]
    wrong = root.post(URL, json={**VALUES, "id_no": "110105194912310021", "kinds": ["sesame"]})
    assert {e["code"] for e in wrong.json()["errors"]} == {"bad_id_number", "not_in_options"}
    assert "sesame" not in wrong.text


def test_masks_cover_them_and_history_tells_nothing(root: Any, as_user: Any) -> None:
    record = made(root)
    root.patch(f"{URL}/{record['id']}", json={"id_no": OTHER, "token": "new"})
    wu = as_user("wu")
    seen = wu.get(f"{URL}/{record['id']}").json()
    assert (seen["id_no"], seen["born"], seen["token"]) == ("4405**********0014", "1949-12-31", "••••••")
    assert "salary" not in seen
    for user in (root, wu):
        first, created = user.get(f"{URL}/{record['id']}/history").json()["items"]
        assert first["changes"]["token"] == ["••••••", "••••••"]
        assert set(first["changes"]["id_no"][1]) <= set("•*")
        assert created["changes"]["lines"]["insert"][0]["account"] == "••••••"
    refused = wu.patch(f"{URL}/{record['id']}", json={"id_no": seen["id_no"], "token": "••••••"})
    assert [e["code"] for e in refused.json()["errors"]] == ["masked_value"] * 2


def test_the_engine_reads_what_answers_do_not_tell(root: Any, runtime: Runtime) -> None:
    record = made(root)
    with runtime.reading(SYSTEM) as work:
        loaded = records.load(work, compiled_form(work.app("desk"), "contract"), record["id"])
    assert (loaded["token"], loaded["salary"]) == ("hush-hush-token", 1234567)


def test_rotated_keys_reach_all_values(root: Any, runtime: Runtime) -> None:
    record = made(root)
    old = runtime.ring.current
    new = runtime.ring.rotate()
    assert root.get(f"{URL}/{record['id']}").json()["id_no"] == IDNO
    from forms.reseal import arm, keys_in_use

    with runtime.unit_of_work(SYSTEM) as work:
        assert keys_in_use(work, work.app("desk")) == {old}
        arm(work, work.app("desk"))
    Worker(runtime).run_due()
    with runtime.reading(SYSTEM) as work:
        assert keys_in_use(work, work.app("desk")) == {new}
        (stored,) = work.rows("SELECT id_no FROM desk_contract")
    assert key_of(stored[0]) == new
    runtime.ring.retire({old})
    again = root.get(f"{URL}/{record['id']}").json()
    assert (again["id_no"], again["rev"], again["lines"]) == (IDNO, 1, record["lines"])
    assert root.get(URL, params={"filter": f'id_no = "{IDNO}"'}).json()["count"] == 1


def plain(source: dict[str, Any]) -> dict[str, Any]:
    """The same app with nothing encrypted but the secret."""
    import copy

    without = copy.deepcopy(source)
    for each in without["form"]["contract"]["fields"]:
        each.pop("encrypt", None)
        for inner in each.get("fields", []):
            inner.pop("encrypt", None)
    return without


def test_a_field_that_becomes_encrypted_is_sealed_by_a_job(
    runtime: Runtime, people: dict[str, Any], as_user: Any
) -> None:
    source = documents()
    fields = source["form"]["contract"]["fields"]
    source["form"]["contract"]["fields"] = [fields[0], fields[1], fields[6]]
    source["form"]["contract"]["validations"] = []
    del source["role"]
    published(runtime, plain(source))
    root = as_user("root")
    body = {"title": "T", "id_no": IDNO, "lines": VALUES["lines"]}
    record = root.post(URL, json=body).json()
    with runtime.unit_of_work(ROOT) as work:
        _, findings, steps = plan(work, source)
    assert findings == []
    assert [(step.action, step.risk) for step in steps if step.action == "encrypt"] == [
        ("encrypt", "warn")
    ] * 2
    published(runtime, source)
    assert root.get(f"{URL}/{record['id']}").json()["id_no"] == IDNO
    Worker(runtime).run_due()
    with runtime.reading(SYSTEM) as work:
        stored = work.rows("SELECT c.id_no, l.account FROM desk_contract c, desk_contract__lines l")
    assert all(key_of(value) == runtime.ring.current for value in stored[0])
    assert root.get(f"{URL}/{record['id']}").json()["id_no"] == IDNO
    assert root.get(URL, params={"filter": f'id_no = "{IDNO}"'}).json()["count"] == 1
    assert [e["code"] for e in root.post(URL, json=body).json()["errors"]] == ["unique"]
    with pytest.raises(NotPublishable) as refused, runtime.unit_of_work(ROOT) as work:
        publish(work, plain(source))
    places = ["/forms/contract/fields/id_no", "/forms/contract/fields/lines/fields/account"]
    assert [(each.code, each.pointer) for each in refused.value.findings] == [
        ("needs_approval", place) for place in places
    ]
    with runtime.unit_of_work(ROOT) as work:
        done = publish(work, plain(source), approve=places)
    assert [(step.action, step.lost) for step in done.steps] == [("decrypt", 0)] * 2
    assert root.get(f"{URL}/{record['id']}").json()["id_no"] == IDNO


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (
            {
                "fields": [
                    field("a", "text", encrypt=True),
                    field("b", "formula", expr='a & "x"', result={"type": "text"}),
                ]
            },
            "/forms/contract/fields/1",
        ),
        (
            {"fields": [field("a", "text", encrypt=True), field("b", "text", default={"expr": "a"})]},
            "/forms/contract/fields/1",
        ),
        (
            {"fields": [field("a", "text"), field("f", "ref", form="contract", encrypt=True)]},
            "/forms/contract/fields/1/encrypt",
        ),
        ({"fields": [field("a", "secret", unique=True)]}, "/forms/contract/fields/0/unique"),
    ],
)
def test_what_would_rest_readable_is_refused(runtime: Runtime, change: dict[str, Any], pointer: str) -> None:
    source = documents(validations=[], **change)
    del source["role"]
    with pytest.raises(NotPublishable) as problem:
        published(runtime, source)
    assert [finding.pointer for finding in problem.value.findings] == [pointer]


def test_places_in_the_database_cannot_read_them(runtime: Runtime) -> None:
    source = documents()
    source["role"]["sales_rep"]["grants"][0]["where"] = 'id_no = "x"'
    with pytest.raises(NotPublishable) as problem:
        published(runtime, source)
    (finding,) = problem.value.findings
    assert (finding.code, finding.pointer) == ("reads_encrypted", "/roles/sales_rep/grants/0/where")


@pytest.mark.database("sqlite")
def test_the_files_of_the_store_hold_none_of_it(root: Any, runtime: Runtime, tmp_path: Path) -> None:
    made(root)
    path = tmp_path / "copy.sqlite"
    with sqlite3.connect(runtime.database.writer.url.database or "") as store, sqlite3.connect(path) as copy:
        store.backup(copy)
    raw = path.read_bytes()
    for value in (IDNO, "hush-hush", "6222020200001234", "12345.67"):
        assert value.encode() not in raw


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"dimensions": [{"id": "who", "field": "id_no"}]}, "/reports/all/dimensions/0/field"),
        (
            {"measures": [{"id": "pay", "agg": "sum", "field": "salary"}]},
            "/reports/all/measures/0/field",
        ),
        ({"where": 'id_no = "x"'}, "/reports/all/where"),
        ({"dimensions": [{"id": "first", "expr": "LEFT(id_no, 1)"}]}, "/reports/all/dimensions/0/expr"),
    ],
)
def test_reports_cannot_read_them(runtime: Runtime, change: dict[str, Any], pointer: str) -> None:
    report = {
        "key": "all",
        "label": name("all"),
        "from": "contract",
        "dimensions": [{"id": "title", "field": "title"}],
        "measures": [{"id": "n", "agg": "count"}],
        **change,
    }
    with pytest.raises(NotPublishable) as problem:
        published(runtime, {**documents(), "report": {"all": report}})
    assert [(each.pointer, each.code) for each in problem.value.findings] == [(pointer, "reads_encrypted")]


def test_reports_stand_beside_them(root: Any, runtime: Runtime, as_user: Any) -> None:
    report = {
        "key": "all",
        "label": name("all"),
        "from": "contract",
        "dimensions": [{"id": "title", "field": "title"}],
        "measures": [{"id": "n", "agg": "count"}],
    }
    published(runtime, {**documents(), "report": {"all": report}})
    made(root)
    answer = root.post("/api/v1/apps/desk/reports/all:run", json={})
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"] == [{"title": "T", "n": 1}]


def test_groups_and_totals_cannot_read_them(root: Any) -> None:
    made(root)
    for body in (
        {"by": [{"key": "a", "expr": "LEFT(id_no, 4)"}], "measures": {"n": {"agg": "count"}}},
        {"by": [], "measures": {"n": {"agg": "sum", "field": "salary"}}},
    ):
        answer = root.post("/api/v1/apps/desk/forms/contract/records:aggregate", json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] in ("reads_encrypted", "not_findable"), answer.text
