"""`user`: a person of the installation."""

from __future__ import annotations

from forms.field_types.ref import Ref
from forms.schema import FieldDocument


class User(Ref):
    type = "user"
    Options = FieldDocument
    target = "user"
    example = '"li"'
