"""The steps of a publish that take fields of records into a child table, and what cannot be taken there."""

from __future__ import annotations

from collections.abc import Iterator

from engine.definitions.plan import Step
from engine.findings import Finding, Text, error
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field
from forms.evolution.evolution import Evolution, pointer_of
from forms.evolution.in_use import count_rows, count_values
from forms.evolution.moves import Moved, Unmovable
from forms.evolution.steps import AT_ONCE


def move_steps(work: UnitOfWork, found: Evolution) -> Iterator[Step]:
    """One for each field that moves, with how many records have a value in it."""
    for moved in found.moved:
        long = moved.fresh and count_rows(work, moved.was) > AT_ONCE
        for before, after in moved.fields:
            yield _step(moved, before, after, count_values(work, moved.was, before), long=long)


def obstacles(work: UnitOfWork, found: Evolution) -> Iterator[Finding]:
    """Why fields cannot move like this."""
    for each in found.unmovable:
        yield _unmovable(each)
    for moved in found.moved:
        if not moved.fresh and any(
            count_values(work, moved.was, before) > AT_ONCE for before, _ in moved.fields
        ):
            yield _too_many(moved)


def _step(moved: Moved, before: Field, after: Field, rows: int, *, long: bool) -> Step:
    zh = (
        f"字段“{before.key}”移入子表“{moved.child}”：{rows} 条有值的记录各得一行；"
        "原列另行保存，可以恢复；修改历史中此前的值不变。"
    )
    en = (
        f"The field '{before.key}' moves into the child table '{moved.child}': each of the {rows} records with "
        "a value gets a row. Its column is parked and can be restored; the history stays as it is."
    )
    pointer = pointer_of(moved.form.key, moved.child, after.key)
    return Step("move_field", "warn", pointer, Text(zh=zh, en=en), rows, None, long)


def _unmovable(wrong: Unmovable) -> Finding:
    old, new = wrong.before, wrong.after
    return error(
        "cannot_move",
        wrong.pointer,
        Text(
            zh=f"字段“{old.key}”（{old.type}）的值不能原样存入子表字段“{new.key}”（{new.type}）。",
            en=f"Values of '{old.key}' ({old.type}) cannot be kept as they are in '{new.key}' ({new.type}) of "
            "the child table.",
        ),
        Text(
            zh="请先按原类型和原选项移动并发布，再更改类型或选项；若不需要这些值，请去掉 moved_from。",
            en="Move it with its type and options, publish, and change these afterwards; or leave out "
            "`moved_from` when the values are not wanted.",
        ),
    )


def _too_many(moved: Moved) -> Finding:
    return error(
        "child_in_use",
        moved.pointer,
        Text(
            zh=f"子表“{moved.child}”正在使用，一次发布最多向其移入 {AT_ONCE} 条记录的值。",
            en=f"The child table '{moved.child}' is in use: one publish moves the values of at most {AT_ONCE} "
            "records into it.",
        ),
        Text(zh="请移入一个新的子表。", en="Move the fields into a new child table."),
    )
