"""What a share of a record says about fields follows when these get other keys: a field that it hides stays
hidden.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from engine.storage.columns import decode_json
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.evolution.evolution import Evolution
from forms.shares import part_key

Names = dict[str, str]


def carry_shared_names(work: UnitOfWork, app: str, found: Evolution) -> None:
    """Let the shares of records name fields by their new keys. Forms have theirs already."""
    renamed: dict[str, dict[str | None, Names]] = {}
    for each in found.renamed:
        if each.what != "form":
            renamed.setdefault(each.form, {}).setdefault(each.child, {})[each.before] = each.after
    moved: dict[str, Names] = {}
    for move in found.moved:
        places = moved.setdefault(move.form.key, {})
        places.update({old.key: f"{move.child}.{new.key}" for old, new in move.fields})
    for form in sorted({*renamed, *moved}):
        _carry(work, app, form, renamed.get(form, {}), moved.get(form, {}))


def _carry(work: UnitOfWork, app: str, form: str, renamed: dict[str | None, Names], moved: Names) -> None:
    mark = MARK[work.runtime.database.dialect]
    text = (
        'SELECT record, "user", reason, fields, shows FROM ff_record_share '
        f"WHERE app = {mark} AND form = {mark} AND fields IS NOT NULL"
    )
    change = (
        f"UPDATE ff_record_share SET fields = {mark}, shows = {mark} "
        f'WHERE record = {mark} AND "user" = {mark} AND reason = {mark}'
    )
    for record, user, reason, fields, shows in work.rows(text, (app, form)):
        said = decode_json(fields)
        now = {part: _called(names, renamed, moved) for part, names in said.items()}
        if now != said:
            key = None if shows is None else part_key(_called(orjson.loads(shows), renamed, moved))
            work.run(change, (orjson.dumps(now).decode(), key, record, user, reason))


def _called(names: Iterable[str], renamed: dict[str | None, Names], moved: Names) -> list[str]:
    """These names as they are now; all are changed at once, because two fields may change places."""
    found = []
    for name in names:
        head, _, rest = name.partition(".")
        head = renamed.get(None, {}).get(head, head)
        rest = renamed.get(head, {}).get(rest, rest)
        path = f"{head}.{rest}" if rest else head
        found.append(moved.get(path, path))
    return found
