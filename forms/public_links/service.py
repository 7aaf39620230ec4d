"""Links to forms that people without an account may fill in.

An entry has the rights of the link's owner, on the fields of the link alone; who enters reads nothing but the
form. What the owner may no longer do, the link may no longer do.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.changes.operations import note
from engine.definitions.app import CompiledApp
from engine.errors import EngineError, Invalid
from engine.files import uploads
from engine.files.repository import StoredFile
from engine.findings import Finding, error, text, under
from engine.identity.errands import forget, principal_for, remember
from engine.identity.principal import Principal
from engine.ids import new_id
from engine.permissions.compiled import GrantSet
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Field, Form, compiled_form
from forms.file_checks import PUBLIC
from forms.file_field import FileField
from forms.intake import create_record
from forms.public_links import repository
from forms.public_links.guest_files import claim, demand_file_field, guest_of, hoarding
from forms.public_links.repository import Link
from forms.reading_json import reader
from forms.record_schema import record_schema
from forms.unknown_fields import unknown_field
from forms.values import moment_json

PREFIX = "ffp_"
PER_MINUTE = 60
PER_PEER = 10
PEER_SPAN = timedelta(minutes=10)
FEW_FIELDS = 100


class LinkClosed(EngineError):
    """This form takes no more entries."""

    code = "link_closed"
    zh = "该表单已停止填写。"
    fix_zh = "请联系发布者。"
    fix_en = "Ask whoever sent you the link."


class TooManyEntries(EngineError):
    """Too many entries came in within a short time."""

    code = "too_many_entries"
    zh = "提交过于频繁。"
    fix_zh = "请稍后再试。"
    fix_en = "Try again in a few minutes."


KEEP_INSIDE = text(
    "请去掉它；需要时用 preset 给出每份都带的值。",
    "Leave it out; `preset` may give it a value for every entry.",
)


@dataclass(frozen=True, slots=True)
class LinkWish:
    """What a new link shall be. `fields` in the order of the form that people see."""

    label: str
    fields: tuple[str, ...]
    preset: dict[str, Any]
    closes_at: datetime | None = None
    most: int | None = None


def make(work: UnitOfWork, app: CompiledApp, form: Form, wish: LinkWish) -> dict[str, Any]:
    """The new link with its secret, which is shown this one time. Raises Forbidden, Invalid."""
    access = Access(work, app)
    access.demand(form.key, "share")
    grants = access.demand(form.key, "create")
    _check(form, grants, wish)
    secret = PREFIX + secrets.token_urlsafe(32)
    link = Link(
        new_id(),
        digest(secret),
        app.key,
        form.key,
        work.principal.user,
        wish.label,
        list(wish.fields),
        wish.preset,
        work.now,
        wish.closes_at,
        wish.most,
    )
    repository.add(work, link)
    remember(work, link.id)
    details = {"link": link.id, "fields": list(wish.fields), "closes_at": wish.closes_at}
    note(work, "link_opened", form.key, app=app.key, details=details)
    return {**as_json(link, work.now), "token": secret}


def _left_out(field: Field) -> Finding:
    zh, en = field.label["zh"], field.label["en"]
    return error(
        "required",
        "/fields",
        text(
            f"必填字段“{zh}”既未列出，也没有预设值。",
            f"The required field '{en}' is neither listed nor preset.",
        ),
        text(
            f"请列出 {field.key}，或在 preset 中给出它的值。",
            f"List {field.key}, or give its value in `preset`.",
        ),
    )


def _check(form: Form, grants: GrantSet, wish: LinkWish) -> None:
    findings: list[Finding] = []
    for index, key in enumerate(wish.fields):
        field = form.fields.get(key)
        if not grants.writes(key) or (field is None and key not in form.children):
            findings.append(unknown_field(f"/fields/{index}", key))
        elif field is None or field.system or not _open(field):
            message = text(
                f"“{key}”不能对外开放填写。", f"'{key}' cannot be filled in by people from outside."
            )
            findings.append(error("not_public", f"/fields/{index}", message, KEEP_INSIDE))
    given = {*wish.fields, *wish.preset}
    findings += [
        _left_out(field)
        for field in form.fields.values()
        if field.required is True
        and field.key not in given
        and field.default is None
        and field.default_expression is None
        and not field.derived
    ]
    if findings:
        raise Invalid(findings)
    try:
        reader(form, grants).read(wish.preset)
    except Invalid as wrong:
        own = [each for each in wrong.findings if each.pointer.split("/")[1] in wish.preset]
        if own:
            raise Invalid(under("/preset", own)) from wrong


def _open(field: Field) -> bool:
    """References stay inside: choosing one would show what is there; so does a file that must be new."""
    if isinstance(field.kind, FileField):
        return not field.kind.never_seen
    plain = field.value_type.kind in {"text", "number", "money", "bool", "date", "datetime", "duration"}
    options = field.value_type.kind in {"choice", "choices"} and field.value_type.item is None
    return (plain or options) and not field.derived and field.readonly is not True


def _still_open(form: Form, link: Link) -> list[str]:
    """The fields of a link that may be filled in as the form is by now: one may have become a reference."""
    return [
        key
        for key in link.fields
        if (field := form.fields.get(key)) is not None and not field.system and _open(field)
    ]


def list_json(work: UnitOfWork, app: CompiledApp, form: Form) -> list[dict[str, Any]]:
    """The links of a form. Raises Forbidden."""
    Access(work, app).demand(form.key, "share")
    return [as_json(each, work.now) for each in repository.of_form(work, app.key, form.key)]


def close(work: UnitOfWork, app: CompiledApp, form: Form, identifier: str) -> None:
    """Close a link for good. Raises Forbidden, LinkNotFound."""
    Access(work, app).demand(form.key, "share")
    repository.close(work, app.key, form.key, identifier)
    forget(work, [identifier])
    note(work, "link_closed", form.key, app=app.key, details={"link": identifier})


def public_form(work: UnitOfWork, secret: str) -> dict[str, Any]:
    """What who has the link may fill in. Raises LinkNotFound, LinkClosed."""
    link = repository.by_hash(work, digest(secret), lock=False)
    with as_owner(work, link):
        app = work.app(link.app)
        form = compiled_form(app, link.form)
        schema = record_schema(form, Access(work, app).demand(form.key, "create"))
        properties = schema["properties"]
        shown = [key for key in _still_open(form, link) if key in properties]
        return {
            "label": link.label,
            "closes_at": moment_json(link.closes_at) if link.closes_at else None,
            "fields": [
                {
                    "key": key,
                    "type": form.fields[key].type,
                    "label": dict(form.fields[key].label),
                    "required": form.fields[key].required is True,
                    "schema": properties[key],
                }
                for key in shown
            ],
        }


def enter(work: UnitOfWork, secret: str, data: Any, *, peer: str) -> dict[str, Any]:
    """Save one entry. Raises LinkNotFound, LinkClosed, TooManyEntries, Invalid."""
    link = repository.by_hash(work, digest(secret), lock=True)
    hashed = peer_of(link, peer)
    with as_owner(work, link):
        _refuse_flood(work, link, hashed)
        record = _saved(work, link, data)
    entry = new_id()
    repository.note_entry(work, link, identifier=entry, peer=hashed, record=record)
    return {"id": entry, "received_at": moment_json(work.now)}


def takes_files(work: UnitOfWork, secret: str, size: int, *, peer: str) -> None:
    """Whether so many bytes more are taken from there, asked before they come. Raises LinkNotFound, LinkClosed,
    NoFilesTaken, TooManyEntries.
    """
    _file_of(work, repository.by_hash(work, digest(secret), lock=False), size, peer)


def _file_of(work: UnitOfWork, link: Link, size: int, peer: str) -> Principal:
    """Whose a file is until an entry names it."""
    with as_owner(work, link):
        demand_file_field(compiled_form(work.app(link.app), link.form), link)
    guest = guest_of(link, peer_of(link, peer))
    if hoarding(work, link, guest, size):
        raise TooManyEntries(details={"retry_after": 3600})
    return guest


def begin_file(
    work: UnitOfWork, secret: str, name: str, size: int, *, source: str | None, peer: str
) -> tuple[Principal, StoredFile]:
    """A file on its way for an entry to come, and whose it is until then. Raises as `takes_files`,
    FileTooLarge, TooManyEntries.
    """
    guest = _file_of(work, repository.by_hash(work, digest(secret), lock=True), size, peer)
    with work.acting(guest, PUBLIC):
        return guest, uploads.begin(work, name, size, source)


def peer_of(link: Link, address: str) -> str:
    """Where an entry comes from, as it is kept: nobody reads the address out of it."""
    return hashlib.blake2b(address.encode(), key=link.hash.encode()[:64], digest_size=16).hexdigest()


def as_owner(work: UnitOfWork, link: Link) -> Any:
    """The same transaction with the rights of the link's owner. Raises LinkClosed."""
    if _state(link, work.now) != "open":
        raise LinkClosed()
    owner = principal_for(work, link.owner, link.id)
    if owner is None:
        raise LinkClosed()
    return work.acting(owner, PUBLIC)


def _refuse_flood(work: UnitOfWork, link: Link, peer: str) -> None:
    minute = repository.entries_since(work, link.id, work.now - timedelta(minutes=1))
    own = repository.entries_since(work, link.id, work.now - PEER_SPAN, peer=peer)
    if minute >= PER_MINUTE or own >= PER_PEER:
        raise TooManyEntries(details={"retry_after": 60})


def _saved(work: UnitOfWork, link: Link, data: Any) -> str:
    app = work.app(link.app)
    form = compiled_form(app, link.form)
    if not isinstance(data, dict):
        raise Invalid([error("not_an_object", "", text("应为 JSON 对象。", "A JSON object is expected."))])
    known = _still_open(form, link)
    unknown = [unknown_field(f"/{key}", key) for key in data if key not in known]
    if unknown:
        raise Invalid(unknown)
    claim(work, link, form, data)
    record = create_record(Access(work, app), form, {**data, **link.preset})
    return str(record["id"])


def as_json(link: Link, now: datetime) -> dict[str, Any]:
    """The link as its form's people see it."""
    return {
        "id": link.id,
        "label": link.label,
        "owner": link.owner,
        "fields": link.fields,
        "preset": link.preset,
        "created_at": moment_json(link.created_at),
        "closes_at": moment_json(link.closes_at) if link.closes_at else None,
        "most": link.most,
        "taken": link.taken,
        "state": _state(link, now),
    }


def _state(link: Link, now: datetime) -> str:
    if link.closed_at is not None or (link.closes_at is not None and link.closes_at <= now):
        return "closed"
    return "full" if link.most is not None and link.taken >= link.most else "open"


def digest(secret: str) -> str:
    """What the store keeps of a secret. No salt: it has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
