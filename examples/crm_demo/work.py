"""What people did and have to do: activities and tasks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import LAST_DAY, at, day_between, in_office
from examples.crm_demo.records import Record

ACTIVITIES, TASKS = 620, 180
TYPES = {"call": 38, "visit": 22, "email": 12, "meeting": 10, "demo": 6, "care": 6, "wecom": 6}
SUBJECTS = {
    "call": "电话沟通",
    "visit": "上门拜访",
    "email": "发送资料",
    "meeting": "商务会议",
    "demo": "产品品鉴",
    "care": "节日关怀",
    "wecom": "企业微信会话",
}
CONTENTS = (
    "客户对鲜啤供应周期有疑问，已说明冷链安排。",
    "确认门店数量与铺货计划，客户希望先试销两周。",
    "讨论价格与账期，客户要求与去年持平。",
    "介绍精酿新品，客户安排下周内部品鉴。",
    "了解竞品供货情况，客户不满意其配送时效。",
)
RESULTS = ("positive", "neutral", "negative", "no_answer")
PLANS = ("寄送样品", "提交报价", "约见决策人", "确认合同条款")
TASK_TITLES = {
    "followup": "跟进",
    "renewal": "合同续约",
    "care": "客户关怀",
    "high_intent": "高意向回电",
    "callback": "回访",
    "collect": "催收到期款",
    "other": "资料整理",
}


def activities(
    leads: list[Record],
    opportunities: list[Record],
    customers: list[Record],
    contacts: dict[str, list[Record]],
) -> list[Record]:
    """Activities in order of time: about opportunities, leads and customers."""
    dice = Dice("activity")
    touched = [lead for lead in leads if lead["first_contact_at"]]
    approved = [each for each in customers if each["approval"] == "approved"]
    made = [_on_opportunity(each, contacts, dice) for each in opportunities]
    made += [_on_lead(each, dice) for each in dice.shuffled(touched)[:120]]
    made += [_on_opportunity(dice.pick(opportunities), contacts, dice) for _ in range(160)]
    made += [_on_customer(dice.pick(approved), contacts, dice) for _ in range(ACTIVITIES - len(made))]
    made.sort(key=lambda record: str(record["happened_at"]))
    for number, record in enumerate(made, start=1):
        if record["type"] == "wecom":
            record |= {"msg_id": f"msg{number:06d}", "direction": dice.pick(("in", "out"))}
    return made


def _on_opportunity(opportunity: Record, contacts: dict[str, list[Record]], dice: Dice) -> Record:
    first = opportunity["created_at"]
    last = (opportunity["closed_at"] or in_office(LAST_DAY, dice)).date()
    when = max(in_office(day_between(first.date(), last, dice), dice), first)
    contact = contacts[opportunity["customer"]["name"]][0]
    known = {"customer": opportunity["customer"], "opportunity": opportunity, "contact": contact}
    return _activity(when, dice, owner=opportunity, **known)


def _on_lead(lead: Record, dice: Dice) -> Record:
    when = min(lead["first_contact_at"], at(LAST_DAY, "18:00"))
    return _activity(when, dice, lead=lead, customer=lead["customer"], owner=lead)


def _on_customer(customer: Record, contacts: dict[str, list[Record]], dice: Dice) -> Record:
    first = customer["created_at"]
    when = max(in_office(day_between(first.date(), LAST_DAY, dice), dice), first)
    return _activity(when, dice, customer=customer, contact=contacts[customer["name"]][0], owner=customer)


def _activity(when: datetime, dice: Dice, *, owner: Record, **about: Record | None) -> Record:
    kind = dice.weighted(list(TYPES), list(TYPES.values()))
    if about.get("customer") is None and kind == "wecom":
        kind = "call"
    planned = dice.chance(0.5) and kind != "wecom"
    return Record(
        "",
        subject=SUBJECTS[kind],
        type=kind,
        customer=about.get("customer"),
        lead=about.get("lead"),
        opportunity=about.get("opportunity"),
        contact=about.get("contact"),
        happened_at=when,
        duration=60 * dice.number(2, 40) if kind in {"call", "meeting", "demo"} else None,
        content=dice.pick(CONTENTS) if dice.chance(0.85) else None,
        result=dice.pick(RESULTS) if kind != "wecom" and dice.chance(0.9) else None,
        next_at=when + timedelta(days=dice.number(2, 14)) if planned else None,
        next_plan=dice.pick(PLANS) if planned or dice.chance(0.1) else None,
        direction=None,
        msg_id=None,
        owner=owner["owner"],
        dept=owner["dept"],
        created_at=when,
    )


def tasks(
    leads: list[Record], opportunities: list[Record], customers: list[Record], contracts: list[Record]
) -> list[Record]:
    """Tasks in order of time; contracts that end soon or ended have one for their renewal."""
    dice = Dice("task")
    renewed = {each["renewed_from"]["no"]: each for each in contracts if each["renewed_from"]}
    ending = [each for each in contracts if each["status"] in {"expiring", "renewed"}]
    made = [_renewal(each, renewed.get(each["no"]), dice) for each in ending]
    open_leads = [each for each in leads if each["status"] in {"contacted", "nurturing"}]
    while len(made) < TASKS:
        kind = dice.pick([each for each in TASK_TITLES if each != "renewal"])
        source, field = {
            "followup": (opportunities, "opportunity"),
            "high_intent": (open_leads, "lead"),
        }.get(kind, (customers, "customer"))
        made.append(_task(kind, dice.pick(source), field, dice))
    made.sort(key=lambda record: str(record["created_at"]))
    return made


def _renewal(contract: Record, new: Record | None, dice: Dice) -> Record:
    made = at(contract["end_date"] - timedelta(days=30))
    record = _record("renewal", contract, made, dice)
    record |= {"customer": contract["customer"], "contract": contract, "priority": "high"}
    record |= {"due_at": at(contract["end_date"], "18:00"), "status": "open", "done_at": None, "result": None}
    record["dedup_key"] = f"renewal:{contract['no']}:{contract['end_date']}"
    if new is not None:
        record |= {"status": "done", "done_at": new["created_at"]}
        record |= {"renew_result": "renewed", "new_contract": new}
    return record


def _task(kind: str, about: Record, field: str, dice: Dice) -> Record:
    made = in_office(day_between(about["created_at"].date(), LAST_DAY, dice), dice)
    record = _record(kind, about, max(made, about["created_at"]), dice)
    record[field] = about
    if field != "lead":
        record["customer"] = about if field == "customer" else about["customer"]
    return record


def _record(kind: str, about: Record, made: datetime, dice: Dice) -> Record:
    due = made + timedelta(days=dice.number(1, 7))
    status = dice.pick(("open", "doing"))
    if due.date() < LAST_DAY:
        status = dice.weighted(("done", "open", "cancelled"), (85, 10, 5))
    references: dict[str, Any] = dict.fromkeys(("customer", "lead", "opportunity", "contract"))
    return Record(
        "",
        title=f"{TASK_TITLES[kind]}：{about['name']}",
        type=kind,
        assignee=about["owner"],
        due_at=due,
        priority=dice.weighted(("high", "mid", "low"), (20, 60, 20)),
        status=status,
        **references,
        renew_result=None,
        new_contract=None,
        done_at=due - timedelta(hours=dice.number(1, 20)) if status == "done" else None,
        result="已完成" if status == "done" else None,
        dedup_key=None,
        owner=about["owner"],
        dept=about["dept"],
        created_at=made,
    )
