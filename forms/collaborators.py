"""Colleagues with whom somebody shares one record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import orjson

from engine.changes.operations import note
from engine.definitions.app import CompiledApp
from engine.errors import Forbidden, Invalid, NotFound
from engine.findings import Finding, error, text
from engine.identity.changed import identity_changes
from engine.identity.documents import read_document
from engine.identity.service import principal_of, unknown
from engine.protocols import Document
from engine.storage.columns import decode_json, moment_text
from engine.storage.driver import MARK, moment_param
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form
from forms.records import RecordNotFound, load
from forms.shares import part_key
from forms.unknown_fields import unknown_field

REASON = "colleague"
COLUMNS = '"user", level, reason, fields, given_by, given_at'


class Collaboration(Document):
    """What a colleague may do with a record: read it, or also write what their roles let them write in records
    of their own. `hidden` fields are not shown to them.
    """

    level: Literal["read", "write"] = "read"
    hidden: tuple[str, ...] = ()


class NotACollaborator(NotFound):
    """Nobody shares the record with this user."""

    code = "collaborator_not_found"
    zh = "该记录未与此用户共享。"


def collaborators(work: UnitOfWork, app: CompiledApp, form: Form, record: str) -> list[dict[str, Any]]:
    """With whom the record is shared, by colleagues and by flows. Raises RecordNotFound."""
    access = Access(work, app)
    _seen(access, form, record)
    untold = _untold(access, form, record)
    mark = MARK[work.runtime.database.dialect]
    rows = work.rows(
        f'SELECT {COLUMNS} FROM ff_record_share WHERE record = {mark} ORDER BY "user", reason', (record,)
    )
    return [_json(row, untold) for row in rows]


def share(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, user: str, document: Any
) -> dict[str, Any]:
    """Share a record with a colleague, or share it otherwise than before. Nobody shares what they do not see.

    Raises RecordNotFound, Forbidden, Invalid.
    """
    access = Access(work, app)
    _seen(access, form, record)
    _may(access, form, record, "share")
    asked = read_document(Collaboration, document)
    if asked.level == "write":
        _may(access, form, record, "update")
    _known(work, form, user, asked, _untold(access, form, record))
    hidden = sorted({*asked.hidden, *_unseen(access, form, record)})
    _drop(work, record, user)
    dialect = work.runtime.database.dialect
    mark = MARK[dialect]
    work.run(
        'INSERT INTO ff_record_share (record, "user", app, form, level, reason, fields, shows, given_by, given_at) '
        f"VALUES ({', '.join([mark] * 10)})",
        (
            record,
            user,
            app.key,
            form.key,
            asked.level,
            REASON,
            orjson.dumps({"hidden": hidden}).decode(),
            part_key(asked.hidden),
            work.principal.user,
            moment_param(dialect, work.now),
        ),
    )
    if asked.hidden:
        work.after_commit(identity_changes.bump)
    told = {"user": user, "level": asked.level, "hidden": list(asked.hidden)}
    note(work, "share_record", record, app=app.key, details={"form": form.key, **told})
    return next(
        each
        for each in collaborators(work, app, form, record)
        if (each["user"], each["by"]) == (user, REASON)
    )


def unshare(work: UnitOfWork, app: CompiledApp, form: Form, record: str, user: str) -> None:
    """Share it no longer with a colleague; one may always leave oneself. Raises RecordNotFound, Forbidden,
    NotACollaborator.
    """
    access = Access(work, app)
    _seen(access, form, record)
    if user != work.principal.user:
        _may(access, form, record, "share")
    if not _drop(work, record, user):
        raise NotACollaborator()
    work.after_commit(identity_changes.bump)
    note(work, "unshare_record", record, app=app.key, details={"form": form.key, "user": user})


def _seen(access: Access, form: Form, record: str) -> None:
    if not access.sees(form, record):
        raise RecordNotFound()
    load(access.work, form, record)


def _may(access: Access, form: Form, record: str, action: str) -> None:
    grants = access.demand(form.key, action)
    write = action == "update"
    if not grants.unlimited and not any(access.flags(form, grants, record, write=write) or []):
        raise Forbidden()


def _known(work: UnitOfWork, form: Form, user: str, asked: Collaboration, untold: set[str]) -> None:
    """Raises Invalid for a user or a field that there is not, as far as who shares can tell."""
    findings: list[Finding] = []
    if principal_of(work, user) is None:
        findings.append(unknown("/user", user))
    if user == work.principal.user:
        findings.append(error("yourself", "/user", text("不能与自己共享。", "You have it already.")))
    known = set(_names(form)) - untold
    for at, name in enumerate(asked.hidden):
        if name not in known:
            findings.append(unknown_field(f"/hidden/{at}", name))
    if findings:
        raise Invalid(findings)


def _names(form: Form) -> Iterator[str]:
    """The fields that can be hidden: `amount`, `lines`, `lines.cost`."""
    yield from (each.key for each in form.fields.values() if not each.system)
    for child in form.children.values():
        yield child.key
        yield from (f"{child.key}.{each}" for each in child.fields)


def _unseen(access: Access, form: Form, record: str) -> list[str]:
    """What who shares does not see themselves."""
    held = access.holding(form, access.readable(form.key, record), record, write=False)
    if held is None:
        return []
    return [name for name in _names(form) if not any(grant.shows(name) for grant in held)]


def _untold(access: Access, form: Form, record: str) -> set[str]:
    """The fields of which who acts does not even know that they are there."""
    held = access.holding(form, access.readable(form.key, record), record, write=False)
    if held is None:
        return set()
    return {name for name in _names(form) if not any(each.shows(name) or each.masks(name) for each in held)}


def _drop(work: UnitOfWork, record: str, user: str) -> bool:
    mark = MARK[work.runtime.database.dialect]
    text_ = f'DELETE FROM ff_record_share WHERE record = {mark} AND "user" = {mark} AND reason = {mark}'
    return bool(work.run(text_, (record, user, REASON)))


def _json(row: tuple[Any, ...], untold: set[str]) -> dict[str, Any]:
    user, level, reason, fields, given_by, given_at = row
    by = REASON if reason == REASON else reason.partition(":")[0]
    said = decode_json(fields) or {}
    told = {
        "user": user,
        "level": level,
        "by": by,
        "hidden": [name for name in said.get("hidden", ()) if name not in untold],
        "given_by": given_by,
    }
    return {**told, "given_at": None if given_at is None else _moment(given_at)}


def _moment(at: Any) -> str:
    return (at if isinstance(at, str) else moment_text(at)).replace(" ", "T")[:19] + "Z"
