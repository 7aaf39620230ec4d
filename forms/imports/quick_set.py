"""One set of the quick way: rows in, rows of the store and of the log out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.changes import log
from engine.findings import Finding
from engine.ids import new_ids
from engine.permissions.compiled import GrantSet, NoRows
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from engine.storage.waiting import Insert
from forms.access import Access
from forms.compiled import Field, Form, Referring
from forms.counters import next_number, reserving
from forms.environment import environment
from forms.field_types.auto import Auto
from forms.imports.candidates import Candidate, Row, RowError, blank, too_long
from forms.imports.judge import double_in_file
from forms.imports.mapping import Mapping
from forms.imports.quick import BLANK, Meant, NewRecords, QuickColumn, findings_of, writer
from forms.imports.references import Resolver
from forms.imports.save import Counts
from forms.imports.seen_keys import SeenKeys
from forms.live import LiveRecord
from forms.rollups import aggregate_of
from forms.rows import existing
from forms.system_forms import SYSTEM_FORMS
from forms.tables import quoted
from forms.uniques import double, unique_keys
from forms.values import Problem

NONE: frozenset[str] = frozenset()
_AT_ONCE = 500


class QuickSet:
    """Saves the new records of one set."""

    def __init__(
        self,
        work: UnitOfWork,
        access: Access,
        plan: NewRecords,
        mapping: Mapping,
        resolver: Resolver,
        seen: SeenKeys,
        constraints: Sequence[tuple[str, tuple[str, ...]]],
    ) -> None:
        self.work, self.access, self.plan, self.mapping = work, access, plan, mapping
        self.form: Form = plan.form
        self.dialect = work.runtime.database.dialect
        self.env = environment(work, access.app)
        self.grants: GrantSet = access.demand(self.form.key, "create")
        self.written = [each.key for each in plan.columns]
        self.refused: list[Candidate] = []
        self._ids: list[str] = []
        self._resolver, self._seen, self._constraints = resolver, seen, constraints
        system = self._system()
        self._fixed = {key: meant for key, meant in system.items() if key not in plan.own}
        self._own = plan.own
        self._places = {key: place for place, key in enumerate(self._own)}
        self._writers = plan.writers
        self._hot = [(place, each.at, each.key, each.known, each) for place, each in enumerate(plan.columns)]
        self._importing = access.bringing(self.form.key, self.grants)
        self._free, self._always = self.grants.unlimited and self._importing.unlimited, plan.always
        self._late = bool(plan.presets or plan.computed)
        self._judging = bool(plan.sometimes or self.form.checks or self._constraints)
        self._blank = dict.fromkeys(each.key for each in self.form.columns)
        self._blank |= {key: value for key, (value, _, _) in self._fixed.items()}
        self._unset: list[Any] = [None] * len(self._own)
        self._pieces: dict[str, str] = {}
        # what a record has where its row says nothing
        silent = {key: self._writers[key](value) for key, value in plan.zeros.items() if key in self._writers}
        silent |= {key: meant for key, meant in system.items() if key in plan.own}
        for key, (value, bound, piece) in silent.items():
            if value is not None:
                self._blank[key], self._pieces[key] = value, piece
                self._unset[self._places[key]] = bound
        # a grant that lets everything be written that the file has: then its condition alone decides
        self._whole = [
            each.check
            for each in self.grants.grants
            if not isinstance(each.check, NoRows)
            and not each.without
            and self._importing.unlimited
            and all(each.writes(key) for key in self.written)
        ]

    def save(self, rows: Sequence[Row]) -> Counts:
        """Save what is good; `refused` are the candidates that are not. Raises WaitingRefused."""
        for column in self.plan.columns:
            if column.refers:
                self._resolve(column, rows)
        made: list[_Made] = []
        self._ids = new_ids(len(rows))[::-1]
        with reserving(self.work, len(rows)), self.work.together():
            for row in rows:
                self._one(row, made)
            made = self._without_doubles(made)
            self._number(made)
            self._insert(made)
        return Counts(inserted=len(made), failed=len(self.refused))

    def _system(self) -> dict[str, Meant]:
        """What is the same in every record of the set."""
        work = self.work
        values = {
            "owner": work.principal.user,
            "dept": work.principal.dept,
            "created_at": work.now,
            "created_by": work.principal.user,
            "updated_at": work.now,
            "updated_by": work.principal.user,
            "rev": 1,
        }
        return {key: writer(self.form.fields[key], self.dialect)(value) for key, value in values.items()}

    def _resolve(self, column: QuickColumn, rows: Sequence[Row]) -> None:
        """Find the records that the cells of a column name; what cannot be found is told row by row."""
        at, known = column.at, column.known
        texts: dict[Any, str] = {}
        for _, cells in rows:
            cell = cells[at] if at < len(cells) else None
            if blank(cell) or (cell.__class__, cell) in known:
                continue
            try:
                named = column.named(cell)
            except Problem:
                continue
            if named is not None:
                texts[cell] = named
        field = column.column.field
        found = (
            self._resolver.resolve(self.access, field, column.column.name, texts.values()) if texts else {}
        )
        for cell, text in texts.items():
            if not isinstance(found[text], Problem):
                column.resolved(cell, str(found[text]))
        self._hold(column, rows)

    def _hold(self, column: QuickColumn, rows: Sequence[Row]) -> None:
        """Keep the named records from being deleted before this set is saved; forget those that are gone."""
        target = column.column.field.targets[0]
        if target in SYSTEM_FORMS:
            return
        cells = {
            (cell.__class__, cell)
            for _, row in rows
            if column.at < len(row) and (cell := row[column.at]) is not None
        }
        ids = {key: column.known[key][0] for key in cells if key in column.known}
        home, form = self.access.home(target)
        there = existing(self.work, home.app.kind("form")[form], sorted(set(ids.values())))
        for key, record in ids.items():
            if record not in there:
                del column.known[key]

    def _one(self, row: Row, made: list[_Made]) -> None:
        number, cells = row
        width = len(cells)
        values, bound, pieces = self._blank.copy(), self._unset.copy(), self._pieces.copy()
        wrong = too_long(row, self.mapping.width)
        for place, at, key, known, column in self._hot:
            if at >= width or (cell := cells[at]) is None:
                continue
            meant = known.get((cell.__class__, cell))
            if meant is None:
                try:
                    meant = self._refer(column, cell) if column.refers else column.meant(cell)
                except Problem as problem:
                    wrong.append(_error(number, column, problem))
                    continue
            value, bound_value, piece = meant
            if value is not None:
                values[key], bound[place], pieces[key] = value, bound_value, piece
        values["id"] = self._ids.pop()
        record = LiveRecord(values, self.form, self.env, self._roll)
        found = _Made(row, record, bound, pieces)
        if self._late:
            self._fill(found, self._named(wrong))
        if wrong or self._judging or any(values[key] is None for key in self._always):
            wrong += self._doubles(number, record)
            wrong += self._judged(number, record, self._named(wrong))
            if wrong:
                self.refused.append(Candidate([row], errors=wrong))
                return
        if not self._free:
            self._check_rights(record)
        made.append(found)

    def _fill(self, made: _Made, wrong: frozenset[str]) -> None:
        """Defaults, then what is computed."""
        record = made.record
        for each in self.plan.presets:
            if record[each.key] is None and each.key not in wrong:
                self._set(made, each.key, self._preset(each, record))
        for each in self.plan.computed:
            if each.expression is not None:
                self._set(made, each.key, each.expression.evaluate(record, self.env))

    def _roll(self, record: str, rolled: Field | Referring) -> Any:
        if isinstance(rolled, Referring):
            return ()  # nothing refers to a record that is being made
        return aggregate_of(self.work, self.access.app, self.form, rolled, record)

    def _preset(self, field: Field, record: LiveRecord) -> Any:
        if field.default_expression is not None:
            return field.default_expression.evaluate(record, self.env)
        return field.default

    def _set(self, made: _Made, key: str, value: Any) -> None:
        """A value that does not come from the file."""
        made.record[key] = value
        place = self._places.get(key)
        if place is None:
            return  # it has no column
        _, made.bound[place], piece = self._writers[key](value)
        if value is not None:
            made.pieces[key] = piece
        else:
            made.pieces.pop(key, None)

    def _refer(self, column: QuickColumn, cell: Any) -> Meant:
        """What a cell of a reference means that is not known, so most likely names nothing. Raises Problem."""
        text = column.named(cell)
        if text is None:
            return BLANK
        found = self._resolver.resolve(self.access, column.column.field, column.column.name, [text])[text]
        if isinstance(found, Problem):
            raise found
        return column.resolved(cell, found)

    @staticmethod
    def _named(wrong: Sequence[RowError]) -> frozenset[str]:
        if not wrong:
            return NONE
        return frozenset(at.split("/")[1] for each in wrong if (at := each.finding.pointer))

    def _doubles(self, number: int, record: LiveRecord) -> list[RowError]:
        found: list[RowError] = []
        for name, fields in self._constraints:
            first = self._seen.first_of(name, [record[key] for key in fields], number)
            if first != number:
                header = self.mapping.header_of(fields[0])
                found.append(RowError(number, header, double_in_file(fields[0], first)))
        return found

    def _judged(self, number: int, record: LiveRecord, named: frozenset[str]) -> list[RowError]:
        """What the record as a whole lacks or breaks; one that is wrong already only hears what it lacks."""
        return [
            RowError(number, self.mapping.header_of(key) if (key := each.pointer.lstrip("/")) else None, each)
            for each in findings_of(self.plan, record, self.env, whole=not named)
            if each.pointer.lstrip("/") not in named
        ]

    def _check_rights(self, record: LiveRecord) -> None:
        """Raises Forbidden when no grant allows this record."""
        for where in self._whole:
            if where is None or where.holds(record, self.env):
                return
        for grants in (self.grants, self._importing):
            self.access.check_written(None if grants.unlimited else grants.grants, self.written, record)

    def _without_doubles(self, made: list[_Made]) -> list[_Made]:
        """Those whose unique values no stored record has."""
        if not self.form.uniques:
            return made
        for each in made:
            each.keys = unique_keys(self.form, each.record, self.env)
        for rule in self.form.uniques:
            wanted = sorted({key for each in made if (key := each.keys[rule.column]) is not None})
            taken = self._taken(rule.column, wanted)
            if not taken:
                continue
            for each in [each for each in made if each.keys[rule.column] in taken]:
                finding = double(self.form, rule.column, "")
                finding = replace(finding, code="exists") if finding.code == "unique" else finding
                header = self.mapping.header_of(rule.fields[0])
                self.refused.append(Candidate([each.row], errors=[RowError(each.row[0], header, finding)]))
                made.remove(each)
        return made

    def _taken(self, column: str, keys: Sequence[str]) -> set[str]:
        found: set[str] = set()
        mark = MARK[self.dialect]
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            marks = ", ".join([mark] * len(part))
            text = (
                f"SELECT {quoted(column)} FROM {quoted(self.form.table)} WHERE {quoted(column)} IN ({marks})"
            )
            found |= {row[0] for row in self.work.rows(text, tuple(part))}
        return found

    def _number(self, made: Sequence[_Made]) -> None:
        """Serial numbers, last of all, so that counters are locked shortly and refused rows take none."""
        for each in made:
            for numbered in self.plan.numbers:
                if isinstance(numbered.kind, Auto):
                    number = next_number(self.work, self.access.app, self.form, numbered.kind)
                    self._set(each, numbered.key, number)

    def _insert(self, made: Sequence[_Made]) -> None:
        if not made:
            return
        form, plan = self.form, self.plan
        fixed = tuple(bound for _, bound, _ in self._fixed.values())
        unique = [rule.column for rule in form.uniques]
        columns = (*map(form.column_of, (*self._fixed, "id", *self._own)), *unique)
        rows = [
            (*fixed, each.record["id"], *each.bound, *[each.keys[column] for column in unique])
            for each in made
        ]
        into = Insert(quoted(form.table), tuple(quoted(name) for name in columns))
        self.work.insert(into, rows)
        head = ",".join(piece for value, _, piece in self._fixed.values() if value is not None)
        diffs = [
            (
                each.record["id"],
                f'{{"id":[null,"{each.record["id"]}"],{head},{",".join(each.pieces.values())}}}',
            )
            for each in made
        ]
        log.append_new(self.work, plan.form.app, form.key, diffs)


@dataclass(slots=True)
class _Made:
    """A new record: its row in the file, its values, what the driver takes, and the pieces of its diff."""

    row: Row
    record: LiveRecord
    bound: list[Any]
    pieces: dict[str, str]
    keys: dict[str, str | None] = field(default_factory=dict)


def _error(number: int, column: QuickColumn, problem: Problem) -> RowError:
    found = Finding("error", problem.code, f"/{column.key}{problem.pointer}", problem.message, problem.fix)
    return RowError(number, column.column.header, found)
