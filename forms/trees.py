"""Records that form a tree: none may stand below itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding, Text
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form
from forms.compute import Saving
from forms.tables import quoted

DEEPEST = 100
"""Levels of a tree."""


def check_tree(save: Saving) -> Iterator[Finding]:
    """A record that would be below itself, or too far down. Its new place is judged by the records as they
    are now; nobody else moves one of them meanwhile.
    """
    form, tree, key = save.form, save.form.shape.tree, save.after["id"]
    above = save.after[tree] if tree is not None else None
    if tree is None or above is None or (save.before is not None and save.before[tree] == above):
        return
    if save.before is not None:
        _hold(save.work, form)
    path = [key]
    names = {key: save.after[form.title] or key}
    while above is not None and above not in names:
        record = save.env.follow(form.key, above) if len(path) <= DEEPEST else None
        path.append(above)
        names[above] = record[form.title] or above if record is not None else above
        above = record[tree] if record is not None else None
    if above == key:
        shown = " → ".join(str(names[each]) for each in [*path, key])
        yield Finding(
            "error",
            "tree_cycle",
            f"/{tree}",
            Text(zh=f"记录不能位于自身之下：{shown}。", en=f"A record cannot be below itself: {shown}."),
            Text(zh="请选择其他上级。", en="Choose another record above it."),
        )
    elif len(path) > DEEPEST:
        yield Finding(
            "error",
            "tree_too_deep",
            f"/{tree}",
            Text(zh=f"层级最多 {DEEPEST}。", en=f"A tree has at most {DEEPEST} levels."),
            Text(zh="请选择更高的上级。", en="Choose a record further up."),
        )


def _hold(work: UnitOfWork, form: Form) -> None:
    """Let no other transaction move records of this tree until this one ends: two moves that are each right
    could make a circle together. SQLite has one writer anyway.
    """
    if work.runtime.database.dialect == "postgres":
        work.row("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (quoted(form.table),))
        work.memory.pop("followed", None)
