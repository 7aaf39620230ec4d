"""Expense claims of promotions and travel, rebate policies and what they come to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import LAST_DAY, at
from examples.crm_demo.organisation import DEPT_OF, REPS
from examples.crm_demo.records import Record, cents, numbered

CLAIMS, LINES, TRAVEL = 50, 120, 10
SETTLEMENTS = 40
ITEMS = {"bottle": "bottle", "display": "display", "gift": "gift", "one_more": "gift", "event": "material"}
POLICIES = """
渠道季度返利 A;B;C quarter order     progressive 2025-01-01 2026-12-31 true  0:1;100000:2;300000:3
核心商年度返利 A;B year    order     whole       2025-01-01 2026-12-31 false 0:0.5;500000:1.5
回款激励       A;B;C;D quarter collected whole   2026-01-01 2026-12-31 true  0:0.8;200000:1.2
新品推广返利   B;C     month   order     whole    2026-03-01 2026-08-31 false 0:2
"""


def claims(enrolments: list[Record]) -> tuple[list[Record], list[Record]]:
    """Claims and their lines; each enrolment is claimed once."""
    dice = Dice("expense_claim")
    passed = [each for each in enrolments if each["verified"] == "pass"]
    groups: dict[tuple[str, str], list[Record]] = {}
    for each in passed:
        groups.setdefault((each["promotion"]["no"], each["outlet"]["dealer"]["no"]), []).append(each)
    chosen = dice.shuffled(list(groups.values()))[: CLAIMS - TRAVEL]
    travel = CLAIMS - len(chosen)
    made = [_claim(group, dice) for group in chosen] + [_travel(dice) for _ in range(travel)]
    numbered(made, "EC-%Y%m-0000")
    return made, _lines(made, dice)


def _claim(group: list[Record], dice: Dice) -> Record:
    promotion, dealer = group[0]["promotion"], group[0]["outlet"]["dealer"]
    day = min(promotion["end"] + timedelta(days=dice.number(3, 20)), LAST_DAY)
    return _record(
        "promo", dealer["manager"], dealer["dept"], day, dice, promotion=promotion, dealer=dealer, rows=group
    )


def _travel(dice: Dice) -> Record:
    rep = dice.pick([person for people in REPS.values() for person in people])
    day = LAST_DAY - timedelta(days=dice.number(2, 300))
    return _record("travel", rep, DEPT_OF[rep], day, dice, promotion=None, dealer=None, rows=[])


def _record(
    kind: str,
    who: str,
    dept: str,
    day: date,
    dice: Dice,
    *,
    promotion: Record | None,
    dealer: Record | None,
    rows: list[Record],
) -> Record:
    made = at(day, "14:00") + timedelta(minutes=dice.number(0, 200))
    status = dice.weighted(("paid", "approved", "pending", "draft"), (60, 20, 15, 5))
    return Record(
        "no",
        no="",
        kind=kind,
        promotion=promotion,
        dealer=dealer,
        claimant=who,
        status=status,
        pay_by=dice.pick(("transfer", "offset")) if status == "paid" else None,
        paid_at=made + timedelta(days=6) if status == "paid" else None,
        owner=who,
        dept=dept,
        created_at=made,
        _rows=rows,
    )


def _lines(made: list[Record], dice: Dice) -> list[Record]:
    """One line per enrolment first; more items of a claim make up the promised number."""
    lines = []
    for claim in made:
        if claim["_rows"]:
            item = ITEMS[claim["promotion"]["type"]]
            lines += [_line(claim, item, enrolment, dice) for enrolment in claim["_rows"]]
        if claim["kind"] == "travel":
            lines.append(_line(claim, "travel", None, dice))
    more = [each for each in made if each["_rows"]]
    while len(lines) < LINES and more:
        claim = more.pop(0)
        lines += [
            _line(claim, "material", each, dice)
            for each in claim["_rows"]
            if ITEMS[claim["promotion"]["type"]] != "material"
        ]
    trips = [each for each in made if each["kind"] == "travel"]
    while len(lines) < LINES:
        lines.append(_line(dice.pick(trips), "travel", None, dice))
    places = {id(claim): place for place, claim in enumerate(made)}
    lines = sorted(lines[:LINES], key=lambda row: places[id(row["#parent"])])
    for number, line in enumerate(lines, start=1):
        line["evidence"] = f"{line['#parent']['no']}-{number:03d}.png"
    return lines


def _line(claim: Record, item: str, enrolment: Record | None, dice: Dice) -> Record:
    quantity, price = Decimal(dice.number(1, 20)), Decimal(dice.number(20, 160))
    amount = quantity * price
    checked = claim["status"] in {"approved", "paid"}
    verified = cents(amount * dice.pick((100, 100, 100, 90, 80)) / 100) if checked else Decimal(0)
    return Record(
        "", **{"#parent": claim}, enrolment=enrolment, item=item, qty=quantity, price=price, verified=verified
    )


def policies() -> tuple[list[Record], list[Record]]:
    """The rebate policies and their tiers."""
    made, tiers = [], []
    for number, line in enumerate(POLICIES.strip().splitlines(), start=1):
        name, levels, period, basis, mode, first, last, timely, steps = line.split()
        start = date.fromisoformat(first)
        policy = Record(
            "no",
            no=f"RP-{start.year}-{number:02d}",
            name=name,
            levels=levels.split(";"),
            period=period,
            basis=basis,
            mode=mode,
            valid_from=start,
            valid_to=date.fromisoformat(last),
            timeliness=timely == "true",
            status="active",
            owner="zhao",
            dept=DEPT_OF["zhao"],
            created_at=at(max(start - timedelta(days=20), date(2024, 11, 4))),
            _steps=[tuple(map(Decimal, step.split(":"))) for step in steps.split(";")],
        )
        made.append(policy)
        tiers += [
            Record("", **{"#parent": policy}, from_amount=low, rate=rate) for low, rate in policy["_steps"]
        ]
    return made, tiers


def settlements(
    all_policies: list[Record], dealers: list[Record], orders: list[Record]
) -> tuple[list[Record], list[Record]]:
    """The quarterly policy for the dealers that ordered, quarter by quarter, with the orders they rest on."""
    dice = Dice("rebate_settlement")
    policy = all_policies[0]
    quarters = [(date(year, month, 1), _end(year, month)) for year in (2025, 2026) for month in (1, 4, 7, 10)]
    made, lines = [], []
    for start, end in reversed([each for each in quarters if each[1] < LAST_DAY]):
        for dealer in dealers:
            rows = _counted(dealer, orders, start, end)
            base = sum((each["_total"] for each in rows if each["type"] == "standard"), Decimal(0))
            if base > 0 and len(made) < SETTLEMENTS and dealer["level"] in policy["levels"]:
                back = -sum((each["_total"] for each in rows if each["type"] == "return"), Decimal(0))
                settlement = _settlement(policy, dealer, (start, end), base, back, dice)
                made.append(settlement)
                lines += [_counted_line(settlement, each) for each in rows]
    numbered(made, "RS-%Y-0000")
    places = {id(each): place for place, each in enumerate(made)}
    return made, sorted(lines, key=lambda row: places[id(row["#parent"])])


def _end(year: int, month: int) -> date:
    following = date(year + (month == 10), 1 if month == 10 else month + 3, 1)
    return following - timedelta(days=1)


def _counted(dealer: Record, orders: list[Record], start: date, end: date) -> list[Record]:
    mine = [each for each in orders if each.get("dealer") is dealer and each["completed_at"]]
    return [each for each in mine if start <= each["completed_at"].date() <= end]


def _settlement(
    policy: Record, dealer: Record, period: tuple[date, date], base: Decimal, back: Decimal, dice: Dice
) -> Record:
    net, gross = base - back, Decimal(0)
    steps = [*policy["_steps"], (Decimal(10) ** 12, Decimal(0))]
    for (low, rate), (high, _) in pairwise(steps):
        gross += max(Decimal(0), min(net, high) - low) * rate / 100
    made = at(min(period[1] + timedelta(days=6), LAST_DAY), "09:00")
    status = (
        "sent"
        if period[1] > date(2026, 8, 1)
        else dice.weighted(("paid", "confirmed", "disputed"), (80, 15, 5))
    )
    return Record(
        "no",
        no="",
        policy=policy,
        dealer=dealer,
        period_start=period[0],
        period_end=period[1],
        base=base,
        returns=back,
        gross=cents(gross),
        factor=dice.weighted((100, 80, 50), (75, 18, 7)),
        status=status,
        dispute="退货金额与我方台账不符" if status == "disputed" else None,
        owner="zhao",
        dept=DEPT_OF["zhao"],
        created_at=made,
    )


def _counted_line(settlement: Record, order: Record) -> Record:
    return Record(
        "",
        **{"#parent": settlement},
        order=order,
        amount=order["_total"],
        completed_on=order["completed_at"].date(),
    )
