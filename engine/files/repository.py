"""Rows of files and of what holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from engine.files.inspect import Facts
from engine.files.tables import file as table
from engine.files.tables import file_link as link
from engine.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One row of `ff_file`."""

    id: str
    state: str
    name: str
    size: int
    type: str | None
    sha256: str | None
    place: str
    width: int | None
    height: int | None
    about: Mapping[str, str] | None
    source: str | None
    stripped: bool
    uploaded_by: str
    created_at: datetime
    loose_since: datetime | None


@dataclass(frozen=True, slots=True)
class Link:
    """A field of a record that holds a file, or held it until a moment."""

    file: str
    record: str
    field: str
    app: str
    form: str
    until: datetime | None


_COLUMNS = [table.c[name] for name in StoredFile.__dataclass_fields__]
_LINK = [link.c[name] for name in Link.__dataclass_fields__]


def add(work: UnitOfWork, file: str, *, name: str, size: int, place: str, source: str | None) -> None:
    """A file of who acts that is on its way; no record holds it."""
    work.connection.execute(
        insert(table).values(
            id=file,
            state="receiving",
            name=name,
            size=size,
            place=place,
            source=source,
            uploaded_by=work.principal.user,
            created_at=work.now,
            loose_since=work.now,
        )
    )


def settle(work: UnitOfWork, file: str, facts: Facts) -> bool:
    """The content lies in the store; whether the file was still waiting for it."""
    done = work.connection.execute(
        update(table)
        .where(table.c.id == file, table.c.state == "receiving")
        .values(
            state="stored",
            name=facts.name,
            size=facts.size,
            type=facts.type,
            sha256=facts.sha256,
            width=facts.width,
            height=facts.height,
            about=facts.about or None,
            loose_since=work.now,
        )
    )
    return done.rowcount == 1


def find(work: UnitOfWork, file: str) -> StoredFile | None:
    """One file that is not being removed, or None."""
    found = find_many(work, [file])
    return found.get(file)


def find_many(work: UnitOfWork, files: Iterable[str]) -> dict[str, StoredFile]:
    """Files by id; those being removed are not there."""
    statement = select(*_COLUMNS).where(table.c.id.in_(list(files)), table.c.state != "removing")
    return {row.id: StoredFile(**row._mapping) for row in work.connection.execute(statement)}


def loose_bytes(work: UnitOfWork, user: str) -> int:
    """Bytes of a person's files that no record holds."""
    statement = select(func.coalesce(func.sum(table.c.size), 0))
    mine = (table.c.uploaded_by == user, table.c.loose_since.is_not(None))
    return int(work.connection.execute(statement.where(*mine)).scalar_one())


def loose_of(work: UnitOfWork, beginning: str) -> tuple[int, int]:
    """(how many, bytes) of the files that no record holds, of all uploaders whose id begins so."""
    theirs = (table.c.uploaded_by.startswith(beginning, autoescape=True), table.c.loose_since.is_not(None))
    statement = select(func.count(), func.coalesce(func.sum(table.c.size), 0)).where(*theirs)
    count, size = work.connection.execute(statement).one()
    return int(count), int(size)


def hand_over(work: UnitOfWork, files: Iterable[str], user: str) -> None:
    """Make files another person's, as if they had uploaded them."""
    work.connection.execute(update(table).where(table.c.id.in_(list(files))).values(uploaded_by=user))


def links_of(work: UnitOfWork, files: Iterable[str]) -> list[Link]:
    """What holds these files, or held them."""
    statement = select(*_LINK).where(link.c.file.in_(list(files)))
    return [Link(**row._mapping) for row in work.connection.execute(statement.order_by(link.c.since))]


def held_by(work: UnitOfWork, app: str, form: str, record: str) -> list[tuple[str, StoredFile]]:
    """(field, file) of everything a record holds, in the order of upload."""
    statement = (
        select(link.c.field, *_COLUMNS)
        .join(table, table.c.id == link.c.file)
        .where(link.c.record == record, link.c.app == app, link.c.form == form)
        .where(link.c.until.is_(None), table.c.state == "stored")
        .order_by(table.c.created_at, table.c.id)
    )
    return [(row[0], StoredFile(*row[1:])) for row in work.connection.execute(statement)]


def seen_before(work: UnitOfWork, app: str, hashes: Iterable[str], record: str) -> set[str]:
    """Which of these contents some other record of the app holds or held."""
    statement = (
        select(table.c.sha256)
        .distinct()
        .join(link, link.c.file == table.c.id)
        .where(table.c.sha256.in_(list(hashes)), link.c.app == app, link.c.record != record)
    )
    return {row[0] for row in work.connection.execute(statement)}


def hold(work: UnitOfWork, app: str, form: str, record: str, pairs: Sequence[tuple[str, str]]) -> bool:
    """A record holds files from now on: (field, file); whether all of them were there to be held."""
    files = sorted({file for _, file in pairs})
    for (
        file
    ) in files:  # one by one, in order: two records that hold the same files do not wait for each other
        held = work.connection.execute(
            update(table).where(table.c.id == file, table.c.state == "stored").values(loose_since=None)
        )
        if held.rowcount != 1:
            return False
    for field, file in pairs:
        key = (link.c.file == file, link.c.record == record, link.c.field == field)
        again = work.connection.execute(update(link).where(*key).values(until=None))
        if again.rowcount == 0:
            values = {"file": file, "record": record, "field": field, "app": app, "form": form}
            work.connection.execute(insert(link).values(**values, since=work.now))
    return True


def let_go(work: UnitOfWork, record: str, pairs: Iterable[tuple[str, str]]) -> None:
    """A record holds these files no longer: (field, file); what nothing holds is loose from now on."""
    gone = list(pairs)
    for field, file in gone:
        key = (link.c.file == file, link.c.record == record, link.c.field == field)
        work.connection.execute(update(link).where(*key, link.c.until.is_(None)).values(until=work.now))
    _loosen(work, {file for _, file in gone})


def forget_records(work: UnitOfWork, records: Iterable[str]) -> None:
    """These records are removed for good; files that only they held are loose from now on."""
    ids = list(records)
    held = select(link.c.file).where(link.c.record.in_(ids)).distinct()
    files = {row[0] for row in work.connection.execute(held)}
    work.connection.execute(delete(link).where(link.c.record.in_(ids)))
    _loosen(work, files)


def _loosen(work: UnitOfWork, files: set[str]) -> None:
    holding = select(link.c.file).where(link.c.file == table.c.id, link.c.until.is_(None)).exists()
    for file in sorted(files):
        work.connection.execute(
            update(table)
            .where(table.c.id == file, table.c.loose_since.is_(None), ~holding)
            .values(loose_since=work.now)
        )


def mark_removable(
    work: UnitOfWork, *, uploaded_before: datetime, let_go_before: datetime, limit: int
) -> list[str]:
    """Ids of files to be removed: uploads that no record ever held, and what records let go of, each for long
    enough; also those whose removal did not come to its end. They cannot be held any more.
    """
    known = select(link.c.file).where(link.c.file == table.c.id).exists()
    stale: ColumnElement[bool] = or_(
        (table.c.loose_since < uploaded_before) & ~known,
        (table.c.loose_since < let_go_before) & known,
        table.c.state == "removing",
    )
    due = select(table.c.id).where(table.c.loose_since.is_not(None), stale).order_by(table.c.id).limit(limit)
    if work.runtime.database.dialect == "postgres":
        due = due.with_for_update(skip_locked=True)
    ids = [row[0] for row in work.connection.execute(due)]
    marked = (
        update(table).where(table.c.id.in_(ids), table.c.loose_since.is_not(None)).values(state="removing")
    )
    return [row[0] for row in work.connection.execute(marked.returning(table.c.id))]


def places_of_removing(work: UnitOfWork, files: Iterable[str]) -> list[str]:
    """Keys of the content of files that are being removed."""
    statement = select(table.c.place).where(table.c.id.in_(list(files)), table.c.state == "removing")
    return [row[0] for row in work.connection.execute(statement)]


def mark_removing(work: UnitOfWork, file: str) -> bool:
    """A file that no record holds is to be removed now; whether it was one."""
    done = work.connection.execute(
        update(table)
        .where(table.c.id == file, table.c.state != "removing", table.c.loose_since.is_not(None))
        .values(state="removing")
    )
    return done.rowcount == 1


def drop(work: UnitOfWork, files: Iterable[str]) -> None:
    """Forget files whose content is gone."""
    work.connection.execute(delete(table).where(table.c.id.in_(list(files)), table.c.state == "removing"))


def replace_content(work: UnitOfWork, file: str, place: str, size: int) -> bool:
    """The content without metadata lies at `place`; whether the file is still there with its old content."""
    done = work.connection.execute(
        update(table)
        .where(table.c.id == file, table.c.state == "stored", table.c.stripped.is_(False))
        .values(place=place, size=size, stripped=True, about=None)
    )
    return done.rowcount == 1


def as_json(file: StoredFile, *, said: bool = True) -> dict[str, Any]:
    """A file as it leaves; without `said` it keeps to itself when, where and with what it was taken."""
    about = dict(file.about or {}) if said else {}
    about.pop("turn", None)
    return {
        "id": file.id,
        "state": file.state,
        "name": file.name,
        "size": file.size,
        "type": file.type,
        "sha256": file.sha256,
        "width": file.width,
        "height": file.height,
        "source": file.source,
        "about": about,
        "uploaded_by": file.uploaded_by,
        "uploaded_at": file.created_at,
    }
