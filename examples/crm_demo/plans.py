"""Collection plans: what is due from contracts, and from orders without one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from examples.crm_demo.dice import Dice
from examples.crm_demo.records import Record, cents, numbered

PLANS = 220


def plans(contracts: list[Record], terms: list[Record], orders: list[Record]) -> list[Record]:
    """All plans, numbered in order of time."""
    of_contract = {order["contract"]["no"]: order for order in orders if order["contract"]}
    made = []
    for contract in contracts:
        if contract["status"] != "draft":
            rows = [row for row in terms if row["#parent"] is contract]
            made += _instalments(contract, rows, of_contract.get(contract["no"]))
    bare = [each for each in orders if _is_bare(each)]
    made += [_of_order(order) for order in Dice("collection_plan").shuffled(bare)[: PLANS - len(made)]]
    return numbered(made, "CP-%Y%m-00000")


def _is_bare(order: Record) -> bool:
    done = order["status"] in {"delivered", "completed"}
    return bool(done and order["type"] == "standard" and order["contract"] is None and order["_total"] > 0)


def _instalments(contract: Record, rows: list[Record], order: Record | None) -> list[Record]:
    """The amount split by ratio; the last instalment takes what rounding left."""
    left: Decimal = contract["amount"]
    made = []
    for seq, row in enumerate(rows, start=1):
        amount = left if seq == len(rows) else cents(contract["amount"] * row["ratio"] / 100)
        left -= amount
        due = contract["start_date"] + timedelta(days=row["offset_days"])
        made.append(
            Record(
                "no",
                no="",
                contract=contract,
                order=order,
                customer=contract["customer"],
                seq=seq,
                due_date=due,
                amount=amount,
                owner=contract["owner"],
                dept=contract["dept"],
                created_at=contract["created_at"],
            )
        )
    return made


def _of_order(order: Record) -> Record:
    return Record(
        "no",
        no="",
        contract=None,
        order=order,
        customer=order["customer"],
        seq=1,
        due_date=order["order_date"] + timedelta(days=order["customer"]["credit_days"]),
        amount=order["_total"],
        owner=order["owner"],
        dept=order["dept"],
        created_at=order["completed_at"] or order["delivered_at"],
    )
