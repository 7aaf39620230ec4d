"""Links to forms that people without an account may fill in, and what came in by them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from engine.storage.columns import Json, Moment, RecordId
from engine.storage.tables import metadata

link = Table(
    "ff_public_link",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True, comment="SHA-256 of the secret; it is kept nowhere"),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("owner", Text, nullable=False, comment="the user whose rights an entry has"),
    Column("label", Text, nullable=False),
    Column("fields", Json, nullable=False, comment="what may be filled in, in order"),
    Column("preset", Json, nullable=False, comment="values that every entry gets"),
    Column("created_at", Moment, nullable=False),
    Column("closes_at", Moment),
    Column("most", Integer, comment="entries; null: any number"),
    Column("taken", Integer, nullable=False, server_default="0"),
    Column("closed_at", Moment, comment="closed by hand"),
    Index("ff_public_link_form", "app", "form", "id"),
)

entry = Table(
    "ff_public_entry",
    metadata,
    Column("id", Text, primary_key=True),
    Column("link", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("peer", Text, nullable=False, comment="keyed hash of the address it came from"),
    Column("record", RecordId, nullable=False),
    Index("ff_public_entry_link", "link", "at"),
)
