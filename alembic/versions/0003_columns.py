"""where the store keeps what a version describes, and what is parked"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.storage.columns import BigId, Json, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ff_app_version", sa.Column("layout", Json(), nullable=True))
    op.create_table(
        "ff_parked",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("child", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=True),
        sa.Column("document", Json(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("parked_by", sa.Text(), nullable=False),
        sa.Column("parked_at", Moment(), nullable=False),
        sa.Column("purging_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_parked_app", "ff_parked", ["app", "form"], unique=False)
    op.create_table(
        "ff_publishing",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("documents", Json(), nullable=False),
        sa.Column("layout", Json(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("force", Json(), nullable=False),
        sa.Column("steps", Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", Json(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_publishing_app", "ff_publishing", ["app", "state"], unique=False)
    op.create_table(
        "ff_evolved",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("until", BigId, nullable=False),
        sa.Column("forms", Json(), nullable=False),
        sa.PrimaryKeyConstraint("app", "version"),
    )
