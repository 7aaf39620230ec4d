"""Converts and moves what large tables hold, beside people who write: chunk by chunk, then what they changed
meanwhile; and builds the indexes of such tables.

The log tells what was changed. Its place when room was made is exact, because no writer was at work then; each
later round begins where the one before ended, and the last one has writers kept out again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any

from engine.changes import log
from engine.definitions.app import CompiledApp
from engine.definitions.overtaken import PublishOvertaken
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms.evolution.evolution import Changed, Evolution, evolution
from forms.evolution.fill import fill, refill
from forms.evolution.in_use import count_rows
from forms.evolution.indexes_ahead import build_beside, is_there, large_indexes
from forms.evolution.lay_out import still_laid_out
from forms.evolution.move_rows import fill_rows, refill_rows
from forms.evolution.moves import Moved
from forms.evolution.pairs import form_names
from forms.evolution.steps import AT_ONCE
from forms.indexes import Index

CHUNK = 500
CHANGES = 500
State = dict[str, Any]
Piece = Changed | Moved
Pieces = dict[str, Piece]
"""Pointer -> what is filled beside the running version."""


def go_ahead(work: UnitOfWork, before: CompiledApp, after: CompiledApp, state: State) -> State:
    """The next piece; see `DefinitionKind.go_ahead`. Raises PublishOvertaken when what people wrote since decides
    otherwise on where values are kept.
    """
    changes = evolution(work, before, after)
    found = _fillable(changes)
    if not state:
        return _begin(work, changes, found)
    if not still_laid_out(changes) or any(each["pointer"] not in found for each in state["fields"]):
        raise PublishOvertaken()
    if state.get("last"):
        while not _catch_up(work, before, after, found, state):
            pass
        return _shown(state)
    if (field := _next(state, "fields")) is not None:
        _fill(work, found[field["pointer"]], field)
    elif (index := _next(state, "indexes")) is not None:
        _look_at(work, state, index)
    else:
        state["done"] = _catch_up(work, before, after, found, state)
    return _shown(state)


def filled(state: State | None) -> dict[str, tuple[int, int]]:
    """Pointer -> (values, those that could not be converted) of what is filled already."""
    fields = state["fields"] if state else ()
    return {each["pointer"]: (each["rows"], each["failed"]) for each in fields}


def _fillable(found: Evolution) -> Pieces:
    """What has a column, or a table, that nobody sees before the flip."""
    changed: list[Piece] = [each for each in found.changed if not each.after.derived]
    return {each.pointer: each for each in (*changed, *(moved for moved in found.moved if moved.fresh))}


def _begin(work: UnitOfWork, changes: Evolution, found: Pieces) -> State:
    totals = {pointer: count_rows(work, each.was) for pointer, each in found.items()}
    fields = [
        {"pointer": pointer, "cursor": "", "total": total, "rows": 0, "failed": 0, "done": False}
        for pointer, total in totals.items()
        if total > AT_ONCE
    ]
    beside = work.runtime.database.dialect == "postgres"
    indexes = [
        {
            "pointer": each.pointer,
            "index": asdict(each.index),
            "total": each.rows,
            "rows": 0,
            "failed": 0,
            "done": False,
        }
        for each in (large_indexes(work, changes) if beside else ())
    ]
    log.sequence(work)
    done = not fields and not indexes  # the table has become small meanwhile
    return _shown({"pos": log.head(work), "fields": fields, "indexes": indexes, "done": done})


def go_outside(runtime: Runtime, state: State) -> None:
    """Build the next index when all fields are filled; see `DefinitionKind.go_outside`."""
    here = _next(state, "indexes")
    if here is not None and _next(state, "fields") is None:
        build_beside(runtime.database, Index(**here["index"]))


def _next(state: State, what: str) -> State | None:
    return next((each for each in state.get(what, ()) if not each["done"]), None)


def _look_at(work: UnitOfWork, state: State, here: State) -> None:
    """Whether an index is there; otherwise another process is building it."""
    here["done"] = is_there(work, Index(**here["index"]))
    here["rows"] = here["total"] if here["done"] else 0
    state["waits"] = not here["done"]


def _fill(work: UnitOfWork, piece: Piece, here: State) -> None:
    if isinstance(piece, Moved):
        done = fill_rows(work, piece, here["cursor"], limit=CHUNK)
    else:
        done = fill(work, piece, here["cursor"], limit=CHUNK)
    here["rows"] += done.rows
    here["failed"] += done.failed
    here["cursor"], here["done"] = done.last or here["cursor"], done.last is None


def _catch_up(work: UnitOfWork, before: CompiledApp, after: CompiledApp, found: Pieces, state: State) -> bool:
    """Convert anew what the next rows of the log changed; whether that was all."""
    if not state["fields"]:
        return True
    log.sequence(work)
    changes = log.read_since(work, state["pos"], limit=CHANGES)
    names = {old: new for new, old in form_names(before.kind("form"), after.kind("form")).items()}
    records: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        if change.app == after.key:
            records[names.get(change.form, change.form)].add(change.record)
    for here in state["fields"]:
        piece = found[here["pointer"]]
        if touched := sorted(records.get(piece.form.key, ())):
            _refill(work, piece, touched)
    if changes:
        state["pos"] = changes[-1].pos
    return len(changes) < CHANGES


def _refill(work: UnitOfWork, piece: Piece, records: list[str]) -> None:
    if isinstance(piece, Moved):
        refill_rows(work, piece, records)
    else:
        refill(work, piece, records)


def _shown(state: State) -> State:
    state["shown"] = [
        {key: each[key] for key in ("pointer", "rows", "total", "failed", "done")}
        for each in (*state["fields"], *state.get("indexes", ()))
    ]
    return state
