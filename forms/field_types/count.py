"""`count`: how many records of another form refer to this one."""

from __future__ import annotations

from typing import ClassVar

from forms.field_types.rollup import Rollup
from forms.schema import Condition, FieldDocument


class CountOptions(FieldDocument):
    """`link` is the field of `form` that refers here; `where` a condition on its records."""

    form: str
    link: str
    where: Condition = True
    agg: ClassVar = "count"
    field: ClassVar = None


class Count(Rollup):
    """A rollup that is written shorter."""

    type = "count"
    source = "rollup"
    Options = CountOptions  # type: ignore[assignment]  # with the same names as those of a rollup
