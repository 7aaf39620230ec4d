"""The operation log as auditors read it: who did what, when, from where, with the values that moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from engine.changes.log import Change
from engine.changes.search import Hit, search
from engine.changes.streams import CHANGES, READS
from engine.changes.wanted import Wanted
from engine.definitions.app import CompiledApp
from engine.errors import Forbidden
from engine.permissions.roles import audits
from engine.reads.keeper import keeper_of
from engine.storage.columns import moment_from_text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form
from forms.evolution.past import Epoch, epochs_of, told_now
from forms.history import HIDDEN, Shown, changes_json
from forms.holding import held_of
from forms.values import moment_json

SEARCHED = ("changes", "record", "details", "subject")
ROUNDS = 100
"""So often one request looks for words among rows that an auditor is shown."""
SAME = ("id", "pos", "actor", "source", "cause", "batch", "app", "address")


def log_json(work: UnitOfWork, wanted: Wanted, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """{"items", "next"}: what was done, the newest first. Administrators see all of it; who holds a role that
    audits an app sees that app's part, and of each record the values that his grants show there now.

    A page may hold fewer rows than `limit`, or none, while `next` still leads on. Raises Forbidden, BadLogPosition.
    """
    scope = Reader(work, _apps(work, wanted.equal.get("app")))
    if wanted.text and not work.principal.is_admin:
        return _told_with(work, scope, wanted, wanted.text.casefold(), limit=limit, cursor=cursor)
    hits, next_ = search(work, scope.limited(wanted), limit=limit, cursor=cursor)
    return {"items": scope.entries(hits), "next": next_}


def _told_with(
    work: UnitOfWork, scope: Reader, wanted: Wanted, words: str, *, limit: int, cursor: str | None
) -> dict[str, Any]:
    """The rows that say `words` as the reader is shown them. The store is not asked for the words: even where the
    next page begins would tell whether a value that is not shown holds them.
    """
    told: list[dict[str, Any]] = []
    asked = scope.limited(replace(wanted, text=None))
    for _ in range(ROUNDS):
        hits, cursor = search(work, asked, limit=max(limit - len(told), 1), cursor=cursor)
        entries = scope.entries(hits)
        told += [each for each in entries if any(_says(each.get(name), words) for name in SEARCHED)]
        if cursor is None or len(told) >= limit:
            break
    return {"items": told, "next": cursor}


def reads_json(work: UnitOfWork, wanted: Wanted, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """{"items", "next"}: who was shown marked values, the newest first. For whom, and how: as `log_json`."""
    scope = Reader(work, _apps(work, wanted.equal.get("app")))
    asked = scope.limited(wanted)
    keeper_of(work.runtime).store()
    hits, next_ = search(work, asked, limit=limit, cursor=cursor, among=(READS,))
    return {"items": [_read_json(hit) for hit in hits], "next": next_}


def _read_json(hit: Hit) -> dict[str, Any]:
    row = hit.named()
    same = {name: row[name] for name in ("id", "pos", "app", "form", "way", "actor", "address")}
    return same | {
        "at": moment_json(moment_from_text(row["at"])),
        "fields": orjson.loads(row["fields"]),
        "records": row["body"],
        "request_id": row["request"],
    }


def _apps(work: UnitOfWork, asked: str | None) -> dict[str, CompiledApp] | None:
    """The apps whose log the principal may read; None: everything. Raises Forbidden."""
    if work.principal.narrow is not None:
        raise Forbidden()
    if work.principal.is_admin:
        return None
    keys = [asked] if asked is not None else work.runtime.app_keys(work)
    apps = {key: work.runtime.head(work, key) for key in keys}
    audited = {key: app for key, app in apps.items() if app is not None and audits(app, work.principal)}
    if not audited:
        raise Forbidden()
    return audited


def _says(entry: Any, text: str) -> bool:
    if isinstance(entry, Mapping):
        return any(_says(each, text) for pair in entry.items() for each in pair)
    if isinstance(entry, list):
        return any(_says(each, text) for each in entry)
    return entry is not None and text in str(entry).casefold()


@dataclass(frozen=True, slots=True)
class _Covered:
    """What an auditor is shown of a form: `tells` says which fields, encrypted ones are never shown whole."""

    form: Form
    tells: Callable[[str], bool]
    covers: Callable[[str], bool]

    def shows(self, name: str) -> bool:
        return self.tells(name) and not self._sealed(name)

    def masks(self, name: str) -> bool:
        return self.covers(name) or (self.tells(name) and self._sealed(name))

    def _sealed(self, name: str) -> bool:
        child, _, inner = name.rpartition(".")
        kind = self.form.children.get(child) if child else self.form
        field = kind.find(inner) if kind is not None else None
        return field is not None and field.sealed


class Reader:
    """What one auditor sees: `apps` are the only ones he may look into, None for an administrator."""

    def __init__(self, work: UnitOfWork, apps: Mapping[str, CompiledApp] | None) -> None:
        self._work = work
        self._apps = apps
        self._forms: dict[tuple[str, str], tuple[Access, Form] | None] = {}
        self._epochs: dict[str, list[Epoch]] = {}

    def limited(self, wanted: Wanted) -> Wanted:
        """What is wanted, of what he may see."""
        if self._apps is None:
            return wanted
        return Wanted(
            wanted.equal, tuple(self._apps), wanted.earliest, wanted.latest, wanted.text, wanted.stream
        )

    def entries(self, hits: Sequence[Hit]) -> list[dict[str, Any]]:
        """Rows of the log. That something was done to a record, an auditor of the app learns of every record;
        what was written only of those that he may see.
        """
        rows = [self._named_now(hit) if hit.stream is CHANGES else hit.named() for hit in hits]
        places: dict[tuple[str, str], set[str]] = {}
        for hit, row in zip(hits, rows, strict=True):
            if hit.stream is CHANGES:
                places.setdefault((row["app"], row["form"]), set()).add(row["record"])
        held = {place: self._held(*place, records) for place, records in places.items()}
        return [self._entry(hit, row, held) for hit, row in zip(hits, rows, strict=True)]

    def _entry(
        self, hit: Hit, row: dict[str, Any], held: Mapping[tuple[str, str], Mapping[str, Shown]]
    ) -> dict[str, Any]:
        told = {"kind": hit.stream.name, **{name: row[name] for name in SAME}}
        told |= {"at": moment_json(moment_from_text(row["at"])), "request_id": row["request"]}
        if hit.stream is not CHANGES:
            return told | {"action": row["action"], "subject": row["subject"], "details": row["body"]}
        told |= {"form": row["form"], "record": row["record"], "action": row["op"], "rev": row["rev"]}
        shown = held[row["app"], row["form"]].get(row["record"])
        return told | self._moved(row["app"], row["form"], row["body"], shown)

    def _moved(self, app: str, form: str, diff: dict[str, Any], shown: Shown | None) -> dict[str, Any]:
        found = self._of(app, form)
        names = sorted(key for key in diff if key not in HIDDEN)
        if self._apps is None and found is None:  # the form is gone: its fields have no types any more
            return {"fields": names, "changes": {}}
        if found is None or shown is None:
            return {"fields": [], "changes": {}}
        compiled = found[1]
        if self._apps is not None:
            names = [
                name for name in names if _there(compiled, name) and (shown.shows(name) or shown.masks(name))
            ]
            diff = {name: diff[name] for name in names}
        return {"fields": names, "changes": changes_json(compiled, diff, shown)}

    def _named_now(self, hit: Hit) -> dict[str, Any]:
        """A row with the names of today, by which an auditor's rights are said."""
        row = hit.named()
        app = self._apps.get(row["app"]) if self._apps is not None else None
        if app is None:
            return row
        if app.key not in self._epochs:
            self._epochs[app.key] = epochs_of(self._work, app.key)
        as_written = Change(
            **{name: row[name] for name in ("id", "pos", "app", "form", "record", "op", "actor", "source")},
            **{name: row[name] for name in ("cause", "batch", "rev", "request", "address")},
            at=moment_from_text(row["at"]),
            diff=row["body"],
        )
        (now,) = told_now(self._work, app, self._epochs[app.key], [as_written])
        return row | {"form": now.form, "body": now.diff}

    def _held(self, app: str, form: str, records: set[str]) -> dict[str, Shown]:
        """What is shown of each record of a form."""
        found = self._of(app, form)
        if found is None:
            return {}
        access, compiled = found
        held = held_of(access, compiled, access.seen(form), records)
        return {record: _Covered(compiled, each.shows, each.masks) for record, each in held.items()}

    def _of(self, app: str, form: str) -> tuple[Access, Form] | None:
        key = (app, form)
        if key not in self._forms:
            self._forms[key] = self._look(app, form)
        return self._forms[key]

    def _look(self, key: str, form: str) -> tuple[Access, Form] | None:
        app = self._work.runtime.head(self._work, key) if self._apps is None else self._apps.get(key)
        compiled: Form | None = app.kind("form").get(form) if app is not None else None
        return (Access(self._work, app), compiled) if app is not None and compiled is not None else None


def _there(form: Form, name: str) -> bool:
    return name in form.children or form.find(name) is not None
