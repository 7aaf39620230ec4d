"""Visits to outlets, dealers and customers, and what was counted there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, at, day_between
from examples.crm_demo.opportunities import several
from examples.crm_demo.places import moved, near, place
from examples.crm_demo.records import Record, numbered

VISITS, COUNTS, STOREFRONTS = 260, 700, 6
AT_OUTLETS, AT_DEALERS = 210, 25
PURPOSES = {"routine": 60, "promo": 25, "complaint": 5, "develop": 10}
NOTES = ("竞品降价两元", "竞品新增冰柜一台", "隔壁店铺做买十送二")
ISSUES = ("冰柜灯管损坏", "陈列被挤占", "门店反映到货晚")


def visits(outlets: list[Record], dealers: list[Record], customers: list[Record]) -> list[Record]:
    """All visits, numbered in order of time. Most check-ins are near enough to count."""
    dice = Dice("visit")
    open_outlets = [each for each in outlets if each["status"] == "open"]
    buyers = [each for each in customers if each["approval"] == "approved" and each["type"] == "key_account"]
    targets = [("outlet", open_outlets[number % len(open_outlets)]) for number in range(AT_OUTLETS)]
    targets += [("dealer", dice.pick(dealers)) for _ in range(AT_DEALERS)]
    targets += [("customer", dice.pick(buyers)) for _ in range(VISITS - len(targets))]
    made = [_visit(field, target, dice) for field, target in targets]
    numbered(made, "VS-%Y%m%d-0000")
    for number, visit in enumerate(made):
        visit["checkin_photo"] = f"storefront-{number % STOREFRONTS}.png" if visit["checkin_at"] else None
    return made


def _visit(field: str, target: Record, dice: Dice) -> Record:
    since = max(target["created_at"].date(), FIRST_DAY)
    day = day_between(since, LAST_DAY + timedelta(days=0), dice)
    future = dice.chance(0.06)
    if future:
        day = LAST_DAY + timedelta(days=dice.number(2, 9))
    status = "planned" if future else dice.weighted(("done", "missed", "checked_in"), (92, 7, 1))
    about: dict[str, Any] = dict.fromkeys(("outlet", "dealer", "customer"))
    about[field] = target
    rep = target.get("manager") or target["owner"]
    return Record(
        "no",
        no="",
        rep=rep,
        plan_date=day,
        route_seq=dice.number(1, 8),
        **about,
        purpose=dice.weighted(list(PURPOSES), list(PURPOSES.values())),
        status=status,
        **_presence(field, target, at(day, "09:00"), status, dice),
        owner=rep,
        dept=target["dept"],
        created_at=max(at(day, "08:00") - timedelta(days=dice.number(1, 5)), target["created_at"]),
    )


def _presence(field: str, target: Record, morning: Any, status: str, dice: Dice) -> dict[str, Any]:
    """Check-in and check-out; `_near` says whether the place counts."""
    here = status in {"done", "checked_in"}
    arrived = morning + timedelta(minutes=dice.number(0, 480)) if here else None
    far = dice.chance(0.06)
    where = None
    if here and field == "outlet":
        distance = dice.number(600, 2500) if far else dice.number(0, 250)
        where = moved(target["_point"], distance, dice.number(0, 300))
    elif here:
        where = near(target.get("_city", "苏州"), dice)
    done = status == "done" and arrived is not None
    return {
        "checkin_at": arrived,
        "synced_at": arrived,
        "checkin_geo": place(where),
        "checkout_at": arrived + timedelta(minutes=dice.number(12, 95)) if done and arrived else None,
        "competitor_note": dice.pick(NOTES) if done and dice.chance(0.2) else None,
        "issue": dice.pick(ISSUES) if done and dice.chance(0.15) else None,
        "summary": "补货建议已提交" if done and dice.chance(0.6) else None,
        "_near": done and field == "outlet" and not far,
    }


def counts(all_visits: list[Record], products: list[Record]) -> list[Record]:
    """What was counted on the shelves of the outlets that were visited."""
    dice = Dice("visit.counts")
    counted = [each for each in all_visits if each["outlet"] and each["status"] == "done"]
    shares = dice.split(COUNTS, len(counted), low=2, high=6)
    goods = [each for each in products if each["shelf_days"] and each["status"] == "on"]
    made = []
    for visit, share in zip(counted, shares, strict=True):
        for product in several(goods, share, dice):
            left = (
                dice.number(-5, 30) if dice.chance(0.12) else dice.number(31, int(product["shelf_days"]) + 31)
            )
            made.append(
                Record(
                    "",
                    **{"#parent": visit},
                    product=product,
                    on_shelf=dice.number(0, 24),
                    in_store=dice.number(0, 80),
                    shelf_price=round(float(product["list_price"]) * 1.3),
                    nearest_expiry=visit["plan_date"] + timedelta(days=left),
                )
            )
    return made
