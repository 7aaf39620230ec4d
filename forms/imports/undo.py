"""Taking the changes of an import back: new records into the recycle bin, changed ones as they were.

First is asked what hinders it (`forms.imports.hindering`); then it is done in pieces, the last save first. Derived
values follow by themselves; what rules did besides stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from engine.changes import log
from engine.errors import EngineError, TryAgain
from engine.ids import new_id
from engine.protocols import Record
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import WaitingRefused
from forms.access import Access
from forms.codec import Codec
from forms.compiled import ChildTable, Field, Form, RowKind, compiled_form
from forms.deleting_many import delete_unnamed
from forms.deletion import delete
from forms.evolution.conversions.table import json_converter
from forms.evolution.past import AsItWas, Diff, diff_now, epochs_of
from forms.field_type import Reading
from forms.imports.hindering import changed_meanwhile
from forms.imports.naming import names_of
from forms.records import RecordNotFound, load, load_many, update
from forms.rollups import postponed
from forms.shape import PART
from forms.transfers.repository import Transfer
from forms.undone import undone
from forms.values import Problem

PIECE = 500
"""Saves that are taken back in one transaction."""


class NotKept(EngineError):
    """The log does not hold the value as it was, or the field takes it no more."""

    code = "value_not_kept"
    zh = "无法还原原值：该字段不保存历史值，或已不接受该值。"
    fix_zh = "请在修改历史中查看原值，并手工填写。"
    fix_en = "Look the value up in the history and fill it in by hand."


Saved = tuple[int, str, str, int, Diff]
"""Id of the change, record, operation, revision after it, what it changed as the form is called and typed now."""


def saves(work: UnitOfWork, transfer: Transfer, *, below: int | None, limit: int) -> list[Saved]:
    """What the import itself saved, the last first, in changes with an id below `below`."""
    found, app = _saves(work, transfer, below=below, limit=limit), work.app(transfer.app)
    epochs = epochs_of(work, app.key) if found else []
    return [
        (number, record, op, rev, diff_now(work, app, epochs, number, form, diff)[1])
        for number, form, record, op, rev, diff in found
    ]


def _saves(
    work: UnitOfWork, transfer: Transfer, *, below: int | None, limit: int
) -> list[tuple[int, str, str, str, int, Diff]]:
    progress = transfer.progress
    first, last = progress.get("first_change"), progress.get("last_change")
    if first is None or last is None:
        return []
    mark = MARK[work.runtime.database.dialect]
    # ids of a batch stand close together, so its range is read by key
    text = (
        f"SELECT id, form, record, op, rev, diff FROM ff_change WHERE id > {mark} AND id < {mark} "
        f"AND batch = {mark} AND source = 'import' AND op IN ('create', 'update') "
        f"ORDER BY id DESC LIMIT {limit:d}"
    )
    found = work.rows(text, (first, last + 1 if below is None else below, transfer.id))
    return [(int(row[0]), *row[1:4], int(row[4]), orjson.loads(row[5])) for row in found]


def undoing(transfer: Transfer, after: str) -> dict[str, Any]:
    """The progress of an import that is going to be taken back and shall be in the state `after` then."""
    saved = transfer.report.get("counts", {})
    total = saved.get("inserted", 0) + saved.get("updated", 0)
    begun = {"phase": "undoing", "after": after, "done": 0, "total": total, "undo_batch": new_id()}
    return {**transfer.progress, **begun}


@dataclass(frozen=True, slots=True)
class TakenBack:
    """One piece: `below` which change to go on, None at the end; how many saves; what could not be taken back."""

    below: int | None
    count: int
    problems: list[dict[str, Any]]


def undo_some(work: UnitOfWork, transfer: Transfer) -> TakenBack:
    """Take one piece back, but for the records that somebody has changed by now."""
    form = compiled_form(work.app(transfer.app), transfer.form)
    piece = saves(work, transfer, below=transfer.progress.get("below"), limit=PIECE)
    since = changed_meanwhile(work, transfer, {each[1] for each in piece}) if piece else set()
    outer, work.batch = work.batch, transfer.progress.get("undo_batch") or new_id()
    try:
        problems = _take_back(work, form, [each for each in piece if each[1] not in since])
    finally:
        work.batch = outer
    problems += [{"record": each, "reason": "changed_since", "pointer": ""} for each in sorted(since)]
    if problems:
        names = names_of(Access(work, work.app(form.app)), form, {each["record"] for each in problems})
        problems = [{**each, "name": names[each["record"]]} for each in problems]
    return TakenBack(piece[-1][0] if len(piece) == PIECE else None, len(piece), problems)


def _take_back(work: UnitOfWork, form: Form, piece: Sequence[Saved]) -> list[dict[str, Any]]:
    """All of it together; one by one where that does not tell what goes wrong with which. What could not be
    taken back.
    """
    try:
        with undone(work), work.savepoint(), work.together(), postponed(work, work.app(form.app)):
            problems, left = _together(work, form, piece)
    except TryAgain:
        raise
    except (WaitingRefused, EngineError):
        problems, left = [], piece
    return [*problems, *(problem for each in left for problem in _alone(work, form, each))]


def _together(
    work: UnitOfWork, form: Form, piece: Sequence[Saved]
) -> tuple[list[dict[str, Any]], Sequence[Saved]]:
    """New records go first: they make room for the unique values that others had. What went wrong, and the new
    ones that something refers to: they go last, when that is as it was. Raises what goes wrong with a record that
    is written already.
    """
    made = [record for _, record, op, _, _ in piece if op == "create"]
    changed = [each for each in piece if each[2] != "create" and each[1] not in made]
    left = set(delete_unnamed(work, form, made)) if made else set()
    problems: list[dict[str, Any]] = []
    held = load_many(work, form, sorted({record for _, record, _, _, _ in changed}), lock="change")
    log.hold(work, held)
    for _, record, _, _, moved in changed:
        work.breathe()
        known = held.pop(record, None)  # it has changed when it comes a second time
        mark = work.writes
        try:
            before = known[0] if known is not None else load(work, form, record, lock=True)
            update(work, form, record, before_values(form, before, moved), held=known)
        except RecordNotFound:
            continue
        except EngineError as failure:
            if work.writes != mark or isinstance(failure, TryAgain):
                raise
            problems.append(_problem(record, failure))
    return problems, [each for each in piece if each[1] in left and each[2] == "create"]


def _alone(work: UnitOfWork, form: Form, saved: Saved) -> list[dict[str, Any]]:
    """Take one save back; what went wrong. Raises TryAgain."""
    _, record, op, _, moved = saved
    work.breathe()
    try:
        with undone(work), work.savepoint():
            if op == "create":
                delete(work, form, record)
            else:
                update(work, form, record, before_values(form, load(work, form, record, lock=True), moved))
    except (RecordNotFound, TryAgain) as failure:
        if isinstance(failure, TryAgain):
            raise
    except EngineError as failure:
        return [_problem(record, failure)]
    return []


def _problem(record: str, failure: EngineError) -> dict[str, Any]:
    return {"record": record, "reason": failure.code, "pointer": failure.pointer}


def before_values(form: Form, now: Record, moved: Diff) -> Record:
    """The values in memory form that a record had before a change: those that were converted since as they were
    converted. A field that is no longer there stays out of it. Raises NotKept.
    """
    values: Record = {}
    reading = form.reading
    if reading is None:
        raise LookupError(form.key)
    for key, change in moved.items():
        if key in form.children:
            values[key] = _rows_before(form.children[key], now[key], change, reading)
        elif _own(form, key):
            values[key] = _memory(form, reading, key, change[0])
        elif _own(form, whole_key(key)):
            raise NotKept(pointer=f"/{whole_key(key)}")  # it had parts and has none now
    whole = {whole_key(key) for key in values if key not in form.fields and key not in form.children}
    for key in whole:
        parts = form.fields[key].parts
        old = tuple(values.pop(part.key) if part.key in values else now[part.key] for part in parts)
        values[key] = None if all(each is None for each in old) else old
    return values


def _rows_before(
    child: ChildTable, now: Sequence[Record], change: dict[str, Any], reading: Reading
) -> list[Record]:
    gone = {row["id"] for row in change.get("insert", ())}
    changed = {row["id"]: row for row in change.get("update", ())}
    rows: list[tuple[int, Record]] = []
    for order, row in enumerate(now):
        if row["id"] in gone:
            continue
        old = changed.get(row["id"], {})
        place = old["_order"][0] if "_order" in old else order
        kept = {key: _memory(child, reading, key, pair[0]) for key, pair in old.items() if _own(child, key)}
        rows.append((place, {**row, **kept}))
    for row in change.get("delete", ()):
        values = {key: _memory(child, reading, key, value) for key, value in row.items() if _own(child, key)}
        rows.append((row["_order"], {"id": row["id"], **values}))
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def whole_key(key: str) -> str:
    """The field of which this is a part, or itself."""
    return key.partition(PART)[0]


def _own(kind: RowKind, key: str) -> bool:
    """Whether people fill in this field."""
    field = kind.find(key)
    return field is not None and not field.system and not field.derived


def _memory(kind: RowKind, reading: Reading, key: str, logged: Any) -> Any:
    """A value of the change log in memory form. Raises NotKept."""
    field = kind.find(key)
    if field is None or logged is None:
        return None
    if type(field.codec) is not Codec:
        raise NotKept(pointer=f"/{key}")
    try:
        if isinstance(logged, AsItWas):
            return _converted(field, logged, reading)
        return field.kind.parse(field.codec.from_log(logged), reading)
    except Problem as problem:
        raise NotKept(problem.message, pointer=f"/{key}") from problem


def _converted(field: Field, was: AsItWas, reading: Reading) -> Any:
    """A value of another type as publishing would have made it one of this type. Raises NotKept, Problem."""
    convert = json_converter(was.field, field, reading) if type(was.field.codec) is Codec else None
    if convert is None or was.field.key != whole_key(was.field.key):
        raise NotKept(pointer=f"/{field.key}")
    return convert(was.json)
