"""Changes of many records at once, each a row."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from engine.storage.columns import BigId, Moment
from engine.storage.tables import metadata

bulk = Table(
    "ff_bulk",
    metadata,
    Column("id", Text, primary_key=True, comment="the batch of its changes in the log"),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("changed", Integer, nullable=False, comment="records"),
    Column("first_change", BigId, nullable=False),
    Column("last_change", BigId, nullable=False),
    Column("undone_at", Moment),
    Index("ff_bulk_form", "app", "form", "id"),
)
