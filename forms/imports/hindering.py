"""What keeps an import from being taken back: records that were changed since, and new ones that others refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form, compiled_form
from forms.deletion import HIDDEN
from forms.imports.naming import names_of
from forms.naming import Naming, namings
from forms.prefetch import visible
from forms.rows import LOCKS, Lock, among, listed
from forms.tables import quoted
from forms.transfers.repository import Transfer
from forms.transfers.tables import transfer as transfers

LISTED = 50
"""Records that are named when an import cannot be taken back."""
AT_ONCE = 1_000


def what_hinders(work: UnitOfWork, transfer: Transfer) -> list[dict[str, Any]]:
    """The records because of which an import cannot be taken back, at most so many as are listed: those that were
    changed since, unless what changed them is taken back by now, and those that others refer to.
    """
    form = compiled_form(work.app(transfer.app), transfer.form)
    last, made = _saved(work, transfer)
    hindering: list[dict[str, Any]] = []
    for part in _parts(list(last)):
        stored = _revisions(work, form, part)
        moved = {each: last[each] for each in part if stored.get(each, last[each]) != last[each]}
        since = _changed_since(work, transfer, moved) if moved else ()
        hindering += [{"record": each, "reason": "changed_since"} for each in since]
        users = _users(work, form, [each for each in part if each in made and each in stored], last)
        hindering += [{"record": each, "reason": "referenced", "by": by} for each, by in users.items()]
        if len(hindering) >= LISTED:
            break
    return _named(work, form, hindering[:LISTED])


def changed_meanwhile(work: UnitOfWork, transfer: Transfer, records: Collection[str]) -> set[str]:
    """Those of the records that somebody changed since the import, while it is being taken back. From now on nobody
    else changes them in this transaction.
    """
    form, dialect = compiled_form(work.app(transfer.app), transfer.form), work.runtime.database.dialect
    stored = _revisions(work, form, sorted(records), lock="remove")
    text = (
        f"SELECT record, max(rev) FROM ff_change WHERE record {among(dialect)} "
        f"AND batch = {MARK[dialect]} AND op IN ('create', 'update') GROUP BY record"
    )
    last = {row[0]: int(row[1]) for row in work.rows(text, (listed(sorted(stored), dialect), transfer.id))}
    moved = {key: rev for key, rev in last.items() if stored[key] != rev}
    return set(_changed_since(work, transfer, moved)) if moved else set()


def _named(work: UnitOfWork, form: Form, hindering: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with what people call these records: `name`."""
    names = names_of(Access(work, work.app(form.app)), form, {each["record"] for each in hindering})
    return [{**each, "name": names[each["record"]]} for each in hindering]


def _parts(records: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(records), AT_ONCE):
        yield records[start : start + AT_ONCE]


def _saved(work: UnitOfWork, transfer: Transfer) -> tuple[dict[str, int], set[str]]:
    """The last revision that an import gave each record which it saved itself, the last saved first, and those that
    it made. What rules did to them at once belongs to it.
    """
    progress = transfer.progress
    first, last = progress.get("first_change"), progress.get("last_change")
    if first is None or last is None:
        return {}, set()
    mark = MARK[work.runtime.database.dialect]
    text = (
        f"SELECT record, op, rev, source FROM ff_change WHERE id > {mark} AND id <= {mark} AND batch = {mark} "
        f"AND op IN ('create', 'update') ORDER BY id DESC"
    )
    revisions: dict[str, int] = {}
    own, made = dict[str, None](), set[str]()
    for record, op, rev, source in work.rows(text, (first, last, transfer.id)):
        revisions[record] = max(int(rev), revisions.get(record, 0))
        if source == "import":
            own.setdefault(record)
            if op == "create":
                made.add(record)
    return {record: revisions[record] for record in own}, made


def _revisions(work: UnitOfWork, form: Form, ids: Sequence[str], *, lock: Lock = "none") -> dict[str, int]:
    """Revisions by record; one that is deleted by now has none: nothing is left to take back."""
    dialect = work.runtime.database.dialect
    held = LOCKS[lock] if dialect == "postgres" else ""
    text = (
        f"SELECT r.{quoted('id')}, r.{quoted('rev')} FROM {quoted(form.table)} AS r "
        f"WHERE r.{quoted('deleted_at')} IS NULL AND r.{quoted('id')} {among(dialect)} "
        f"ORDER BY r.{quoted('id')}{held}"
    )
    return {row[0]: int(row[1]) for row in work.rows(text, (listed(ids, dialect),))}


def _changed_since(work: UnitOfWork, transfer: Transfer, moved: Mapping[str, int]) -> Iterator[str]:
    """Those with a change after the revision that is named by something else than an import that was taken back, or
    its taking back.
    """
    dialect = work.runtime.database.dialect
    text = f"SELECT record, rev, batch FROM ff_change WHERE record {among(dialect)} AND op <> 'create'"
    batches = _taken_back(work, transfer)
    since: dict[str, set[str | None]] = defaultdict(set)
    for record, rev, batch in work.rows(text, (listed(sorted(moved), dialect),)):
        if int(rev) > moved[record]:
            since[record].add(batch)
    for record in moved:
        harmless = {key for key, kept in batches.items() if record not in kept}
        if not since[record] or not since[record] <= harmless:
            yield record


def _taken_back(work: UnitOfWork, transfer: Transfer) -> dict[str | None, set[str]]:
    """The batches of imports that were taken back, and of their taking back, with the records that were left out."""
    asked = select(transfers.c.id, transfers.c.progress, transfers.c.report).where(
        transfers.c.kind == "import",
        transfers.c.app == transfer.app,
        transfers.c.form == transfer.form,
        transfers.c.state == "undone",
    )
    own = transfer.progress.get("undo_batch")
    found: dict[str | None, set[str]] = {own: set()} if own else {}
    for key, progress, report in work.connection.execute(asked):
        kept = {each["record"] for each in report.get("kept", ())}
        if "undo_batch" in progress:
            found |= {key: kept, progress["undo_batch"]: kept}
    return found


def _users(
    work: UnitOfWork, form: Form, records: Iterable[str], own: Collection[str]
) -> dict[str, list[str]]:
    """`form/id` of records that keep these from being deleted and that the import did not save itself; `…` for
    those that the person may not see.
    """
    asked = list(records)
    found: dict[str, list[str]] = defaultdict(list)
    for naming in namings(work, form) if asked else ():
        where = naming.source.key if naming.app is None else f"{naming.app}.{naming.source.key}"
        using = naming.users(work, asked) if naming.holds else []
        using = [each for each in using if naming.app is not None or each[1] not in own]
        seen = _seen(work, naming, form.app, {user for _, user in using})
        for record, user in using:
            said = f"{where}/{user}" if user in seen else HIDDEN
            if said not in found[record] and len(found[record]) < LISTED:
                found[record].append(said)
    return {record: found[record] for record in asked if found.get(record)}


def _seen(work: UnitOfWork, naming: Naming, app: str, users: set[str]) -> set[str]:
    """Those of the records that name others that the person may see."""
    access, form = Access(work, work.app(naming.app or app)), naming.source
    grants = access.seen(form.key)
    if not users or not grants or grants.unlimited:
        return users if grants else set()
    return visible(access, form, grants, sorted(users))
