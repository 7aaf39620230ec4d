"""Writes the demo data of the CRM app: `python -m examples.generate_crm_demo`. Twice gives the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

from examples.crm_demo.claims import claims, policies, settlements
from examples.crm_demo.contacts import contacts, contacts_of
from examples.crm_demo.contracts import bills, contracts, terms
from examples.crm_demo.customers import customers
from examples.crm_demo.dealers import dealers, deliver, outlets, served
from examples.crm_demo.leads import leads
from examples.crm_demo.life import settle
from examples.crm_demo.marketing import enrolments, inbound, promotions, touch_events
from examples.crm_demo.masters import prices, products, regions
from examples.crm_demo.money import invoices, payments, targets
from examples.crm_demo.opportunities import items, opportunities, quote_lines, quotes
from examples.crm_demo.orders import orders
from examples.crm_demo.organisation import organisation
from examples.crm_demo.plans import plans
from examples.crm_demo.portraits import portray
from examples.crm_demo.records import Record, csv_bytes
from examples.crm_demo.service import projects, surveys, tickets
from examples.crm_demo.stock import lines as stock_lines
from examples.crm_demo.stock import reports
from examples.crm_demo.visits import counts, visits
from examples.crm_demo.work import activities, tasks

FOLDER = Path(__file__).parent / "crm_app" / "demo"


def tables() -> dict[str, list[Record]]:
    """File name -> records, in the order in which they are loaded."""
    goods, buyers = products(), customers()
    people = contacts(buyers)
    known = contacts_of(people)
    chances = opportunities(buyers, known)
    wanted = items(chances, goods)
    offers = quotes(chances)
    offered = quote_lines(offers, goods)
    deals = contracts(offers, buyers)
    payable = terms(deals)
    book = orders(deals, offered, buyers, goods)
    found = leads(chances)
    settle(buyers, deals, book.orders)
    portray(buyers, chances)
    owed = plans(deals, payable, book.orders)
    done = {
        "activity": activities(found, chances, buyers, known),
        "task": tasks(found, chances, buyers, deals),
    }
    sale = {
        "03_customer": buyers,
        "04_contact": people,
        "08_opportunity": chances,
        "opportunity.items": wanted,
        "09_lead": found,
        "10_quote": offers,
        "quote.lines": offered,
        "11_contract": deals,
        "contract.terms_plan": payable,
        "contract.bills": bills(deals),
        "12_order": book.orders,
        "order.lines": book.lines,
        "order.shipments": book.shipments,
        "13_collection_plan": owed,
        "27_activity": done["activity"],
        "28_task": done["task"],
    }
    made = {"01_region": regions(), "02_product": goods, "product.prices": prices(goods)} | sale
    made |= _money(owed, book.orders)
    made |= _channel(buyers, book.orders, goods, found)
    made |= _service(buyers, goods, made["06_outlet"], deals)
    return dict(sorted(made.items()))


def _money(owed: list[Record], all_orders: list[Record]) -> dict[str, list[Record]]:
    till = payments(owed)
    return {
        "14_payment": till.payments,
        "payment.allocs": till.allocs,
        "15_invoice": invoices(all_orders),
        "20_sales_target": targets(),
    }


def _channel(
    buyers: list[Record], all_orders: list[Record], goods: list[Record], found: list[Record]
) -> dict[str, list[Record]]:
    """Dealers, outlets, promotions and what goes on there; leads and orders learn of them."""
    sellers = dealers(buyers)
    shops = outlets(sellers)
    offers = promotions()
    inbound(found, offers)
    deliver(all_orders, sellers)
    tours = visits(shops, sellers, buyers)
    taking_part = enrolments(offers, shops, tours)
    claimed, claim_lines = claims(taking_part)
    rules, tiers = policies()
    settled, settled_lines = settlements(rules, sellers, all_orders)
    stock = reports(sellers, shops)
    return {
        "05_dealer": sellers,
        "06_outlet": shops,
        "07_promotion": offers,
        "16_visit": tours,
        "visit.counts": counts(tours, goods),
        "17_promo_enrolment": taking_part,
        "18_touch_event": touch_events(found, buyers, shops, offers, goods),
        "19_inventory_report": stock,
        "inventory_report.lines": stock_lines(stock, goods),
        "21_expense_claim": claimed,
        "expense_claim.lines": claim_lines,
        "22_rebate_policy": rules,
        "rebate_policy.tiers": tiers,
        "23_rebate_settlement": settled,
        "rebate_settlement.lines": settled_lines,
        "29_customer": served(buyers, sellers),
    }


def _service(
    buyers: list[Record], goods: list[Record], shops: list[Record], deals: list[Record]
) -> dict[str, list[Record]]:
    asked = tickets(buyers, goods, shops)
    built, steps, changes = projects(deals)
    return {
        "24_project": built,
        "project.milestones": steps,
        "project.changes": changes,
        "25_ticket": asked,
        "26_survey": surveys(asked, built),
    }


def files() -> dict[str, bytes]:
    """File name -> bytes of the whole demo folder."""
    people = json.dumps(organisation(), ensure_ascii=False, indent=2) + "\n"
    return {"organisation.json": people.encode()} | {
        f"{name}.csv": csv_bytes(records) for name, records in tables().items()
    }


def main() -> None:
    """Write the folder anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for stale in FOLDER.glob("*.csv"):
        stale.unlink()
    for name, content in files().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
