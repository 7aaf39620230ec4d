"""What a share of a record says about fields follows when these get other keys: a field that it hides stays
hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from engine.storage.columns import decode_json
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.evolution.new_names import NewNames
from forms.shares import part_key


def carry_shared_names(work: UnitOfWork, app: str, names: Mapping[str, NewNames]) -> None:
    """Let the shares of records name fields by their new keys. Forms have theirs already."""
    for form, called in names.items():
        _carry(work, app, form, called)


def _carry(work: UnitOfWork, app: str, form: str, called: NewNames) -> None:
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
        now = {part: _now(called, names) for part, names in said.items()}
        if now != said:
            key = None if shows is None else part_key(_now(called, orjson.loads(shows)))
            work.run(change, (orjson.dumps(now).decode(), key, record, user, reason))


def _now(called: NewNames, names: Iterable[str]) -> list[str]:
    return [called.of(each) for each in names]
