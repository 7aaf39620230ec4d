"""Stored versions and drafts of apps."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.changes import operations
from engine.definitions.app import NO_LAYOUT, Documents, Layout
from engine.definitions.canonical import same
from engine.storage.tables import app_head, app_version, draft
from engine.storage.unit_of_work import UnitOfWork


def heads(connection: Connection) -> dict[str, int]:
    """App key -> published version."""
    return {row.app: row.version for row in connection.execute(select(app_head))}


def documents_of(connection: Connection, app: str, version: int) -> Documents | None:
    """The documents of one published version."""
    return connection.execute(
        select(app_version.c.documents).where(app_version.c.app == app, app_version.c.version == version)
    ).scalar_one_or_none()


def layout_of(connection: Connection, app: str, version: int) -> Layout:
    """Where the store keeps what a published version describes."""
    found = connection.execute(
        select(app_version.c.layout).where(app_version.c.app == app, app_version.c.version == version)
    ).scalar_one_or_none()
    return found or NO_LAYOUT


def versions(connection: Connection, app: str) -> list[dict[str, Any]]:
    """All versions of an app, newest first, without their documents."""
    columns = [app_version.c[name] for name in ("version", "note", "published_by", "published_at")]
    rows = connection.execute(
        select(*columns).where(app_version.c.app == app).order_by(app_version.c.version.desc())
    )
    return [dict(row._mapping) for row in rows]


def add_version(
    work: UnitOfWork,
    app: str,
    version: int,
    documents: Documents,
    note: str | None,
    *,
    layout: Layout = NO_LAYOUT,
    head: bool = True,
) -> None:
    """Store a version and make it the head, unless others go on with the one before."""
    work.connection.execute(
        insert(app_version).values(
            app=app,
            version=version,
            documents=documents,
            layout=dict(layout) or None,
            note=note,
            published_by=work.principal.user,
            published_at=work.now,
        )
    )
    if not head:
        return
    moved = work.connection.execute(update(app_head).where(app_head.c.app == app).values(version=version))
    if moved.rowcount == 0:
        work.connection.execute(insert(app_head).values(app=app, version=version))


def drafts(connection: Connection, app: str, *, hold: bool = False) -> list[dict[str, Any]]:
    """What the draft of an app changes: kind, key, document (None: removed), who and when. With `hold` nobody
    changes these until the transaction ends.
    """
    asked = select(draft).where(draft.c.app == app).order_by(draft.c.kind, draft.c.key)
    rows = connection.execute(asked.with_for_update() if hold else asked)
    return [dict(row._mapping) for row in rows]


def drafted_one(connection: Connection, app: str, kind: str, key: str) -> dict[str, Any] | None:
    """What the draft says of one object, with who and when; None when it leaves it alone."""
    row = connection.execute(
        select(draft).where(draft.c.app == app, draft.c.kind == kind, draft.c.key == key)
    ).one_or_none()
    return dict(row._mapping) if row is not None else None


def put_draft(work: UnitOfWork, app: str, kind: str, key: str, document: dict[str, Any] | None) -> None:
    """Store one drafted document; None marks the object as removed."""
    drop_draft(work, app, kind, key)
    work.connection.execute(
        insert(draft).values(
            app=app,
            kind=kind,
            key=key,
            document=document,
            updated_by=work.principal.user,
            updated_at=work.now,
        )
    )
    done = "draft_removed" if document is None else "draft_changed"
    operations.note(work, done, f"{kind}/{key}", app=app)


def drop_draft(work: UnitOfWork, app: str, kind: str | None = None, key: str | None = None) -> int:
    """Forget drafted documents: all of an app, or one."""
    statement = delete(draft).where(draft.c.app == app)
    if kind is not None:
        statement = statement.where(draft.c.kind == kind, draft.c.key == key)
    return work.connection.execute(statement).rowcount


def drop_drafted(work: UnitOfWork, app: str, documents: Documents) -> None:
    """Forget what the draft of an app says as these documents do; what somebody drafted meanwhile stays."""
    for change in drafts(work.connection, app, hold=True):
        there = documents.get(change["kind"], {}).get(change["key"])
        if there == change["document"] or (there and same(there, change["document"])):
            drop_draft(work, app, change["kind"], change["key"])
