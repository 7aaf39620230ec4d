"""Tickets, projects, and what customers thought of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, at, day_between, in_office
from examples.crm_demo.opportunities import popular
from examples.crm_demo.organisation import DEPT_OF
from examples.crm_demo.places import address, city_of, near, place
from examples.crm_demo.records import Record, numbered

TICKETS, SURVEYS, PROJECTS = 240, 140, 24
BURST, BURST_DAY = 6, date(2026, 8, 14)
KINDS = {"consult": 26, "order": 16, "quality": 16, "expiry": 10, "service": 12, "fault": 12, "install": 8}
CHANNELS = {"phone": 40, "chat": 14, "email": 8, "portal": 14, "wecom": 16, "web": 6, "visit": 2}
PRIORITIES = {"P1": 4, "P2": 16, "P3": 60, "P4": 20}
SUBJECTS = {
    "consult": "返利政策咨询",
    "order": "订单到货进度",
    "quality": "啤酒有沉淀",
    "expiry": "产品临期，申请调换",
    "service": "配送态度投诉",
    "fault": "展示冰柜不制冷",
    "install": "冰柜安装预约",
}
HOURS = {"P1": (1, 4), "P2": (2, 8), "P3": (4, 24), "P4": (8, 40)}
HANDLERS = {"fault": ("guo", "fu"), "install": ("guo", "fu"), "order": ("bao", "wei")}
LATE = 0.04
MILESTONES = (("立项", 10), ("方案设计", 20), ("现场施工", 40), ("竣工验收", 30))
STAGES = {"init": 2, "design": 4, "build": 7, "accept": 2, "warranty": 6, "closed": 3}
REACHED = {"init": 0, "design": 1, "build": 2, "accept": 3, "warranty": 4, "closed": 4}


def tickets(customers: list[Record], products: list[Record], outlets: list[Record]) -> list[Record]:
    """All tickets in order of time, with one burst of complaints in the east."""
    dice = Dice("ticket")
    buyers = [each for each in customers if each["approval"] == "approved" and each["region"] != "SW"]
    east = [each for each in buyers if each["region"].startswith("EAST")]
    made = []
    for _ in range(TICKETS - BURST):
        customer = dice.pick(buyers)
        day = day_between(max(FIRST_DAY, customer["created_at"].date()), LAST_DAY, dice)
        kind = dice.weighted(list(KINDS), list(KINDS.values()))
        made.append(
            _ticket(
                kind, customer, max(in_office(day, dice), customer["created_at"]), products, outlets, dice
            )
        )
    for place_in, customer in enumerate(dice.shuffled(east)[:BURST]):
        when = at(BURST_DAY, "09:20") + timedelta(minutes=47 * place_in)
        made.append(_ticket("quality", customer, when, products[1:2], outlets, dice))
    return numbered(made, "TK-%Y%m%d-0000")


def _ticket(
    kind: str, customer: Record, created: datetime, products: list[Record], outlets: list[Record], dice: Dice
) -> Record:
    priority = dice.weighted(list(PRIORITIES), list(PRIORITIES.values()))
    age = (LAST_DAY - created.date()).days
    status = (
        "closed"
        if age > 12
        else dice.pick(("new", "accepted", "dispatched", "working", "waiting", "resolved"))
    )
    about = kind in {"quality", "expiry"}
    sold = [each for each in products if each["shelf_days"]]
    return Record(
        "no",
        no="",
        subject=SUBJECTS[kind],
        kind=kind,
        channel=dice.weighted(list(CHANNELS), list(CHANNELS.values())),
        customer=customer,
        outlet=dice.pick(outlets) if about and dice.chance(0.4) else None,
        product=popular(sold, dice) if about else None,
        priority=priority,
        detail=f"{customer['name']}反映：{SUBJECTS[kind]}，请尽快处理。",
        status=status,
        handler=None if status in {"new", "accepted"} else dice.pick(HANDLERS.get(kind, ("xu", "gao"))),
        **_clock(priority, status, created, dice),
        escalation=0,
        reopened=1 if status == "closed" and dice.chance(0.05) else 0,
        solution="已按标准流程处理，客户认可。" if status in {"closed", "resolved"} else None,
        score=dice.weighted((5, 4, 3, 2), (50, 33, 12, 5))
        if status == "closed" and dice.chance(0.8)
        else None,
        owner=dice.pick(("xu", "gao")),
        dept=DEPT_OF["xu"],
        created_at=created,
    )


def _clock(priority: str, status: str, created: datetime, dice: Dice) -> dict[str, Any]:
    """Deadlines in plain hours of the day and the next ones; few tickets are late."""
    first, last = HOURS[priority]
    late = dice.chance(LATE)
    taken = created + timedelta(minutes=dice.number(3, first * 30))
    solved = (
        created + timedelta(hours=last * 3 + 5)
        if late
        else taken + timedelta(minutes=dice.number(30, last * 50))
    )
    done = status in {"resolved", "closed"}
    return {
        "respond_due": created + timedelta(hours=first),
        "resolve_due": created + timedelta(hours=last * 3),
        "accepted_at": None if status == "new" else taken,
        "resolved_at": solved if done else None,
        "closed_at": solved + timedelta(hours=dice.number(2, 30)) if status == "closed" else None,
        "waited": 60 * dice.number(10, 60) if dice.chance(0.1) and done else 0,
        "sla": "breached" if late and done else "ok",
    }


def projects(contracts: list[Record]) -> tuple[list[Record], list[Record], list[Record]]:
    """Projects with milestones and changes, of contracts for goods and service."""
    dice = Dice("project")
    able = [each for each in contracts if each["type"] != "subscription" and each["status"] != "draft"]
    able = [each for each in able if city_of(each["customer"]["name"])]
    stages = dice.shuffled([stage for stage, count in STAGES.items() for _ in range(count)])
    chosen = dice.shuffled(able)[:PROJECTS]
    made = [_project(contract, stage, dice) for contract, stage in zip(chosen, stages, strict=True)]
    numbered(made, "PJ-%Y-000")
    steps = [row for project in made for row in _milestones(project)]
    changes = [_change(project, dice) for project in made if dice.chance(0.5)]
    return made, steps, changes


def _project(contract: Record, stage: str, dice: Dice) -> Record:
    start = contract["start_date"]
    cost = Decimal(dice.number(20, 400) * 1000)
    finished = stage in {"warranty", "closed"}
    city = city_of(contract["customer"]["name"]) or "苏州"
    return Record(
        "no",
        no="",
        name=f"{contract['customer']['short_name'] or contract['customer']['name']}门店形象项目",
        customer=contract["customer"],
        contract=contract,
        kind=dice.pick(("construction", "delivery", "install")),
        pm=dice.pick(("fu", "guo")),
        stage=stage,
        plan_start=start,
        plan_end=start + timedelta(days=120),
        actual_end=min(start + timedelta(days=dice.number(100, 150)), LAST_DAY) if finished else None,
        site=address(city, dice),
        geo=place(near(city, dice)),
        budget_cost=cost,
        actual_cost=cost * dice.number(80, 115) / 100 if finished else None,
        owner="fu",
        dept=DEPT_OF["fu"],
        created_at=contract["created_at"] + timedelta(hours=3),
    )


def _milestones(project: Record) -> list[Record]:
    rows = []
    for place_in, (name, weight) in enumerate(MILESTONES):
        planned = project["plan_start"] + timedelta(days=30 * (place_in + 1))
        done = planned if place_in < REACHED[project["stage"]] else None
        values = {
            "name": name,
            "plan_date": planned,
            "done_date": done,
            "weight": weight,
            "chief": project["pm"],
        }
        rows.append(Record("", **{"#parent": project}, **values))
    return rows


def _change(project: Record, dice: Dice) -> Record:
    return Record(
        "",
        **{"#parent": project},
        asked_on=project["plan_start"] + timedelta(days=dice.number(10, 60)),
        content=dice.pick(("增加冰柜两台", "门头尺寸调整", "工期顺延一周")),
        impact=dice.pick((0, 1200, 3500, -800)),
        accepted=dice.chance(0.7),
    )


def surveys(all_tickets: list[Record], all_projects: list[Record]) -> list[Record]:
    """Sent when a ticket was closed or a project came to its warranty; two thirds were answered."""
    dice = Dice("survey")
    closed = [each for each in all_tickets if each["status"] == "closed"]
    ready = [each for each in all_projects if each["stage"] in {"warranty", "closed"}]
    made = [_survey("project", each, at(each["actual_end"]), dice) for each in ready]
    made += [
        _survey("ticket", each, each["closed_at"], dice)
        for each in dice.shuffled(closed)[: SURVEYS - len(made)]
    ]
    return numbered(made, "SV-%Y%m-0000")


def _survey(field: str, about: Record, sent: datetime, dice: Dice) -> Record:
    score = dice.weighted((5, 4, 3, 2, 1), (44, 32, 14, 6, 4))
    answered = sent + timedelta(hours=dice.number(1, 200)) if dice.chance(0.67) else None
    old = sent < at(LAST_DAY) - timedelta(days=14)
    return Record(
        "no",
        no="",
        customer=about["customer"],
        ticket=about if field == "ticket" else None,
        project=about if field == "project" else None,
        token=f"sv{dice.digits(18)}",
        sent_at=sent,
        answered_at=answered,
        score=score if answered else None,
        nps=min(10, score * 2 + dice.number(-1, 1)) if answered else None,
        recommend=score >= 4 and answered is not None,
        comment=dice.pick(("处理及时", "还可以更快", "师傅很专业", "希望有备货"))
        if answered and dice.chance(0.4)
        else None,
        status="answered" if answered else "expired" if old else "sent",
        owner=about["owner"],
        dept=about["dept"],
        created_at=sent,
    )
