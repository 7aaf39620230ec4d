"""The report document: dimensions, measures, conditions, pivot, sort and parameters."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from engine.definitions.app import Key, Label, known_zone
from engine.definitions.wording import Unfit
from engine.protocols import Document

Grain = Literal["hour", "day", "week", "month", "quarter", "year"]
WeekStart = Literal["mon", "sun", "sat"]
Total = Literal["row", "column", "grand"]
Condition = str | dict[str, Any] | bool
ParamType = Literal[
    "period", "text", "int", "decimal", "money", "percent", "bool", "date", "datetime", "user", "dept", "ref"
]


class Param(Document):
    """A value the reader gives. Without `default` the reader must give one; `many` takes a list."""

    type: ParamType
    label: Label | None = None
    form: Key | None = Field(default=None, description="The form of a `ref` parameter.")
    many: bool = False
    default: Any = None

    @property
    def optional(self) -> bool:
        """Whether the document names a default; null counts."""
        return "default" in self.model_fields_set

    @model_validator(mode="after")
    def _form_of_ref(self) -> Param:
        if (self.type == "ref") != (self.form is not None):
            raise Unfit(
                "form 只用于 ref 参数，且 ref 参数必须有它",
                "`form` belongs to a `ref` parameter and to no other",
            )
        return self


class Dimension(Document):
    """What rows are grouped by: a field or dotted path, or an expression of one row."""

    id: Key
    field: str | None = None
    expr: str | None = None
    grain: Grain | None = None
    fill: bool = Field(default=False, description="Show empty periods too.")
    label: Label | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Dimension:
        if (self.field is None) == (self.expr is None):
            raise Unfit("维度须写 field 或 expr 之一", "a dimension has either `field` or `expr`")
        if self.fill and self.grain is None:
            raise Unfit("使用 fill 时须写 grain", "`fill` needs a `grain`")
        return self


class Measure(Document):
    """A number per group: an aggregate of the rows, or (without `agg`) an expression of other measures."""

    id: Key
    agg: str | None = None
    field: str | None = None
    expr: str | None = None
    where: Condition | None = None
    label: Label | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Measure:
        if self.field is not None and self.expr is not None:
            raise Unfit("指标须写 field 或 expr 之一", "a measure has either `field` or `expr`")
        if self.agg is None and (self.expr is None or self.where is not None):
            raise Unfit(
                "没有 agg 的指标是其他指标的 expr，且不能有 where",
                "a measure without `agg` is an `expr` of other measures, without `where`",
            )
        return self


class Pivot(Document):
    """Which dimensions go down and which across."""

    rows: tuple[Key, ...] = ()
    columns: tuple[Key, ...] = Field(min_length=1)
    totals: tuple[Total, ...] = ()


class Sort(Document):
    """One step of the order; empty values come last either way."""

    by: Key
    desc: bool = False


class Report(Document):
    """A report as a document of an app."""

    key: Key = "preview"
    label: Label | None = None
    source: str = Field(
        alias="from",
        pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39})?$",
        description="A form, or `form.child` for the rows of a child table.",
    )
    tz: str | None = Field(default=None, description="IANA zone of the buckets; the app's when absent.")
    week_start: WeekStart | None = None
    params: dict[Key, Param] = Field(default_factory=dict)
    dimensions: tuple[Dimension, ...] = Field(default=(), max_length=8)
    measures: tuple[Measure, ...] = Field(min_length=1, max_length=40)
    where: Condition | None = None
    having: Condition | None = None
    pivot: Pivot | None = None
    sort: tuple[Sort, ...] = ()
    limit: int = Field(default=1000, ge=1, le=100_000)
    chart: dict[str, Any] | None = None

    @field_validator("tz")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        return known_zone(value) if value is not None else None
