"""Files that come in by a public link: its guests' alone until an entry names them, then the link owner's."""

from __future__ import annotations

from typing import Any

from engine.errors import Invalid, NotFound
from engine.files import repository as files
from engine.findings import Finding
from engine.identity.principal import Principal
from engine.storage.unit_of_work import UnitOfWork
from forms.attachments import GONE, UPLOAD_AGAIN
from forms.compiled import Form
from forms.file_field import FileField, SeveralFiles
from forms.public_links.repository import Link
from forms.values import Problem

PER_GUEST = 20
"""Files that one address may have sent without an entry."""
LINK_BYTES = 500_000_000
"""Bytes that all guests of a link may have sent without an entry."""


class NoFilesTaken(NotFound):
    """This form asks for no files."""

    code = "no_files_taken"
    zh = "该表单不收文件。"


def guest_of(link: Link, peer: str) -> Principal:
    """Who uploads: nobody who could log in, and of this link alone."""
    return Principal(user=f"{_of(link)}{peer}")


def _of(link: Link) -> str:
    return f"link:{link.id}:"


def demand_file_field(form: Form, link: Link) -> None:
    """Raises NoFilesTaken unless one of the link's fields holds files."""
    if not any(isinstance(form.fields[key].kind, FileField) for key in link.fields if key in form.fields):
        raise NoFilesTaken()


def hoarding(work: UnitOfWork, link: Link, guest: Principal, size: int) -> bool:
    """Whether with so many bytes more the guest or all guests would have sent too much without an entry."""
    own, _ = files.loose_of(work, guest.user)
    _, stored = files.loose_of(work, _of(link))
    return own >= PER_GUEST or stored + size > LINK_BYTES


def claim(work: UnitOfWork, link: Link, form: Form, data: dict[str, Any]) -> None:
    """Make the files of an entry those of the link's owner. Raises Invalid unless all came by this link and
    no entry has them yet.
    """
    named = [(key, each, pointer) for key in link.fields for each, pointer in _named(form, key, data)]
    found = files.find_many(work, {file for _, file, _ in named}) if named else {}
    wrong: list[Finding] = []
    for _, file, pointer in named:
        stored = found.get(file)
        loose = stored is not None and stored.loose_since is not None
        if stored is None or not loose or not stored.uploaded_by.startswith(_of(link)):
            wrong.append(Finding("error", "file_not_found", pointer, GONE, UPLOAD_AGAIN))
    if wrong:
        raise Invalid(wrong)
    files.hand_over(work, found, link.owner)


def _named(form: Form, key: str, data: dict[str, Any]) -> list[tuple[str, str]]:
    """(file, pointer) of what an entry puts into a field; what cannot be read is told when it is saved."""
    kind = form.fields[key].kind if key in form.fields else None
    if not isinstance(kind, FileField) or data.get(key) is None or form.reading is None:
        return []
    try:
        ids = kind.ids(kind.parse(data[key], form.reading))
    except Problem:
        return []
    several = isinstance(kind, SeveralFiles)
    return [(file, f"/{key}/{at}" if several else f"/{key}") for at, file in enumerate(ids)]
