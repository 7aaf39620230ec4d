"""Imports and exports, each a row."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from engine.storage.columns import Json, Moment
from engine.storage.tables import metadata

transfer = Table(
    "ff_transfer",
    metadata,
    Column("id", Text, primary_key=True, comment="of an import also the batch of its changes"),
    Column("kind", Text, nullable=False, comment="import or export"),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("name", Text, nullable=False, comment="of the file"),
    Column("state", Text, nullable=False),
    Column("rev", Integer, nullable=False, comment="counts changes: who goes on from an old one is too late"),
    Column("options", Json, nullable=False),
    Column("progress", Json, nullable=False, comment="what is done, and where to go on"),
    Column("report", Json, nullable=False, comment="counts, and what is wrong with the file as a whole"),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Index("ff_transfer_user", "user", "id"),
)
