"""Documents of forms and option sets as a designer writes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, StrictBool

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


class Option(Document):
    """One choice; `key` is what is stored."""

    key: str = Field(pattern=r"^[A-Za-z0-9_]{1,40}$")
    label: Label
    archived: bool = False


class OptionSetDocument(Document):
    """Choices shared by several fields."""

    key: Key
    label: Label | None = None
    options: list[Option] = Field(min_length=1, max_length=1000)


class FieldDocument(Document):
    """What every field may say; a field type adds its own options."""

    key: Key
    type: str
    label: Label
    help: Label | None = None
    required: Condition = False
    visible: Condition = True
    readonly: Condition = False
    default: Any = None
    unique: bool = False
    index: bool = False


class Validation(Document):
    """A condition every saved record keeps; it fails only when it is false, not when it is empty."""

    code: str = Field(default="invalid", pattern=r"^[a-z][a-z0-9_]{0,59}$")
    expr: str | dict[str, Any]
    field: str | None = Field(default=None, description="The field the message points to.")
    message: Label


class Unique(Document):
    """No two records have the same values here; text is compared trimmed, NFKC, without case."""

    fields: list[str] = Field(min_length=1, max_length=8)
    when: Condition = True
    code: str = Field(default="unique", pattern=r"^[a-z][a-z0-9_]{0,59}$")
    message: Label | None = None


class FormDocument(Document):
    """A form: its fields, the rules a record keeps, and the indexes that lists need."""

    key: Key
    label: Label
    description: Label | None = None
    title: str | None = Field(
        default=None, description="The field that names a record; default: the first text."
    )
    fields: list[dict[str, Any]] = Field(min_length=1, max_length=300)
    validations: tuple[Validation, ...] = ()
    unique: tuple[Unique, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()


class SubtableDocument(FieldDocument):
    """Rows inside a record, with identities of their own."""

    type: Literal["subtable"]
    fields: list[dict[str, Any]] = Field(min_length=1, max_length=100)
    min_rows: int = Field(default=0, ge=0)
    max_rows: int = Field(default=1000, ge=1, le=10_000)
    validations: tuple[Validation, ...] = ()
    unique: tuple[Unique, ...] = ()  # type: ignore[assignment]  # a child table is not unique, its rows are
