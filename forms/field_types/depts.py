"""`depts`: departments, any number of them."""

from __future__ import annotations

from forms.field_types.refs import Refs, SeveralOptions


class Depts(Refs):
    type = "depts"
    Options = SeveralOptions
    target = "dept"
    example = '"sales"'
