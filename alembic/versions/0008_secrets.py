"""what calls to other systems are signed with, and where logins at a provider begin"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.storage.columns import Json, Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ff_secret",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hosts", Json(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("app", "key"),
    )
    op.add_column("ff_outside_login", sa.Column("network", sa.Text(), nullable=True))
