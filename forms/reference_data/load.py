"""Brings reference data into the store, inside the transaction that publishes it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from engine.definitions.app import CompiledApp
from engine.definitions.canonical import same
from engine.errors import Invalid, NotPublishable
from engine.findings import Finding, under
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms import records
from forms.compiled import Form, UniqueRule, compiled_form
from forms.environment import environment
from forms.reading_json import reader
from forms.reference_data.check import ordered
from forms.reference_data.rows import DataRow, DataSet, Naming, Node, replaced
from forms.tables import quoted
from forms.uniques import unique_keys

MOST_FINDINGS = 100


def changed_rows(before: CompiledApp | None, after: CompiledApp) -> list[DataRow]:
    """The rows that are new or different since the version before, each after those that it names."""
    sets: Mapping[str, DataSet] = after.kind("data")
    old: Mapping[str, DataSet] = before.kind("data") if before else {}
    known = {row.node: row.body for each in old.values() for row in each.rows}
    return [row for row in ordered(after.kind("form"), sets) if not same(known.get(row.node), row.body)]


def load(work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> int:
    """Create and change the records of the rows that are new or different; how many rows those are.

    Raises NotPublishable with a finding for every row that the form refuses.
    """
    loading = _Loading(work, before, after)
    wrong = itertools.chain.from_iterable(map(loading.save, loading.rows))
    findings = list(itertools.islice(wrong, MOST_FINDINGS))
    if findings:
        raise NotPublishable(findings)
    return len(loading.rows)


class NamesRefused(Exception):
    """The row names one that was refused already: there is nothing more to say."""


class _Loading:
    """One load: the records of rows by their keys, as far as they are known."""

    def __init__(self, work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> None:
        self.work, self.app = work, after
        self.sets: Mapping[str, DataSet] = after.kind("data")
        self.old: Mapping[str, DataSet] = before.kind("data") if before else {}
        self.rows = changed_rows(before, after)
        self.bodies = {row.node: row.body for each in self.old.values() for row in each.rows}
        self.all = {row.node: row for each in self.sets.values() for row in each.rows}
        self.known: dict[Node, str | None] = {}
        self.refused: set[Node] = set()

    def save(self, row: DataRow) -> list[Finding]:
        """Create or change the record of a row; what is wrong with it."""
        form = compiled_form(self.app, row.form)
        try:
            with self.work.savepoint():
                self._save(form, row)
        except Invalid as wrong:
            self.refused.add(row.node)
            return under(row.pointer, wrong.findings)
        except NamesRefused:
            self.refused.add(row.node)
        return []

    def _save(self, form: Form, row: DataRow) -> None:
        values = reader(form).read(replaced(form, row.body, self._record_of))
        found = self._find(form, row)
        if found is None:
            self.known[row.node] = records.create(self.work, form, values)["id"]
            return
        before = self.bodies.get(row.node, {})
        fresh = {
            key: values[key] for key in row.body if key in values and not same(before.get(key), row.body[key])
        }
        gone = {key: None for key in before if key not in row.body and key in form.fields}
        self.known[row.node] = found
        records.update(self.work, form, found, {**fresh, **gone})

    def _record_of(self, naming: Naming) -> str:
        """The id of the record of another row, which is saved by now if it had to be."""
        target = self.all[naming.form, naming.key]
        if target.node in self.refused:
            raise NamesRefused
        found = self._find(compiled_form(self.app, naming.form), target)
        if found is None:
            # somebody deleted it after it was brought in: it is needed again
            self._save(compiled_form(self.app, naming.form), target)
            found = self.known[target.node]
        return str(found)

    def _find(self, form: Form, row: DataRow) -> str | None:
        if self.known.get(row.node) is None:
            self.known[row.node] = self._holder(form, row)
        return self.known[row.node]

    def _holder(self, form: Form, row: DataRow) -> str | None:
        """The id of the live record with the key of a row."""
        rule = self._rule(form)
        part = {key: row.body[key] for key in rule.fields}
        values = reader(form).read(replaced(form, part, self._record_of))
        record = dict.fromkeys((field.key for field in form.stored()), None) | values
        key = unique_keys(form, record, environment(self.work, self.app))[rule.column]
        mark = MARK[self.work.runtime.database.dialect]
        found = self.work.row(
            f"SELECT {quoted('id')} FROM {quoted(form.table)} "
            f"WHERE {quoted(rule.column)} = {mark} AND {quoted('deleted_at')} IS NULL",
            (key,),
        )
        return found[0] if found else None

    def _rule(self, form: Form) -> UniqueRule:
        on = set(self.sets[form.key].on)
        return next(rule for rule in form.uniques if rule.when is None and set(rule.fields) == on)
