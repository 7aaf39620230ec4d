"""Finding records by words, as the reader may see them.

The tokens only propose; what counts is the text that the reader would be shown. So a hidden field finds
nothing, and a masked one only by what its mask leaves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from engine.definitions.app import CompiledApp
from engine.errors import Invalid
from engine.findings import error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form, compiled_form
from forms.environment import variables
from forms.listing import BadCursor
from forms.output import record_json
from forms.plans import kept
from forms.reading_columns import Path
from forms.reading_plan import ReadingPlan, make_plan
from forms.search import repository
from forms.search.fields import plain
from forms.search.words import excerpt, normal, pairs, words

MOST_WORDS = 10
RECORD_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
AT_ONCE = 200
ROUNDS = 5
"""After so many times `AT_ONCE` proposals the answer goes out as it is, with a cursor to go on."""


def search_json(
    work: UnitOfWork,
    app: CompiledApp,
    question: str,
    *,
    forms: Sequence[str] = (),
    limit: int = 20,
    cursor: str | None = None,
) -> dict[str, Any]:
    """{"items", "next"}: records in which every word stands in some field, the newest first, each with its
    title and a place where the first word stands. Raises Invalid, BadCursor, FormNotFound.
    """
    asked = words(question)
    if not 1 <= len(asked) <= MOST_WORDS:
        message = text(f"请输入 1 到 {MOST_WORDS} 个词。", f"1 to {MOST_WORDS} words are expected.")
        raise Invalid([error("invalid_parameter", "/q", message)])
    if cursor is not None and RECORD_ID.fullmatch(cursor) is None:
        raise BadCursor(pointer="/cursor")
    access = Access(work, app)
    searched = _searched(access, forms)
    found: list[dict[str, Any]] = []
    last = cursor
    for _ in range(ROUNDS if searched else 0):
        proposed = repository.candidates(
            work,
            app.key,
            sorted(searched),
            pairs={pair for word in asked for pair in pairs(word)},
            singles={word for word in asked if len(word) == 1},
            before=last,
            limit=AT_ONCE,
        )
        for item in _shown(access, searched, proposed, asked):
            found.append(item)
            if len(found) == limit:
                return {"items": found, "next": item["id"]}
        if len(proposed) < AT_ONCE:
            return {"items": found, "next": None}
        last = proposed[-1][1]
    return {"items": found, "next": last if searched else None}


def _searched(access: Access, wanted: Sequence[str]) -> dict[str, Form]:
    """The forms that are searched and of which the reader may see records."""
    forms = {key: compiled_form(access.app, key) for key in wanted} if wanted else access.app.kind("form")
    return {key: form for key, form in forms.items() if form.search and access.seen(key)}


def _shown(
    access: Access, forms: dict[str, Form], proposed: Sequence[tuple[str, str]], asked: Sequence[str]
) -> list[dict[str, Any]]:
    """Those of the proposed records in whose visible text every word stands, in their order."""
    seen: dict[str, dict[str, Any]] = {}
    for key, form in forms.items():
        ids = [record for where, record in proposed if where == key]
        seen |= {each["id"]: each for each in _read(access, form, ids)}
    items = (_item(forms[key], seen[record], asked) for key, record in proposed if record in seen)
    return [item for item in items if item is not None]


def _read(access: Access, form: Form, ids: Sequence[str]) -> list[dict[str, Any]]:
    if not ids:
        return []
    work, app, dialect = access.work, access.app, access.work.runtime.database.dialect
    grants = access.seen(form.key)

    def make() -> ReadingPlan:
        names = dict.fromkeys(("id", form.title, *form.search))
        fields: list[Path] = [(name,) for name in names if name == "id" or grants.shows(name)]
        return make_plan(app, form, dialect, grants_of=access.seen, fields=fields, by_ids=True)

    plan = kept(app, ("search", form.key, dialect, access.key), make)
    known = variables(work, app, record_ids=tuple(ids))
    found = work.rows(plan.text, plan.params.bind(known, work.now, app.zone, app.calendars))
    return record_json(access, form, plan, found)


def _item(form: Form, record: dict[str, Any], asked: Sequence[str]) -> dict[str, Any] | None:
    texts = {key: plain(form.fields[key], record[key]) for key in form.search if record.get(key) is not None}
    flat = {key: normal(value) for key, value in texts.items()}
    if not all(any(word in value for value in flat.values()) for word in asked):
        return None
    place = next(key for key, value in flat.items() if asked[0] in value)
    return {
        "id": record["id"],
        "form": form.key,
        "title": record.get(form.title),
        "field": place,
        "excerpt": excerpt(texts[place], asked[0]),
    }
