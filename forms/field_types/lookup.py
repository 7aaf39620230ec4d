"""`lookup`: a field of a referenced record, read live."""

from __future__ import annotations

from pydantic import Field

from forms.field_type import Derived
from forms.schema import FieldDocument


class LookupOptions(FieldDocument):
    """`path` goes along references, at most three hops: `customer.region`."""

    path: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}$")


class Lookup(Derived):
    type = "lookup"
    Options = LookupOptions
