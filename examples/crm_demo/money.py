"""Payments with what they settle, invoices, and sales targets."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import FIRST_DAY, LAST_DAY, at
from examples.crm_demo.organisation import DEPT_OF, REPS
from examples.crm_demo.records import Record, cents, numbered

PAYMENTS, INVOICES, TARGETS = 230, 160, 120
LATE, UNPAID, IN_TWO = 0.12, 0.07, 0.12
METHODS = {"bank": 62, "acceptance": 12, "alipay": 10, "wechat": 12, "cash": 4}
RED = 8


class Till:
    """The payments with their allocations, ready for the child table."""

    def __init__(self) -> None:
        self.payments: list[Record] = []
        self.allocs: list[Record] = []


def payments(plans: list[Record]) -> Till:
    """Most plans are paid when they are due; what is left over in number are payments in advance."""
    dice, till = Dice("payment"), Till()
    due = [plan for plan in plans if plan["due_date"] <= LAST_DAY]
    for plan in due:
        if dice.chance(UNPAID):
            continue
        parts = [plan["amount"]]
        if dice.chance(IN_TWO):
            first = cents(plan["amount"] * dice.number(30, 70) / 100)
            parts = [first] if dice.chance(0.3) else [first, plan["amount"] - first]
        late = dice.number(3, 40) if dice.chance(LATE) else -dice.number(0, 8)
        for place, amount in enumerate(parts, start=1):
            day = max(plan["due_date"] + timedelta(days=late - 12 * (len(parts) - place)), FIRST_DAY)
            if day <= LAST_DAY and len(till.payments) < PAYMENTS:
                _settle(till, plan, amount, day, dice)
    while len(till.payments) < PAYMENTS:
        plan = dice.pick(due)
        till.payments.append(_payment(plan, Decimal(dice.number(2, 40) * 500), LAST_DAY, "draft", dice))
    numbered(till.payments, "PY-%Y%m-00000")
    places = {id(payment): place for place, payment in enumerate(till.payments)}
    till.allocs.sort(key=lambda row: places[id(row["#parent"])])
    return till


def _settle(till: Till, plan: Record, amount: Decimal, day: date, dice: Dice) -> None:
    over = Decimal(dice.number(1, 9) * 100) if dice.chance(0.04) else Decimal(0)
    payment = _payment(plan, amount + over, day, "confirmed", dice)
    till.payments.append(payment)
    till.allocs.append(Record("", **{"#parent": payment}, plan=plan, amount=amount))


def _payment(plan: Record, amount: Decimal, day: date, status: str, dice: Dice) -> Record:
    made = max(at(day, "10:00"), plan["created_at"]) + timedelta(minutes=dice.number(0, 400))
    return Record(
        "no",
        no="",
        customer=plan["customer"],
        pay_date=day,
        amount=amount,
        method=dice.weighted(list(METHODS), list(METHODS.values())),
        status=status,
        confirmed_at=made + timedelta(minutes=30) if status == "confirmed" else None,
        owner=plan["owner"],
        dept=plan["dept"],
        created_at=made,
    )


def invoices(orders: list[Record]) -> list[Record]:
    """One for an order as a whole; some were wrong and taken back with a red letter."""
    dice = Dice("invoice")
    able = [
        each for each in orders if each["type"] == "standard" and each["_total"] > 0 and each["delivered_at"]
    ]
    made = [_invoice(order, dice) for order in dice.shuffled(able)[: INVOICES - RED]]
    issued = [each for each in made if each["status"] in {"issued", "sent"}]
    made += [_red(each, dice) for each in dice.shuffled(issued)[:RED]]
    numbered(made, "IV-%Y%m-00000")
    for number, record in enumerate((each for each in made if each["issue_date"]), start=1):
        record["invoice_no"] = f"26{number:018d}"
    return made


def _invoice(order: Record, dice: Dice) -> Record:
    made = order["delivered_at"] + timedelta(days=dice.number(0, 6))
    status = "applied" if dice.chance(0.08) else dice.weighted(("issued", "sent"), (40, 60))
    kind = "special" if order["customer"]["uscc"] and dice.chance(0.7) else "normal"
    return Record(
        "no",
        no="",
        invoice_no=None,
        kind=kind,
        customer=order["customer"],
        order=order,
        contract=order["contract"],
        origin=None,
        title=order["customer"]["name"],
        tax_no=order["customer"]["uscc"] if kind == "special" else None,
        amount=order["_total"],
        tax_rate="13",
        issue_date=None if status == "applied" else (made + timedelta(days=1)).date(),
        status=status,
        owner="ding",
        dept=DEPT_OF["ding"],
        created_at=made,
    )


def _red(origin: Record, dice: Dice) -> Record:
    made = origin["created_at"] + timedelta(days=dice.number(3, 25))
    copied = {key: origin[key] for key in ("customer", "order", "contract", "title", "amount", "tax_rate")}
    rest = {"owner": origin["owner"], "dept": origin["dept"], "created_at": made}
    day = (made + timedelta(days=1)).date()
    return Record(
        "no",
        no="",
        invoice_no=None,
        kind="red",
        origin=origin,
        **copied,
        issue_date=day,
        status="issued",
        **rest,
    )


def targets() -> list[Record]:
    """Ten months of 2026: the company, six regions, and five people who sell."""
    dice = Dice("sales_target")
    regions = ("EAST", "NORTH", "NW", "SOUTH", "CENTRAL", "SW")
    people = [REPS[region][0] for region in ("EAST-JS", "EAST-ZJ", "NORTH", "NW", "SOUTH-GD")]
    made = []
    for month in range(1, TARGETS // 12 + 1):
        season = 16 if month in {6, 7, 8} else 10
        rows = [("company", None, 900_000)]
        rows += [("region", region, 40_000 * dice.number(2, 6)) for region in regions]
        rows += [("user", person, 10_000 * dice.number(2, 5)) for person in people]
        made += [
            _target(scope, who, f"2026-{month:02d}", amount * season // 10) for scope, who, amount in rows
        ]
    return made


def _target(scope: str, who: str | None, month: str, amount: int) -> Record:
    return Record(
        "",
        scope=scope,
        user=who if scope == "user" else None,
        region=who if scope == "region" else None,
        month=month,
        metric="amount",
        target=amount,
        owner="liu",
        dept=DEPT_OF["liu"],
        created_at=at(max(FIRST_DAY, date(2025, 12, 20)), "09:00"),
    )
