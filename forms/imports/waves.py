"""The order in which the records of a set are saved when they refer to each other: a category below its parent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from forms.compiled import Form
from forms.imports.candidates import Candidate
from forms.imports.mapping import Column
from forms.imports.mapping import Mapping as ColumnMapping
from forms.imports.references import BRACKETS, naming_fields
from forms.uniques import normal


def own_columns(form: Form, mapping: ColumnMapping) -> tuple[Column, ...]:
    """The columns that refer to records of the form itself."""
    return tuple(
        each
        for each in mapping.columns
        if (each.field.refers or each.field.several)
        and each.field.targets
        and each.field.targets[0] == form.key
    )


def waves(
    form: Form, columns: Sequence[Column], by: Mapping[str, str], found: Sequence[Candidate]
) -> list[list[Candidate]]:
    """The candidates in parts to be saved one after the other, so that what a record refers to is there before
    it. Those that lead back to themselves come last, where they find nothing.
    """
    named = {each.name: _called(form, naming_keys(form, each, by), found) for each in columns}
    before = {id(each): _referred(each, columns, named) for each in found}
    left, done, parts = list(found), set[int](), list[list[Candidate]]()
    while left:
        ready = [each for each in left if before[id(each)] <= done] or left
        parts.append(ready)
        done |= {id(each) for each in ready}
        left = [each for each in left if id(each) not in done]
    return parts


def naming_keys(form: Form, column: Column, by: Mapping[str, str]) -> list[str]:
    """The fields by which a column names other records."""
    return [by[column.name]] if column.name in by else naming_fields(form)


def _called(form: Form, keys: Sequence[str], found: Sequence[Candidate]) -> dict[str, Candidate]:
    """The candidates by what they are called in a reference."""
    return {
        normal(value): each
        for each in found
        for key in keys
        if key in form.fields and (value := each.data.get(key)) is not None
    }


def _referred(
    candidate: Candidate, columns: Sequence[Column], named: Mapping[str, Mapping[str, Candidate]]
) -> set[int]:
    """The other candidates that this one refers to."""
    other: set[int] = set()
    for column in columns:
        called = named[column.name]
        for text, stem in texts_of(candidate, column):
            found = called.get(normal(text)) or called.get(normal(stem))
            if found is not None and found is not candidate:
                other.add(id(found))
    return other


def texts_of(candidate: Candidate, column: Column) -> Iterator[tuple[str, str]]:
    """What a column says of other records: each text, and the same without the id behind it."""
    holders = [candidate.data] if column.child is None else candidate.data.get(column.child, ())
    for body in holders:
        value = body.get(column.field.key)
        for text in value if isinstance(value, list) else () if value is None else (value,):
            yield str(text), _stem(str(text))


def _stem(text: str) -> str:
    found = BRACKETS.match(text)
    return found[1] if found is not None else text
