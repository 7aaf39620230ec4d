"""The extensions of this package."""

from __future__ import annotations

from typing import Any

from forms.actions.create_record import CreateRecord
from forms.actions.set_fields import SetFields
from forms.backfill import Backfill
from forms.field_types.auto import Auto
from forms.field_types.bool import Bool
from forms.field_types.copy import Copy
from forms.field_types.date import Date
from forms.field_types.datetime import Datetime
from forms.field_types.decimal import Decimal
from forms.field_types.dept import Dept
from forms.field_types.email import Email
from forms.field_types.formula import Formula
from forms.field_types.int import Int
from forms.field_types.lookup import Lookup
from forms.field_types.money import Money
from forms.field_types.multiselect import Multiselect
from forms.field_types.percent import Percent
from forms.field_types.phone import Phone
from forms.field_types.ref import Ref
from forms.field_types.rollup import Rollup
from forms.field_types.select import Select
from forms.field_types.subtable import Subtable
from forms.field_types.text import Text
from forms.field_types.textarea import Textarea
from forms.field_types.user import User
from forms.kind import FormKind, OptionSetKind

BUILT_INS: tuple[type[Any], ...] = (
    OptionSetKind,
    FormKind,
    Text,
    Textarea,
    Int,
    Decimal,
    Money,
    Percent,
    Date,
    Datetime,
    Bool,
    Select,
    Multiselect,
    Email,
    Phone,
    User,
    Dept,
    Ref,
    Subtable,
    Auto,
    Formula,
    Lookup,
    Copy,
    Rollup,
    SetFields,
    CreateRecord,
    Backfill,
)
