"""Records over REST: Fourfold with everything on, against the same endpoint written by hand."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from benchmarks import servers
from benchmarks.client import ask, requests_per_second
from benchmarks.deals import OWNER
from benchmarks.postgres import running_postgres, url_for
from benchmarks.progress import say
from benchmarks.sides import ByHand, Ours, Side
from benchmarks.stores import prepare_handwritten, prepare_ours

OPERATIONS = ("get", "list", "update", "create", "batch")  # what makes the table longer comes last
LANES = (1, 16)
DATABASES = ("sqlite", "postgresql")
BARS = {
    "sqlite": {"get": 4.0, "list": 2.0, "update": 3.0, "create": 2.0, "batch": 1.2},
    "postgresql": {"get": 2.0, "list": 1.5, "update": 1.5, "create": 1.5, "batch": 1.2},
}
PLAIN_FIELDS = ("name", "email", "stage", "amount", "quantity", "close_date", "active", "manager", "note")

Figures = dict[str, dict[str, dict[str, dict[str, float]]]]
"""database -> operation -> "c1" or "c16" -> ours, hand, ratio."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: rows in the table; `rounds` per figure of `seconds` on each side."""

    rows: int = 100_000
    rounds: int = 10
    seconds: float = 0.35
    warm_up: float = 0.3


FULL = Size()
QUICK = Size(rounds=4, seconds=0.15, warm_up=0.1)


class NotTheSame(Exception):
    """The two servers do not answer the same, so comparing them says nothing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Both servers on one kind of database, with where they listen."""

    ours: Ours
    our_port: int
    by_hand: ByHand
    by_hand_port: int

    def sides(self) -> tuple[tuple[Side, int], tuple[Side, int]]:
        return (self.ours, self.our_port), (self.by_hand, self.by_hand_port)


def run(*, quick: bool = False) -> dict[str, Any]:
    """The report of this benchmark."""
    busy = round(os.getloadavg()[0], 1)
    figures = measure(QUICK if quick else FULL)
    return {
        "bench": "records",
        "load_before": busy,
        "figures": figures,
        "bars": BARS,
        "holds": holds(figures),
    }


def measure(size: Size, databases: tuple[str, ...] = DATABASES) -> Figures:
    """All figures, one database after the other."""
    figures: Figures = {}
    for database in databases:
        with (
            tempfile.TemporaryDirectory(prefix="fourfold-bench-") as folder,
            _pair(database, Path(folder), size.rows) as pair,
        ):
            require_same_answers(pair)
            figures[database] = _measured(database, pair, size)
    return figures


def holds(figures: Figures) -> bool:
    """Whether every ratio reaches its bar."""
    return all(
        cell["ratio"] >= BARS[database][operation]
        for database, operations in figures.items()
        for operation, cells in operations.items()
        for cell in cells.values()
    )


@contextmanager
def _pair(database: str, folder: Path, rows: int) -> Iterator[Pair]:
    with ExitStack() as stack:
        if database == "sqlite":
            ours = f"sqlite:///{folder / 'fourfold.sqlite'}"
            loading = f"sqlite:///{folder / 'handwritten.sqlite'}"
            serving = loading.replace("sqlite:", "sqlite+aiosqlite:", 1)
        else:
            uris = stack.enter_context(running_postgres(folder / "postgres", ("fourfold", "handwritten")))
            ours = uris["fourfold"]
            loading, serving = (url_for(uris["handwritten"], driver) for driver in ("psycopg", "asyncpg"))
        say(f"{database}: loading {rows:,} rows twice")
        token = prepare_ours(ours, folder, rows)
        other_token = prepare_handwritten(loading, rows)
        yield Pair(
            Ours(token, rows),
            stack.enter_context(servers.running(*servers.fourfold(ours, folder))),
            ByHand(other_token, rows),
            stack.enter_context(servers.running(*servers.by_hand(serving))),
        )


def _measured(database: str, pair: Pair, size: Size) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for operation in OPERATIONS:
        found[operation] = {f"c{lanes}": _cell(pair, operation, lanes, size) for lanes in LANES}
        cells = "  ".join(
            f"{name} {cell['ours']:,.0f} / {cell['hand']:,.0f} = {cell['ratio']:.2f}"
            for name, cell in found[operation].items()
        )
        say(f"{database}: {operation:6}  {cells}")
    return found


def _cell(pair: Pair, operation: str, lanes: int, size: Size) -> dict[str, float]:
    """Medians over rounds in which both sides take turns; who begins changes from round to round."""
    rates: dict[int, list[float]] = {}
    for seconds, rounds in ((size.warm_up, 1), (size.seconds, size.rounds)):
        rates = {port: [] for _, port in pair.sides()}
        for number in range(rounds):
            for side, port in pair.sides()[:: -1 if number % 2 else 1]:
                request = getattr(side, operation)
                rates[port].append(requests_per_second(port, request, lanes=lanes, seconds=seconds))
    ours, hand = statistics.median(rates[pair.our_port]), statistics.median(rates[pair.by_hand_port])
    return {"ours": round(ours, 1), "hand": round(hand, 1), "ratio": round(ours / hand, 2)}


def require_same_answers(pair: Pair) -> None:
    """Both servers do the work that is compared. Raises NotTheSame."""
    for operation in ("get", "update", "create"):
        mine, other = (orjson.loads(ask(port, getattr(side, operation)())) for side, port in pair.sides())
        if _essence(mine) != _essence(other):
            raise NotTheSame(f"{operation}: {mine} {other}")
        if "discount" in mine:
            raise NotTheSame(f"{operation}: the hidden field shows")
    mine, other = (orjson.loads(ask(port, side.batch())) for side, port in pair.sides())
    if [_essence(each["record"]) for each in mine["items"]] != [_essence(each) for each in other]:
        raise NotTheSame("the batches differ")
    mine, other = (orjson.loads(ask(port, side.list()))["items"] for side, port in pair.sides())
    allowed = [_essence(each) for each in other if each["owner"] == OWNER]
    if not allowed or [_essence(each) for each in mine][: len(allowed)] != allowed:
        raise NotTheSame("the lists differ")


def _essence(record: dict[str, Any]) -> list[Any]:
    """What both answer, where spelling does not matter."""
    moment = datetime.fromisoformat(record["next_contact"])
    return [record[key] for key in PLAIN_FIELDS] + [moment, sorted(record["tags"])]
