"""kill -9 at any moment under load: no acknowledged write is lost, no approval is left half done."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.scenarios.fixture import Ids

if TYPE_CHECKING:
    from engine.settings import Settings

ROOT = Path(__file__).parents[2]
ROUNDS = 3
CLIENTS = 4
CONTRACTS = "/apps/crm/forms/contract/records"


class Server:
    """A real server process on this store, started again after each kill."""

    def __init__(self, settings: Settings) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            "FOURFOLD_HOME": str(settings.home),
            "FOURFOLD_DATABASE_URL": settings.database_url,
            "FOURFOLD_PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "serve"],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        with self.client("none yet") as stranger:
            while time.monotonic() < deadline:
                assert self.process.poll() is None, "the server ended by itself"
                try:
                    if stranger.get("/health").status_code == 200:
                        return
                except httpx.TransportError:
                    threading.Event().wait(0.05)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    @contextmanager
    def client(self, token: str) -> Iterator[httpx.Client]:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/api/v1",
            headers={"authorization": f"Bearer {token}"},
            timeout=30,
            trust_env=False,
            verify=False,  # it takes a while to load certificates, and this is no TLS
        ) as client:
            yield client


@pytest.fixture
def tokens(settings: Settings) -> dict[str, str]:
    """Sessions that outlive the server, opened at the present time."""
    from alembic import command

    from api import migrations
    from api.boot import build
    from engine.identity.principal import SYSTEM
    from engine.identity.sessions import open_session

    runtime = build(settings)
    with runtime.database.writer.begin() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.stamp(config, "head")
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        opened = {user: open_session(work, user).secret for user in ("he", "liu", "root")}
    runtime.close()
    return opened


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    made = Server(settings)
    yield made
    made.kill()


class Load(threading.Thread):
    """Writes contracts and has them approved until the server dies; remembers what was acknowledged."""

    def __init__(self, server: Server, tokens: dict[str, str], ids: Ids, number: int) -> None:
        super().__init__()
        self.server, self.tokens, self.ids, self.number = server, tokens, ids, number
        self.created: dict[str, str] = {}
        self.submitted: set[str] = set()
        self.approved: set[str] = set()
        self.through = threading.Event()

    def run(self) -> None:
        with self.server.client(self.tokens["he"]) as he, self.server.client(self.tokens["liu"]) as liu:
            try:
                for count in range(10_000):
                    self._deal(he, liu, f"{self.number}-{count}")
            except httpx.TransportError:
                return

    def _deal(self, he: httpx.Client, liu: httpx.Client, name: str) -> None:
        chance = {"name": name, "customer": self.ids["C3"], "amount": "600", "expect_close": "2026-12-31"}
        opportunity = self._made(he, "opportunity", chance)
        line = {"product": self.ids["P1"], "qty": 10}
        quote = self._made(
            he, "quote", {"opportunity": opportunity, "valid_until": "2099-12-31", "lines": [line]}
        )
        body = {
            "name": name,
            "type": "sales",
            "customer": self.ids["C3"],
            "opportunity": opportunity,
            "quote": quote,
            "amount": "600.00",
            "start_date": "2026-03-01",
            "end_date": "2027-02-28",
            "terms_plan": [{"ratio": "30", "offset_days": 0}, {"ratio": "70", "offset_days": 30}],
        }
        record = self._made(he, "contract", body)
        self.created[record] = name
        answer = he.post(f"{CONTRACTS}/{record}:submit", json={})
        assert answer.status_code == 200, answer.text
        self.submitted.add(record)
        answer = liu.post(f"/tasks/{answer.json()['tasks'][0]['id']}:approve", json={"comment": "ok"})
        assert answer.status_code == 200, answer.text
        self.approved.add(record)
        self.through.set()

    @staticmethod
    def _made(client: httpx.Client, form: str, body: dict[str, Any]) -> str:
        answer = client.post(f"/apps/crm/forms/{form}/records", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def everything(client: httpx.Client, form: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        params = {"limit": "500", **({"cursor": cursor} if cursor else {})}
        page = client.get(f"/apps/crm/forms/{form}/records", params=params).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_and_no_approval_is_half_done(
    server: Server, tokens: dict[str, str], ids: Ids
) -> None:
    chance = random.Random(20260302)
    created: dict[str, str] = {}
    submitted: set[str] = set()
    approved: set[str] = set()
    for turn in range(ROUNDS):
        server.start()
        loads = [Load(server, tokens, ids, turn * 100 + number) for number in range(CLIENTS)]
        for load in loads:
            load.start()
        assert loads[0].through.wait(60), "the load never got through an approval"
        threading.Event().wait(chance.uniform(0.0, 1.5))  # the moment of death, not a guarantee
        server.kill()
        for load in loads:
            load.join()
            created |= load.created
            submitted |= load.submitted
            approved |= load.approved
    assert approved, "the load never got through an approval"
    server.start()
    with server.client(tokens["root"]) as root:
        contracts = {each["id"]: each for each in everything(root, "contract")}
        orders = everything(root, "order")
        plans = everything(root, "collection_plan")
        assert created.keys() <= contracts.keys()
        assert {record for record in contracts if contracts[record]["status"] == "draft"} & submitted == set()
        assert all(contracts[record]["status"] == "effective" for record in approved)
        effective = {key for key, each in contracts.items() if each["status"] == "effective"}
        assert sorted(order["contract"] for order in orders) == sorted(effective)
        for contract in effective:
            amounts = [plan["amount"] for plan in plans if plan["contract"] == contract]
            assert sorted(amounts) == ["180.00", "420.00"]
        assert {plan["contract"] for plan in plans} == effective
        for record, contract in contracts.items():
            state = str(contract["flow_state"])
            assert (contract["status"], state.rpartition(":")[2]) in {
                ("draft", "None"),
                ("pending", "pending"),
                ("pending", "running"),
                ("effective", "approved"),
            }, (record, contract["status"], state)
