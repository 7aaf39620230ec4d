"""Where each customer stands, told by its contracts and orders."""

from __future__ import annotations

from datetime import timedelta

from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import LAST_DAY
from examples.crm_demo.records import Record

RUNNING = {"effective", "expiring"}


def settle(customers: list[Record], contracts: list[Record], orders: list[Record]) -> None:
    """Set `lifecycle` of every customer."""
    dice = Dice("customer.lifecycle")
    signed = {each["customer"]["no"] for each in contracts if each["status"] in RUNNING}
    last = {each["customer"]["no"]: each["order_date"] for each in orders if each["status"] == "completed"}
    for customer in customers:
        ordered = last.get(customer["no"])
        if customer["no"] in signed:
            customer["lifecycle"] = "signed"
        elif ordered is None:
            customer["lifecycle"] = "lost" if dice.chance(0.04) else "prospect"
        elif ordered < LAST_DAY - timedelta(days=240):
            customer["lifecycle"] = dice.weighted(("dormant", "churn_risk", "lost"), (50, 35, 15))
        else:
            customer["lifecycle"] = "active"
