"""`copy`: a field of a referenced record, copied when the reference is set and then frozen."""

from __future__ import annotations

from forms.field_type import Derived
from forms.field_types.lookup import LookupOptions


class Copy(Derived):
    type = "copy"
    Options = LookupOptions
