"""Contracts: one for every opportunity that was won, and others without a quote."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, TODAY, day_between, in_office
from examples.crm_demo.names import mobile
from examples.crm_demo.records import Record, cents, numbered

OTHERS = {"sales": 26, "service": 14, "subscription": 24}
BILLS = 400
SUBSCRIBED = date(2025, 1, 1)
"""Customers for mobile service were there by then."""
RENEWALS, DRAFTS, TERMINATED = 8, 8, 4
TERMS: tuple[tuple[tuple[int, int], ...], ...] = (
    ((100, 0),),
    ((50, 0), (50, 30)),
    ((30, 0), (70, 60)),
    ((30, 0), (60, 30), (10, 90)),
)
KINDS = {"sales": "年度供货合同", "service": "设备维护合同", "subscription": "通信签约合同"}


def contracts(quotes: list[Record], customers: list[Record]) -> list[Record]:
    """All contracts, numbered in order of time."""
    dice = Dice("contract")
    accepted = [quote for quote in quotes if quote["status"] == "accepted"]
    made = [_of_quote(quote, dice) for quote in accepted]
    buyers = [each for each in customers if each["approval"] == "approved" and each["region"] != "SW"]
    kinds = [kind for kind, count in OTHERS.items() for _ in range(count)]
    made += [_free(kind, buyers, dice) for kind in kinds[RENEWALS:]]
    ended = [each for each in made if each["status"] == "expired" and each["type"] == "sales"]
    made += [_renewal(each, dice) for each in dice.shuffled(ended)[:RENEWALS]]
    running = [each for each in made if each["status"] == "effective" and each["quote"] is None]
    for record in dice.shuffled(running)[:TERMINATED]:
        record["status"] = "terminated"
    return numbered(made, "HT-%Y-00000")


def _of_quote(quote: Record, dice: Dice) -> Record:
    signed = max(quote["opportunity"]["closed_at"], quote["created_at"] + timedelta(hours=1))
    return _contract(
        dice,
        kind="sales",
        customer=quote["customer"],
        signed=signed,
        months=dice.pick((6, 12)),
        amount=quote["_net"],
        opportunity=quote["opportunity"],
        quote=quote,
    )


def _free(kind: str, buyers: list[Record], dice: Dice) -> Record:
    early = [each for each in buyers if each["created_at"].date() < SUBSCRIBED]
    customer = dice.pick(early if kind == "subscription" else buyers)
    draft = kind == "service" and dice.chance(DRAFTS / OTHERS["service"])
    first = LAST_DAY - timedelta(days=14) if draft else max(FIRST_DAY, customer["created_at"].date())
    last = first + timedelta(days=120) if kind == "subscription" else LAST_DAY
    monthly = Decimal(dice.pick((59, 99, 129, 199)))
    record = _contract(
        dice,
        kind=kind,
        customer=customer,
        signed=in_office(day_between(first, last, dice), dice),
        months=24 if kind == "subscription" else dice.pick((6, 12)),
        amount=monthly * 24 if kind == "subscription" else Decimal(dice.number(4, 240) * 500),
    )
    if kind == "subscription":
        install = dice.pick(("none", "scheduled", "done"))
        record |= {"msisdn": mobile(dice), "monthly_fee": monthly}
        record |= {"service_state": "active", "install_state": install}
    if draft:
        record |= {"status": "draft", "sign_date": None}
    return record


def _renewal(old: Record, dice: Dice) -> Record:
    old["status"] = "renewed"
    signed = in_office(min(old["end_date"] - timedelta(days=dice.number(3, 20)), LAST_DAY), dice)
    amount = cents(old["amount"] * Decimal(dice.number(90, 130)) / 100)
    return _contract(
        dice,
        kind=old["type"],
        customer=old["customer"],
        signed=signed,
        months=12,
        amount=amount,
        renewed_from=old,
    )


def _contract(
    dice: Dice,
    *,
    kind: str,
    customer: Record,
    signed: datetime,
    months: int,
    amount: Decimal,
    opportunity: Record | None = None,
    quote: Record | None = None,
    renewed_from: Record | None = None,
) -> Record:
    start = signed.date() + timedelta(days=dice.number(0, 10))
    end = start + timedelta(days=365 * months // 12 - 1)
    return Record(
        "no",
        no="",
        name=f"{customer['name']}{KINDS[kind]}",
        type=kind,
        customer=customer,
        opportunity=opportunity,
        quote=quote,
        amount=amount,
        sign_date=signed.date(),
        start_date=start,
        end_date=end,
        service_owner=customer["owner"],
        status=_status(end),
        renewed_from=renewed_from,
        **_subscription(),
        owner=customer["owner"],
        dept=customer["dept"],
        created_at=signed,
    )


def _subscription() -> dict[str, Any]:
    return dict.fromkeys(("msisdn", "monthly_fee", "service_state", "install_state"))


def bills(contracts: list[Record]) -> list[Record]:
    """Monthly bills of the subscriptions; where there would be too many, the first months were free."""
    dice = Dice("contract.bills")
    running = [each for each in contracts if each["type"] == "subscription"]
    months = {each["no"]: _months(each["start_date"]) for each in running}
    surplus = sum(map(len, months.values())) - BILLS
    while surplus > 0:
        longest = max(months, key=lambda number: len(months[number]))
        del months[longest][0]
        surplus -= 1
    return [_bill(contract, month, dice) for contract in running for month in months[contract["no"]]]


def _months(start: date) -> list[str]:
    """The months from this day to the last one of the demo."""
    first, last = start.year * 12 + start.month - 1, LAST_DAY.year * 12 + LAST_DAY.month - 1
    return [f"{each // 12}-{each % 12 + 1:02d}" for each in range(first, last + 1)]


def _bill(contract: Record, month: str, dice: Dice) -> Record:
    users = dice.number(5, 60)
    extra = Decimal(dice.number(0, 90) * 10)
    return Record(
        "",
        **{"#parent": contract},
        month=month,
        amount=contract["monthly_fee"] * users + extra,
        users=users,
        settled=month < f"{LAST_DAY:%Y-%m}",
    )


def _status(end: date) -> str:
    if end < TODAY:
        return "expired"
    return "expiring" if end - timedelta(days=30) <= TODAY else "effective"


def terms(contracts: list[Record]) -> list[Record]:
    """Payment terms; a contract of mobile service has none, its bills come by the month."""
    dice = Dice("contract.terms_plan")
    made = []
    for contract in contracts:
        if contract["type"] == "subscription":
            continue
        for ratio, days in dice.pick(TERMS):
            made.append(Record("", **{"#parent": contract}, ratio=ratio, offset_days=days))
    return made
