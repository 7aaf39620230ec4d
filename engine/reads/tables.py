"""The table of the access log. Only its keeper writes to it, beside all requests."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, text

from engine.storage.columns import BigId, Moment
from engine.storage.tables import metadata

read = Table(
    "ff_read",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("pos", BigId, comment="dense commit order, given by the sequencer"),
    Column("key", Text, nullable=False, comment="given when it was read: it is never written twice"),
    Column("at", Moment, nullable=False),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("fields", Text, nullable=False, comment="a JSON list of the marked fields that were shown whole"),
    Column("way", Text, nullable=False, comment="how: api, history, export, print …"),
    Column("actor", Text, nullable=False),
    Column("request", Text),
    Column("address", Text),
    Column("records", Text, nullable=False, comment="a JSON list of ids"),
    Index("ff_read_key", "key", unique=True),
    Index(
        "ff_read_pos",
        "pos",
        unique=True,
        sqlite_where=text("pos IS NOT NULL"),
        postgresql_where=text("pos IS NOT NULL"),
    ),
    Index(
        "ff_read_unsequenced",
        "id",
        sqlite_where=text("pos IS NULL"),
        postgresql_where=text("pos IS NULL"),
    ),
)
