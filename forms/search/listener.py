"""Keeps the tokens of searched fields right, in the transaction of every save."""

from __future__ import annotations

from engine.definitions.app import CompiledApp
from engine.protocols import ChangeListener, RecordChange
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Form
from forms.search import repository
from forms.search.fields import tokens_of


class SearchListener(ChangeListener):
    """Writes only what a save changed: nothing for forms without searched fields."""

    type = "search"

    def concerns(self, app: CompiledApp, form: str) -> bool:
        found: Form | None = app.kind("form").get(form)
        return found is not None and bool(found.search)

    def after_save(self, work: UnitOfWork, change: RecordChange) -> None:
        form: Form | None = change.app.kind("form").get(change.form)
        if form is None or not form.search:
            return
        if change.op == "delete":
            repository.forget(work, [change.record])
            return
        if change.op == "update" and not change.changed.intersection(form.search):
            return
        before = tokens_of(form, change.before) if change.op == "update" else {}
        after = tokens_of(form, change.after)
        gone = {key: held - after.get(key, set()) for key, held in before.items()}
        fresh = {key: held - before.get(key, set()) for key, held in after.items()}
        repository.remove(work, change.app.key, form.key, change.record, gone)
        repository.add(work, change.app.key, form.key, change.record, fresh)
