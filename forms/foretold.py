"""What is wrong with a body beside what could not be read of it: people correct everything in one go.

What a condition or a validation reads has to be read well, else it is judged the next time. So it is where rules
of the app set values before a save, since nobody knows what they would make of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.errors import Invalid
from engine.expressions import CheckedExpression, Env
from engine.findings import NO_FIX, Finding, Text
from engine.ids import new_id
from engine.protocols import Record
from forms.access import Access
from forms.checks import FILL_IN, REQUIRED
from forms.compiled import ChildTable, Field, Form, RowKind, Rule
from forms.compute import Saving, compute, fill_defaults, holds, saving
from forms.linked import ROOTS
from forms.reading_json import RecordReader
from forms.shape import PART

Names = frozenset[str]
OWN_RECORD = "parent"


@contextmanager
def told_together(
    access: Access,
    form: Form,
    read: RecordReader,
    data: Any,
    finish: Callable[[Record], Record] = lambda values: values,
) -> Iterator[None]:
    """Add to what could not be read inside what else is wrong. `finish` is what becomes of the values of the body
    before they are saved.
    """
    try:
        yield
    except Invalid as failure:
        if read.well is not None and isinstance(data, dict) and not _altered(access, form):
            known = {(each.pointer, each.code) for each in failure.findings}
            found = _Foretelling(access, form, read, data).findings(read.well, failure.findings, finish)
            more = [each for each in found if (each.pointer, each.code) not in known]
            failure.findings = (*failure.findings, *more)
        raise


def _altered(access: Access, form: Form) -> bool:
    """Whether values may be set before a save by somebody else."""
    return any(each.alters(access.app, form.key) for each in access.work.runtime.listeners)


class _Foretelling:
    def __init__(self, access: Access, form: Form, read: RecordReader, data: Mapping[str, Any]) -> None:
        self.access, self.form, self.read, self.data = access, form, read, data

    def findings(
        self, well: Record, told: Iterable[Finding], finish: Callable[[Record], Record]
    ) -> list[Finding]:
        """What is missing or not valid in `well`, the values that were read, as far as it can be known."""
        places = [each.pointer.split("/")[1:] for each in told]
        if not all(places):
            return []
        try:
            save = self._save(finish(dict(well)))
        except Invalid as failure:
            return list(failure.findings)
        compute(save)
        unread = self._unread(self.form, frozenset(place[0] for place in places), set(self.data))
        found = list(_judged(self.form, save.after, save.env, unread, ""))
        for child in self.form.children.values():
            if not _reads(child.visible, unread):
                found += self._rows(save, child, unread, places)
        return found

    def _save(self, values: Record) -> Saving:
        work, before = self.access.work, self.read.before
        whole = {"id": new_id(), **values} if before is None else {**before, **values}
        save = saving(work, self.access.app, self.form, before, whole)
        fill_defaults(save, set(self.data), self._new_rows(save, values))
        return save

    def _new_rows(self, save: Saving, values: Record) -> dict[str, set[str]]:
        """The keys that each row of a new record was given."""
        if save.before is not None:
            return {}
        return {
            row["id"]: set(raw)
            for key in self.form.children
            for row, raw in zip(save.after[key], values.get(key) or (), strict=True)
        }

    def _rows(
        self, save: Saving, child: ChildTable, unread: Names, places: list[list[str]]
    ) -> Iterator[Finding]:
        """Rows of a new record, where each of them is in the place it has in the body."""
        sent, rows = self.data.get(child.key), save.after[child.key]
        if save.before is not None or not isinstance(sent, list) or len(sent) != len(rows):
            return
        above = frozenset(f"{OWN_RECORD}.{name}" for name in unread)
        for index, (row, raw) in enumerate(zip(rows, sent, strict=True)):
            own = [place[2:] for place in places if place[:2] == [child.key, str(index)]]
            if all(own) and isinstance(raw, dict):
                missed = self._unread(child, frozenset(place[0] for place in own) | above, set(raw))
                yield from _judged(child, row, save.row_env, missed, f"/{child.key}/{index}")

    def _unread(self, kind: RowKind, unread: Names, given: set[str]) -> Names:
        """What is not known because of what could not be read: values computed from it, set or hidden by it."""
        children = self.form.children.values() if kind is self.form else ()
        while True:
            further = {
                field.key
                for field in kind.fields.values()
                if field.key not in unread and any(_reads(each, unread) for each in _makings(field, given))
            }
            further |= {each.key for each in children if _reads(each.visible, unread)} - unread
            if not further:
                return unread
            unread |= further


def _makings(field: Field, given: set[str]) -> Iterator[Rule]:
    """What decides on the value of a field."""
    yield field.visible
    if field.derived and field.expression is not None:
        yield field.expression
    if field.key not in given and not field.derived:
        if field.default_expression is not None:
            yield field.default_expression
        if field.preset is not None and field.preset.where is not None:
            yield field.preset.where


def _reads(rule: Rule, unread: Names) -> bool:
    """Whether an expression reads one of these; of a value out of other records, which asks by variables, too."""
    if not isinstance(rule, CheckedExpression):
        return False
    return any(_name(path) in unread for path in (*rule.dependencies, *_asked(rule)))


def _asked(rule: CheckedExpression) -> Iterator[tuple[str, ...]]:
    """What a value out of other records reads of this one: `$record_city`, `$parent_city`."""
    for name in rule.variables:
        root, _, field = name.partition("_")
        if field and root in ROOTS:
            yield (field,) if root == "record" else (OWN_RECORD, field)


def _name(path: tuple[str, ...]) -> str:
    """The field that a path begins with; one of the record above a row begins with `parent.`."""
    if path[0] == OWN_RECORD and len(path) > 1:
        return f"{OWN_RECORD}.{path[1].partition(PART)[0]}"
    return path[0].partition(PART)[0]


def _judged(
    kind: RowKind, record: Mapping[str, Any], env: Env, unread: Names, pointer: str
) -> Iterator[Finding]:
    """What is missing or not valid, as far as it can be known."""
    for key, field in kind.fields.items():
        if field.required is False or key in unread or record[key] is not None:
            continue
        if _reads(field.required, unread):
            continue
        if holds(field.required, record, env) and holds(field.visible, record, env):
            yield Finding("error", "required", f"{pointer}/{key}", REQUIRED, FILL_IN)
    for rule in kind.checks:
        if not _reads(rule.expression, unread) and rule.expression.evaluate(record, env) is False:
            where = f"{pointer}/{rule.field}" if rule.field else pointer
            message = Text(zh=rule.message["zh"], en=rule.message["en"])
            yield Finding("error", rule.code, where, message, NO_FIX)
