"""Dealers and the outlets they serve; which dealer serves which customer and delivers which order."""

from __future__ import annotations

from datetime import timedelta

from examples.crm_demo.customers import LEVELS
from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, day_between, in_office
from examples.crm_demo.names import SURNAMES, mobile, person
from examples.crm_demo.places import address, city_of, near, place
from examples.crm_demo.records import Record

DEALERS, SECOND_TIER, OUTLETS = 36, 10, 160
PORTALS = ("dl1", "dl2")
KINDS = {
    "大排档": "restaurant",
    "火锅店": "restaurant",
    "烧烤店": "restaurant",
    "私房菜馆": "restaurant",
    "便利店": "convenience",
    "烟酒店": "convenience",
    "超市": "supermarket",
    "生鲜超市": "supermarket",
    "酒吧": "bar",
    "音乐酒馆": "bar",
    "精酿馆": "bar",
    "球馆小卖部": "other",
}


def dealers(customers: list[Record]) -> list[Record]:
    """The dealers of the scenarios first; the second tier comes last, after those it buys from."""
    dice = Dice("dealer")
    able = [each for each in customers if each["type"] == "dealer" and each["approval"] == "approved"]
    able = [each for each in able if each["region"] != "SW" and city_of(each["name"])]
    first, rest = able[:2], dice.shuffled(able[2:])[: DEALERS - 2]
    made = [_dealer(customer, dice) for customer in [*first, *rest]]
    for record, portal in zip(made, PORTALS, strict=False):
        record["portal_user"] = portal
    for record in made[DEALERS - SECOND_TIER :]:
        above = [each for each in made[: DEALERS - SECOND_TIER] if each["region"] == record["region"]]
        record |= {"tier": "t2", "parent": dice.pick(above or made[:2])}
    for number, record in enumerate(made, start=1):
        record["no"] = f"DL-{number:03d}"
    return made


def _dealer(customer: Record, dice: Dice) -> Record:
    city = city_of(customer["name"]) or "苏州"
    since = customer["created_at"]
    return Record(
        "no",
        no="",
        name=customer["name"],
        customer=customer,
        tier="t1",
        parent=None,
        region=customer["region"],
        level=customer["level"],
        contact_name=person(dice)[0],
        phone=mobile(dice),
        warehouse=address(city, dice),
        geo=place(near(city, dice)),
        manager=customer["owner"],
        portal_user=None,
        contract_end=LAST_DAY + timedelta(days=dice.number(20, 500)),
        status="active" if dice.chance(0.92) else "suspended",
        owner=customer["owner"],
        dept=customer["dept"],
        created_at=since,
        _city=city,
    )


def outlets(all_dealers: list[Record]) -> list[Record]:
    """Outlets of all dealers; `_point` is where they are."""
    dice = Dice("outlet")
    made = [_outlet(all_dealers[number % len(all_dealers)], dice) for number in range(OUTLETS)]
    made.sort(key=lambda record: record["created_at"])
    for number, record in enumerate(made, start=1):
        record["no"] = f"OT-{number:05d}"
        record["name"] += f"({record['_street']})"
    return made


def _outlet(dealer: Record, dice: Dice) -> Record:
    kind = dice.pick(list(KINDS))
    point, where = near(dealer["_city"], dice), address(dealer["_city"], dice)
    return Record(
        "no",
        no="",
        name=f"{dice.pick(SURNAMES)[0]}记{kind}",
        kind=KINDS[kind],
        dealer=dealer,
        address=where,
        geo=place(point),
        owner_name=person(dice)[0],
        phone=mobile(dice),
        size_m2=dice.number(20, 400),
        grade=dice.weighted(list(LEVELS), list(LEVELS.values())),
        open_from=dice.pick(("08:00", "10:00", "11:00", "17:00")),
        cooler=dice.chance(0.6),
        status="open" if dice.chance(0.95) else "closed",
        owner=dealer["manager"],
        dept=dealer["dept"],
        created_at=max(in_office(day_between(FIRST_DAY, LAST_DAY, dice), dice), dealer["created_at"]),
        _point=point,
        _street=where.split(" | ")[1].replace(" ", ""),
    )


def served(customers: list[Record], all_dealers: list[Record]) -> list[Record]:
    """Which dealer serves which customer: a second pass, because dealers are customers themselves."""
    dice = Dice("customer.dealer")
    made = []
    for customer in customers:
        near_by = [each for each in all_dealers if each["region"] == customer["region"]]
        if near_by and customer["type"] in {"company", "outlet"} and dice.chance(0.5):
            made.append(Record("no", no=customer["no"], dealer=dice.pick(near_by)))
    return made


def deliver(orders: list[Record], all_dealers: list[Record]) -> None:
    """Give orders of dealers their dealer."""
    by_customer = {each["customer"]["no"]: each for each in all_dealers}
    for order in orders:
        order["dealer"] = by_customer.get(order["customer"]["no"])
        if order["dealer"] is not None and order["channel"] == "direct" and order["contract"] is None:
            order["channel"] = "dealer_app"


def stocked(all_dealers: list[Record], all_outlets: list[Record]) -> list[tuple[str, Record]]:
    """Who reports stock: every dealer, and the outlets with a cooler."""
    return [("dealer", each) for each in all_dealers] + [
        ("outlet", each) for each in all_outlets if each["cooler"] and each["status"] == "open"
    ]
