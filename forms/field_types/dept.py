"""`dept`: a department."""

from __future__ import annotations

from forms.field_types.ref import Ref
from forms.schema import FieldDocument


class Dept(Ref):
    type = "dept"
    Options = FieldDocument
    target = "dept"
    example = '"sales"'
