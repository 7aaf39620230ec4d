"""Lists of people who may see a part of a form, against an administrator who filters by the same condition."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from api.boot import build
from api.migrations import upgrade
from benchmarks import bulk
from benchmarks.deals import record_id
from benchmarks.postgres import running_postgres, url_for
from benchmarks.progress import say
from engine.definitions.publish import publish
from engine.identity.organisation import load_organisation
from engine.identity.principal import SYSTEM, Principal
from engine.identity.service import principal_of
from engine.runtime import Runtime
from engine.settings import Settings
from forms.compiled import compiled_form
from forms.listing import ListQuery, list_json
from forms.rows import binders

DATABASES = ("sqlite", "postgresql")
BAR = 1.25
"""How many times the administrator's time a list may take."""
ROWS, TOPS, BELOW = 100_000, 10, 20
"""Records; regions at the top, and below each of these. A region below is one rep's."""
REPS = TOPS * BELOW
LIMIT = 50
FULL, QUICK = (40, 5), (8, 3)
"""Rounds, and lists of each side in one of them."""
SORTS = ("-created_at", "-amount")
FIELDS = "name,stage,amount,quantity,close_date,region,note,owner"
COUNTS = ("none", "estimated")
APP, FORM = "selling", "deal"
STAGES = ("new", "offered", "won", "lost")
START = datetime(2026, 1, 1, 1, tzinfo=UTC)
SHARED = 40
"""Records that colleagues share with each of both."""

Lister = Callable[[], dict[str, Any]]


def name(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def made(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": name(key), **more}


def role(key: str, where: str) -> dict[str, Any]:
    fields = {"hidden": ["discount"]}
    grants = [{"form": FORM, "actions": ["view", "update"], "where": where, "fields": fields}]
    return {"key": key, "label": name(key), "grants": grants}


DOCUMENTS: dict[str, dict[str, Any]] = {
    "app": {APP: {"key": APP, "label": name(APP)}},
    "form": {
        "region": {
            "key": "region",
            "label": name("region"),
            "title": "name",
            "fields": [
                made("name", "text"),
                made("manager", "user"),
                made("parent", "ref", form="region"),
            ],
        },
        FORM: {
            "key": FORM,
            "label": name(FORM),
            "title": "name",
            "indexes": [["amount"]],
            "fields": [
                made("name", "text"),
                made("stage", "select", options=[{"key": each, "label": name(each)} for each in STAGES]),
                made("amount", "money"),
                made("quantity", "int"),
                made("discount", "percent"),
                made("close_date", "date"),
                made("region", "ref", form="region"),
                made("note", "textarea"),
            ],
        },
    },
    "scope": {
        "my_regions": {
            "key": "my_regions",
            "label": name("my regions"),
            "form": "region",
            "where": "manager = $me",
            "descend": "parent",
        }
    },
    "role": {
        "rep": role("rep", "owner = $me"),
        "regional": role("regional", "region in $my_regions"),
    },
}
"""A rep sees their own deals; a manager those of the region they manage and all regions below."""


def run(*, quick: bool) -> dict[str, Any]:
    """The report of this benchmark."""
    load_before = round(os.getloadavg()[0], 2)
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fourfold-bench-")))
        uris = stack.enter_context(running_postgres(folder / "postgres", ("ours",)))
        for database in DATABASES:
            home = folder / database
            home.mkdir()
            sqlite = database == "sqlite"
            url = f"sqlite:///{home / 'fourfold.sqlite'}" if sqlite else url_for(uris["ours"], "psycopg")
            figures[database] = measure(url, home, ROWS, *(QUICK if quick else FULL))
    return {
        "bench": "permission",
        "load_before": load_before,
        "rows": ROWS,
        "figures": figures,
        "bars": {"ratio": BAR},
        "holds": holds(figures),
    }


def holds(figures: dict[str, Any]) -> bool:
    """Whether no list takes longer than the bar allows."""
    return all(cell["ratio"] <= BAR for cells in figures.values() for cell in cells.values())


def measure(url: str, home: Path, rows: int, rounds: int, lists: int) -> dict[str, dict[str, float]]:
    """For each person and question the milliseconds of a list and of the administrator's, and their ratio."""
    runtime = build(Settings(home=home, database_url=url))
    try:
        prepare(runtime, url, rows)
        figures = {}
        for cell, mine, whole in questions(runtime, rows):
            require_same(mine(), whole(), cell)
            figures[cell] = _compared(mine, whole, rounds, lists)
            say(f"{runtime.database.dialect}: {cell:32} {figures[cell]}")
        return figures
    finally:
        runtime.close()


def questions(runtime: Runtime, rows: int) -> Iterator[tuple[str, Lister, Lister]]:
    """(what is asked, the person's list, the administrator's with the same records)."""
    heads = [region_id(0), *(region_id(number) for number in range(TOPS, TOPS + REPS, TOPS))]
    filters = {"rep0": 'owner = "rep0"', "head0": f"region in {_texts(heads)}"}
    for user, own in filters.items():
        where = f"{own} or id in {_texts(shared_with(user, rows))}"
        for sort in SORTS:
            for count in COUNTS:
                yield (
                    f"{user} {sort} count={count}",
                    _lister(runtime, user, None, sort, count),
                    _lister(runtime, "root", where, sort, count),
                )


def _texts(values: Iterable[str]) -> str:
    return f"[{', '.join(orjson.dumps(each).decode() for each in values)}]"


def _lister(runtime: Runtime, user: str, where: str | None, sort: str, count: Any) -> Lister:
    with runtime.reading(SYSTEM) as work:
        principal: Principal | None = principal_of(work, user)
    if principal is None:
        raise LookupError(user)
    query = ListQuery(filter=where, sort=sort, fields=FIELDS, limit=LIMIT, count=count)

    def ask() -> dict[str, Any]:
        with runtime.reading(principal) as work:
            app = work.app(APP)
            return list_json(work, app, compiled_form(app, FORM), query)

    return ask


class NotTheSame(Exception):
    """The two lists differ, so comparing their times says nothing."""


def require_same(mine: dict[str, Any], whole: dict[str, Any], cell: str) -> None:
    """Raises NotTheSame."""
    found = [[each["id"] for each in page["items"]] for page in (mine, whole)]
    if found[0] != found[1] or not found[0] or mine.get("count") != whole.get("count"):
        raise NotTheSame(f"{cell}: {found}, {mine.get('count')}, {whole.get('count')}")


def _compared(mine: Lister, whole: Lister, rounds: int, lists: int) -> dict[str, float]:
    """Medians over rounds in which both take turns; who begins changes from round to round."""
    times: dict[Lister, list[float]] = {mine: [], whole: []}
    for number in range(rounds):
        for ask in (mine, whole)[:: -1 if number % 2 else 1]:
            times[ask].append(_seconds(ask, lists))
    ours, hers = (statistics.median(times[each]) * 1000 for each in (mine, whole))
    return {"own": round(ours, 3), "filtered": round(hers, 3), "ratio": round(ours / hers, 2)}


def _seconds(ask: Lister, lists: int) -> float:
    """Seconds of one list: the fastest of a few, which other work of the machine spoils least."""
    best = float("inf")
    for _ in range(lists):
        started = time.perf_counter()
        ask()
        best = min(best, time.perf_counter() - started)
    return best


def prepare(runtime: Runtime, url: str, rows: int) -> None:
    """The app, its people, regions and records, and what is shared."""
    upgrade(runtime.database)
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        load_organisation(work, organisation())
        publish(work, DOCUMENTS)
    fill(runtime, url, "region", map(_region, range(TOPS + REPS)))
    fill(runtime, url, FORM, (_deal(number) for number in range(rows)))
    shares = [
        [record, user, APP, FORM, "read", f"test:{user}"]
        for user in ("rep0", "head0")
        for record in shared_with(user, rows)
    ]
    bulk.load(url, "ff_record_share", ["record", "user", "app", "form", "level", "reason"], shares)
    say(f"{runtime.database.dialect}: {rows:,} records are there")


def fill(runtime: Runtime, url: str, form: str, records: Iterator[dict[str, Any]]) -> None:
    """Records in memory form into the table of a form."""
    with runtime.reading(SYSTEM) as work:
        compiled = compiled_form(work.app(APP), form)
    bind = binders(compiled, runtime.database.dialect)
    columns = [field.key for field in compiled.stored()]

    def rows() -> Iterator[list[Any]]:
        for record in records:
            found = [(record.get(key), bind[key]) for key in columns]
            yield [value if value is None or change is None else change(value) for value, change in found]

    bulk.load(url, compiled.table, columns, rows())


def organisation() -> dict[str, Any]:
    """A rep for every region below, and a head for every region at the top."""
    people = [("root", "admin")]
    people += [(f"rep{number}", "rep") for number in range(REPS)]
    people += [(f"head{number}", "regional") for number in range(TOPS)]
    return {
        "departments": [{"id": "sales", "name": name("sales")}],
        "users": [
            {"id": user, "name": name(user), "dept": "sales", "roles": [held]} for user, held in people
        ],
    }


def region_id(number: int) -> str:
    """The id of a region; the first ones are at the top, then follow those below, in turns."""
    return record_id(10_000_000 + number)


def _region(number: int) -> dict[str, Any]:
    top = number < TOPS
    return {
        **_system(region_id(number), "root", number),
        "name": f"Region {number}",
        "manager": f"head{number}" if top else None,
        "parent": None if top else region_id(number % TOPS),
    }


def _deal(number: int) -> dict[str, Any]:
    rep = number * 7_919 % REPS
    return {
        **_system(record_id(number + 1), f"rep{rep}", number),
        "name": f"Deal {number} 青禾酿造",
        "stage": STAGES[number % len(STAGES)],
        "amount": number * 104_729 % 50_000_000,
        "quantity": number % 500,
        "discount": number % 20 * 5_000,
        "close_date": (START + timedelta(days=number % 300)).date(),
        "region": region_id(TOPS + rep),
        "note": "Wants samples first. " * (1 + number % 5),
    }


def _system(key: str, owner: str, number: int) -> dict[str, Any]:
    at = START + timedelta(seconds=number)
    return {
        "id": key,
        "rev": 1,
        "owner": owner,
        "dept": "sales",
        "created_at": at,
        "created_by": owner,
        "updated_at": at,
        "updated_by": owner,
    }


def shared_with(user: str, rows: int) -> list[str]:
    """Records of others that this person is shown."""
    first = 3 if user == "rep0" else 5
    return [record_id(number + 1) for number in range(first, rows, max(1, rows // SHARED))]
