"""Leads: a third of them became customers with an opportunity."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from examples.crm_demo.customers import SHARES, source
from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, at, day_between, in_office
from examples.crm_demo.names import CITIES, PROVINCES, company, mobile, person
from examples.crm_demo.opportunities import NEEDS
from examples.crm_demo.organisation import DEPT_OF, REPS
from examples.crm_demo.records import Record, numbered

STATUSES = {"new": 20, "assigned": 50, "contacted": 60, "nurturing": 50, "invalid": 50, "recycled": 30}
QUALIFIED = 140
CHANNELS = ("百度", "抖音", "小红书", "微信朋友圈")
REASONS = ("wrong_number", "no_need", "duplicate", "competitor")
TOUCHED = {"contacted", "nurturing", "qualified", "invalid"}


def leads(opportunities: list[Record]) -> list[Record]:
    """All leads, numbered in order of time; the qualified ones carry customer and opportunity."""
    dice = Dice("lead")
    won = dice.shuffled(opportunities)[:QUALIFIED]
    made = [_qualified(opportunity, dice) for opportunity in won]
    made += [_open(status, dice) for status, count in STATUSES.items() for _ in range(count)]
    return numbered(made, "LD-%Y%m-0000")


def _qualified(opportunity: Record, dice: Dice) -> Record:
    customer = opportunity["customer"]
    created = max(opportunity["created_at"] - timedelta(days=dice.number(1, 25), hours=2), at(FIRST_DAY))
    return _lead(
        "qualified",
        min(created, opportunity["created_at"]),
        dice,
        company=customer["name"],
        province=customer["province"],
        industry=customer["industry"],
        source=opportunity["source"],
        region=customer["region"],
        owner=opportunity["owner"],
        customer=customer,
        opportunity=opportunity,
    )


def _open(status: str, dice: Dice) -> Record:
    region = dice.weighted(list(SHARES), list(SHARES.values()))
    city = dice.pick(CITIES[region])
    name, industry = company(city, dice)
    first = LAST_DAY - timedelta(days=20) if status in {"new", "assigned"} else FIRST_DAY
    return _lead(
        status,
        in_office(day_between(first, LAST_DAY, dice), dice),
        dice,
        company=name,
        province=PROVINCES[city],
        industry=industry,
        source=source(dice),
        region=region,
        owner=dice.pick(REPS[region]),
        customer=None,
        opportunity=None,
    )


def _lead(status: str, created: datetime, dice: Dice, **known: Any) -> Record:
    name, pinyin = person(dice)
    reach = dice.number(1, 7)
    """Bits: mobile, e-mail, WeChat; at least one of them."""
    due = created + timedelta(hours=4)
    touched = created + timedelta(minutes=dice.number(10, 290)) if status in TOUCHED else None
    return Record(
        "no",
        no="",
        name=name,
        company=known["company"],
        mobile=mobile(dice) if reach & 1 or status == "qualified" else None,
        email=f"{pinyin}{dice.digits(2)}@xiansuo.example" if reach & 2 else None,
        wechat=f"{pinyin.replace('.', '_')}{dice.digits(3)}" if reach & 4 else None,
        province=known["province"],
        industry=known["industry"],
        source=known["source"],
        route="direct",
        ad_channel=dice.pick(CHANNELS) if known["source"] == "ad" else None,
        need=dice.pick(NEEDS) if dice.chance(0.7) else None,
        budget=Decimal(dice.number(1, 40) * 5000) if dice.chance(0.5) else None,
        consent=dice.chance(0.8),
        status=status,
        invalid_reason=dice.pick(REASONS) if status == "invalid" else None,
        region=known["region"],
        score=dice.number(60, 100) if status == "qualified" else dice.number(0, 85),
        assigned_at=None if status == "new" else created,
        first_due=None if status == "new" else due,
        first_contact_at=touched,
        reassigned=1 if status == "recycled" else 0,
        customer=known["customer"],
        opportunity=known["opportunity"],
        owner=known["owner"],
        dept=DEPT_OF[known["owner"]],
        created_at=created,
    )
