"""versions that a pilot group tries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.storage.columns import Json, Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ff_app_head", sa.Column("pilot", sa.Integer(), nullable=True))
    op.create_table(
        "ff_app_pilot",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("people", Json(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("app", "version"),
    )
