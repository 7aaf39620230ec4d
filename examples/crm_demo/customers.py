"""Customers of the demo: five of the scenarios, the rest by chance, some of them nearly double."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, at, day_between, in_office
from examples.crm_demo.names import (
    CITIES,
    FOREIGN,
    FOREIGN_SUFFIXES,
    PROVINCES,
    WORDS,
    company,
    credit_code,
    mobile,
    person,
)
from examples.crm_demo.organisation import DEPT_OF, REPS
from examples.crm_demo.records import Record

CUSTOMERS, SHORT_NAMES = 300, 180
NEAR_DOUBLES, FOREIGN_COMPANIES, WITHOUT_MANAGER = 20, 30, 3
FIXTURE = (
    ("苏州鼎盛商贸有限公司", "dealer", "retail", "A", "EAST-JS", "苏州", "li"),
    ("杭州云栖酒店管理有限公司", "key_account", "catering", "B", "EAST-ZJ", "杭州", "zhou"),
    ("西安大唐餐饮管理有限公司", "company", "catering", "B", "NW", "西安", "he"),
    ("北京中关村软件有限公司", "company", "software", "C", "NORTH", "北京", "wu"),
    ("杭州钱塘酒业有限公司", "dealer", "brewing", "B", "EAST-ZJ", "杭州", "zhou"),
)
SHARES = {
    "EAST-JS": 22,
    "EAST-ZJ": 20,
    "EAST-SH": 11,
    "EAST-SD": 7,
    "NORTH": 14,
    "NW": 10,
    "SOUTH-GD": 8,
    "SOUTH-FJ": 4,
    "CENTRAL": 4,
}
TYPES = {"company": 57, "key_account": 8, "dealer": 23, "outlet": 12}
LEVELS = {"A": 8, "B": 22, "C": 50, "D": 20}
SOURCES = {
    "website": 14,
    "app": 6,
    "wechat_mp": 12,
    "wecom": 8,
    "weibo": 3,
    "ad": 14,
    "event": 12,
    "pos": 6,
    "call": 9,
    "referral": 12,
    "import": 2,
    "other": 2,
}
FIRST_MONTH_END = date(2024, 11, 30)
"""Half of the customers were there from the beginning."""
CREDIT = {"A": (200000, 45), "B": (80000, 30), "C": (20000, 15), "D": (0, 0)}


def source(dice: Dice) -> str:
    """Where a lead or a customer comes from."""
    return dice.weighted(list(SOURCES), list(SOURCES.values()))


def customers() -> list[Record]:
    """The customers of the scenarios first, then the others in the order in which they came."""
    dice = Dice("customer")
    first = [_customer(dice, day=FIRST_DAY, approval="approved", **_named(row)) for row in FIXTURE]
    first[0] |= {"phone": "13812345678", "credit_limit": 100000, "credit_days": 30}
    names = {record["name"] for record in first}
    kinds = ["foreign"] * FOREIGN_COMPANIES + ["orphan"] * WITHOUT_MANAGER
    kinds += ["plain"] * (CUSTOMERS - NEAR_DOUBLES - len(first) - len(kinds))
    rest = [_by_chance(kind, names, dice) for kind in kinds]
    known = [record for record in rest if record["name"].endswith("公司") and record["region"] != "SW"]
    rest += [_near_double(record, names, dice) for record in dice.shuffled(known)[:NEAR_DOUBLES]]
    rest.sort(key=lambda record: str(record["created_at"]))
    return _finished(first + rest, dice)


def _named(row: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(("name", "kind", "industry", "level", "region", "city", "owner"), row, strict=True))


def _by_chance(kind: str, names: set[str], dice: Dice) -> Record:
    region = "SW" if kind == "orphan" else dice.weighted(list(SHARES), list(SHARES.values()))
    city = dice.pick(CITIES[region])
    name, industry = _free_name(city, names, dice, foreign=kind == "foreign")
    private = kind == "plain" and dice.chance(0.05)
    if private:
        name, industry = _free_person(names, dice), "other"
    return _customer(
        dice,
        name=name,
        kind="individual" if private else dice.weighted(list(TYPES), list(TYPES.values())),
        industry=industry,
        level=dice.weighted(list(LEVELS), list(LEVELS.values())),
        region=region,
        city=city,
        owner=dice.pick(REPS[region]),
        day=day_between(FIRST_DAY, FIRST_MONTH_END if dice.chance(0.5) else date(2026, 9, 15), dice),
        approval=dice.weighted(("approved", "draft", "rejected"), (92, 6, 2)),
    )


def _free_name(city: str, names: set[str], dice: Dice, *, foreign: bool) -> tuple[str, str]:
    while True:
        name, industry = company(city, dice)
        if foreign:
            name, industry = f"{dice.pick(FOREIGN)} {dice.pick(FOREIGN_SUFFIXES)}", "retail"
        if name not in names:
            names.add(name)
            return name, industry


def _free_person(names: set[str], dice: Dice) -> str:
    while (name := person(dice)[0]) in names:
        pass
    names.add(name)
    return name


def _near_double(record: Record, names: set[str], dice: Dice) -> Record:
    """The same company as somebody else would type it."""
    name = record["name"]
    endings = ("有限责任公司", " 有限公司", "公司")
    variants = [name.removesuffix("有限公司") + ending for ending in endings]
    copied = {key: record[key] for key in ("industry", "level", "region", "owner")}
    free = [variant for variant in variants if variant not in names]
    chosen = dice.pick(free)
    names.add(chosen)
    city = next(each for each in CITIES[record["region"]] if name.startswith(each))
    day = day_between(record["created_at"].date(), date(2026, 9, 30), dice)
    copied |= {"kind": record["type"], "approval": "approved"}
    return _customer(dice, name=chosen, city=city, day=day, **copied)


def _customer(
    dice: Dice,
    *,
    name: str,
    kind: str,
    industry: str,
    level: str,
    region: str,
    city: str,
    owner: str,
    day: date,
    approval: str,
) -> Record:
    business = kind != "individual"
    limit, days = CREDIT[level] if approval == "approved" and kind == "dealer" else (0, 0)
    return Record(
        "name",
        no="",
        name=name,
        short_name=None,
        uscc=credit_code(dice) if business and name.endswith("公司") and dice.chance(0.7) else None,
        type=kind,
        industry=industry,
        scale=dice.pick(("s50", "s200", "s1000", "l1000")) if business else None,
        source=source(dice),
        level=level,
        lifecycle="prospect",
        region=region,
        province=PROVINCES[city],
        phone=mobile(dice),
        email=None,
        legal_rep=person(dice)[0] if business else None,
        reg_capital=Decimal(dice.number(1, 200) * 100000) if business and dice.chance(0.6) else None,
        **_extras(kind, industry, dice),
        credit_limit=limit,
        credit_days=days,
        approval=approval,
        owner=owner,
        dept=DEPT_OF[owner],
        created_at=in_office(day, dice) if day != FIRST_DAY else at(FIRST_DAY),
    )


def _extras(kind: str, industry: str, dice: Dice) -> dict[str, Any]:
    """Fields that only some industries have."""
    extras: dict[str, Any] = dict.fromkeys(("site_env", "it_stack", "budget_cycle", "smart_home"))
    if industry == "construction":
        extras["site_env"] = dice.pick(("室内精装", "露天作业", "高层幕墙", "地下空间"))
    if industry == "software":
        extras["it_stack"] = [dice.pick(("onprem", "cloud", "hybrid"))]
        extras["budget_cycle"] = dice.pick(("每年 3 月", "每季度", "每年 11 月"))
    if kind == "individual":
        extras["smart_home"] = dice.shuffled(("light", "camera", "lock", "appliance"))[: dice.number(1, 3)]
    return extras


def _finished(made: list[Record], dice: Dice) -> list[Record]:
    """Numbers in order of entry, and short names for those that have a long one."""
    for number, record in enumerate(made, start=1):
        record["no"] = f"C-{number:06d}"
        record["email"] = f"info{number:03d}@kehu.example"
    long = [record for record in made if _known_word(record)]
    for record in dice.shuffled(long)[:SHORT_NAMES]:
        record["short_name"] = _known_word(record)
    return made


def _known_word(record: Record) -> str | None:
    return next((word for word in WORDS if word in record["name"]), None)
