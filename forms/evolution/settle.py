"""The part of a publish that touches stored values: converts them, parks what goes, renames what is noted."""

from __future__ import annotations

from typing import Any

from engine.definitions import under_way
from engine.definitions.app import CompiledApp
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form
from forms.evolution import repository
from forms.evolution.ahead import filled
from forms.evolution.evolution import Changed, Evolution, Gone
from forms.evolution.fill import fill_all
from forms.evolution.in_use import count_rows, count_values
from forms.evolution.layout import KIND
from forms.evolution.move_rows import fill_all_rows, hold_files
from forms.evolution.names_elsewhere import carry_names
from forms.evolution.past import remember


def settle(work: UnitOfWork, after: CompiledApp, found: Evolution) -> None:
    """Convert, move, park, bring back and rename, in the publishing transaction."""
    remember(work, after, found)
    carry_names(work, after, found)
    repository.drop(work, [entry.id for entry in found.restored])
    done = filled(_state(work, after.key))
    for changed in found.changed:
        _convert(work, after, changed, done.get(changed.pointer))
    for moved in found.moved:
        if moved.pointer not in done:
            fill_all_rows(work, moved)
        hold_files(work, after.key, moved)
    for gone in found.gone:
        _park(work, after, gone)


def _state(work: UnitOfWork, app: str) -> dict[str, Any] | None:
    """What a publish under way has converted already."""
    running = under_way.of_app(work, app, state=under_way.RUNNING, limit=1)
    return running[0].progress.get(KIND) if running else None


def _convert(work: UnitOfWork, after: CompiledApp, changed: Changed, known: tuple[int, int] | None) -> None:
    if changed.before.derived and changed.after.derived:
        return  # computed anew
    if changed.after.derived:
        held = failed = count_values(work, changed.was, changed.before)
    elif known is not None:
        held, failed = known
    else:
        done = fill_all(work, changed)
        held, failed = done.rows, done.failed
    if held and not changed.before.derived:
        repository.add(
            work,
            app=after.key,
            form=changed.form.key,
            child=changed.child,
            key=changed.after.key,
            reason="converted",
            version=after.version,
            table_name=changed.row.table,
            column_name=changed.before.column,
            document=_field_document(changed.before),
            held=held,
            failed=failed,
        )


def _park(work: UnitOfWork, after: CompiledApp, gone: Gone) -> None:
    if gone.field is not None and (gone.field.derived or not gone.field.stored):
        return
    if gone.field is not None:
        held, document = count_values(work, gone.row, gone.field), _field_document(gone.field)
    else:
        held, document = count_rows(work, gone.row), _row_document(gone)
    if not held:
        return
    repository.add(
        work,
        app=after.key,
        form=gone.form.key,
        child=gone.child,
        key=gone.key,
        reason="moved" if gone.moved else "broken" if gone.broken else "removed",
        version=after.version,
        table_name=gone.row.table,
        column_name=gone.field.column if gone.field is not None else None,
        document=document,
        held=held,
        failed=0 if gone.moved else held,
    )


def _field_document(field: Any) -> dict[str, Any]:
    found: dict[str, Any] = field.kind.options.model_dump(mode="json", exclude_unset=True)
    return found


def _row_document(gone: Gone) -> dict[str, Any]:
    document: Any = gone.row.document if isinstance(gone.row, Form) else getattr(gone.row, "document", None)
    found: dict[str, Any] = document.model_dump(mode="json", exclude_unset=True)
    return found
