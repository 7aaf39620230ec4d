"""Tables of the flows: instances, tasks, the people asked, and what happened."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from engine.storage.columns import Moment, RecordId
from engine.storage.tables import metadata

instance = Table(
    "ff_flow_instance",
    metadata,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("record", RecordId, nullable=False),
    Column("title", Text),
    Column("flow", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="of the app; the instance keeps its graph"),
    Column("round", Integer, nullable=False, comment="how often the record has been submitted to this flow"),
    Column("status", Text, nullable=False, comment="running returned ended withdrawn cancelled"),
    Column("outcome", Text),
    Column("submitter", Text, nullable=False),
    Column("state", Text, nullable=False, comment="tokens as JSON, see flows.state"),
    Column("rev", Integer, nullable=False, comment="compared and set by every command"),
    Column("open_key", Text, comment="the record id while open: one open instance per record"),
    Column("started_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ff_flow_instance_open", "open_key", unique=True),
    Index("ff_flow_instance_record", "record", "id"),
    Index("ff_flow_instance_submitter", "submitter", "id"),
)

task = Table(
    "ff_flow_task",
    metadata,
    Column("id", Text, primary_key=True),
    Column("instance", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("label", Text, nullable=False, comment="of the node, {zh, en}"),
    Column("mode", Text, nullable=False, comment="any all order"),
    Column("round", Integer, nullable=False),
    Column(
        "state", Text, nullable=False, comment="open vacant approved rejected returned cancelled withdrawn"
    ),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    Column("error", Text, comment="the problem that undid the last attempt to decide"),
    Index("ff_flow_task_visit", "instance", "node", "round", unique=True),
)

seat = Table(
    "ff_flow_seat",
    metadata,
    Column("task", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column(
        "state", Text, nullable=False, comment="asked waiting approved rejected returned transferred moot"
    ),
    Column("why", Text, comment="how this person was found, {zh, en}"),
    Column("acted_at", Moment),
    Column("comment", Text),
    PrimaryKeyConstraint("task", "user", "round", name="ff_flow_seat_once"),
    Index("ff_flow_seat_box", "user", "state", "task"),
)

event = Table(
    "ff_flow_event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("instance", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("node", Text),
    Column("task", Text),
    Column("round", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("comment", Text),
    Column("data", Text, nullable=False, comment="JSON"),
    Index("ff_flow_event_instance", "instance", "id"),
)

__all__ = ["event", "instance", "seat", "task"]
