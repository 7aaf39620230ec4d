"""platform tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.storage.columns import Json, Moment

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ff_app_head",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("app"),
    )
    op.create_table(
        "ff_app_version",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("documents", Json(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("app", "version"),
    )
    op.create_table(
        "ff_change",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("pos", BIG_ID, nullable=True, comment="dense commit order, given by the sequencer"),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cause", BIG_ID, nullable=True, comment="the change that led to this one"),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("diff", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ff_change_pos",
        "ff_change",
        ["pos"],
        unique=True,
        sqlite_where=sa.text("pos IS NOT NULL"),
        postgresql_where=sa.text("pos IS NOT NULL"),
    )
    op.create_index("ff_change_record", "ff_change", ["record", "id"], unique=False)
    op.create_index(
        "ff_change_unsequenced",
        "ff_change",
        ["id"],
        unique=False,
        sqlite_where=sa.text("pos IS NULL"),
        postgresql_where=sa.text("pos IS NULL"),
    )
    op.create_table(
        "ff_counter",
        sa.Column("scope", sa.Text(), nullable=False, comment="app.form.field:formatted prefix"),
        sa.Column("value", BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("scope"),
    )
    op.create_table(
        "ff_department",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", Json(), nullable=False, comment="{zh, en}"),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column(
            "head",
            sa.Text(),
            nullable=True,
            comment="user id; not a foreign key because users belong to departments",
        ),
        sa.ForeignKeyConstraint(["parent"], ["ff_department.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_department_parent", "ff_department", ["parent"], unique=False)
    op.create_table(
        "ff_draft",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", Json(), nullable=True, comment="null: the object is removed in the draft"),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("app", "kind", "key"),
    )
    op.create_table(
        "ff_file",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="receiving stored removing"),
        sa.Column("name", sa.Text(), nullable=False, comment="as people see it; never part of a path"),
        sa.Column("size", BIG_ID, nullable=False, comment="bytes"),
        sa.Column("type", sa.Text(), nullable=True, comment="media type, found in the content"),
        sa.Column("sha256", sa.Text(), nullable=True, comment="of the bytes as they were uploaded"),
        sa.Column("place", sa.Text(), nullable=False, comment="key in the store"),
        sa.Column("width", sa.Integer(), nullable=True, comment="pixels, as the image is shown"),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column(
            "about",
            Json(),
            nullable=True,
            comment="what the picture says of itself: taken_at lat lng camera software",
        ),
        sa.Column("source", sa.Text(), nullable=True, comment="camera or gallery, as the client says"),
        sa.Column(
            "stripped",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="metadata was removed",
        ),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column(
            "loose_since", Moment(), nullable=True, comment="since when no record holds it; null: one does"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_file_content", "ff_file", ["sha256"], unique=False)
    op.create_index(
        "ff_file_loose",
        "ff_file",
        ["uploaded_by", "loose_since"],
        unique=False,
        sqlite_where=sa.text("loose_since IS NOT NULL"),
        postgresql_where=sa.text("loose_since IS NOT NULL"),
    )
    op.create_table(
        "ff_file_link",
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False, comment="photo, or lines.photo of a child table"),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column(
            "until", Moment(), nullable=True, comment="when the record let go of it; null: it holds it"
        ),
        sa.ForeignKeyConstraint(["file"], ["ff_file.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file", "record", "field"),
    )
    op.create_index("ff_file_link_record", "ff_file_link", ["record"], unique=False)
    op.create_table(
        "ff_flow_event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_flow_event_instance", "ff_flow_event", ["instance", "id"], unique=False)
    op.create_table(
        "ff_flow_instance",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="of the app; the instance keeps its graph"
        ),
        sa.Column(
            "round",
            sa.Integer(),
            nullable=False,
            comment="how often the record has been submitted to this flow",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="running returned ended withdrawn cancelled"),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("submitter", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="tokens as JSON, see flows.state"),
        sa.Column("rev", sa.Integer(), nullable=False, comment="compared and set by every command"),
        sa.Column(
            "open_key",
            sa.Text(),
            nullable=True,
            comment="the record id while open: one open instance per record",
        ),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_flow_instance_open", "ff_flow_instance", ["open_key"], unique=True)
    op.create_index("ff_flow_instance_record", "ff_flow_instance", ["record", "id"], unique=False)
    op.create_index("ff_flow_instance_submitter", "ff_flow_instance", ["submitter", "id"], unique=False)
    op.create_table(
        "ff_flow_seat",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="asked waiting approved rejected returned transferred moot",
        ),
        sa.Column("why", sa.Text(), nullable=True, comment="how this person was found, {zh, en}"),
        sa.Column("acted_at", Moment(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task", "user", "round", name="ff_flow_seat_once"),
    )
    op.create_index("ff_flow_seat_box", "ff_flow_seat", ["user", "state", "task"], unique=False)
    op.create_table(
        "ff_flow_task",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False, comment="of the node, {zh, en}"),
        sa.Column("mode", sa.Text(), nullable=False, comment="any all order"),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="open vacant approved rejected returned cancelled withdrawn",
        ),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column(
            "error", sa.Text(), nullable=True, comment="the problem that undid the last attempt to decide"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_flow_task_visit", "ff_flow_task", ["instance", "node", "round"], unique=True)
    op.create_table(
        "ff_idempotency",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False, comment="hash of method, path and body"),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key", "user"),
    )
    op.create_table(
        "ff_job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", Json(), nullable=False),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="ready running sending done dead cancelled unknown"
        ),
        sa.Column("due", Moment(), nullable=False),
        sa.Column("unique_key", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", Moment(), nullable=True),
        sa.Column("lease_by", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("app", sa.Text(), nullable=True),
        sa.Column("cause", BIG_ID, nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ff_job_due",
        "ff_job",
        ["due"],
        unique=False,
        sqlite_where=sa.text("state IN ('ready', 'running', 'sending')"),
        postgresql_where=sa.text("state IN ('ready', 'running', 'sending')"),
    )
    op.create_index("ff_job_unique", "ff_job", ["unique_key"], unique=True)
    op.create_table(
        "ff_notification",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=True),
        sa.Column("form", sa.Text(), nullable=True),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False, comment="in the language of the reader"),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True, comment="what sent it, e.g. rule:r09_no_follow_up"),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("read_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ff_notification_unread",
        "ff_notification",
        ["user"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ff_notification_user", "ff_notification", ["user", "id"], unique=False)
    op.create_table(
        "ff_once",
        sa.Column("key", sa.Text(), nullable=False, comment="what was done, e.g. create:crm.task:<key>"),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "ff_record_lock",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column(
            "editors", Json(), nullable=False, comment="user id -> fields this user may write meanwhile"
        ),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_table(
        "ff_record_share",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False, comment="read or write"),
        sa.Column("reason", sa.Text(), nullable=False, comment="what shares it, e.g. flow:<instance>:<node>"),
        sa.Column(
            "fields",
            Json(),
            nullable=True,
            comment="hidden and write: the fields a step hides and lets write",
        ),
        sa.UniqueConstraint("record", "user", "reason"),
    )
    op.create_index("ff_record_share_user", "ff_record_share", ["user", "form", "record"], unique=False)
    op.create_table(
        "ff_recycled",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column(
            "unit",
            sa.Text(),
            nullable=False,
            comment="what was deleted together; ids of units are in order of time",
        ),
        sa.Column(
            "step",
            sa.Integer(),
            nullable=False,
            comment="order of deletion in the unit; its root is the last",
        ),
        sa.Column(
            "root",
            sa.Text(),
            nullable=False,
            comment="the record whose deletion took the others with it",
        ),
        sa.Column(
            "emptied",
            Json(),
            nullable=True,
            comment="of the root: references elsewhere that lost their target",
        ),
        sa.Column("deleted_by", sa.Text(), nullable=False),
        sa.Column("deleted_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_index("ff_recycled_form", "ff_recycled", ["app", "form", "unit"], unique=False)
    op.create_index("ff_recycled_unit", "ff_recycled", ["unit", "step"], unique=False)
    op.create_table(
        "ff_transfer",
        sa.Column("id", sa.Text(), nullable=False, comment="of an import also the batch of its changes"),
        sa.Column("kind", sa.Text(), nullable=False, comment="import or export"),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="of the file"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "rev",
            sa.Integer(),
            nullable=False,
            comment="counts changes: who goes on from an old one is too late",
        ),
        sa.Column("options", Json(), nullable=False),
        sa.Column("progress", Json(), nullable=False, comment="what is done, and where to go on"),
        sa.Column(
            "report",
            Json(),
            nullable=False,
            comment="counts, and what is wrong with the file as a whole",
        ),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_transfer_user", "ff_transfer", ["user", "id"], unique=False)
    op.create_table(
        "ff_rule_due",
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column(
            "occurrence", sa.Text(), nullable=False, comment="the anchor that the due time is counted from"
        ),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="armed, idle (condition was false), fired or passed over",
        ),
        sa.Column("job", sa.Text(), nullable=True, comment="the timer while armed"),
        sa.PrimaryKeyConstraint("record", "app", "rule"),
    )
    op.create_index("ff_rule_due_rule", "ff_rule_due", ["app", "rule", "due_at"], unique=False)
    op.create_table(
        "ff_rule_run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column(
            "occurrence",
            sa.Text(),
            nullable=False,
            comment="the change or the anchor that this firing answers",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="done failed waiting cancelled"),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True, comment="time rules: when it should have fired"),
        sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("cause", BIG_ID, nullable=True, comment="the change that led here"),
        sa.Column("depth", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the app"),
        sa.Column("matched", Json(), nullable=False, comment="the values that the condition read"),
        sa.Column("actions", Json(), nullable=False, comment="what was done, in order"),
        sa.Column("error", Json(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("app", "rule", "record", "occurrence", name="ff_rule_run_once"),
    )
    op.create_index("ff_rule_run_rule", "ff_rule_run", ["app", "rule", "id"], unique=False)
    op.create_table(
        "ff_rule_sequence",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="the version whose rule goes on"),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="the step to go on with"),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("names", Json(), nullable=False, comment="what earlier steps created"),
        sa.Column("job", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("ff_rule_sequence_record", "ff_rule_sequence", ["record"], unique=False)
    op.create_index("ff_rule_sequence_rule", "ff_rule_sequence", ["app", "rule"], unique=False)
    op.create_table(
        "ff_user",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", Json(), nullable=False, comment="{zh, en}"),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("dept", sa.Text(), nullable=True),
        sa.Column("superior", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="zh", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column(
            "password_hash", sa.Text(), nullable=True, comment="argon2id; null: cannot log in with a password"
        ),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["dept"], ["ff_department.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["superior"], ["ff_user.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username"),
    )
    op.create_index("ff_user_dept", "ff_user", ["dept"], unique=False)
    op.create_index("ff_user_superior", "ff_user", ["superior"], unique=False)
    op.create_table(
        "ff_token",
        sa.Column(
            "hash",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the token; the token itself is kept nowhere",
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="session or api"),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True, comment="null: until it is revoked"),
        sa.ForeignKeyConstraint(["user"], ["ff_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hash"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ff_token_user", "ff_token", ["user"], unique=False)
    op.create_table(
        "ff_user_role",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["ff_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", "role"),
    )
    op.create_index("ff_user_role_role", "ff_user_role", ["role"], unique=False)
    op.create_table(
        "ff_bulk",
        sa.Column("id", sa.Text(), nullable=False, comment="the batch of its changes in the log"),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False, comment="records"),
        sa.Column("first_change", BIG_ID, nullable=False),
        sa.Column("last_change", BIG_ID, nullable=False),
        sa.Column("undone_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_bulk_form", "ff_bulk", ["app", "form", "id"], unique=False)
    op.create_table(
        "ff_comment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mentions", Json(), nullable=False, comment="ids of the users who were told"),
        sa.Column("answers", sa.Text(), nullable=True, comment="the comment that this one answers"),
        sa.Column("edited_at", Moment(), nullable=True),
        sa.Column("removed_at", Moment(), nullable=True, comment="its place stays, its text is gone"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_comment_record", "ff_comment", ["record", "id"], unique=False)
    op.create_table(
        "ff_public_entry",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False, comment="keyed hash of the address it came from"),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ff_public_entry_link", "ff_public_entry", ["link", "at"], unique=False)
    op.create_table(
        "ff_public_link",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False, comment="SHA-256 of the secret; it is kept nowhere"),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="the user whose rights an entry has"),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("fields", Json(), nullable=False, comment="what may be filled in, in order"),
        sa.Column("preset", Json(), nullable=False, comment="values that every entry gets"),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("closes_at", Moment(), nullable=True),
        sa.Column("most", sa.Integer(), nullable=True, comment="entries; null: any number"),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_at", Moment(), nullable=True, comment="closed by hand"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index("ff_public_link_form", "ff_public_link", ["app", "form", "id"], unique=False)
    op.create_table(
        "ff_search_token",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False, comment="two characters, or a word of one"),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("app", "form", "token", "record", "field"),
        sqlite_with_rowid=False,
    )
    op.create_index("ff_search_token_record", "ff_search_token", ["record"], unique=False)


def downgrade() -> None:
    op.drop_table("ff_search_token")
    op.drop_table("ff_public_link")
    op.drop_table("ff_public_entry")
    op.drop_table("ff_comment")
    op.drop_table("ff_bulk")
    op.drop_table("ff_user_role")
    op.drop_table("ff_token")
    op.drop_table("ff_user")
    op.drop_table("ff_rule_sequence")
    op.drop_table("ff_rule_run")
    op.drop_table("ff_rule_due")
    op.drop_table("ff_transfer")
    op.drop_table("ff_recycled")
    op.drop_table("ff_record_share")
    op.drop_table("ff_record_lock")
    op.drop_table("ff_once")
    op.drop_table("ff_notification")
    op.drop_table("ff_job")
    op.drop_table("ff_idempotency")
    op.drop_table("ff_flow_task")
    op.drop_table("ff_flow_seat")
    op.drop_table("ff_flow_instance")
    op.drop_table("ff_flow_event")
    op.drop_table("ff_file_link")
    op.drop_table("ff_file")
    op.drop_table("ff_draft")
    op.drop_table("ff_department")
    op.drop_table("ff_counter")
    op.drop_table("ff_change")
    op.drop_table("ff_app_version")
    op.drop_table("ff_app_head")
