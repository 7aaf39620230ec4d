"""People at the customers."""

from __future__ import annotations

from datetime import date, timedelta

from examples.crm_demo.dice import Dice
from examples.crm_demo.names import mobile, person
from examples.crm_demo.records import Record

CONTACTS = 380
TITLES = {
    "总经理": "decision",
    "采购经理": "decision",
    "采购专员": "influencer",
    "门店经理": "user",
    "财务主管": "finance",
    "行政主管": "gatekeeper",
}
WISHES = ("喜欢微信沟通", "上午勿扰", "关注价格", "重视售后", "偏好精酿")


def contacts(customers: list[Record]) -> list[Record]:
    """One primary contact per customer; some customers have more."""
    dice = Dice("contact")
    more = dice.shuffled(customers)[: CONTACTS - len(customers)]
    made = [_contact(customer, dice, primary=True) for customer in customers]
    made += [_contact(customer, dice, primary=False) for customer in more]
    for number, record in enumerate(made, start=1):
        record["wecom_id"] = f"wm{number:06d}"
    return made


def _contact(customer: Record, dice: Dice, *, primary: bool) -> Record:
    name, pinyin = person(dice)
    private = customer["type"] == "individual"
    title = None if private else dice.pick(list(TITLES))
    born = date(1965, 1, 1) + timedelta(days=dice.number(0, 12000))
    return Record(
        "wecom_id",
        name=customer["name"] if private and primary else name,
        customer=customer,
        title=title,
        role="decision" if title is None else TITLES[title],
        mobile=customer["phone"] if private and primary else mobile(dice),
        email=f"{pinyin}{dice.digits(3)}@kehu.example",
        wecom_id="",
        birthday=born if dice.chance(0.4) else None,
        is_primary=primary,
        pref=dice.pick(WISHES) if dice.chance(0.3) else None,
        owner=customer["owner"],
        dept=customer["dept"],
        created_at=customer["created_at"],
    )


def contacts_of(contacts: list[Record]) -> dict[str, list[Record]]:
    """Customer name -> its contacts."""
    found: dict[str, list[Record]] = {}
    for contact in contacts:
        found.setdefault(contact["customer"]["name"], []).append(contact)
    return found
