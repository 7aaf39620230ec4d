"""The kernel's own tables. Packages add theirs to the same `metadata` in a `tables.py` of their own."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

from engine.storage.columns import BigId, Json, Moment, RecordId

metadata = MetaData()

app_head = Table(
    "ff_app_head",
    metadata,
    Column("app", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("pilot", Integer, comment="the version that a pilot group works with"),
)

app_pilot = Table(
    "ff_app_pilot",
    metadata,
    Column("app", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("people", Json, nullable=False, comment="users, departments and roles that try the version"),
    Column("started_by", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
)

app_version = Table(
    "ff_app_version",
    metadata,
    Column("app", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("documents", Json, nullable=False),
    Column("layout", Json, comment="where the store keeps what differs from its default name"),
    Column("note", Text),
    Column("published_by", Text, nullable=False),
    Column("published_at", Moment, nullable=False),
)

draft = Table(
    "ff_draft",
    metadata,
    Column("app", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("document", Json, comment="null: the object is removed in the draft"),
    Column("updated_by", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

NEXT_CHANGE = "nextval('ff_change_id_seq')"
"""The id of the next row of the change log, on PostgreSQL."""

change = Table(
    "ff_change",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("pos", BigId, comment="dense commit order, given by the sequencer"),
    Column("at", Moment, nullable=False),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("record", RecordId, nullable=False),
    Column("op", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("cause", BigId, comment="the change that led to this one"),
    Column("batch", Text),
    Column("rev", Integer, nullable=False),
    Column("diff", Text, nullable=False),
    Column("request", Text),
    Column("address", Text),
    Index(
        "ff_change_pos",
        "pos",
        unique=True,
        sqlite_where=text("pos IS NOT NULL"),
        postgresql_where=text("pos IS NOT NULL"),
    ),
    Index("ff_change_record", "record", "id"),
    Index(
        "ff_change_unsequenced",
        "id",
        sqlite_where=text("pos IS NULL"),
        postgresql_where=text("pos IS NULL"),
    ),
)

job = Table(
    "ff_job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("state", Text, nullable=False, comment="ready running sending done dead cancelled unknown"),
    Column("due", Moment, nullable=False),
    Column("unique_key", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_until", Moment),
    Column("lease_by", Text),
    Column("error", Text),
    Column("app", Text),
    Column("cause", BigId),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Index(
        "ff_job_due",
        "due",
        sqlite_where=text("state IN ('ready', 'running', 'sending')"),
        postgresql_where=text("state IN ('ready', 'running', 'sending')"),
    ),
    Index("ff_job_unique", "unique_key", unique=True),
)

record_lock = Table(
    "ff_record_lock",
    metadata,
    Column("record", RecordId, primary_key=True),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("instance", Text, nullable=False),
    Column("editors", Json, nullable=False, comment="user id -> fields this user may write meanwhile"),
)

record_share = Table(
    "ff_record_share",
    metadata,
    Column("record", RecordId, nullable=False),
    Column("user", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("level", Text, nullable=False, comment="read or write"),
    Column("reason", Text, nullable=False, comment="what shares it, e.g. flow:<instance>:<node>"),
    Column("fields", Json, comment="hidden and write: the fields a step hides and lets write"),
    Column(
        "shows", Text, comment="not null: the fields it hides, so that it shows less than the own records"
    ),
    Column("given_by", Text, comment="the colleague who shares it"),
    Column("given_at", Moment),
    UniqueConstraint("record", "user", "reason"),
    Index("ff_record_share_user", "user", "form", "record"),
    Index(
        "ff_record_share_part",
        "user",
        sqlite_where=text("shows IS NOT NULL"),
        postgresql_where=text("shows IS NOT NULL"),
    ),
)

recycled = Table(
    "ff_recycled",
    metadata,
    Column("record", RecordId, primary_key=True),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column(
        "unit", Text, nullable=False, comment="what was deleted together; ids of units are in order of time"
    ),
    Column("step", Integer, nullable=False, comment="order of deletion in the unit; its root is the last"),
    Column("root", Text, nullable=False, comment="the record whose deletion took the others with it"),
    Column("emptied", Json, comment="of the root: references elsewhere that lost their target"),
    Column("deleted_by", Text, nullable=False),
    Column("deleted_at", Moment, nullable=False),
    Index("ff_recycled_unit", "unit", "step"),
    Index("ff_recycled_form", "app", "form", "unit"),
)

counter = Table(
    "ff_counter",
    metadata,
    Column("scope", Text, primary_key=True, comment="app.form.field:formatted prefix"),
    Column("value", BigId, nullable=False),
)

idempotency = Table(
    "ff_idempotency",
    metadata,
    Column("key", Text, primary_key=True),
    Column("user", Text, primary_key=True),
    Column("request", Text, nullable=False, comment="hash of method, path and body"),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

once = Table(
    "ff_once",
    metadata,
    Column("key", Text, primary_key=True, comment="what was done, e.g. create:crm.task:<key>"),
    Column("at", Moment, nullable=False),
)
