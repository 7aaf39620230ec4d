"""Whether the files that a save puts into a record are there, may be used by who saves, and fit their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.files import repository
from engine.files.repository import Link, StoredFile
from engine.findings import Finding
from engine.identity.errands import same_rights
from engine.identity.principal import SYSTEM
from engine.permissions.compiled import GrantSet
from forms import rows
from forms.access import Access
from forms.attachments import GONE, UPLOAD_AGAIN, Holder, holders
from forms.compiled import Form, RowKind
from forms.compute import Saving
from forms.file_field import Judging, SeveralFiles

PUBLIC = "public"
"""The source of what comes through a public link."""
LOOKED_AT = 20
"""Records through which somebody may be able to read a file that they put into another one."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A file that a field did not hold before; `path` is the field's name for grants."""

    pointer: str
    path: str
    holder: Holder
    file: str


def check_files(save: Saving) -> Iterator[Finding]:
    """What is wrong with files that are new in this record; those it held already stay as they are."""
    fresh = list(_fresh(save))
    if not fresh:
        return
    files = repository.find_many(save.work, {each.file for each in fresh})
    usable = _Usable(save, {each.file for each in fresh})
    judging = _judging(save, fresh, files)
    for each in fresh:
        file = files.get(each.file)
        known = each.holder.copied or usable.taken_back(each)
        if file is None or file.state != "stored" or not (known or usable.by_who_saves(file)):
            yield Finding("error", "file_not_found", each.pointer, GONE, UPLOAD_AGAIN)
        elif not known and (problem := each.holder.kind.judge(file, judging)) is not None:
            yield Finding("error", problem.code, each.pointer, problem.message, problem.fix)


def _fresh(save: Saving) -> Iterator[Fresh]:
    yield from _of_row(save.form, save.after, save.before, "", "")
    for child in save.form.children.values():
        if not holders(child):
            continue
        before = {row["id"]: row for row in (save.before or {}).get(child.key, [])}
        for index, row in enumerate(save.after[child.key]):
            yield from _of_row(child, row, before.get(row["id"]), f"/{child.key}/{index}", f"{child.key}.")


def _of_row(
    kind: RowKind, record: Mapping[str, Any], before: Mapping[str, Any] | None, pointer: str, prefix: str
) -> Iterator[Fresh]:
    for holder in holders(kind):
        value = record[holder.key]
        if value is None or (before is not None and before.get(holder.key) == value):
            continue
        known = holder.kind.ids(before.get(holder.key)) if before is not None else ()
        for index, file in enumerate(holder.kind.ids(value)):
            if file not in known:
                inside = f"/{index}" if isinstance(holder.kind, SeveralFiles) else ""
                yield Fresh(f"{pointer}/{holder.key}{inside}", prefix + holder.key, holder, file)


def _judging(save: Saving, fresh: list[Fresh], files: Mapping[str, StoredFile]) -> Judging:
    asked = {each.file for each in fresh if each.holder.kind.never_seen}
    hashes = [str(files[file].sha256) for file in asked if file in files]
    seen = repository.seen_before(save.work, save.app.key, hashes, save.after["id"]) if hashes else set()
    return Judging(save.work.now, save.app.zone, save.work.principal.user, frozenset(seen))


class _Usable:
    """Who may put a file into a record: its uploader, whoever may read it where it is, and the engine."""

    def __init__(self, save: Saving, files: set[str]) -> None:
        self._save = save
        self._access = Access(save.work, save.app)
        self._links: dict[str, list[Link]] = {}
        for link in repository.links_of(save.work, files):
            self._links.setdefault(link.file, []).append(link)

    def taken_back(self, fresh: Fresh) -> bool:
        """Whether this very field of the record had the file before: a change is undone, a record restored."""
        own = self._save.after["id"]
        return any(
            link.record == own and link.field == fresh.path for link in self._links.get(fresh.file, [])
        )

    def by_who_saves(self, file: StoredFile) -> bool:
        work, links = self._save.work, self._links.get(file.id, [])
        if work.source == PUBLIC:
            # who fills in a public form acts for its owner: the link's service has refused all files but those
            # that came by the link, and made these the owner's
            return file.uploaded_by == work.principal.user
        if work.source == "engine" or work.principal.user == SYSTEM.user:
            return True
        if file.uploaded_by == work.principal.user and same_rights(work, file.id):
            return True
        return any(self._reads(link) for link in links[-LOOKED_AT:])

    def _reads(self, link: Link) -> bool:
        form = self._save.app.kind("form").get(link.form)
        if link.until is not None or link.app != self._save.app.key or form is None:
            return False
        shown = shown_fields(self._access, form, link.record)
        return shown is not None and shown.shows(link.field)


def shown_fields(access: Access, form: Form, record: str) -> GrantSet | None:
    """The grants that show this record to who acts; None when it is not there for them."""
    if not access.sees(form, record) or not rows.exists(access.work, form, record):
        return None
    seen = access.readable(form.key, record)
    held = access.holding(form, seen, record, write=False)
    return seen if held is None else GrantSet(held, unlimited=False, key=())
