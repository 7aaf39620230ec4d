"""One pass of the writer: build what is missing, replay the rest of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import duckdb
import structlog

from engine.changes import log as events
from engine.identity.principal import SYSTEM
from engine.storage.unit_of_work import UnitOfWork
from reports.store import bootstrap, state
from reports.store.apply import apply, overlays
from reports.store.session import BROKEN, transaction
from reports.store.tables import ReplicaTable

if TYPE_CHECKING:
    from engine.runtime import Runtime

log = structlog.get_logger("fourfold.reports")

REPLAY_LIMIT = 100_000
"""A table further behind is read again: that is quicker than replaying the log."""


def follow(
    runtime: Runtime, connection: duckdb.DuckDBPyConnection, wanted: Mapping[str, ReplicaTable]
) -> int:
    """Bring the wanted tables to the head of the log; gives that position.

    What cannot be replayed is read again as a whole.
    """
    with runtime.reading(SYSTEM) as work:
        events.bring_to_head(work)
    with runtime.reading(SYSTEM, snapshot=True) as work:
        head = events.head(work)
        since = _build(work, connection, wanted.values(), head)
        try:
            _replay(work, connection, wanted.values(), since, head)
        except BROKEN:
            raise
        except (duckdb.Error, ValueError, TypeError, LookupError) as failed:
            log.warning("a change could not be replayed; reading the tables again", reason=str(failed))
            with transaction(connection):
                for name in wanted:
                    state.forget(connection, name)
            _build(work, connection, wanted.values(), head)
    return head


def at_head(runtime: Runtime) -> int | None:
    """The head of the log when nothing waits for its place in it; a look that writes nothing."""
    with runtime.reading(SYSTEM) as work:
        waiting = work.row("SELECT 1 FROM ff_change WHERE pos IS NULL LIMIT 1")
        return None if waiting else events.head(work)


def _build(
    work: UnitOfWork, connection: duckdb.DuckDBPyConnection, wanted: Iterable[ReplicaTable], head: int
) -> dict[str, int]:
    """Read tables that are missing, shaped otherwise, too far behind, or that no log describes; gives the
    position of each.
    """
    known, since = state.known(connection), {}
    for table in wanted:
        before = known.get(table.name)
        fingerprint = table.fingerprint
        if not table.follows_log:
            fingerprint += bootstrap.content(work, table)
        if before is not None and before.fingerprint == fingerprint and head - before.pos <= REPLAY_LIMIT:
            since[table.name] = before.pos
            continue
        with transaction(connection):
            bootstrap.fill(connection, work, table)
            state.remember(connection, table, fingerprint, head)
        since[table.name] = head
    return since


def _replay(
    work: UnitOfWork,
    connection: duckdb.DuckDBPyConnection,
    wanted: Iterable[ReplicaTable],
    since: Mapping[str, int],
    head: int,
) -> None:
    by_form: dict[tuple[str, str], list[ReplicaTable]] = {}
    for table in wanted:
        if table.follows_log:
            by_form.setdefault((table.app, table.form), []).append(table)
    pos = min(since.values(), default=head)
    while pos < head:
        changes = [change for change in events.read_since(work, pos) if (change.pos or 0) <= head]
        reached = changes[-1].pos or head if changes else head
        with transaction(connection):
            for overlay in overlays(changes, by_form, since):
                apply(connection, overlay)
            state.move_to(connection, list(since), reached)
        pos = reached
