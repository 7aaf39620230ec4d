"""The definition kinds of this package: option sets and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.definitions.places import Asked, Place
from engine.definitions.plan import Impact
from engine.errors import NotPublishable
from engine.jobs import enqueue
from engine.protocols import DefinitionKind
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms.abroad import targets_abroad
from forms.backfill_keys import arm as arm_keys
from forms.backfill_keys import arm_moved
from forms.compile import compile_forms
from forms.compiled import Field, Form
from forms.evolution.ahead import go_ahead, go_outside
from forms.evolution.apart_steps import apart_steps
from forms.evolution.evolution import Evolution, evolution
from forms.evolution.indexes_ahead import complete_indexes, index_steps, make_room_for_indexes
from forms.evolution.lay_out import lay_out
from forms.evolution.move_steps import move_steps, obstacles
from forms.evolution.moves import recomputed
from forms.evolution.physical import Names
from forms.evolution.purge import arm_expiry
from forms.evolution.settle import settle
from forms.evolution.steps import clashes_of, steps_of
from forms.places import place_in_form
from forms.pruning import prune_form
from forms.recycle.purge import arm_purge
from forms.reseal import arm as arm_reseal
from forms.schema import FormDocument, OptionSetDocument
from forms.search.backfill import arm_search
from forms.shadows import extend_shadows
from forms.tables import extend_tables
from forms.tell_overlaps import arm as arm_overlaps
from forms.widening import widening_steps


class OptionSetKind(DefinitionKind):
    type = "option_set"
    folder = "option_sets"
    rank = 10
    Model = OptionSetDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return dict(documents)


class FormKind(DefinitionKind):
    type = "form"
    folder = "forms"
    rank = 20
    Model = FormDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return dict(compile_forms(documents, context))

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        return place_in_form(asked, context)

    def prune(self, document: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any] | None:
        return prune_form(document, path)

    def names_abroad(self, document: Mapping[str, Any]) -> Iterator[str]:
        return targets_abroad(document)

    def lay_out(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Any:
        return lay_out(evolution(work, before, after), Names(work, after.version), after.key)

    def plan(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Impact:
        found = evolution(work, before, after)
        return Impact(
            [
                *steps_of(work, found),
                *move_steps(work, found),
                *apart_steps(work, found, after),
                *index_steps(work, found),
                *widening_steps(work, before, after, found),
            ],
            [*clashes_of(found), *obstacles(work, found)],
        )

    def make_room(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        found = _evolution(work, before, after)
        if found.unmovable:  # an option that is in use only since it was planned
            raise NotPublishable(list(obstacles(work, found)))
        extend_tables(work, found.before, found.after)
        extend_shadows(work, found.before, found.after)
        make_room_for_indexes(work, found)

    def go_outside(self, runtime: Runtime, state: Mapping[str, Any]) -> None:
        go_outside(runtime, dict(state))

    def go_ahead(
        self, work: UnitOfWork, before: CompiledApp, after: CompiledApp, state: dict[str, Any]
    ) -> dict[str, Any]:
        return go_ahead(work, before, after, state)

    def publish(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        found = _evolution(work, before, after)
        old, new = found.before, found.after
        settle(work, after, found)
        complete_indexes(work, found)
        arm_purge(work, after, before)
        arm_expiry(work, after, before)
        arm_keys(work, after, old)
        arm_moved(work, after, found.moved)
        arm_overlaps(work, after, old)
        arm_search(work, old, after)
        arm_reseal(work, after, old, {each.table_name for each in found.restored})
        moved = recomputed(found.moved, new)
        for key, form in new.items():
            if key in old and (key in moved or _needs_backfill(old[key], form)):
                enqueue(
                    work,
                    "backfill",
                    {"app": after.key, "form": key, "table": form.table, "after": ""},
                    unique=f"backfill:{after.key}:{key}:{after.version}",
                    app=after.key,
                )


def _evolution(work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Evolution:
    """What changes, found once while writers are kept out."""
    key = ("evolution", before.version if before is not None else 0, id(after))
    if key not in work.memory:
        work.memory[key] = evolution(work, before, after)
    found: Evolution = work.memory[key]
    return found


def _needs_backfill(before: Form, after: Form) -> bool:
    """Whether stored rows lack values that the engine computes."""
    for old, new in [(before, after)] + [
        (before.children[key], child) for key, child in after.children.items() if key in before.children
    ]:
        for field in new.stored():
            known = old.fields.get(field.key)
            if (
                field.derived
                and field.source != "auto"
                and (
                    known is None
                    or not known.stored
                    or known.column != field.column
                    or _text(known) != _text(field)
                )
            ):
                return True
    return False


def _text(field: Field) -> object:
    rollup = field.rollup
    where = rollup.where.text() if rollup and rollup.where else None
    return (
        field.expression.text() if field.expression else None,
        rollup and (rollup.agg, rollup.field, where),
    )
