"""Migrations of the platform's own tables; tables of forms are made by publishing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

from api.boot import metadata
from engine.settings import Settings

OWN = "ff_"


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether alembic may look at this table."""
    return kind != "table" or (name or "").startswith(OWN)


def migrate(connection: sa.Connection) -> None:
    """Run what was asked for on this connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        include_name=ours,
        version_table="ff_alembic_version",
    )
    context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = sa.create_engine(Settings().url().replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as opened:
        migrate(opened)
