"""Orders of two years: those of contracts, those in between, and what came back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from examples.crm_demo.dice import Dice
from examples.crm_demo.masters import level_price
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, day_between, in_office, seasonal_day
from examples.crm_demo.opportunities import several
from examples.crm_demo.records import Record, cents, numbered

ORDERS, LINES = 400, 1100
RETURNS = 24
CARRIERS = ("顺丰速运", "德邦物流", "京东物流", "安能物流")
CHANNELS = {"rep": 70, "direct": 22, "pos": 8}


class Book:
    """All orders with their lines; `lines` and `shipments` are ready for the child tables."""

    def __init__(self) -> None:
        self.orders: list[Record] = []
        self.lines: list[Record] = []
        self.shipments: list[Record] = []

    def add(self, order: Record, lines: list[Record]) -> None:
        """Take in an order and work out its total."""
        for line in lines:
            line["#parent"] = order
        order["_lines"] = lines
        sign = -1 if order["type"] == "return" else 1
        gross = sum((cents(each["price"] * each["qty"]) for each in lines if not each["gift"]), Decimal(0))
        order["_total"] = (gross - order["extra_discount"]) * sign
        self.orders.append(order)
        self.lines += lines


def orders(
    contracts: list[Record], quote_lines: list[Record], customers: list[Record], products: list[Record]
) -> Book:
    """The whole book, numbered in order of time."""
    dice, book = Dice("order"), Book()
    for contract in contracts:
        if contract["quote"] is not None:
            book.add(_of_contract(contract, dice), _quoted(contract["quote"], quote_lines))
    free = ORDERS - RETURNS - len(book.orders)
    counts = dice.split(LINES - RETURNS - len(book.lines), free, low=1, high=6)
    buyers = [each for each in customers if each["approval"] == "approved" and each["type"] != "individual"]
    for count in counts:
        order = _free(buyers, dice)
        book.add(order, _lines(order, count, products, dice))
    delivered = [each for each in book.orders if each["status"] == "completed" and not each["contract"]]
    early = [each for each in delivered if each["order_date"] < LAST_DAY - timedelta(days=20)]
    for origin in dice.shuffled(early)[:RETURNS]:
        book.add(*_return(origin, dice))
    numbered(book.orders, "SO-%Y%m-00000")
    places = {id(order): place for place, order in enumerate(book.orders)}
    book.lines.sort(key=lambda line: places[id(line["#parent"])])
    book.shipments = [_shipment(each, dice) for each in book.orders if _was_sent(each)]
    return book


def _appetite(customer: Record) -> float:
    by_level = {"A": 6.0, "B": 3.0}.get(customer["level"], 1.0)
    return by_level * (3 if customer["type"] == "dealer" else 1)


def _order(customer: Record, created: datetime, kind: str, dice: Dice) -> Record:
    return Record(
        "no",
        no="",
        type=kind,
        customer=customer,
        contract=None,
        opportunity=None,
        origin=None,
        channel=dice.weighted(list(CHANNELS), list(CHANNELS.values())),
        order_date=created.date(),
        deliver_by=created.date() + timedelta(days=dice.number(4, 12)),
        extra_discount=Decimal(0),
        **_progress(created, dice),
        erp_status="none",
        owner=customer["owner"],
        dept=customer["dept"],
        created_at=created,
    )


def _progress(created: datetime, dice: Dice) -> dict[str, object]:
    """How far an order of this age has come."""
    arrived = created + timedelta(days=dice.number(2, 6), minutes=dice.number(0, 90))
    age = (LAST_DAY - created.date()).days
    if age < 12:
        status = dice.weighted(("draft", "approved", "shipping"), (30, 30, 40))
    elif age < 25:
        status = "delivered"
    else:
        status = dice.weighted(("completed", "void"), (96, 4))
    done = arrived + timedelta(days=dice.number(1, 9)) if status == "completed" else None
    there = arrived if status in {"delivered", "completed"} else None
    return {"status": status, "delivered_at": there, "completed_at": done}


def _of_contract(contract: Record, dice: Dice) -> Record:
    order = _order(contract["customer"], contract["created_at"], "standard", dice)
    if order["status"] in {"void", "draft"}:
        order["status"] = "approved"
    order |= {"contract": contract, "opportunity": contract["opportunity"], "channel": "direct"}
    order["extra_discount"] = contract["quote"]["extra_discount"]
    return order


def _line(product: Record, quantity: int, price: Decimal, *, gift: bool = False) -> Record:
    return Record("", **{"#parent": None}, product=product, qty=quantity, price=price, gift=gift)


def _quoted(quote: Record, quote_lines: list[Record]) -> list[Record]:
    return [
        _line(each["product"], each["qty"], each["_unit"]) for each in quote_lines if each["#parent"] is quote
    ]


def _free(buyers: list[Record], dice: Dice) -> Record:
    created = in_office(seasonal_day(FIRST_DAY + timedelta(days=4), LAST_DAY, dice), dice)
    known = [each for each in buyers if each["created_at"] < created]
    customer = dice.weighted(known, [_appetite(each) for each in known])
    order = _order(customer, created, "standard", dice)
    if dice.chance(0.15):
        order["extra_discount"] = Decimal(dice.number(1, 5))
    return order


def _lines(order: Record, count: int, products: list[Record], dice: Dice) -> list[Record]:
    on_sale = [each for each in products if each["status"] == "on"]
    made: list[Record] = []
    for product in several(on_sale if order["status"] == "draft" else products, count, dice):
        price = level_price(product, order["customer"]["level"])
        quantity = dice.number(2, 120) if price < 1000 else dice.number(1, 4)
        gift = bool(made) and dice.chance(0.08)
        made.append(_line(product, quantity, price, gift=gift))
    return made


def _return(origin: Record, dice: Dice) -> tuple[Record, list[Record]]:
    """Part of one line of an earlier order goes back."""
    source = dice.pick([each for each in origin["_lines"] if not each["gift"]])
    first: date = origin["delivered_at"].date() + timedelta(days=1)
    day = day_between(first, first + timedelta(days=18), dice)
    order = _order(origin["customer"], in_office(day, dice), "return", dice)
    order |= {"origin": origin, "channel": origin["channel"]}
    if order["status"] in {"void", "draft", "shipping"}:
        order |= {"status": "approved", "delivered_at": None}
    quantity = dice.number(1, max(1, int(source["qty"]) // 3))
    return order, [_line(source["product"], quantity, source["price"])]


def _was_sent(order: Record) -> bool:
    return bool(order["delivered_at"] or order["status"] == "shipping")


def _shipment(order: Record, dice: Dice) -> Record:
    sent = order["created_at"] + timedelta(hours=dice.number(4, 30))
    return Record(
        "",
        **{"#parent": order},
        carrier=dice.pick(CARRIERS),
        tracking=f"QH{dice.digits(10)}",
        shipped_at=sent,
        eta=sent.date() + timedelta(days=3),
        state="arrived" if order["delivered_at"] else "transit",
    )
