"""A set of candidates before it is saved: references found, doubles in the file named, records matched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.findings import Finding, Text
from engine.protocols import Record
from forms.access import Access
from forms.compiled import Field, Form
from forms.imports.candidates import Candidate, RowError
from forms.imports.mapping import Column
from forms.imports.mapping import Mapping as ColumnMapping
from forms.imports.matching import match
from forms.imports.options import ImportOptions
from forms.imports.references import BRACKETS, Resolver
from forms.imports.seen_keys import SeenKeys
from forms.reading_json import missing
from forms.records import load
from forms.rows import select_children
from forms.values import Problem


@dataclass(frozen=True, slots=True)
class _Unnamed:
    """A text, the `at`-th of its cell, that names no record: where it stands, and what is wrong with it."""

    candidate: Candidate
    body: dict[str, Any]
    row: int
    column: Column
    at: int
    text: str
    problem: Problem

    def kept(self, stored: Record) -> str | None:
        """The id that it means among those that the field has by now."""
        child, field = self.column.child, self.column.field
        rows = (
            [stored] if child is None else [row for row in stored[child] if row["id"] == self.body.get("id")]
        )
        value = rows[0][field.key] if rows else None
        ids = value if isinstance(value, tuple) else (value,)
        found = BRACKETS.match(self.text)
        return next((each for each in (self.text, found and found[2]) if each and each in ids), None)

    def put(self, key: str) -> None:
        """The id into the place of the text."""
        name = self.column.field.key
        if self.column.field.several:
            self.body[name][self.at] = key
        else:
            self.body[name] = key

    def error(self) -> RowError:
        several, problem = self.column.field.several, self.problem
        place = _pointer(self.candidate, self.column, self.body) + (f"/{self.at}" if several else "")
        finding = Finding("error", problem.code, place, problem.message, problem.fix)
        return RowError(self.row, self.column.header, finding)


class Judge:
    """Brings the candidates of one import, set by set, into the shape in which they can be saved."""

    def __init__(
        self, form: Form, mapping: ColumnMapping, options: ImportOptions, on: tuple[str, ...], seen: SeenKeys
    ) -> None:
        self.form, self.mapping, self.options, self.on, self.seen = form, mapping, options, on, seen
        self.resolver = Resolver(options.by)
        self._references = [each for each in mapping.columns if each.field.refers or each.field.several]
        self.constraints = _constraints(form, mapping, on if options.mode != "insert" else ())

    def judge(self, access: Access, found: Sequence[Candidate]) -> None:
        """Complete the candidates of a set; what is wrong goes to their `errors`."""
        unnamed = [each for column in self._references for each in self._resolve(access, column, found)]
        for candidate in found:
            self._doubles(candidate)
        if self.options.mode != "insert":
            strict = self.options.mode == "update"
            match(access, self.form, self.on, self.mapping, found, strict=strict)
            self._name_rows(access, [each for each in found if each.record is not None])
        self._keep_or_tell(access, unnamed)
        for candidate in found:
            self._leave_out_blanks(candidate)
            if candidate.record is None and candidate.errors and not candidate.lost:
                self._missing(candidate)

    def _resolve(self, access: Access, column: Column, found: Sequence[Candidate]) -> Iterator[_Unnamed]:
        """Put ids into the place of what names records; what names none."""
        places = [place for each in found for place in _places(each, column)]
        texts = {text for _, body, _ in places for text in _texts(column.field, body)}
        known = self.resolver.resolve(access, column.field, column.name, texts)
        for candidate, body, row in places:
            written = _texts(column.field, body)
            named = [known[text] for text in written]
            body[column.field.key] = named if column.field.several else named[0]
            for at, problem in enumerate(named):
                if isinstance(problem, Problem):
                    yield _Unnamed(candidate, body, row, column, at, written[at], problem)

    def _keep_or_tell(self, access: Access, unnamed: Sequence[_Unnamed]) -> None:
        """A stored record may keep what it refers to already, though it is gone or is nothing that the person
        may see: exports write its id. Everything else is an error of its row.
        """
        stored: dict[str, Record] = {}
        for each in unnamed:
            key = each.candidate.record
            if key is not None and key not in stored:
                stored[key] = load(access.work, self.form, key)
            kept = each.kept(stored[key]) if key is not None else None
            if kept is None:
                each.candidate.errors.append(each.error())
            else:
                each.put(kept)

    def _doubles(self, candidate: Candidate) -> None:
        for name, fields in self.constraints:
            values = [candidate.identity if key == "id" else candidate.data.get(key) for key in fields]
            first = self.seen.first_of(name, values, candidate.row)
            if first != candidate.row:
                header = self.mapping.header_of(fields[0])
                candidate.errors.append(RowError(candidate.row, header, double_in_file(fields[0], first)))

    def _name_rows(self, access: Access, found: Sequence[Candidate]) -> None:
        """Child rows of stored records: the file has the whole list, in order."""
        for key in found[0].children if found else ():
            stored: dict[str, list[str]] = {}
            child = self.form.children[key]
            for parent, _, row in select_children(access.work, child, [str(each.record) for each in found]):
                stored.setdefault(parent, []).append(row["id"])
            for candidate in found:
                ids = stored.get(str(candidate.record), [])
                bodies = candidate.data[key]
                for body, row_id in zip(bodies, ids, strict=False):
                    body["id"] = row_id
                bodies += [{"id": row_id, "$delete": True} for row_id in ids[len(bodies) :]]

    def _leave_out_blanks(self, candidate: Candidate) -> None:
        """Empty cells leave a field as it is, or to its default, unless the row is one of an export: that
        says all. Child rows are said whole, so there only what has a default may stay.
        """
        if candidate.identity is not None:
            return
        _drop_blanks(candidate.data, candidate.data)
        for key in candidate.children:
            fields = self.form.children[key].fields.values()
            preset = [each.key for each in fields if each.default is not None or each.default_expression]
            for body in candidate.data[key]:
                _drop_blanks(body, preset if "id" in body else body)

    def _missing(self, candidate: Candidate) -> None:
        """A record that is refused anyway also hears what it plainly lacks, so that people correct once."""
        named = {
            f"/{each.finding.pointer.split('/')[1]}" for each in candidate.errors if each.finding.pointer
        }
        for field in self.form.fields.values():
            preset = field.default is not None or field.default_expression is not None or field.derived
            if field.required is not True or preset or f"/{field.key}" in named:
                continue
            if candidate.data.get(field.key) is None:
                header = self.mapping.header_of(field.key)
                candidate.errors.append(RowError(candidate.row, header, missing(f"/{field.key}")))


def _constraints(
    form: Form, mapping: ColumnMapping, on: tuple[str, ...]
) -> list[tuple[str, tuple[str, ...]]]:
    """The fields that no two rows of the file may have alike: those of unique constraints that hold always
    and are in the file, and the key.
    """
    there = {each.field.key for each in mapping.columns if each.child is None}
    found = [rule.fields for rule in form.uniques if rule.when is None and set(rule.fields) <= there]
    return [(",".join(fields), fields) for fields in dict.fromkeys([*found, *([on] if on else [])])]


def _places(candidate: Candidate, column: Column) -> Iterator[tuple[Candidate, dict[str, Any], int]]:
    """Where a column of references has something in a candidate: the body and the row of the file."""
    key = column.field.key
    if column.child is None:
        if candidate.data.get(key) is not None:
            yield candidate, candidate.data, candidate.row
        return
    rows = candidate.children.get(column.child, [])
    for body, row in zip(candidate.data.get(column.child, []), rows, strict=True):
        if body.get(key) is not None:
            yield candidate, body, row


def _pointer(candidate: Candidate, column: Column, body: dict[str, Any]) -> str:
    """Where a column stands in the record that a candidate is."""
    if column.child is None:
        return f"/{column.field.key}"
    index = next(at for at, each in enumerate(candidate.data[column.child]) if each is body)
    return f"/{column.child}/{index}/{column.field.key}"


def _texts(field: Field, body: Mapping[str, Any]) -> list[str]:
    value = body[field.key]
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _drop_blanks(body: dict[str, Any], keys: Iterable[str]) -> None:
    for key in [key for key in keys if key in body and body[key] is None]:
        del body[key]


def double_in_file(key: str, first: int) -> Finding:
    """Another row of the file has the same value."""
    return Finding(
        "error",
        "duplicate_in_file",
        f"/{key}",
        Text(zh=f"与第 {first} 行重复。", en=f"Row {first} of the file has the same value."),
        Text(zh="请保留其中一行。", en="Keep one of the rows."),
    )
