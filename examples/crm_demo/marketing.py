"""Promotions, the outlets that take part, and what people do on the way: views, scans, sign-ins."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, TODAY, at, day_between
from examples.crm_demo.opportunities import popular
from examples.crm_demo.organisation import DEPT_OF
from examples.crm_demo.records import Record, numbered

PROMOTIONS = """
bottle   餐饮 catering     开瓶费               A;B   EAST;SOUTH      40 160000
display  商超 supermarket  夏季陈列             A;B;C EAST;NORTH      60 240000
gift     餐饮 catering     买十送一             A;B;C EAST            50 180000
one_more 全部 convenience  再来一瓶             -     EAST;NORTH;NW   80 300000
ad       线上 online       社媒品牌投放         -     -               -  200000
event    全部 dealer       秋季订货会           A;B   EAST;NORTH      30 90000
email    线上 online       企业客户邮件         -     -               -  20000
bundle   线上 online       千兆融合套餐         -     EAST            -  120000
display  便利 convenience  冬季堆头             B;C   EAST;SOUTH      40 80000
bottle   酒吧 catering     精酿开瓶             A;B   EAST;SOUTH      30 120000
ad       线上 online       搜索投放             -     -               -  150000
event    餐饮 catering     啤酒节               A;B;C EAST            60 260000
gift     便利 convenience  新品搭赠             B;C   NORTH;NW        40 70000
one_more 全部 convenience  揭盖有奖             -     SOUTH;CENTRAL   60 220000
bundle   线上 online       家庭畅享套餐         -     EAST;NORTH      -  100000
display  餐饮 catering     宴席陈列             A;B   EAST            30 110000
"""
ENROLMENTS, EVENTS = 160, 700
ON_SITE = {"bottle", "display", "gift", "one_more", "event"}
KINDS = {
    "page_view": 34,
    "scan": 20,
    "ad_click": 8,
    "download": 5,
    "form_submit": 5,
    "follow": 5,
    "message": 4,
    "pos": 7,
    "sign_in": 4,
    "kb_view": 3,
    "redeem": 3,
    "win": 2,
}
OF_LEADS = {"page_view", "ad_click", "download", "form_submit", "follow", "message", "sign_in"}
PAGES = {"home": 25, "product": 35, "quote": 15, "case": 20, "other": 5}


def promotions() -> list[Record]:
    """The promotions of two years, in order of time."""
    dice = Dice("promotion")
    rows = [line.split() for line in PROMOTIONS.strip().splitlines()]
    step = ((LAST_DAY - FIRST_DAY).days - 20) // len(rows)
    made = [
        _promotion(row, FIRST_DAY + timedelta(days=20 + step * place), dice) for place, row in enumerate(rows)
    ]
    return numbered(made, "PM-%Y-000")


def _promotion(row: list[str], start: date, dice: Dice) -> Record:
    kind, _, channel, name, levels, regions, outlets, budget = row
    end = start + timedelta(days=dice.number(40, 90))
    bundle = kind == "bundle"
    return Record(
        "no",
        no="",
        name=f"{start.year} {name}",
        type=kind,
        channel=channel,
        start=start,
        end=end,
        regions=[] if regions == "-" else regions.split(";"),
        dealer_levels=[] if levels == "-" else levels.split(";"),
        target_outlets=None if outlets == "-" else outlets,
        budget=Decimal(budget),
        policy=f"<p>{name}：凭现场照片和核验拜访核销，预算用完为止。</p>",
        landing=f"https://www.qinghe.example/p/{kind}" if channel == "online" else None,
        status="ended" if end < TODAY else "running",
        package_fee=Decimal(dice.pick((99, 129))) if bundle else None,
        contents=["宽带", "5G 流量", "机顶盒"] if bundle else [],
        launch_date=start if bundle else None,
        mkt_opinion="目标客群明确" if bundle else None,
        fin_opinion="毛利可接受" if bundle else None,
        cust_opinion="客服已培训" if bundle else None,
        owner="su",
        dept=DEPT_OF["su"],
        created_at=at(start - timedelta(days=18), "10:00"),
    )


def enrolments(all_promotions: list[Record], outlets: list[Record], visits: list[Record]) -> list[Record]:
    """Outlets in promotions; what passed was seen on a visit at the right place."""
    dice = Dice("promo_enrolment")
    seen = {visit["outlet"]["no"]: visit for visit in visits if visit["outlet"] and visit["_near"]}
    on_site = [each for each in all_promotions if each["type"] in ON_SITE]
    counts = dice.split(ENROLMENTS, len(on_site), low=10, high=20)
    return [
        _enrolment(promotion, outlet, seen.get(outlet["no"]), dice)
        for promotion, count in zip(on_site, counts, strict=True)
        for outlet in dice.shuffled(outlets)[:count]
    ]


def _enrolment(promotion: Record, outlet: Record, visit: Record | None, dice: Dice) -> Record:
    base = dice.number(20, 300)
    ended = promotion["status"] == "ended"
    verified = "pending"
    if visit is not None and ended:
        verified = dice.weighted(("pass", "fail"), (88, 12))
    actual = base * dice.number(95, 175) // 100 if ended else None
    return Record(
        "_name",
        promotion=promotion,
        outlet=outlet,
        baseline_qty=base,
        actual_qty=actual,
        lift_revenue=Decimal(max(0, actual - base) * dice.number(45, 70)) if actual else None,
        visit=visit if verified != "pending" else None,
        verified=verified,
        photos=f"{promotion['no']}-{outlet['no']}.png" if verified == "pass" else None,
        owner=outlet["owner"],
        dept=outlet["dept"],
        created_at=max(at(promotion["start"], "11:00"), outlet["created_at"]),
        _name=f"{promotion['no']}/{outlet['no']}",
    )


def touch_events(
    leads: list[Record],
    customers: list[Record],
    outlets: list[Record],
    all_promotions: list[Record],
    products: list[Record],
) -> list[Record]:
    """Events in order of time; nobody redeems more points than were won before."""
    dice = Dice("touch_event")
    buyers = [each for each in customers if each["approval"] == "approved"][:120]
    kinds = [dice.weighted(list(KINDS), list(KINDS.values())) for _ in range(EVENTS)]
    about = [dice.pick(leads) if kind in OF_LEADS and dice.chance(0.7) else None for kind in kinds]
    who = [None if lead else dice.pick(buyers) for lead in about]
    made = []
    for kind, lead, customer in zip(kinds, about, who, strict=True):
        first = (lead or customer or leads[0])["created_at"].date()
        when = at(day_between(first, LAST_DAY, dice), "08:00") + timedelta(minutes=dice.number(0, 820))
        made.append((max(when, (lead or customer or leads[0])["created_at"]), kind, lead, customer))
    made.sort(key=lambda each: each[0])
    points: dict[str, int] = {}
    return [
        _event(
            number,
            *each,
            points=points,
            outlets=outlets,
            promotions=all_promotions,
            products=products,
            dice=dice,
        )
        for number, each in enumerate(made, start=1)
    ]


def _event(
    number: int,
    when: datetime,
    kind: str,
    lead: Record | None,
    customer: Record | None,
    *,
    points: dict[str, int],
    outlets: list[Record],
    promotions: list[Record],
    products: list[Record],
    dice: Dice,
) -> Record:
    amount = Decimal(dice.number(15, 400)) if kind == "pos" else None
    gained = {"scan": 1, "pos": int(amount // 10) if amount else 0, "sign_in": 5}.get(kind, 0)
    held = points.get(customer["no"], 0) if customer else 0
    if kind == "redeem":
        kind, gained = ("redeem", -min(held, 20)) if held else ("scan", 1)
    if customer:
        points[customer["no"]] = held + gained
    running = [each for each in promotions if each["start"] <= when.date() <= each["end"]]
    of_goods = kind in {"scan", "pos", "win", "redeem"}
    about: dict[str, Any] = {"province": (lead or customer or {}).get("province")}
    return Record(
        "event_id",
        event_id=f"ev{number:06d}",
        type=kind,
        happened_at=when,
        customer=customer,
        lead=lead,
        product=popular([each for each in products if each["status"] == "on"], dice) if of_goods else None,
        outlet=dice.pick(outlets) if of_goods else None,
        campaign=dice.pick(running) if running and dice.chance(0.4) else None,
        visitor_id=f"v{dice.digits(8)}" if not of_goods else None,
        page=dice.weighted(list(PAGES), list(PAGES.values())) if kind == "page_view" else None,
        stay_sec=dice.number(3, 400) if kind == "page_view" else None,
        province=about["province"],
        amount=amount,
        points=gained,
        payload='{"channel": "h5"}' if dice.chance(0.1) else None,
        owner="su",
        dept=DEPT_OF["su"],
        created_at=when,
    )


def inbound(leads: list[Record], all_promotions: list[Record]) -> None:
    """Leads of advertising and events come from the campaign that ran then."""
    dice = Dice("lead.campaign")
    for lead in leads:
        day = lead["created_at"].date()
        running = [
            each
            for each in all_promotions
            if each["type"] in {"ad", "event", "email"} and each["start"] <= day <= each["end"]
        ]
        wanted = lead["source"] in {"ad", "event", "website"}
        lead["campaign"] = dice.pick(running) if running and wanted else None
        lead["tags"] = ["高意向"] if lead["score"] >= 80 else []
        if lead["opportunity"] is not None:
            lead["opportunity"]["campaign"] = lead["campaign"]
