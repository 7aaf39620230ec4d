"""`tree_parent`: the record of the same form that this one belongs to; the records form a tree."""

from __future__ import annotations

from typing import Literal

from forms.field_types.ref import Ref
from forms.operators import EQUAL
from forms.schema import FieldDocument


class TreeParentOptions(FieldDocument):
    """`on_delete` says what becomes of the records below when one is deleted."""

    on_delete: Literal["restrict", "set_null", "cascade"] = "restrict"


class TreeParent(Ref):
    """A form has at most one. `UNDER(region, $x)`, in JSON {"region": {"under": id}}, means a record and
    all below it; a record that would be below itself is refused.
    """

    type = "tree_parent"
    Options = TreeParentOptions
    operators = (*EQUAL, "under")
    own: str = ""

    def placed(self, form: str) -> None:
        self.own = form

    @property
    def form(self) -> str:
        return self.own
