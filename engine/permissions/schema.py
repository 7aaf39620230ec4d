"""Documents of roles and of named scopes."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field, StrictBool

from engine.definitions.app import Key, Label
from engine.protocols import Document

ActionName = Literal[
    "*",
    "list",
    "view",
    "create",
    "update",
    "delete",
    "restore",
    "import",
    "export",
    "print",
    "comment",
    "share",
    "history",
]
ACTIONS: tuple[str, ...] = tuple(name for name in get_args(ActionName) if name != "*")
FieldNames = Literal["*"] | tuple[str, ...]


class FieldSet(Document):
    """Fields of a grant, child fields as `lines.cost`. `hidden` wins over all others; `masked` fields are
    shown with most signs covered (138****5678), and found by their whole value only; `readonly` wins over
    `write`.
    """

    hidden: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    readonly: tuple[str, ...] = ()
    read: FieldNames = "*"
    write: FieldNames = "*"


class Grant(Document):
    """What a role may do with the records of a form that fulfil `where`.

    `check` is what a record must fulfil after a write; default: `where`. With `subject_field` it is for whom
    this field of the record names: a user, a department (`below`: also their superiors, and the departments
    above), or a role. `presets` are values that a new record gets from the grant, which its holder cannot
    choose otherwise. `deny` takes away: whole records, or what `fields` hides, masks or makes read-only.
    """

    form: str
    actions: list[ActionName] = Field(min_length=1)
    where: StrictBool | str | dict[str, Any] = True
    check: StrictBool | str | dict[str, Any] | None = None
    fields: FieldSet = FieldSet()
    subject_field: str | None = None
    below: StrictBool = False
    presets: dict[str, Any] = Field(default_factory=dict)
    deny: StrictBool = False


class Subjects(Document):
    """Who holds a role besides those it is given to: users, members of departments, with those of the
    departments below, or everyone.
    """

    users: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    departments_below: tuple[str, ...] = ()
    everyone: StrictBool = False


class RoleDocument(Document):
    """A role and its grants; what no grant allows is forbidden. `audits`: it may read the app's operation log,
    with the values of the fields that its grants show.
    """

    key: Key
    label: Label
    description: Label | None = None
    granted_to: Subjects = Subjects()
    audits: StrictBool = False
    grants: tuple[Grant, ...] = ()


class ScopeDocument(Document):
    """A named set of records for row conditions: those of `form` that fulfil `where`, with all records
    below them along the reference `descend`, or all above them along `ascend`. Used as `region in $my_regions`.
    """

    key: Key
    label: Label | None = None
    form: str
    where: str | dict[str, Any]
    descend: str | None = None
    ascend: str | None = None
