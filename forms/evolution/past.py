"""Reads old rows of the log as the form is called and typed now.

The log stays as it was written. Each version that renamed or converted something is noted with the last change
before it; a change up to there has the names of the version before, and its values are told as that one did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, select

from engine.changes.log import Change
from engine.definitions.app import CompiledApp
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, Form, RowKind
from forms.evolution.evolution import Evolution
from forms.evolution.tables import evolved

Diff = dict[str, Any]
"""What a change of the log did: field -> [before, after], child table -> rows by what became of them."""


@dataclass(frozen=True, slots=True)
class AsItWas:
    """A value of the log as JSON, told by the field as it was then."""

    json: Any
    field: Field


@dataclass(frozen=True, slots=True)
class Epoch:
    """What `version` renamed and converted; changes up to `until` are older. `forms` by their keys after:
    {"was", "children": {old: new}, "names": {child or "": {old: new}}, "changed": {child or "": [new]}}.
    """

    version: int
    until: int
    forms: dict[str, dict[str, Any]]


def remember(work: UnitOfWork, after: CompiledApp, found: Evolution) -> None:
    """Note what this publish renames and converts; writers are kept out."""
    forms: dict[str, dict[str, Any]] = {}

    def of(form: str) -> dict[str, Any]:
        return forms.setdefault(form, {"was": form, "children": {}, "names": {}, "changed": {}})

    for each in found.renamed:
        if each.what == "form":
            of(each.form)["was"] = each.before
        elif each.what == "child":
            of(each.form)["children"][each.before] = each.after
        else:
            of(each.form)["names"].setdefault(each.child or "", {})[each.before] = each.after
    for changed in found.changed:
        of(changed.form.key)["changed"].setdefault(changed.child or "", []).append(changed.after.key)
    if forms:
        last = work.row("SELECT coalesce(max(id), 0) FROM ff_change")
        work.connection.execute(
            insert(evolved).values(
                app=after.key, version=after.version, until=last[0] if last else 0, forms=forms
            )
        )


def epochs_of(work: UnitOfWork, app: str) -> list[Epoch]:
    """The versions of an app that renamed or converted, the oldest first."""
    columns = (evolved.c.version, evolved.c.until, evolved.c.forms)
    rows = work.connection.execute(select(*columns).where(evolved.c.app == app).order_by(evolved.c.version))
    return [Epoch(*row) for row in rows]


def earlier_keys(epochs: Sequence[Epoch], form: str) -> list[str]:
    """What a form was called before, so that the log is asked for these too."""
    found, here = [], form
    for epoch in reversed(epochs):
        was = epoch.forms.get(here, {}).get("was", here)
        if was != here:
            found.append(was)
            here = was
    return found


def told_now(
    work: UnitOfWork, app: CompiledApp, epochs: Sequence[Epoch], changes: Sequence[Change]
) -> list[Change]:
    """Changes under the names of today; values that were converted since as `AsItWas`."""
    return [_told(work, app, epochs, change) for change in changes]


def _told(work: UnitOfWork, app: CompiledApp, epochs: Sequence[Epoch], change: Change) -> Change:
    form, diff = diff_now(work, app, epochs, change.id, change.form, change.diff)
    return change if diff is change.diff and form == change.form else replace(change, form=form, diff=diff)


def diff_now(
    work: UnitOfWork, app: CompiledApp, epochs: Sequence[Epoch], identifier: int, form: str, diff: Diff
) -> tuple[str, Diff]:
    """What a change of the log did to which form, as `told_now` has it."""
    for epoch in epochs:
        if identifier > epoch.until:
            continue
        now = next((key for key, each in epoch.forms.items() if each["was"] == form), None)
        if now is not None:
            diff = _Step(work, app, epoch, form, epoch.forms[now]).diff(diff)
            form = now
    return form, diff


@dataclass(frozen=True, slots=True)
class _Step:
    """From the names and types before one version to those after it, for one form."""

    work: UnitOfWork
    app: CompiledApp
    epoch: Epoch
    form: str
    moved: dict[str, Any]

    def diff(self, diff: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in diff.items():
            if isinstance(value, dict) and value.keys() <= {"insert", "update", "delete"}:
                name = self.moved["children"].get(key, key)
                found[name] = {op: [self._row(key, name, row) for row in rows] for op, rows in value.items()}
            else:
                name, told = self._field("", "", key, value)
                found[name] = told
        return found

    def _row(self, was: str, child: str, row: Any) -> Any:
        if not isinstance(row, dict):
            return row
        return dict(self._field(was, child, key, value) for key, value in row.items())

    def _field(self, was: str, child: str, key: str, value: Any) -> tuple[str, Any]:
        whole, mark, part = key.partition("__")
        name = self.moved["names"].get(child, {}).get(whole, whole)
        if name in self.moved["changed"].get(child, ()):
            value = self._as_it_was(was, key, value)
        return name + mark + part, value

    def _as_it_was(self, child: str, key: str, value: Any) -> Any:
        earlier = self.work.runtime.version(self.work, self.app.key, self.epoch.version - 1)
        form: Form = earlier.kind("form")[self.form]
        row: RowKind = form.children[child] if child else form
        field = row.find(key)

        def told(each: Any) -> Any:
            if each is None or field is None or isinstance(each, AsItWas):
                return each
            return AsItWas(field.codec.from_log(each), field)

        pair = isinstance(value, list) and len(value) == 2
        if pair and (not child or field is None or field.codec.storage != "list"):
            return [told(each) for each in value]
        return told(value)
