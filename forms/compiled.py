"""Forms as a request uses them: frozen, with every expression checked and compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from engine.definitions.app import CompiledApp, Label
from engine.errors import NotFound
from engine.expressions import CheckedExpression, Type
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.schema import FormDocument, SubtableDocument
from forms.shape import PART, FormShape

if TYPE_CHECKING:
    from forms.apart import NoOverlap
    from forms.linked import Linked


T = TypeVar("T")


class FormNotFound(NotFound):
    """The app has no such form."""

    code = "form_not_found"
    zh = "应用中没有该表单。"


Rule = bool | CheckedExpression
"""A condition that is often constant."""


CHOSEN_SYSTEM = ("owner", "dept")
"""References that every record has and that people choose."""
SYSTEM_KEYS = frozenset({"user", "dept"})
"""The system forms that references reach."""


@dataclass(frozen=True, slots=True)
class Named:
    """A record that a value names; `pointer` leads to it inside the value."""

    form: str
    record: str
    pointer: str = field(default="", compare=False)


@dataclass(slots=True)
class Field:
    """One field of a form or of a child table.

    `stored`: it has a column. `source`: how a derived value comes about: formula, lookup, copy, rollup, auto.
    `choosable` says when an option may be chosen, `offered` where options come from, `preset` where a
    default does. `sealed`: its value is encrypted in the store and found, if at all, by `blind`, a keyed hash.
    A field with `parts` has no column of its own but one for each of them; its value is a tuple of theirs,
    None when all are empty. `column` is the name under which the store keeps it, which is the key unless
    the form was changed after it was published.
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
    parts: tuple[Field, ...] = ()
    choosable: Mapping[str, Rule] = field(default_factory=dict)
    offered: Linked | None = None
    preset: Linked | None = None
    sealed: bool = False
    blind: Callable[[Any], str | None] | None = None
    column: str = ""

    def __post_init__(self) -> None:
        self.column = self.column or self.key

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

    @property
    def several(self) -> bool:
        """Whether it refers to any number of records; its value is a tuple of their ids."""
        return not self.derived and self.value_type.kind == "choices" and self.value_type.item is not None

    @property
    def linked(self) -> bool:
        """Whether a link table beside the column holds its references: those to records of the app."""
        return self.several and self.targets[0] not in SYSTEM_KEYS

    @property
    def targets(self) -> tuple[str, ...]:
        """The forms whose records it may name by itself."""
        if self.refers:
            return (str(self.value_type.form),)
        if self.several and self.value_type.item is not None:
            return (str(self.value_type.item.form),)
        return tuple(self.kind.options.forms) if self.type == "dynamic_ref" else ()

    def names(self, value: Any, named: Named) -> bool:
        """Whether a value of this field names a record."""
        return named in self.named(value)

    def without(self, value: Any, named: Named) -> Any:
        """The value when it no longer names a record."""
        if not self.names(value, named):
            return value
        return tuple(each for each in value if each != named.record) or None if self.several else None

    def with_(self, value: Any, named: Named) -> Any:
        """The value when it names a record again; what it names by now stays."""
        if self.several:
            return value if self.names(value, named) else (*(value or ()), named.record)
        again = (named.form, named.record) if self.parts else named.record
        return again if value is None else value

    def named(self, value: Any) -> tuple[Named, ...]:
        """The records that a value of this field names."""
        targets = self.targets if value is not None else ()
        if not targets:
            return ()
        if self.parts:
            return (Named(value[0], value[1]),)
        if self.several:
            return tuple(Named(targets[0], each, f"/{index}") for index, each in enumerate(value))
        return (Named(targets[0], value),)


@dataclass(frozen=True, slots=True)
class Rollup:
    """An aggregate over the records of `form`, or its child rows `rows`, whose `link` names this record.

    `field` is one of theirs, or `parent.x` of the record of child rows. `depends` are the fields and child
    tables of `form` whose change moves the value, `reads` the places it is computed from.
    """

    form: str
    link: str
    agg: str
    field: str | None
    where: CheckedExpression | None
    depends: frozenset[str]
    rows: str | None = None
    reads: frozenset[tuple[str | None, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Referring:
    """The records of `form` that name this one in their field `link`, known to expressions by the key of a
    backlink.
    """

    form: str
    link: str


@dataclass(frozen=True, slots=True)
class Draw:
    """What the child rows `rows` take in `field` from the record `link` names, which has `of` (child table and
    field); both by the fields `match`.
    """

    code: str
    link: str
    rows: str
    field: str
    of: tuple[str, str]
    match: tuple[str, ...]
    where: Rule
    counted: Rule
    message: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A validation: the save fails when `expression` is false."""

    code: str
    expression: CheckedExpression
    field: str | None
    message: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UniqueRule:
    """A unique constraint with its shadow column. With `keyed` its hash takes a secret: it covers values
    that are encrypted in the store.
    """

    column: str
    fields: tuple[str, ...]
    when: CheckedExpression | None
    code: str
    message: Mapping[str, str] | None
    keyed: Callable[[str, str], str] | None = None


@dataclass(frozen=True, slots=True)
class Blind:
    """The column by which an encrypted field is found by its whole value."""

    field: str
    column: str
    of: Callable[[Any], str | None]


@dataclass(slots=True)
class LayoutItem:
    """Something that arranges a form and has no value: a section, a divider, a note. `before` is the key of
    the field that follows it, None at the end.
    """

    key: str
    kind: FieldType
    visible: Rule = True
    before: str | None = None


@dataclass(slots=True)
class RowKind:
    """What a form and a child table have in common: a table with fields. `distinct` are constraints on the
    rows of one record among themselves, `apart` says which records, or rows of one record, do not overlap.
    """

    key: str
    label: Mapping[str, str]
    table: str
    fields: dict[str, Field]
    shape: FormShape
    checks: tuple[CheckRule, ...] = ()
    uniques: tuple[UniqueRule, ...] = ()
    distinct: tuple[UniqueRule, ...] = ()
    apart: tuple[NoOverlap, ...] = ()
    blinds: tuple[Blind, ...] = ()
    layout: list[LayoutItem] = field(default_factory=list)
    sql: dict[Any, Any] = field(default_factory=dict)
    composed: tuple[Field, ...] = ()
    choosing: tuple[Field, ...] = ()
    presets: tuple[Field, ...] = ()
    columns: tuple[Field, ...] = ()
    referring: dict[str, Referring] = field(default_factory=dict)
    linked: tuple[Field, ...] = ()
    naming: tuple[Field, ...] = ()

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first use of this version of the form."""
        known = self.sql.get(key)
        if known is None:
            known = self.sql[key] = make()
        return known

    def stored(self) -> tuple[Field, ...]:
        """The fields with a column, in order; of a field with parts these are its parts."""
        return self.columns

    def column_of(self, name: str) -> str:
        """The column of a field, of the part of one, or of what every row has."""
        found = self.find(name)
        return name if found is None else found.column

    def shadows(self) -> tuple[str, ...]:
        """The columns that the engine keeps beside the fields."""
        return (*(rule.column for rule in self.uniques), *(blind.column for blind in self.blinds))

    def settle(self) -> None:
        """Fix which fields have columns, once it is known which derived values are stored."""
        self.composed = tuple(each for each in self.fields.values() if each.parts)
        self.linked = tuple(each for each in self.fields.values() if each.linked)
        self.naming = tuple(
            each
            for each in self.fields.values()
            if each.targets and (not each.system or each.key in CHOSEN_SYSTEM)
        )
        self.columns = tuple(
            column for each in self.fields.values() if each.stored for column in (each.parts or (each,))
        )

    def find(self, name: str) -> Field | None:
        """The field of this key, or the part of one: `period__start`."""
        found = self.fields.get(name)
        if found is None and PART in name:
            whole = self.fields.get(name.partition(PART)[0])
            found = next((each for each in whole.parts if each.key == name), None) if whole else None
        return found


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
    search: tuple[str, ...] = ()
    draws: tuple[Draw, ...] = ()
    feeds: tuple[tuple[str, str], ...] = ()
    referrers: tuple[tuple[str, str | None, str], ...] = ()
    reading: Reading | None = None

    @property
    def plain(self) -> bool:
        """No child tables: one row is the whole record."""
        return not self.children


CompiledForm = Form


def compiled_form(app: CompiledApp, key: str) -> Form:
    """The form of this key. Raises FormNotFound, DefinitionBroken."""
    form = app.kind("form").get(key)
    if form is None:
        app.require_whole("form", key)
        raise FormNotFound()
    return form  # type: ignore[no-any-return]


def label_of(label: Label | None, key: str) -> dict[str, str]:
    """A label as plain text in both languages; the key when there is none."""
    return {"zh": label.zh, "en": label.en} if label else {"zh": key, "en": key}
