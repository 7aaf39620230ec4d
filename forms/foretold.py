"""What is wrong with a body beside what could not be read of it: people correct everything in one go.

What a condition or a validation reads has to be read well, else it is judged the next time; a reference to a
record that its writer may not see counts as not read, since conditions follow references with all rights. Where
rules of the app set values before a save, nobody knows what they would make of the rest, and only references are
judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.errors import MOST_TOLD, Invalid
from engine.expressions import CheckedExpression, Env
from engine.findings import NO_FIX, Finding, Text
from engine.ids import new_id
from engine.permissions.compiled import NOTHING, GrantSet
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms.access import IMPORT, Access
from forms.checks import FILL_IN, REQUIRED
from forms.compiled import ChildTable, Field, Form, RowKind, Rule
from forms.compute import Saving, compute, fill_defaults, holds, saving
from forms.creating import begun
from forms.linked import ROOTS
from forms.presets import apply_presets
from forms.reading_json import RecordReader
from forms.sent_rows import as_sent
from forms.shape import PART
from forms.targets import missing_targets

Names = frozenset[str]
Place = list[str]
"""The steps of a pointer."""

OWN_RECORD = "parent"
TOLD = "findings told"
ABOUT_A_ROW = ("id", "$delete")


@contextmanager
def told_together(
    access: Access,
    form: Form,
    read: RecordReader,
    data: Any,
    *,
    made: Collection[str],
    presetting: GrantSet = NOTHING,
) -> Iterator[None]:
    """Add to what could not be read inside what else is wrong, as `tell_more` does."""
    try:
        yield
    except Invalid as failure:
        tell_more(failure, access, form, read, data, made=made, presetting=presetting)
        raise


def tell_more(
    failure: Invalid,
    access: Access,
    form: Form,
    read: RecordReader,
    data: Any,
    *,
    made: Collection[str],
    presetting: GrantSet = NOTHING,
) -> None:
    """Add to `failure` what else is wrong with the values that were read well. `made` are the ids of the new records
    that the body has brought so far, `presetting` the grants that give values to a new record.
    """
    if read.well is not None and isinstance(data, dict) and not failure.further:
        known = {(each.pointer, each.code) for each in failure.findings}
        foretelling = _Foretelling(access, form, read, data, made, presetting)
        found = foretelling.findings(read.well, failure.findings)
        more = [each for each in found if (each.pointer, each.code) not in known]
        told = more[: max(0, read.room - len(known))]
        failure.findings = (*failure.findings, *told)
        failure.further += len(more) - len(told)
    memory = access.work.memory
    memory[TOLD] = memory.get(TOLD, 0) + len(failure.findings)


def room_to_tell(work: UnitOfWork) -> int:
    """How many findings the next body of a request may have, one at least. An import tells all of each row."""
    if work.source == IMPORT:
        return MOST_TOLD
    return max(1, MOST_TOLD - int(work.memory.get(TOLD, 0)))


def _altered(access: Access, form: Form) -> bool:
    """Whether values may be set before a save by somebody else."""
    return any(each.alters(access.app, form.key) for each in access.work.runtime.listeners)


class _Foretelling:
    def __init__(
        self,
        access: Access,
        form: Form,
        read: RecordReader,
        data: Mapping[str, Any],
        made: Collection[str],
        presetting: GrantSet,
    ) -> None:
        self.access, self.form, self.read, self.data = access, form, read, data
        self.made, self.presetting = made, presetting

    def findings(self, well: Record, told: Iterable[Finding]) -> list[Finding]:
        """What is missing or not valid in `well`, the values that were read, as far as it can be known."""
        places = [each.pointer.split("/")[1:] for each in told]
        if not all(places):
            return []
        values, found = self._proven(well, places)
        if _altered(self.access, self.form):
            return found
        unread = self._unread(self.form, frozenset(place[0] for place in places), values)
        try:
            values = apply_presets(self.access, self.form, self.presetting, values, without=unread)
        except Invalid as failure:
            return [*found, *failure.findings]
        save = self._save(values)
        compute(save)
        found += _judged(self.form, save.after, save.env, unread, "")
        for child in self.form.children.values():
            if not _reads(child.visible, unread):
                found += self._rows(save, child, values.get(child.key), unread, places)
        return found

    def _proven(self, well: Record, places: list[Place]) -> tuple[Record, list[Finding]]:
        """The values without references to what the writer may not see, and what to say of these; `places` is
        extended by theirs.
        """
        before, form = self.read.before, self.form
        values = {**well, **{key: [dict(row) for row in well[key]] for key in form.children if key in well}}
        lost = {key for key in form.children if not self._placed(key, places)}
        known = []
        for each in missing_targets(self.access, form, before, well, self.made):
            key, *rest = each.pointer.split("/")[1:]
            if key not in form.children:
                values.pop(key, None)
            else:
                values[key][int(rest[0])].pop(rest[1], None)
                if key in lost:
                    places.append([key])
                    continue
            known.append(each)
        found = as_sent(known, form, before or {}, self.data)
        places += [finding.pointer.split("/")[1:] for finding in found]
        return values, found

    def _placed(self, child: str, places: list[Place]) -> bool:
        """Whether it is known where in the body each row of a child table is: none of them was left out."""
        sent = self.data.get(child)
        wrong = [place for place in places if place[0] == child]
        well_formed = isinstance(sent, list) and all(isinstance(row, dict) for row in sent)
        return well_formed and all(len(place) > 2 and place[2] not in ABOUT_A_ROW for place in wrong)

    def _save(self, values: Record) -> Saving:
        work, before = self.access.work, self.read.before
        if before is None:
            start, fixed = begun(work, self.form)
            whole = {**start, **values, **fixed, "id": new_id()}
        else:
            whole = {**before, **values}
        save = saving(work, self.access.app, self.form, before, whole)
        fill_defaults(save, values.keys(), self._new_rows(save, values))
        return save

    def _new_rows(self, save: Saving, values: Record) -> dict[str, set[str]]:
        """The keys that each new row was given."""
        known = {row["id"] for key in self.form.children for row in (save.before or {}).get(key, [])}
        return {
            row["id"]: set(given)
            for key in self.form.children
            if key in values
            for row, given in zip(save.after[key], values[key], strict=True)
            if row["id"] not in known
        }

    def _rows(
        self, save: Saving, child: ChildTable, given: list[Record] | None, unread: Names, places: list[Place]
    ) -> Iterator[Finding]:
        """Rows of a new record, where each of them is in the place it has in the body."""
        sent, rows = self.data.get(child.key), save.after[child.key]
        if (
            save.before is not None
            or not isinstance(sent, list)
            or not len(sent) == len(rows) == len(given or ())
        ):
            return
        above = _above(unread)
        wrong: dict[str, list[Place]] = {}
        for place in places:
            if place[0] == child.key and len(place) > 1:
                wrong.setdefault(place[1], []).append(place[2:])
        for index, (row, values) in enumerate(zip(rows, given or (), strict=True)):
            own = wrong.get(str(index), [])
            if all(own):
                missed = self._unread(child, frozenset(place[0] for place in own) | above, values)
                yield from _judged(child, row, save.row_env, missed, f"/{child.key}/{index}")

    def _unread(self, kind: RowKind, unread: Names, given: Collection[str]) -> Names:
        """What is not known because of what could not be read: values computed from it, set or hidden by it."""
        children = self.form.children.values() if kind is self.form else ()
        while True:
            further = {
                field.key
                for field in kind.fields.values()
                if any(_reads(each, unread) for each in self._makings(kind, field, given))
            }
            further |= {each.key for each in children if _reads(each.visible, unread) or _made(each, unread)}
            if further <= unread:
                return unread
            unread |= further

    def _makings(self, kind: RowKind, field: Field, given: Collection[str]) -> Iterator[Rule]:
        """What decides on the value of a field, grants included."""
        yield from _makings(field, given)
        if kind is self.form:
            yield from (
                each.presets[field.key] for each in self.presetting.grants if field.key in each.presets
            )


def _made(child: ChildTable, unread: Names) -> bool:
    """Whether something in rows is made of what is not known of their record."""
    above = _above(unread)
    return any(_reads(each, above) for field in child.fields.values() for each in _makings(field, ()))


def _above(unread: Names) -> Names:
    """The same names as rows use them."""
    return frozenset(f"{OWN_RECORD}.{name}" for name in unread)


def _makings(field: Field, given: Collection[str]) -> Iterator[Rule]:
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
