"""Reports over HTTP, in process and through the socket of a report server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from api.app import create_app
from engine.identity.principal import SYSTEM
from engine.identity.sessions import open_session
from engine.runtime import Runtime
from tests.reports.desk import Desk, line
from tests.support.client import AsUser

RUN = "/apps/shop/reports/order_by_region:run"
PREVIEW = "/apps/shop/draft/reports:preview"
COUNT = {"from": "order", "measures": [{"id": "n", "agg": "count"}]}


@pytest.fixture
def orders(desk: Desk) -> Desk:
    desk.order("c1", line("p1", 1, 100))
    desk.order("c4", line("p1", 2, 100))
    return desk


def test_a_report_runs_with_the_rights_of_the_caller(orders: Desk, as_user: AsUser) -> None:
    answer = as_user("liu").post(RUN).json()
    assert [row["amount"] for row in answer["rows"]] == ["1.00", "2.00"]
    assert answer["as_of_pos"] > 0
    assert "stale" not in answer
    assert [row["amount"] for row in as_user("zhang").post(RUN).json()["rows"]] == ["2.00"]


def test_parameters_narrow_the_report(orders: Desk, as_user: AsUser) -> None:
    body = {"params": {"range": {"from": "2025-01-01", "to": "2025-12-31"}}, "min_pos": 1}
    assert as_user("liu").post(RUN, body).json()["rows"] == []


def test_only_reports_the_caller_may_read_are_listed(orders: Desk, as_user: AsUser) -> None:
    def keys(user: str) -> list[str]:
        return [each["key"] for each in as_user(user).get("/apps/shop/reports").json()["items"]]

    assert keys("liu") == ["order_by_region", "pipeline", "product_ranking"]
    assert keys("li") == ["order_by_region", "product_ranking"]
    assert keys("qian") == ["order_by_region", "product_ranking"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "pointer"),
    [
        (RUN, {"params": {"range": "someday"}}, 422, "invalid", "/params/range"),
        (RUN, {"params": {"region": "east"}}, 422, "invalid", "/params/region"),
        (RUN, {"min_pos": -1}, 422, "invalid", "/min_pos"),
        (RUN, {"params": [1]}, 422, "invalid", "/params"),
        ("/apps/shop/reports/nothing:run", {}, 404, "report_not_found", ""),
        ("/apps/nowhere/reports/order_by_region:run", {}, 404, "app_not_found", ""),
        (PREVIEW, {"from": "order"}, 422, "missing_key", "/measures"),
        (PREVIEW, {**COUNT, "sum": 1}, 422, "unknown_key", "/sum"),
        (PREVIEW, {"report": {**COUNT, "where": "colour = 1"}}, 422, "unknown_field", "/where"),
    ],
)
def test_what_is_wrong_is_named(
    orders: Desk, as_user: AsUser, path: str, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    response = as_user("liu").post(path, body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["pointer"] == pointer
    assert set(response.json()["message"]) == {"zh", "en"}


def test_a_spec_is_tried_before_it_is_saved(orders: Desk, as_user: AsUser) -> None:
    assert as_user("liu").post(PREVIEW, COUNT).json()["rows"] == [{"n": 2}]
    body = {
        "report": {**COUNT, "params": {"who": {"type": "user"}}, "where": "owner = $who"},
        "params": {"who": "li"},
    }
    assert as_user("liu").post(PREVIEW, body).json()["rows"] == [{"n": 0}]


def test_export_needs_the_right_to_export(orders: Desk, as_user: AsUser) -> None:
    path = "/apps/shop/reports/order_by_region/export.csv"
    refused = as_user("wang").get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    response = as_user("liu").get(path, params={"params": '{"range": "this_year"}'})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["content-disposition"]
    assert response.text.splitlines()[1].startswith("Jiangsu,2026-03,1.00,1,1,")
    assert response.text.splitlines()[-1].startswith("合计,,3.00,2,2,")


def test_without_a_token_there_is_no_report(orders: Desk, client: Any) -> None:
    assert client.post(f"/api/v1{RUN}").status_code == 401


@pytest.fixture
def report_server(runtime: Runtime, tmp_path: Path) -> Iterator[str]:
    """The application on a unix socket, as `fourfold reports` serves it."""
    socket = str(tmp_path / "r.sock")
    config = uvicorn.Config(create_app(runtime), uds=socket, log_level="critical", lifespan="on", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield socket
    server.should_exit = True
    thread.join()


@pytest.fixture
def far_client(settings: Any, report_server: str) -> Iterator[httpx.Client]:
    """A client of an API process that sends reports on to the report server."""
    from starlette.testclient import TestClient

    from api.boot import build

    far = build(settings.model_copy(update={"reports_socket": report_server}))
    with TestClient(create_app(far), raise_server_exceptions=False) as made:
        yield made
    assert "reports" not in far.services
    far.close()


def test_an_api_process_sends_reports_on_to_the_report_server(orders: Desk, far_client: httpx.Client) -> None:
    with orders.runtime.unit_of_work(SYSTEM) as work:
        token = open_session(work, "zhang").secret
    headers = {"authorization": f"Bearer {token}"}
    answer = far_client.post(f"/api/v1{RUN}", headers=headers, json={"params": {"range": "this_year"}})
    assert [row["amount"] for row in answer.json()["rows"]] == ["2.00"]
    assert far_client.post(f"/api/v1{PREVIEW}", headers=headers, json=COUNT).json()["rows"] == [{"n": 1}]
    export = far_client.get("/api/v1/apps/shop/reports/order_by_region/export.csv", headers=headers)
    assert export.status_code == 403
    assert far_client.post(f"/api/v1{RUN}").status_code == 401


def test_a_report_server_that_is_down_is_a_503(orders: Desk, settings: Any, tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    from api.boot import build

    far = build(settings.model_copy(update={"reports_socket": str(tmp_path / "nothing.sock")}))
    with TestClient(create_app(far), raise_server_exceptions=False) as client:
        response = client.post(f"/api/v1{RUN}", headers={"authorization": "Bearer x"})
    far.close()
    assert (response.status_code, response.json()["code"]) == (503, "reports_unavailable")
