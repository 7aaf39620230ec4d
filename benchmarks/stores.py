"""The two stores of one comparison, each with the same deals and a caller with a token."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api.boot import build
from api.cli.apps import apply_folder
from api.migrations import upgrade
from benchmarks import bulk, handwritten
from benchmarks.deals import COLLEAGUE, OWNER, Deal, deals, record_id
from engine.identity.organisation import load_organisation
from engine.identity.principal import SYSTEM
from engine.identity.tokens import issue
from engine.settings import Settings
from engine.storage.database import DialectName
from forms.compiled import Form, compiled_form
from forms.rows import binders

APP_FOLDER = Path(__file__).parent / "app"
APP, FORM = "bench", "deal"

ORGANISATION: dict[str, Any] = {
    "departments": [{"id": "sales", "name": {"zh": "销售部", "en": "Sales"}}],
    "users": [
        {"id": each, "name": {"zh": each, "en": each}, "dept": "sales", "roles": ["seller"]}
        for each in (OWNER, COLLEAGUE)
    ],
}


def prepare_ours(url: str, home: Path, rows: int) -> str:
    """Publish the benchmark's app on a fresh store and fill it; returns the caller's token."""
    runtime = build(Settings(home=home, database_url=url))
    try:
        upgrade(runtime.database)
        apply_folder(runtime, APP_FOLDER)
        with runtime.unit_of_work(SYSTEM, source="engine") as work:
            load_organisation(work, ORGANISATION)
            token = issue(work, OWNER, kind="api").secret
            form = compiled_form(work.app(APP), FORM)
    finally:
        runtime.close()
    columns = [field.key for field in form.stored()]
    bulk.load(url, form.table, columns, stored(form, columns, runtime.database.dialect, rows))
    return token


def stored(form: Form, columns: list[str], dialect: DialectName, rows: int) -> Iterator[list[Any]]:
    bind = binders(form, dialect)
    for deal in deals(rows):
        record = _record(deal)
        found = [(record.get(key), bind[key]) for key in columns]
        yield [value if value is None or change is None else change(value) for value, change in found]


def _record(deal: Deal) -> dict[str, Any]:
    """The deal in Fourfold's memory form, with its system fields."""
    return {
        "id": record_id(deal.number),
        "rev": 1,
        "owner": deal.owner,
        "dept": "sales",
        "created_at": deal.at,
        "created_by": deal.owner,
        "updated_at": deal.at,
        "updated_by": deal.owner,
        "name": deal.name,
        "email": deal.email,
        "stage": deal.stage,
        "amount": deal.cents,
        "quantity": deal.quantity,
        "discount": deal.discount,
        "close_date": deal.close_date,
        "next_contact": deal.next_contact,
        "active": deal.active,
        "manager": deal.manager,
        "tags": deal.tags,
        "note": deal.note,
    }


def prepare_handwritten(url: str, rows: int) -> str:
    """The tables of the hand-written application, filled; returns the caller's token."""
    secret = secrets.token_urlsafe(32)
    engine = sa.create_engine(url)
    handwritten.Base.metadata.create_all(engine)
    with engine.begin() as connection:
        users = [{"id": each, "active": True} for each in (OWNER, COLLEAGUE)]
        connection.execute(sa.insert(handwritten.User), users)
        hashed = hashlib.sha256(secret.encode()).hexdigest()
        connection.execute(sa.insert(handwritten.Token).values(hash=hashed, user_id=OWNER))
    sqlite = engine.dialect.name == "sqlite"
    engine.dispose()
    stored = _row_for_sqlite if sqlite else _row
    columns = list(stored(deals(rows)[0]))
    bulk.load(url, "deals", columns, (list(stored(deal).values()) for deal in deals(rows)))
    if not sqlite:
        _start_after(url, rows)
    return secret


def _row(deal: Deal) -> dict[str, Any]:
    """The deal as the hand-written tables store it on PostgreSQL."""
    return {
        "id": deal.number,
        "version": 1,
        "owner": deal.owner,
        "created_at": deal.at,
        "updated_at": deal.at,
        "name": deal.name,
        "email": deal.email,
        "stage": deal.stage,
        "amount": Decimal(deal.cents).scaleb(-2),
        "quantity": deal.quantity,
        "discount": Decimal(deal.discount).scaleb(-4),
        "close_date": deal.close_date,
        "next_contact": deal.next_contact,
        "active": deal.active,
        "manager": deal.manager,
        "tags": json.dumps(deal.tags),
        "note": deal.note,
    }


def _row_for_sqlite(deal: Deal) -> dict[str, Any]:
    """The same as SQLAlchemy's types write it to SQLite."""
    created = _text(deal.at)
    return {
        **_row(deal),
        "created_at": created,
        "updated_at": created,
        "amount": deal.cents / 100,
        "discount": deal.discount / 10_000,
        "close_date": deal.close_date.isoformat(),
        "next_contact": _text(deal.next_contact),
    }


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _start_after(url: str, rows: int) -> None:
    """COPY does not move the sequence of the key."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.setval("deals_id_seq", rows)))
    engine.dispose()
