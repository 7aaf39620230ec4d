"""Writes the demo data of the CRM app: `python -m examples.generate_crm_demo`. Twice gives the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

from examples.crm_demo.contacts import contacts, contacts_of
from examples.crm_demo.contracts import contracts, terms
from examples.crm_demo.customers import customers
from examples.crm_demo.leads import leads
from examples.crm_demo.life import settle
from examples.crm_demo.masters import prices, products, regions
from examples.crm_demo.opportunities import items, opportunities, quote_lines, quotes
from examples.crm_demo.orders import orders
from examples.crm_demo.organisation import organisation
from examples.crm_demo.plans import plans
from examples.crm_demo.records import Record, csv_bytes
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
    return {
        "01_region": regions(),
        "02_product": goods,
        "product.prices": prices(goods),
        "03_customer": buyers,
        "04_contact": people,
        "05_opportunity": chances,
        "opportunity.items": wanted,
        "06_lead": found,
        "07_quote": offers,
        "quote.lines": offered,
        "08_contract": deals,
        "contract.terms_plan": payable,
        "09_order": book.orders,
        "order.lines": book.lines,
        "order.shipments": book.shipments,
        "10_collection_plan": plans(deals, payable, book.orders),
        "11_activity": activities(found, chances, buyers, known),
        "12_task": tasks(found, chances, buyers, deals),
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
