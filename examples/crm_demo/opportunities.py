"""Opportunities with their items, and the quotes made for them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from examples.crm_demo.customers import source
from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, TODAY, day_between, in_office
from examples.crm_demo.records import Record, cents, numbered

STAGES = {"initial": 40, "need": 30, "solution": 24, "quote": 30, "negotiation": 22, "won": 46, "lost": 28}
QUOTED_AND_LOST = 14
QUOTES, QUOTE_LINES = 160, 480
OPEN_FOR = {"initial": 60, "need": 90, "solution": 110, "quote": 120, "negotiation": 150}
NEEDS = ("夏季鲜啤供应", "门店陈列与冰柜", "宴会用酒年度框架", "精酿新品上架", "连锁门店统一采购")
REASONS = ("大客户首单，争取长期合作", "竞品低价，需匹配", "年度框架采购量大", "淡季促销，消化库存")
LOST = ("price", "product", "relation", "timing", "other")
STEPS = (0, 0, 0, 0, 2, 3, 5, 5, 7.5, 10, 12, 18)
"""Line discounts in percent; most lines have none."""


def popular(products: list[Record], dice: Dice) -> Record:
    """A product; the k-th best known is taken as often as Zipf's law with 1.1 says."""
    return dice.weighted(products, [place**-1.1 for place in range(1, len(products) + 1)])


def several(products: list[Record], count: int, dice: Dice) -> list[Record]:
    """`count` different products."""
    chosen: list[Record] = []
    while len(chosen) < count:
        product = popular(products, dice)
        if product not in chosen:
            chosen.append(product)
    return chosen


def opportunities(customers: list[Record], contacts: dict[str, list[Record]]) -> list[Record]:
    """All opportunities, numbered in order of time; `_closed` and `_quoted` guide what follows from them."""
    dice = Dice("opportunity")
    buyers = [each for each in customers if each["approval"] == "approved" and each["type"] != "individual"]
    buyers = [each for each in buyers if each["region"] != "SW"]
    stages = dice.shuffled([stage for stage, count in STAGES.items() for _ in range(count)])
    made = [_opportunity(stage, buyers, contacts, dice) for stage in stages]
    lost = [record for record in made if record["stage"] == "lost"]
    for record in lost[QUOTED_AND_LOST:]:
        record["_quoted"] = False
    return numbered(made, "OP-%Y%m-0000")


def _opportunity(stage: str, buyers: list[Record], contacts: dict[str, list[Record]], dice: Dice) -> Record:
    customer = dice.weighted(buyers, [{"A": 6, "B": 3}.get(each["level"], 1) for each in buyers])
    first = max(customer["created_at"].date(), FIRST_DAY)
    if stage in OPEN_FOR:
        first = max(first, LAST_DAY - timedelta(days=OPEN_FOR[stage]))
    last = LAST_DAY - timedelta(days=1 if stage in OPEN_FOR else 40)
    created = in_office(day_between(first, max(first, last), dice), dice)
    since = in_office(day_between(created.date(), created.date() + timedelta(days=50), dice), dice)
    since = created if stage == "initial" else max(created, since)
    closed = since if stage in {"won", "lost"} else None
    quoted = stage in {"quote", "negotiation", "won", "lost"}
    return Record(
        "no",
        no="",
        name=f"{customer['short_name'] or customer['name']} {dice.pick(NEEDS)}",
        customer=customer,
        contact=contacts[customer["name"]][0] if stage != "initial" or dice.chance(0.5) else None,
        source=source(dice),
        stage=stage,
        amount=Decimal(0),
        expect_close=(since if closed else max(since, in_office(LAST_DAY, dice))).date()
        + timedelta(days=0 if closed else dice.number(10, 90)),
        need_desc=f"客户希望{dice.pick(NEEDS)}" if stage not in {"initial", "need"} else None,
        lost_reason=dice.pick(LOST) if stage == "lost" else None,
        risk=stage == "initial" and dice.chance(0.3),
        stage_since=since,
        closed_at=closed,
        owner=customer["owner"],
        dept=customer["dept"],
        created_at=created,
        _quoted=quoted,
    )


def items(opportunities: list[Record], products: list[Record]) -> list[Record]:
    """What each customer has in mind; it also gives the expected amount."""
    dice = Dice("opportunity.items")
    made = []
    for opportunity in opportunities:
        for product in several(products, dice.number(1, 3), dice):
            price = Decimal(product["list_price"])
            quantity = 10 * dice.number(2, 60) if price < 1000 else dice.number(1, 12)
            made.append(Record("", **{"#parent": opportunity}, product=product, qty=quantity, price=price))
            opportunity["amount"] += cents(price * quantity)
    return made


def quotes(opportunities: list[Record]) -> list[Record]:
    """A quote for each opportunity that got so far, and second offers for some of them."""
    dice = Dice("quote")
    quoted = [record for record in opportunities if record["_quoted"]]
    made = [_quote(record, dice, main=True) for record in quoted]
    made += [_quote(record, dice, main=False) for record in dice.shuffled(quoted)[: QUOTES - len(quoted)]]
    return numbered(made, "QT-%Y%m-0000")


def _quote(opportunity: Record, dice: Dice, *, main: bool) -> Record:
    first = opportunity["created_at"].date()
    last = min(opportunity["stage_since"].date(), LAST_DAY)
    created = max(in_office(day_between(first, last, dice), dice), opportunity["created_at"])
    valid = created.date() + timedelta(days=60)
    status = _status(opportunity["stage"], dice) if main else dice.pick(("rejected", "expired", "void"))
    if status == "approved" and valid < TODAY:
        status = "expired"
    if status == "expired" and valid >= TODAY:
        status = "void"
    return Record(
        "no",
        no="",
        opportunity=opportunity,
        customer=opportunity["customer"],
        version=2 if status in {"approved", "accepted"} and dice.chance(0.2) else 1,
        valid_until=valid,
        extra_discount=Decimal(0),
        reason=None,
        status=status,
        owner=opportunity["owner"],
        dept=opportunity["dept"],
        created_at=created,
    )


def _status(stage: str, dice: Dice) -> str:
    if stage == "won":
        return "accepted"
    if stage == "quote":
        return dice.weighted(("approved", "draft", "rejected"), (60, 25, 15))
    return "approved" if stage == "negotiation" else "expired"


def quote_lines(quotes: list[Record], products: list[Record]) -> list[Record]:
    """The lines; each quote gets `_net` and, where the discount passes 8 %, its reason."""
    dice = Dice("quote.lines")
    counts = dice.split(QUOTE_LINES, len(quotes), low=1, high=5)
    counted = zip(quotes, counts, strict=True)
    return [line for quote, count in counted for line in _lines(quote, count, products, dice)]


def _lines(quote: Record, count: int, products: list[Record], dice: Dice) -> list[Record]:
    made, listed, net = [], Decimal(0), Decimal(0)
    for product in several(products, count, dice):
        price = Decimal(product["list_price"])
        quantity = 10 * dice.number(1, 50) if price < 1000 else dice.number(1, 10)
        discount = Decimal(str(dice.pick(STEPS)))
        unit = cents(price * (1 - discount / 100))
        made.append(
            Record(
                "",
                **{"#parent": quote},
                product=product,
                list_price=price,
                qty=quantity,
                discount=discount,
                _unit=unit,
                _amount=cents(unit * quantity),
            )
        )
        listed, net = listed + cents(price * quantity), net + cents(unit * quantity)
    if dice.chance(0.25):
        quote["extra_discount"] = Decimal(dice.number(1, 4) * 50 if net > 10000 else 10)
    quote["_net"] = net - quote["extra_discount"]
    if listed - quote["_net"] > listed * Decimal("0.08"):
        quote["reason"] = dice.pick(REASONS)
    return made
