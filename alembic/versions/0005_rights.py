"""roles given for a time, and who shared a record with whom"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.storage.columns import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ff_temporary_role",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("begins", Moment(), nullable=False),
        sa.Column("ends", Moment(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["ff_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_temporary_role_user", "ff_temporary_role", ["user", "ends"], unique=False)
    op.create_index("ff_temporary_role_role", "ff_temporary_role", ["role", "ends"], unique=False)
    op.add_column("ff_record_share", sa.Column("shows", sa.Text(), nullable=True))
    op.add_column("ff_record_share", sa.Column("given_by", sa.Text(), nullable=True))
    op.add_column("ff_record_share", sa.Column("given_at", Moment(), nullable=True))
    op.create_index(
        "ff_record_share_part",
        "ff_record_share",
        ["user"],
        unique=False,
        sqlite_where=sa.text("shows IS NOT NULL"),
        postgresql_where=sa.text("shows IS NOT NULL"),
    )
