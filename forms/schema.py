"""Documents of forms and option sets as a designer writes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StringConstraints

from engine.definitions.app import Key, Label
from engine.protocols import Document

Condition = StrictBool | str | dict[str, Any]
"""A condition: text spelling, JSON spelling, or plainly true or false."""

SYSTEM_FIELDS = (
    "id",
    "rev",
    "owner",
    "dept",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "flow_state",
    "deleted_at",
)


OptionKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,40}$")]


class Option(Document):
    """One choice; `key` is what is stored."""

    key: OptionKey
    label: Label
    archived: bool = False
    renamed_from: OptionKey | tuple[OptionKey, ...] = Field(
        default=(), description="An option, or several, that was removed; its values become this one."
    )

    @property
    def replaces(self) -> tuple[str, ...]:
        """The removed options whose values become this one."""
        return (self.renamed_from,) if isinstance(self.renamed_from, str) else self.renamed_from


class OptionSetDocument(Document):
    """Choices shared by several fields."""

    key: Key
    label: Label | None = None
    options: list[Option] = Field(min_length=1, max_length=1000)


class FromRecords(Document):
    """Values of the records of another form. In `where` bare names are that form's; `$record.x` is this record
    (in a child table this row), `$parent.x` the record that a row belongs to. `form` may be a child table,
    `product.prices`: then its rows are searched, and `parent.id` is their record.
    """

    form: str
    value: str = Field(description="The field whose value is taken.")
    where: Condition = True
    sort: str | None = Field(default=None, description="`-date,name`; a minus sorts downwards.")


class OptionsFrom(FromRecords):
    """Options out of the records of another form; people choose by `label`."""

    label: str | None = None


class FieldDocument(Document):
    """What every field may say; a field type adds its own options."""

    key: Key
    type: str
    label: Label
    renamed_from: Key | None = Field(default=None, description="The key it had before; its values stay.")
    moved_from: Key | None = Field(
        default=None,
        description="In a child table: the field of the record that it was. A record with a value gets a row.",
    )
    help: Label | None = None
    required: Condition = False
    visible: Condition = True
    readonly: Condition = False
    default: Any = None
    default_from: FromRecords | None = Field(
        default=None, description="Where a new record has no value: that of the first record found."
    )
    unique: bool = False
    index: bool = False
    duplicate_check: bool = Field(
        default=False,
        description="Who may create records may ask whether a whole value exists, in any record; they learn no more.",
    )
    encrypt: bool = Field(
        default=False,
        description="Encrypted in the store. With `index` or `unique` it is found by its whole value.",
    )
    mask: str | None = Field(
        default=None,
        pattern=r"^#{0,20}\*{1,20}#{0,20}$",
        description="What a grant with this field `masked` shows: # a sign, * none. Default: the type's own.",
    )
    log_reads: bool | None = Field(
        default=None,
        description="Who is shown its whole value is written to the access log. Default: fields with `encrypt` "
        "or `mask`.",
    )


class Validation(Document):
    """A condition every saved record keeps; it fails only when it is false, not when it is empty."""

    code: str = Field(default="invalid", pattern=r"^[a-z][a-z0-9_]{0,59}$")
    expr: str | dict[str, Any]
    field: str | None = Field(default=None, description="The field the message points to.")
    message: Label


class Unique(Document):
    """No two records have the same values here; text is compared trimmed, NFKC, without case. In a child
    table no two rows of one record do; with `across` no two rows of any.
    """

    fields: list[str] = Field(min_length=1, max_length=8)
    when: Condition = True
    across: bool = False
    code: str = Field(default="unique", pattern=r"^[a-z][a-z0-9_]{0,59}$")
    message: Label | None = None


class DrawDocument(Document):
    """What the rows of this form take from the record that `link` names, never more than it has: a return from
    its order. Both sides are added up by the fields `match`; what is left is shared with all other records
    that fulfil `where` and `counted`. A record that fulfils `where` is judged at each save.
    """

    code: str = Field(default="too_much", pattern=r"^[a-z][a-z0-9_]{0,59}$")
    link: str
    rows: str = Field(description="The child table whose rows take.")
    field: str = Field(description="How much a row takes.")
    of: str = Field(
        pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$",
        description="How much there is: rows.field of the other record.",
    )
    match: list[str] = Field(default=[], max_length=8)
    where: Condition = True
    counted: Condition = True
    message: Label


class NoOverlapDocument(Document):
    """No two records that are alike in `by` overlap: from `from` to `to`, both included (of moments the later one
    is not), where an empty end is open; or in `field`, a range, or several choices of which none is in both. In
    a child table it is about the rows of one record.
    """

    code: str = Field(default="overlap", pattern=r"^[a-z][a-z0-9_]{0,59}$")
    by: tuple[str, ...] = Field(default=(), max_length=8, description="Empty values are alike, too.")
    begins: str | None = Field(default=None, alias="from")
    ends: str | None = Field(default=None, alias="to")
    field: str | None = None
    when: Condition = Field(default=True, description="Records for which it is not true do not count.")
    message: Label | None = None


class FormDocument(Document):
    """A form: its fields, the rules a record keeps, and the indexes that lists need."""

    key: Key
    label: Label
    renamed_from: Key | None = Field(default=None, description="The key it had before; its records stay.")
    description: Label | None = None
    title: str | None = Field(
        default=None, description="The field that names a record; default: the first text."
    )
    fields: list[dict[str, Any]] = Field(min_length=1, max_length=300)
    validations: tuple[Validation, ...] = ()
    unique: tuple[Unique, ...] = ()
    no_overlap: tuple[NoOverlapDocument, ...] = ()
    draws: tuple[DrawDocument, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    search: tuple[str, ...] = Field(
        default=(), max_length=20, description="Fields with text by whose words records are found."
    )


class SubtableDocument(FieldDocument):
    """Rows inside a record, with identities of their own."""

    type: Literal["subtable"]
    fields: list[dict[str, Any]] = Field(min_length=1, max_length=100)
    min_rows: int = Field(default=0, ge=0)
    max_rows: int = Field(default=1000, ge=1, le=10_000)
    validations: tuple[Validation, ...] = ()
    no_overlap: tuple[NoOverlapDocument, ...] = ()
    unique: tuple[Unique, ...] = ()  # type: ignore[assignment]  # a child table is not unique, its rows are
