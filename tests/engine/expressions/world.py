"""A small world for expressions: forms, one record, and the same record in three databases."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import engine.expressions
from engine.expressions import Env, Scope, Type
from engine.expressions import types as t
from engine.expressions.scope import Related
from engine.expressions.spelling import decimal_text
from tests.engine.expressions.calendars import CALENDARS

TABLE = Path(engine.expressions.__file__).parent / "conformance.csv"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"


@dataclass
class FakeShape:
    """A form or child table given as dictionaries; `known` are the forms that refer to it."""

    key: str
    fields: Mapping[str, Type]
    children: Mapping[str, FakeShape] = field(default_factory=dict)
    known: Mapping[str, FakeShape] = field(default_factory=dict)

    def type_of(self, name: str) -> Type | None:
        return self.fields.get(name)

    def names(self) -> Iterable[str]:
        return [*self.fields, *self.children]

    def child(self, name: str) -> FakeShape | None:
        return self.children.get(name)

    def referring(self, name: str) -> FakeShape | None:
        return self.known.get(name)


LINE = FakeShape(
    "lines",
    {
        "qty": t.number(9, 0),
        "price": t.money(digits=15),
        "amount": t.money(digits=15),
        "big": t.number(18, 0),
        "fine": t.number(21, 6),
        "gift": t.BOOL,
        "due": t.DATE,
        "at": t.DATETIME,
        "label": t.TEXT,
    },
)
CUSTOMER = FakeShape(
    "customer",
    {
        "name": t.TEXT,
        "region": t.ref("region"),
        "level": t.choice(["A", "B", "C"]),
        "credit": t.money(digits=15),
    },
)
REGION = FakeShape("region", {"name": t.TEXT, "manager": t.ref("user")})
TASK = FakeShape(
    "task",
    {
        "deal": t.ref("deal"),
        "customer": t.ref("customer"),
        "doer": t.ref("user"),
        "parent": t.ref("task"),
        "hours": t.number(9, 2),
        "done": t.BOOL,
    },
)
DEAL = FakeShape(
    "deal",
    {
        "id": t.ref("deal"),
        "name": t.TEXT,
        "note": t.TEXT,
        "code": t.TEXT,
        "stage": t.choice(["open", "won", "lost"]),
        "stage2": t.choice(["won", "lost", "other"]),
        "region": t.choice(["east", "north", "west", "south"]),
        "tags": t.choices(["vip", "new", "old"]),
        "marks": t.choices(["vip", "old", "red"]),
        "helpers": t.refs("user"),
        "n": t.number(15, 0),
        "m": t.number(15, 0),
        "small": t.number(4, 0),
        "big": t.number(18, 0),
        "big2": t.number(18, 0),
        "x": t.number(18, 6),
        "y": t.number(9, 3),
        "wide": t.number(21, 6),
        "rate": t.number(9, 4),
        "amount": t.money(digits=15),
        "cost": t.money(digits=15),
        "dollars": t.money("USD"),
        "yuan": t.money("CNY"),
        "d": t.DATE,
        "d2": t.DATE,
        "at": t.DATETIME,
        "at2": t.DATETIME,
        "flag": t.BOOL,
        "ok": t.BOOL,
        "customer": t.ref("customer"),
        "owner": t.ref("user"),
        "here": t.GEO,
        "there": t.GEO,
    },
    {"lines": LINE},
    {"tasks": TASK},
)
FORMS = {
    "deal": DEAL,
    "customer": CUSTOMER,
    "region": REGION,
    "task": TASK,
    "user": FakeShape("user", {"name": t.TEXT}),
}
VARIABLES = {
    "me": t.ref("user"),
    "team": t.list_of(t.ref("user")),
    "my_team": t.list_of(t.ref("user")),
    "my_roles": t.list_of(t.TEXT),
    "nobody": t.list_of(t.ref("user")),
    "primes": t.list_of(t.number(3, 0)),
    "limit": t.money(digits=15),
    "nothing": t.TEXT,
}
VALUES = {
    "me": "li",
    "team": ["li", "wu"],
    "my_team": ["li", "wu", "zo"],
    "my_roles": ["seller", "销售"],
    "nobody": [],
    "primes": [2, 3, 5, 7],
    "limit": 10050,
    "nothing": None,
}
CUSTOMERS = {
    "c1": {"name": "Acme 公司", "region": "r1", "level": "A", "credit": 100000},
    "c2": {"name": "Blank", "region": None, "level": None, "credit": None},
}
REGIONS = {"r1": {"name": "East", "manager": "li"}}
ROLES = ("seller", "销售", "boss")
SCOPE = Scope(DEAL, FORMS.get, VARIABLES, roles=ROLES, calendars=CALENDARS)
WITH_OLD = replace(SCOPE, old=True)


class FakeHappenings:
    """A log kept by hand: of the deals h1 and h2, the customer c1 and the user li, and of their tasks."""

    changed: ClassVar[Mapping[str, list[str]]] = {
        "deal h1 update": ["2026-02-27T02:00:00Z", "2026-03-01T15:59:59Z"],
        "deal h1 create": ["2026-02-01T00:00:00Z"],
        "deal h2 create": ["2026-03-02T01:00:00Z"],
        "customer c1 update": ["2025-12-31T16:00:00Z"],
        "task deal h1": ["2026-02-20T02:00:00Z", "2026-02-24T02:00:00Z", "2026-03-01T16:00:00Z"],
        "task customer c1": ["2026-02-23T02:00:00Z", "2026-02-23T01:59:59Z"],
        "task doer li": ["2026-03-02T02:00:00Z"],
        "field deal h1 stage": ["2026-02-27T16:00:00Z"],
        "field deal h1 lines": ["2026-02-28T15:59:59Z"],
    }

    def _moments(self, *keys: str) -> list[datetime]:
        found = [each for key in keys for each in self.changed.get(key, ())]
        return sorted(datetime.fromisoformat(each) for each in found)

    def _newest(self, *keys: str) -> datetime | None:
        return max(self._moments(*keys), default=None)

    def last_activity(self, form: str, record: str) -> datetime | None:
        return self._newest(f"{form} {record} create", f"{form} {record} update")

    def last_related(self, record: str, related: Related) -> datetime | None:
        return self._newest(*(f"{related.form} {link} {record}" for link in related.links))

    def changed_at(self, form: str, record: str, field: str) -> datetime | None:
        return self._newest(f"field {form} {record} {field}")

    def count(self, form: str, record: str, operation: str, since: datetime) -> int:
        return sum(at > since for at in self._moments(f"{form} {record} {operation}"))

    def count_related(self, record: str, related: Related, since: datetime) -> int:
        return sum(
            at > since for at in self._moments(*(f"{related.form} {link} {record}" for link in related.links))
        )


def follow(form: str, key: str) -> Mapping[str, Any] | None:
    return {"customer": CUSTOMERS, "region": REGIONS, "user": {}}[form].get(key)


def environment(zone: str = SHANGHAI, **extra: Any) -> Env:
    return Env(
        NOW,
        ZoneInfo(zone),
        VALUES,
        follow,
        **{"happenings": FakeHappenings(), "calendars": CALENDARS, **extra},
    )


def memory(value: Any, kind: Type) -> Any:
    """A JSON value in memory form."""
    if value is None:
        return None
    if kind.numeric:
        return int(Decimal(str(value)).scaleb(kind.scale))
    if kind.kind == "date":
        return date.fromisoformat(value)
    if kind.kind == "datetime":
        return datetime.fromisoformat(value).astimezone(UTC)
    return tuple(value) if kind.kind in {"choices", "geo"} else value


def record_of(given: Mapping[str, Any], shape: FakeShape = DEAL) -> dict[str, Any]:
    """A whole record in memory form from some JSON values."""
    unknown = set(given) - {*shape.names(), *shape.known}
    assert not unknown, unknown
    record: dict[str, Any] = {name: memory(given.get(name), kind) for name, kind in shape.fields.items()}
    for name, child in {**shape.children, **shape.known}.items():
        record[name] = [record_of(row, child) for row in given.get(name, ())]
    return record


def spelled(value: Any, kind: Type) -> str:
    """A result as conformance.csv writes it."""
    if value is None:
        return "null"
    if kind.numeric or kind.kind == "duration":
        return decimal_text(value, kind.scale)
    if kind.kind == "bool":
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Case:
    expression: str
    record: str
    result: str
    zone: str
    line: int


def cases() -> Iterator[Case]:
    """The rows of conformance.csv; lines that start with # are headings."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=";", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(rows, 1):
            if number == 1 or not row or row[0].startswith("#"):
                continue
            expression, record, result, *zone = (part.strip() for part in row)
            yield Case(expression, record or "{}", result, zone[0] if zone else SHANGHAI, number)
