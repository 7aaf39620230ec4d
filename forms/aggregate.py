"""Sums, counts and means over the records a reader may see, grouped: one statement, guarded as lists are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.definitions.sealed import unsealed
from engine.errors import EngineError, Forbidden, Invalid
from engine.expressions import CheckedExpression, ExpressionError, Params, Type, check, lower, print_sql
from engine.expressions import types as t
from engine.findings import Text, error, text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.asked_paths import read_path
from forms.codec import Codec
from forms.columns import RecordColumns, col, table
from forms.compiled import Form
from forms.environment import variables
from forms.listing import read_filter
from forms.plans import kept
from forms.query import Joins, query_of
from forms.totals import aggregate

GROUPS, MEASURES, MOST = 4, 12, 1000
NUMBERS = frozenset({"number", "money", "duration"})
ORDERED = NUMBERS | {"text", "date", "datetime"}
GROUPED = frozenset({"text", "choice", "ref", "bool", "date", "datetime", "number", "money"})
FITS: Mapping[str, frozenset[str]] = {
    "sum": NUMBERS,
    "avg": NUMBERS,
    "min": ORDERED,
    "max": ORDERED,
    "distinct": ORDERED | {"choice", "ref", "bool"},
}
STORAGES = {"bool": "boolean", "date": "date", "datetime": "moment"}


class BadGroup(EngineError):
    """Records cannot be grouped or measured by this."""

    code = "bad_group"
    zh = "不能按此分组或统计。"
    fix_zh = "请改用文本、选项、引用、日期或数字字段。"
    fix_en = "Use a field that holds a text, an option, a reference, a date or a number."


@dataclass(frozen=True, slots=True)
class Measure:
    """One number per group: `agg` is count, distinct, sum, avg, min or max; `field` a path, None for count."""

    key: str
    agg: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class AggregateQuery:
    """What is asked. `by` maps the name of each group key to an expression (a field's name is one); `sort` names
    keys and measures, e.g. "-total"; empty keys come first.
    """

    by: tuple[tuple[str, str], ...] = ()
    measures: tuple[Measure, ...] = (Measure("count", "count"),)
    filter: str | None = None
    sort: str | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True)
class _Plan:
    text: str
    params: Params
    columns: tuple[tuple[str, Callable[[Any], Any] | None], ...]


def aggregate_json(work: UnitOfWork, app: CompiledApp, form: Form, query: AggregateQuery) -> dict[str, Any]:
    """{"items", "more"}: one object per group. Raises Forbidden, UnknownField, BadGroup, Invalid and what is
    wrong with an expression.
    """
    access = Access(work, app)
    if not access.seen(form.key):
        raise Forbidden()
    dialect = work.runtime.database.dialect
    key = ("aggregate", form.key, dialect, access.key, query)
    plan = kept(app, key, lambda: _Maker(access, form, query).make())
    known = variables(work, app, row_limit=query.limit + 1)
    rows = work.rows(plan.text, plan.params.bind(known, work.now, app.zone, app.calendars))
    items = [
        {
            name: value if value is None or to_json is None else to_json(value)
            for (name, to_json), value in zip(plan.columns, row, strict=True)
        }
        for row in rows[: query.limit]
    ]
    return {"items": items, "more": len(rows) > query.limit}


class _Maker:
    """Builds the statement of one question."""

    def __init__(self, access: Access, form: Form, asked: AggregateQuery) -> None:
        self.access, self.form, self.asked = access, form, asked
        self.dialect = access.work.runtime.database.dialect
        grants = access.seen(form.key)
        self.grants = grants
        self.query = query_of(access.app, self.dialect, access.seen)
        self.joins = Joins()
        self.row = RecordColumns(self.query, form, "r", form=form, joins=self.joins, grants=grants)

    def make(self) -> _Plan:
        groups = [
            (key, *self._group(source, f"/by/{index}")) for index, (key, source) in enumerate(self.asked.by)
        ]
        measures = [(each.key, *self._measure(each)) for each in self.asked.measures]
        names = [key for key, _, _ in (*groups, *measures)]
        if len(set(names)) < len(names):
            raise Invalid(
                [error("key_taken", "/measures", text("名称重复。", "A name is used twice."), NAME_APART)]
            )
        columns = [(key, made, codec) for key, made, codec in (*groups, *measures)]
        select = exp.select(
            *(exp.alias_(made, f"c{place}", quoted=True) for place, (_, made, _) in enumerate(columns))
        ).from_(table(self.form.table, "r"))
        select = self._where(select)
        for place in range(len(groups)):
            select = select.group_by(exp.Literal.number(place + 1), copy=False)
        for place, descending in self._order(names, len(groups)):
            ordered = exp.Ordered(
                this=exp.column(f"c{place}", quoted=True), desc=descending, nulls_first=not descending
            )
            select = select.order_by(ordered, copy=False)
        limit = self.query.params.variable("row_limit", t.number(9, 0))
        select.set("limit", exp.Limit(expression=limit))
        written = tuple((key, codec.to_json(self.dialect)) for key, _, codec in columns)
        return _Plan(print_sql(select, self.dialect), self.query.params, written)

    def _where(self, select: exp.Select) -> exp.Select:
        where = read_filter(self.access, self.form, self.asked.filter)
        conditions: list[exp.Expr] = [exp.Is(this=col("r", "deleted_at"), expression=exp.null())]
        rows = self.row.row_predicate(self.grants, sought=True)
        if rows is not None:
            conditions.append(exp.paren(rows))
        if where is not None:
            conditions.append(exp.paren(self.row.filtered(where, sought=True)))
        for source, on in self.joins.clauses:
            select = select.join(source.copy(), on=on.copy(), join_type="left", copy=False)
        for condition in conditions:
            select = select.where(condition, copy=False)
        return select

    def _group(self, source: str, pointer: str) -> tuple[exp.Expr, Codec]:
        checked = self._checked(source, pointer)
        if checked.type.kind not in GROUPED or not checked.pushable:
            raise BadGroup(pointer=pointer)
        codec = self._codec(source, checked.type)
        return lower(checked, self.row, self.query.params, self.dialect), codec

    def _checked(self, source: str, pointer: str) -> CheckedExpression:
        try:
            scope = self.access.scope(self.form)
            return unsealed(check(source, scope), scope)
        except ExpressionError as wrong:
            wrong.pointer = pointer
            raise

    def _codec(self, source: str, kind: Type) -> Codec:
        """That of the field, when the expression is nothing but its name."""
        field = self.form.find(source)
        if field is not None:
            return field.codec
        if kind.numeric:
            return Codec("integer", kind.scale, text_json=kind.scale > 0)
        return Codec(STORAGES.get(kind.kind, "text"))  # type: ignore[arg-type]

    def _measure(self, measure: Measure) -> tuple[exp.Expr, Codec]:
        pointer = f"/measures/{measure.key}"
        if measure.agg == "count":
            return exp.Count(this=exp.Star()), Codec("integer")
        fits = FITS.get(measure.agg)
        if fits is None:
            known = ", ".join(["count", *FITS])
            message = text(f"统计方式应为：{known}。", f"The aggregate is one of {known}.")
            raise Invalid([error("invalid_parameter", f"{pointer}/agg", message)])
        source = measure.field or ""
        path = read_path(self.access, self.form, source, f"{pointer}/field")
        kind = self._checked(source, f"{pointer}/field").type
        if kind.kind not in fits:
            raise BadGroup(_unfit(measure.agg, kind), pointer=f"{pointer}/field")
        made = aggregate(measure.agg, self.row.column(path), self.dialect, t.INT64_DIGITS)
        return made, Codec("integer") if measure.agg == "distinct" else self._codec(source, kind)

    def _order(self, names: Sequence[str], groups: int) -> list[tuple[int, bool]]:
        if not self.asked.sort:
            return [(place, False) for place in range(groups)]
        order: list[tuple[int, bool]] = []
        for index, part in enumerate(self.asked.sort.split(",")):
            name = part.strip()
            if name.lstrip("+-") not in names:
                message = text(f"没有“{name[:60]}”。", f"There is no '{name[:60]}' to sort by.")
                raise Invalid([error("invalid_parameter", f"/sort/{index}", message)])
            order.append((names.index(name.lstrip("+-")), name.startswith("-")))
        return order + [(place, False) for place in range(groups) if all(place != one for one, _ in order)]


NAME_APART = text("请为每个分组和统计取不同名称。", "Give every group and measure a name of its own.")


def _unfit(agg: str, kind: Type) -> Text:
    return Text(
        zh=f"“{agg}”不能用于{kind.label['zh']}。",
        en=f"'{agg}' does not fit values of type {kind.label['en']}.",
    )
