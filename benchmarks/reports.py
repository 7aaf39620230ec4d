"""Reports over the scale set, in process, against the same SQL written by hand on the same native tables."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from api.boot import build
from api.cli.apps import apply_folder
from api.migrations import upgrade
from benchmarks import bulk
from benchmarks.progress import say
from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from engine.settings import Settings
from examples.crm_scale.orders import PRODUCTS, REGIONS, Order, customers, scale_orders
from forms import records
from forms.compiled import RowKind, compiled_form
from forms.rows import binders
from forms.tables import ORDER, PARENT
from reports.run import prepare
from reports.service import reports_of, run_report

CRM = Path(__file__).parents[1] / "examples" / "crm_app"
APP = "crm"
ADMINISTRATOR = Principal("root", is_admin=True)
BARS = {"ratio": 1.3, "fresh_ms": 50.0, "cached_compile_ms": 0.2}
AT = datetime(2026, 11, 2, 1, tzinfo=UTC)
EFFECTIVE = "('approved', 'shipping', 'delivered', 'completed')"

BY_HAND = {
    "order_by_region_and_month": f"""
        SELECT c.region, r.name, date_trunc('month', o.order_date) AS month, sum(o.total) AS amount,
               count(*) FILTER (WHERE o.type = 'standard') AS orders
        FROM crm_order o LEFT JOIN crm_customer c ON c.id = o.customer LEFT JOIN crm_region r ON r.id = c.region
        WHERE o.status IN {EFFECTIVE} AND o.deleted_at IS NULL
        GROUP BY ALL ORDER BY r.name, month""",
    "product_ranking": f"""
        SELECT l.product, p.name, sum(l.qty * if(o.type = 'return', -1, 1)) FILTER (WHERE NOT l.gift) AS qty,
               sum(l.amount * if(o.type = 'return', -1, 1)) AS amount
        FROM crm_order__lines l JOIN crm_order o ON o.id = l._parent LEFT JOIN crm_product p ON p.id = l.product
        WHERE o.status IN {EFFECTIVE} AND o.deleted_at IS NULL
        GROUP BY ALL ORDER BY amount DESC""",
    "orders_by_local_month": """
        SELECT date_trunc('month', created_at + INTERVAL 8 HOUR) AS month, count(*) AS n, sum(total) AS amount
        FROM crm_order WHERE deleted_at IS NULL GROUP BY ALL ORDER BY month""",
}
_EFFECTIVE = {"status": {"in": ["approved", "shipping", "delivered", "completed"]}}
BY_REPORT: dict[str, dict[str, Any]] = {
    "order_by_region_and_month": {
        "from": "order",
        "dimensions": [
            {"id": "region", "field": "customer.region"},
            {"id": "month", "field": "order_date", "grain": "month"},
        ],
        "measures": [
            {"id": "amount", "agg": "sum", "field": "total"},
            {"id": "orders", "agg": "count", "where": {"type": "standard"}},
        ],
        "where": _EFFECTIVE,
    },
    "product_ranking": {
        "from": "order.lines",
        "dimensions": [{"id": "product", "field": "product"}],
        "measures": [
            {
                "id": "qty",
                "agg": "sum",
                "expr": 'qty * IF(parent.type = "return", -1, 1)',
                "where": "not gift",
            },
            {"id": "amount", "agg": "sum", "expr": 'amount * IF(parent.type = "return", -1, 1)'},
        ],
        "where": {f"parent.{key}": value for key, value in _EFFECTIVE.items()},
        "sort": [{"by": "amount", "desc": True}],
    },
    "orders_by_local_month": {
        "from": "order",
        "dimensions": [{"id": "month", "field": "created_at", "grain": "month"}],
        "measures": [{"id": "n", "agg": "count"}, {"id": "amount", "agg": "sum", "field": "total"}],
    },
}


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    orders: int = 1_000_000
    rounds: int = 15
    writes: int = 40


FULL = Size()
QUICK = Size(orders=250_000, rounds=7, writes=15)


class NotTheSame(Exception):
    """Report and hand-written SQL differ, so comparing them says nothing."""


def run(*, quick: bool = False) -> dict[str, Any]:
    """The report of this benchmark."""
    figures = measure(QUICK if quick else FULL)
    return {"bench": "reports", "figures": figures, "bars": BARS, "holds": holds(figures)}


def holds(figures: dict[str, Any]) -> bool:
    """Whether every figure keeps its bar."""
    return (
        all(each["ratio"] <= BARS["ratio"] for each in figures["reports"].values())
        and figures["fresh_ms"] <= BARS["fresh_ms"]
        and figures["cached_compile_ms"] <= BARS["cached_compile_ms"]
    )


def measure(size: Size) -> dict[str, Any]:
    """All figures on a fresh SQLite store with `size.orders` orders."""
    with tempfile.TemporaryDirectory(prefix="fourfold-bench-") as folder:
        runtime = build(Settings(home=Path(folder), report_memory="4GB"))
        try:
            upgrade(runtime.database)
            apply_folder(runtime, CRM)
            say(f"loading {size.orders:,} orders")
            load(runtime, size.orders)
            began = perf_counter()
            for spec in BY_REPORT.values():
                run_report(runtime, ADMINISTRATOR, APP, spec)
            built = perf_counter() - began
            say(f"replica of {size.orders:,} orders and their lines built in {built:.1f} s")
            return {
                "orders": size.orders,
                "build_s": round(built, 1),
                "reports": {key: _compared(runtime, key, size.rounds) for key in BY_REPORT},
                "cached_compile_ms": _cached_compile(runtime),
                **_freshness(runtime, size),
            }
        finally:
            runtime.close()


def _compared(runtime: Runtime, key: str, rounds: int) -> dict[str, float]:
    """Medians over rounds in which both sides take turns."""
    cursor = hand_cursor(runtime)
    spec, sql = BY_REPORT[key], BY_HAND[key]
    _require_same(run_report(runtime, ADMINISTRATOR, APP, spec), cursor.execute(sql).fetchall())
    ours, hand = [], []
    for _ in range(rounds):
        ours.append(_milliseconds(lambda: run_report(runtime, ADMINISTRATOR, APP, spec)))
        hand.append(_milliseconds(lambda: cursor.execute(sql).fetchall()))
    mine, other = statistics.median(ours), statistics.median(hand)
    say(f"{key}: {mine:.1f} ms, by hand {other:.1f} ms = {mine / other:.2f}")
    return {"ours_ms": round(mine, 1), "hand_ms": round(other, 1), "ratio": round(mine / other, 2)}


def hand_cursor(runtime: Runtime) -> duckdb.DuckDBPyConnection:
    """A cursor on the replica's own tables."""
    store: Any = reports_of(runtime).store
    cursor: duckdb.DuckDBPyConnection = store._connection.cursor()
    return cursor


def _require_same(answer: dict[str, Any], rows: list[tuple[Any, ...]]) -> None:
    total = round(float(answer["totals"][0]["amount"]) * 100)
    place = 3 if len(rows[0]) > 3 else 2
    if len(answer["rows"]) != len(rows) or total != sum(row[place] for row in rows):
        raise NotTheSame(f"{len(answer['rows'])} rows, total {total}; by hand {len(rows)} rows")


def _cached_compile(runtime: Runtime) -> float:
    """From the request to bound SQL, when the same rights asked before."""
    with runtime.reading(ADMINISTRATOR) as work:
        return round(
            statistics.median(
                _milliseconds(lambda: prepare(work, APP, "order_by_region", params={})) for _ in range(200)
            ),
            4,
        )


def _freshness(runtime: Runtime, size: Size) -> dict[str, Any]:
    """Milliseconds from a committed save to the answer that shows it, and how often it did not."""
    spec = {"from": "order", "measures": [{"id": "amount", "agg": "sum", "field": "extra_discount"}]}
    waited, violations = [], 0
    for number in range(1, size.writes + 1):
        with runtime.unit_of_work(SYSTEM) as work:
            form = compiled_form(work.app(APP), "order")
            records.update(work, form, order_id(number * 97 % size.orders), {"extra_discount": 1})
        began = perf_counter()
        answer = run_report(runtime, ADMINISTRATOR, APP, spec)
        waited.append((perf_counter() - began) * 1000)
        violations += answer["rows"][0]["amount"] != f"{number / 100:.2f}"
    fresh = statistics.median(waited)
    say(f"save to report: median {fresh:.1f} ms, violations {violations}")
    return {"fresh_ms": round(fresh, 1), "fresh_ms_max": round(max(waited), 1), "violations": violations}


def _milliseconds(call: Callable[[], Any]) -> float:
    began = perf_counter()
    call()
    return (perf_counter() - began) * 1000


def order_id(number: int) -> str:
    """Ids spread like those of records made over three years."""
    stamp = 1_700_000_000_000 + number * 94_608
    return f"{stamp >> 16:08x}-{stamp & 0xFFFF:04x}-7000-8000-{number:012x}"


def load(runtime: Runtime, orders: int) -> None:
    """The scale set, straight into the tables of the app `crm`; nothing of it is in the log."""
    with runtime.reading(SYSTEM) as work:
        app = work.app(APP)
        form, lines = compiled_form(app, "order"), compiled_form(app, "order").children["lines"]
        others = {key: compiled_form(app, key) for key in ("region", "product", "customer")}
    names: dict[str, Iterable[dict[str, Any]]] = {
        "region": ({"id": f"region{i}", "code": f"R{i}", "name": f"Region {i}"} for i in range(REGIONS)),
        "product": ({"id": f"product{i}", "sku": f"P{i}", "name": f"Product {i}"} for i in range(PRODUCTS)),
        "customer": (
            {"id": f"customer{i}", "name": f"Customer {i}", "region": f"region{i % REGIONS}"}
            for i in range(customers(orders))
        ),
    }
    for key, made in names.items():
        _into(runtime, others[key], ({"rev": 1, "created_at": AT, **each} for each in made))
    _into(runtime, form, (_order(each) for each in scale_orders(orders)))
    scale = 10 ** lines.fields["qty"].codec.scale
    _into(
        runtime, lines, (row for each in scale_orders(orders) for row in _lines(each, scale)), PARENT, ORDER
    )


def _order(order: Order) -> dict[str, Any]:
    return {
        "id": order_id(order.number),
        "rev": 1,
        "owner": "li",
        "created_at": datetime.combine(order.day, time(order.number * 37 % 24), tzinfo=UTC),
        "updated_at": AT,
        "no": f"SO-{order.number:08d}",
        "type": order.kind,
        "customer": f"customer{order.customer}",
        "order_date": order.day,
        "status": order.status,
        "extra_discount": 0,
        "total": order.total,
    }


def _lines(order: Order, scale: int) -> Iterator[dict[str, Any]]:
    for place, line in enumerate(order.lines):
        yield {
            "id": f"{order_id(order.number)}-{place}",
            PARENT: order_id(order.number),
            ORDER: place,
            "product": f"product{line.product}",
            "qty": line.quantity * scale,
            "price": line.price,
            "gift": False,
            "amount": line.amount,
        }


def _into(runtime: Runtime, row: RowKind, made: Iterable[dict[str, Any]], *extra: str) -> None:
    bind = binders(row, runtime.database.dialect)
    columns = [*bind, *extra]
    stored = (
        [
            value
            if (value := record.get(key)) is None or (change := bind.get(key)) is None
            else change(value)
            for key in columns
        ]
        for record in made
    )
    bulk.load(str(runtime.settings.url()), row.table, columns, stored)
