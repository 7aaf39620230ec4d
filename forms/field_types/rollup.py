"""`rollup`: an aggregate over the records of another form that refer to this one."""

from __future__ import annotations

from typing import Literal

from forms.field_type import Derived
from forms.schema import Condition, FieldDocument

Aggregate = Literal["sum", "count", "min", "max", "avg", "distinct"]


class RollupOptions(FieldDocument):
    """`link` is the reference field of `form` that points here; `where` is a condition on its records.

    `form` may be a child table, `payment.allocs`: its rows are summed then, and `where` and `field` may read
    their record as `parent.status`.
    """

    form: str
    link: str
    agg: Aggregate
    field: str | None = None
    where: Condition = True


class Rollup(Derived):
    type = "rollup"
    Options = RollupOptions
