"""Stock reports of dealers and outlets: what was there, came in, went out."""

from __future__ import annotations

from datetime import date, timedelta

from examples.crm_demo.dealers import stocked
from examples.crm_demo.dice import Dice
from examples.crm_demo.moments import LAST_DAY, at
from examples.crm_demo.opportunities import several
from examples.crm_demo.records import Record, numbered

REPORTS, LINES_EACH = 120, 5


def reports(dealers: list[Record], outlets: list[Record]) -> list[Record]:
    """Monthly reports, the newest months first to be filled."""
    dice = Dice("inventory_report")
    holders = stocked(dealers, outlets)
    made: list[Record] = []
    back = 0
    while len(made) < REPORTS:
        day = LAST_DAY - timedelta(days=30 * back)
        able = [each for each in holders if each[1]["created_at"] < at(day)]
        for kind, holder in [*able[: len(dealers)], *dice.shuffled(able[len(dealers) :])[:8]]:
            if len(made) < REPORTS:
                made.append(_report(kind, holder, day - timedelta(days=dice.number(0, 4))))
        back += 1
    return numbered(made, "IR-%Y%m%d-0000")


def _report(kind: str, holder: Record, day: date) -> Record:
    reporter = holder.get("manager") or holder["owner"]
    return Record(
        "no",
        no="",
        holder=kind,
        dealer=holder if kind == "dealer" else None,
        outlet=holder if kind == "outlet" else None,
        report_date=day,
        reporter=holder.get("portal_user") or reporter,
        owner=reporter,
        dept=holder["dept"],
        created_at=at(day, "17:30"),
    )


def lines(all_reports: list[Record], products: list[Record]) -> list[Record]:
    """Five products each; some of a dealer's stock is below what it should be."""
    dice = Dice("inventory_report.lines")
    goods = [each for each in products if each["shelf_days"] and each["status"] == "on"]
    made = []
    for report in all_reports:
        scale = 10 if report["dealer"] else 1
        for product in several(goods, LINES_EACH, dice):
            opening, coming = dice.number(5, 60) * scale, dice.number(0, 40) * scale
            going = (opening + coming) * dice.number(20, 97) // 100
            closing = opening + coming - going
            counted = max(0, closing - dice.number(0, 3)) if dice.chance(0.3) else None
            made.append(
                Record(
                    "",
                    **{"#parent": report},
                    product=product,
                    opening=opening,
                    qty_in=coming,
                    qty_out=going,
                    counted=counted,
                    expiring_qty=closing // 8 if dice.chance(0.15) else 0,
                )
            )
    return made
