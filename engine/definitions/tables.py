"""The table of publishes whose long work is under way."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from engine.storage.columns import Json, Moment
from engine.storage.tables import metadata

publishing = Table(
    "ff_publishing",
    metadata,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("before", Integer, nullable=False, comment="the version it was compared with"),
    Column("documents", Json, nullable=False),
    Column("layout", Json, nullable=False),
    Column("note", Text),
    Column("force", Json, nullable=False),
    Column("steps", Json, nullable=False),
    Column("state", Text, nullable=False, comment="running, done, failed or cancelled"),
    Column("progress", Json, nullable=False, comment="what each kind of definition has done so far"),
    Column("error", Text),
    Column("version", Integer, comment="what it became"),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ff_publishing_app", "app", "state"),
)
