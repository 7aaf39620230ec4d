"""`python -m tests.api.fuzz --minutes 10`: random requests to a running CRM, in the name of several people.

It starts the demo in a folder of its own and ends it again. Ends with 1 when an answer was a surprise (5xx),
or one that the OpenAPI document does not announce.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.api.fuzz.known import PREFIX, enriched
from tests.api.fuzz.trying import Tried, operations, try_all
from tests.docs.pages import ROOT
from tests.docs.shell import two_free_ports

PEOPLE = ("root", "li", "wang", "zheng", "qian")
"""An administrator, a sales rep, her manager, the general manager, finance."""
PASSWORD = "fourfold-demo"
FORMS = ("customer", "opportunity", "quote", "contract", "visit")
RETRIES = 10
"""With pauses that double, from half a second on: about four minutes."""


@contextmanager
def running_demo(home: Path, database: str | None) -> Iterator[str]:
    """The address of a demo that runs until the block ends."""
    port = two_free_ports()
    settings = {"FOURFOLD_HOME": str(home), "FOURFOLD_PORT": str(port), "PYTHONPATH": str(ROOT)}
    if database:
        settings["FOURFOLD_DATABASE_URL"] = database
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "demo"],
            env={**os.environ, **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=RETRIES), trust_env=False) as client:
        try:
            client.get(f"{address}{PREFIX}/health").raise_for_status()
        except httpx.HTTPError as failure:
            raise SystemExit(f"the server does not start ({server.poll()}): {failure}") from None


def signed_in(address: str, user: str) -> httpx.Client:
    """A client in the name of one person."""
    client = httpx.Client(base_url=address, timeout=60, trust_env=False)
    answer = client.post(f"{PREFIX}/auth/login", json={"username": user, "password": PASSWORD})
    answer.raise_for_status()
    client.headers["authorization"] = f"Bearer {answer.json()['token']}"
    return client


def fuzz(address: str, minutes: float, first_round: int) -> int:
    """Rounds through all operations by each person in turn; how many kinds of failures there were."""
    root = signed_in(address, "root")
    document = enriched(root.get("/openapi.json").json(), lambda path: root.get(PREFIX + path).json(), FORMS)
    found = operations(document)
    until, tried, round_ = time.monotonic() + minutes * 60, Tried(), first_round
    people = [signed_in(address, user) for user in PEOPLE]
    while time.monotonic() < until:
        for client in people:
            round_ += 1
            # another order each time: a run that ends early has tried all operations alike
            random.Random(round_).shuffle(found)
            try_all([client], found, tried, examples=2, round_=round_, until=until)
        print(f"round {round_}: {tried.count} requests, {len(tried.wrong)} kinds of failures", flush=True)
    print("answers:", ", ".join(f"{status}: {count}" for status, count in sorted(tried.statuses.items())))
    for kind, example in sorted(tried.wrong.items()):
        print(f"\n{kind}\n    {example}")
    return len(tried.wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="another number makes other requests")
    parser.add_argument("--database", help="URL of an empty database; SQLite by default")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fourfold-fuzz-") as folder:
        home = Path(folder)
        with running_demo(home, asked.database) as address:
            wrong = fuzz(address, asked.minutes, asked.seed * 1000)
        if wrong:
            kept = Path(tempfile.gettempdir()) / "fourfold-fuzz-server.log"
            kept.write_bytes((home / "server.log").read_bytes())
            print(f"\n{wrong} kinds of failures; the server's log is in {kept}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
