"""What a public link lets people fill in, and what it fills in itself, follows fields that get other keys."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from engine.storage.columns import decode_json
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.evolution.new_names import NewNames


def carry_link_names(work: UnitOfWork, app: str, names: Mapping[str, NewNames]) -> None:
    """Let public links name fields by their new keys. Forms have theirs already; a field that went into a child
    table is filled in by no link.
    """
    mark = MARK[work.runtime.database.dialect]
    text = f"SELECT id, fields, preset FROM ff_public_link WHERE app = {mark} AND form = {mark}"
    change = f"UPDATE ff_public_link SET fields = {mark}, preset = {mark} WHERE id = {mark}"
    for form, called in names.items():
        for link, fields, preset in work.rows(text, (app, form)):
            said, given = decode_json(fields), decode_json(preset)
            now = [called.kept(each) for each in said]
            filled = {called.kept(key): value for key, value in given.items()}
            if (now, filled) != (said, given):
                work.run(change, (orjson.dumps(now).decode(), orjson.dumps(filled).decode(), link))
