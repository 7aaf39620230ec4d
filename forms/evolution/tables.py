"""The table of what publishing put aside: columns and tables that no form shows any more."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, Text

from engine.storage.columns import BigId, Json, Moment
from engine.storage.tables import metadata

parked = Table(
    "ff_parked",
    metadata,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("child", Text, comment="the child table whose field it is"),
    Column("key", Text, comment="the field or child table; null: the form"),
    Column("reason", Text, nullable=False, comment="removed, converted, broken or moved"),
    Column("version", Integer, nullable=False, comment="the version that put it aside"),
    Column("table_name", Text, nullable=False),
    Column("column_name", Text, comment="null: a whole table"),
    Column("document", Json, nullable=False, comment="as it was written"),
    Column("held", Integer, nullable=False, comment="how many rows have a value in it"),
    Column("failed", Integer, nullable=False, comment="how many of these could not be converted"),
    Column("parked_by", Text, nullable=False),
    Column("parked_at", Moment, nullable=False),
    Column("purging_at", Moment, comment="when somebody asked to remove it for good"),
    Index("ff_parked_app", "app", "form"),
)

evolved = Table(
    "ff_evolved",
    metadata,
    Column("app", Text, primary_key=True),
    Column("version", Integer, primary_key=True, comment="the version that renamed or converted"),
    Column("until", BigId, nullable=False, comment="the last change of the log before it"),
    Column("forms", Json, nullable=False, comment="what was renamed and converted, by form"),
)
