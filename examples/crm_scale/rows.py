"""The files of the scale set: N orders, N/50 customers, N/40 outlets and tickets, 1.1 N plans, N payments,
2 N activities and 5 N touch events. All that is not an order follows from its number as simply as it can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from examples.crm_scale.orders import DAYS, FIRST_DAY, PRODUCTS, REGIONS, Order, customers, scale_orders

Row = tuple[object, ...]
Table = tuple[tuple[str, ...], Iterable[Row]]
LEVELS = ("A", "B", "C", "D")
PAGES = ("home", "product", "quote", "case", "other")
KINDS = ("consult", "order", "quality", "service")
OWNED = ("owner", "dept")
BY = ("li", "east_js")


def tables(count: int) -> Mapping[str, Table]:
    """File name -> (columns, rows), in the order in which they are loaded."""
    return {
        "01_region": (("code", "name", "unit", "manager"), _regions()),
        "02_product": (("sku", "name", "category", "list_price", "cost"), _products()),
        "03_customer": (
            ("no", "name", "level", "region", "approval", "created_at", *OWNED),
            _customers(count),
        ),
        "05_dealer": (("no", "name", "customer", "tier", "region", "manager"), _dealers()),
        "06_outlet": (("no", "name", "kind", "dealer", "address", "geo"), _outlets(count)),
        "12_order": (
            ("no", "type", "customer", "origin", "order_date", "status", "created_at", *OWNED),
            _orders(count),
        ),
        "order.lines": (("#parent", "product", "qty", "price"), _lines(count)),
        "13_collection_plan": (
            ("no", "order", "customer", "seq", "due_date", "amount", "created_at", *OWNED),
            _plans(count),
        ),
        "14_payment": (
            ("no", "customer", "pay_date", "amount", "method", "status", "created_at", *OWNED),
            _payments(count),
        ),
        "payment.allocs": (("#parent", "plan", "amount"), _allocs(count)),
        "18_touch_event": (
            ("event_id", "type", "happened_at", "customer", "product", "page", "points"),
            _events(count),
        ),
        "25_ticket": (
            ("no", "subject", "kind", "channel", "customer", "detail", "status", "created_at", *OWNED),
            _tickets(count),
        ),
        "27_activity": (
            ("subject", "type", "customer", "happened_at", "content", "created_at", *OWNED),
            _activities(count),
        ),
    }


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number % DAYS)


def _moment(number: int) -> str:
    return f"{_day(number)}T02:{number % 60:02d}:00Z"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _customer(number: int) -> str:
    return f"C-{number + 1:06d}"


def _number(order: Order) -> str:
    return f"SO-{order.day:%Y%m}-{order.number + 1:05d}"


def _origin(order: Order) -> str | None:
    if order.origin is None:
        return None
    return f"SO-{_day(order.origin):%Y%m}-{order.origin + 1:05d}"


def _regions() -> Iterator[Row]:
    return ((f"R{number}", f"区域 {number}", "east", "wang") for number in range(REGIONS))


def _products() -> Iterator[Row]:
    return (
        (f"S{number:02d}", f"产品 {number:02d}", "classic", "60.00", "38.00") for number in range(PRODUCTS)
    )


def _customers(count: int) -> Iterator[Row]:
    for number in range(customers(count)):
        level, region = LEVELS[number % 4], f"R{number % REGIONS}"
        yield _customer(number), f"客户 {number:06d}", level, region, "approved", _moment(number), *BY


def _dealers() -> Iterator[Row]:
    for number in range(REGIONS):
        yield f"DL-{number + 1:03d}", f"经销商 {number}", _customer(number), "t1", f"R{number}", "li"


def _outlets(count: int) -> Iterator[Row]:
    for number in range(count // 40):
        place = f"{31 + number % 1000 / 10_000:.4f},{120 + number // 1000 / 10_000:.4f}"
        dealer = f"DL-{number % REGIONS + 1:03d}"
        yield f"OT-{number + 1:05d}", f"门店 {number:06d}", "convenience", dealer, "320500 | 人民路 |", place


def _orders(count: int) -> Iterator[Row]:
    for order in scale_orders(count):
        about = (order.kind, _customer(order.customer), _origin(order), order.day, order.status)
        yield _number(order), *about, _moment(order.number), *BY


def _lines(count: int) -> Iterator[Row]:
    for order in scale_orders(count):
        for line in order.lines:
            yield _number(order), f"S{line.product:02d}", line.quantity, _money(line.price)


def _instalments(count: int) -> Iterator[tuple[int, Order, int, int]]:
    """(number, order, seq, cents) of 1.1 N plans: standard orders have one or two, until there are so many."""
    left, number = count * 11 // 10, 0
    standard = sum(order.kind == "standard" and order.status != "void" for order in scale_orders(count))
    for order in scale_orders(count):
        if order.kind != "standard" or order.status == "void":
            continue
        parts = 2 if left > standard else 1
        standard, left = standard - 1, left - parts
        half = order.total // 2
        for seq, cents in enumerate((half, order.total - half) if parts == 2 else (order.total,), start=1):
            yield number, order, seq, cents
            number += 1


def _plan(number: int) -> str:
    return f"CP-{_day(number):%Y%m}-{number + 1:05d}"


def _payment(number: int) -> str:
    return f"PY-{_day(number):%Y%m}-{number + 1:05d}"


def _plans(count: int) -> Iterator[Row]:
    for number, order, seq, cents in _instalments(count):
        due = order.day + timedelta(days=30 * seq)
        about = (_number(order), _customer(order.customer), seq, due, _money(cents))
        yield _plan(number), *about, _moment(order.number), *BY


def _paid(count: int) -> Iterator[tuple[int, Order, int, int]]:
    return (each for each in _instalments(count) if each[0] < count)


def _payments(count: int) -> Iterator[Row]:
    for number, order, seq, cents in _paid(count):
        day = order.day + timedelta(days=30 * seq + number % 9 - 6)
        about = (_customer(order.customer), day, _money(cents), "bank", "confirmed")
        yield _payment(number), *about, _moment(order.number), *BY


def _allocs(count: int) -> Iterator[Row]:
    return ((_payment(number), _plan(number), _money(cents)) for number, _order, _seq, cents in _paid(count))


def _events(count: int) -> Iterator[Row]:
    wide = customers(count)
    for number in range(5 * count):
        scan = number % 5 == 0
        about = (_customer(number % wide), f"S{number % PRODUCTS:02d}" if scan else None)
        page, points = (None, 1) if scan else (PAGES[number % 5], 0)
        yield f"ev{number:09d}", "scan" if scan else "page_view", _moment(number), *about, page, points


def _activities(count: int) -> Iterator[Row]:
    wide = customers(count)
    for number in range(2 * count):
        when = _moment(number)
        yield "电话沟通", "call", _customer(number % wide), when, "确认补货数量。", when, *BY


def _tickets(count: int) -> Iterator[Row]:
    wide = customers(count)
    for number in range(count // 40):
        about = (KINDS[number % 4], "phone", _customer(number % wide), "请尽快处理。", "closed")
        yield f"TK-{_day(number):%Y%m%d}-{number + 1:04d}", f"工单 {number}", *about, _moment(number), *BY
