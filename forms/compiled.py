"""Forms as a request uses them: frozen, with every expression checked and compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.app import CompiledApp, Label
from engine.errors import NotFound
from engine.expressions import CheckedExpression, Shape, Type
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.schema import FormDocument, SubtableDocument


class FormNotFound(NotFound):
    """The app has no such form."""

    code = "form_not_found"
    zh = "应用中没有该表单。"


class FormShape:
    """The names and types that expressions see; `types` may be filled while forms are compiled."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.types: dict[str, Type] = {}
        self.children: dict[str, FormShape] = {}

    def type_of(self, name: str) -> Type | None:
        return self.types.get(name)

    def names(self) -> Iterable[str]:
        return [*self.types, *self.children]

    def child(self, name: str) -> Shape | None:
        return self.children.get(name)


Rule = bool | CheckedExpression
"""A condition that is often constant."""


@dataclass(slots=True)
class Field:
    """One field of a form or of a child table.

    `stored`: it has a column. `source`: how a derived value comes about: formula, lookup, copy, rollup, auto.
    `reach` are the forms a virtual field's value is read from.
    """

    key: str
    type: str
    label: Mapping[str, str]
    kind: FieldType
    value_type: Type
    codec: Codec
    stored: bool = True
    source: str | None = None
    system: bool = False
    expression: CheckedExpression | None = None
    required: Rule = False
    visible: Rule = True
    readonly: Rule = False
    default: Any = None
    default_expression: CheckedExpression | None = None
    rollup: Rollup | None = None

    @property
    def derived(self) -> bool:
        """Whether the engine alone sets it."""
        return self.source is not None

    @property
    def target(self) -> str | None:
        """The form it refers to, for reference fields that are stored as such."""
        return self.value_type.form if self.value_type.kind == "ref" else None

    @property
    def refers(self) -> bool:
        """Whether it is a reference of its own (not a derived copy of one)."""
        return not self.derived and self.value_type.kind == "ref"


@dataclass(frozen=True, slots=True)
class Rollup:
    """An aggregate over the records of `form` whose `link` names this record."""

    form: str
    link: str
    agg: str
    field: str | None
    where: CheckedExpression | None
    depends: frozenset[str]


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A validation: the save fails when `expression` is false."""

    code: str
    expression: CheckedExpression
    field: str | None
    message: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UniqueRule:
    """A unique constraint with its shadow column."""

    column: str
    fields: tuple[str, ...]
    when: CheckedExpression | None
    code: str
    message: Mapping[str, str] | None


@dataclass(slots=True)
class RowKind:
    """What a form and a child table have in common: a table with fields."""

    key: str
    label: Mapping[str, str]
    table: str
    fields: dict[str, Field]
    shape: FormShape
    checks: tuple[CheckRule, ...] = ()
    uniques: tuple[UniqueRule, ...] = ()
    sql: dict[Any, Any] = field(default_factory=dict)

    def stored(self) -> Iterator[Field]:
        """The fields with a column, in order."""
        return (each for each in self.fields.values() if each.stored)


@dataclass(slots=True)
class ChildTable(RowKind):
    """Rows inside a record."""

    document: SubtableDocument | None = None
    required: Rule = False
    visible: Rule = True
    readonly: Rule = False
    min_rows: int = 0
    max_rows: int = 1000


@dataclass(slots=True)
class Form(RowKind):
    """A compiled form. `order` is the order in which stored derived values are computed:
    (None, field) for the record, (child, field) for each row of a child table.
    """

    app: str = ""
    document: FormDocument | None = None
    children: dict[str, ChildTable] = field(default_factory=dict)
    order: tuple[tuple[str | None, str], ...] = ()
    title: str = "id"
    indexes: tuple[tuple[str, ...], ...] = ()
    feeds: tuple[tuple[str, str], ...] = ()
    referrers: tuple[tuple[str, str | None, str], ...] = ()
    reading: Reading | None = None

    @property
    def plain(self) -> bool:
        """No child tables: one row is the whole record."""
        return not self.children


CompiledForm = Form


def compiled_form(app: CompiledApp, key: str) -> Form:
    """The form of this key. Raises FormNotFound."""
    form = app.kind("form").get(key)
    if form is None:
        raise FormNotFound()
    return form  # type: ignore[no-any-return]


def label_of(label: Label | None, key: str) -> dict[str, str]:
    """A label as plain text in both languages; the key when there is none."""
    return {"zh": label.zh, "en": label.en} if label else {"zh": key, "en": key}
