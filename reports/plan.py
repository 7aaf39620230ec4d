"""Proves a report and turns it into a typed plan. Pure: the same spec and shapes give the same plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from engine.definitions.places import Place
from engine.definitions.sealed import unsealed
from engine.expressions import CheckedExpression, ExpressionError, Scope, Type, check, parse
from engine.expressions import types as t
from engine.expressions.function import Function
from engine.expressions.tree import Name, Tree
from engine.expressions.tree import Source as Written
from engine.findings import NO_FIX, Finding, Text, error, has_errors, text
from reports.conditions import bounded, period_of, written
from reports.measures.measure import Aggregate
from reports.params import variable_types
from reports.planned import Aggregated, Derived, PlannedDimension, PlannedMeasure, ReportPlan, Source
from reports.schema import Condition, Dimension, Measure, Report, WeekStart
from reports.shapes import FlatShape
from reports.sources import Sources

MANY_TO_ONE = frozenset({"sum", "avg"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the app says where the report is silent."""

    tz: str
    week_start: WeekStart
    variables: Mapping[str, Type]
    aggregates: Mapping[str, type[Aggregate]]
    functions: Mapping[str, Function] | None = None
    calendars: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """The findings, the plan when none of them blocks, and where expressions stand in the document."""

    findings: tuple[Finding, ...]
    plan: ReportPlan | None
    places: Mapping[str, Place]


def plan(spec: Report, sources: Sources, settings: Settings) -> Planned:
    """The plan of a report over the shapes in `sources`. Never raises for a bad spec.

    Pointers are relative to the document. A field that `sources` hides is an unknown field.
    """
    planner = _Planner(spec, sources, settings)
    made = planner.plan()
    blocked = has_errors(planner.findings)
    return Planned(tuple(planner.findings), None if blocked else made, planner.places)


@dataclass(slots=True)
class _Planner:
    spec: Report
    sources: Sources
    settings: Settings
    findings: list[Finding] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    source: Source = field(init=False)
    scope: Scope | None = None
    periods: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        form, _, child = self.spec.source.partition(".")
        self.source = Source(form, child or None)
        self.periods = frozenset(key for key, param in self.spec.params.items() if param.type == "period")

    def plan(self) -> ReportPlan | None:
        shape = self.sources.shape(self.source)
        if shape is None:
            self._unknown("unknown_form", "/from", self.spec.source, self.sources.known(), ("表单", "form"))
            return None
        variables = {**self.settings.variables, **variable_types(self.spec.params)}
        parent = self.sources.parent(self.source)
        self.scope = Scope(
            shape,
            self.sources.shapes,
            variables,
            parent=parent,
            db_only=True,
            functions=self.settings.functions,
            calendars=self.settings.calendars,
        )
        condition = Place(self.scope, t.BOOL, self._read)
        self.places |= {"/where": condition, "/measures/-/where": condition}
        self.places |= {"/dimensions/-/expr": Place(self.scope), "/measures/-/expr": Place(self.scope)}
        self._check_ids()
        where, tree = self._condition(self.spec.where, "/where", self.scope)
        dimensions = tuple(
            made for i, each in enumerate(self.spec.dimensions) if (made := self._dimension(each, i, tree))
        )
        measures = self._measures()
        having = self._having(dimensions, measures)
        self._check_layout(dimensions)
        return ReportPlan(
            source=self.source,
            tz=self.spec.tz or self.settings.tz,
            week_start=self.spec.week_start or self.settings.week_start,
            dimensions=dimensions,
            measures=measures,
            params=tuple(self.spec.params.items()),
            where=where,
            having=having,
            sort=self.spec.sort,
            limit=self.spec.limit,
            pivot=self.spec.pivot,
        )

    def _dimension(self, spec: Dimension, index: int, where: Tree | None) -> PlannedDimension | None:
        pointer = f"/dimensions/{index}"
        value, path = self._value(spec.field, spec.expr, pointer)
        if value is None:
            return None
        kind, name = value.type.kind, value.type.label
        if kind in ("choices", "list", "duration", "null"):
            self._error(
                "not_groupable",
                pointer,
                f"不能按“{spec.id}”分组：其类型为{name['zh']}。",
                f"'{spec.id}' cannot group rows: it is of type {name['en']}.",
            )
        if spec.grain and (kind not in ("date", "datetime") or (spec.grain == "hour" and kind == "date")):
            self._error(
                "bad_grain",
                f"{pointer}/grain",
                f"{name['zh']}没有粒度“{spec.grain}”。",
                f"A value of type {name['en']} has no grain '{spec.grain}'.",
                Text(
                    zh="粒度用于日期和日期时间；hour 只用于日期时间。",
                    en="Grains are for dates; 'hour' for datetimes only.",
                ),
            )
        span = period_of(where, path, self.periods) if where and path else None
        label = self._label(spec.label, spec.id, path)
        options = self.sources.options(self.source, path)
        return PlannedDimension(spec.id, label, value, spec.grain, spec.fill, span, options)

    def _measures(self) -> tuple[PlannedMeasure, ...]:
        made: list[PlannedMeasure] = []
        for index, spec in enumerate(self.spec.measures):
            pointer = f"/measures/{index}"
            if spec.agg is None:
                shape = FlatShape("measures", {each.id: each.type for each in made})
                derived = self._checked(spec.expr or "", f"{pointer}/expr", self._flat(shape))
                if derived is not None:
                    label = self._label(spec.label, spec.id, ())
                    made.append(Derived(spec.id, label, derived))
            elif (measure := self._aggregate(spec, pointer)) is not None:
                made.append(measure)
        of_measures = FlatShape("measures", {each.id: each.type for each in made})
        self.places["/measures/-/derived"] = Place(self._flat(of_measures))
        return tuple(made)

    def _aggregate(self, spec: Measure, pointer: str) -> Aggregated | None:
        aggregate = self.settings.aggregates.get(spec.agg or "")
        if aggregate is None:
            known = self.settings.aggregates
            self._unknown("unknown_aggregate", f"{pointer}/agg", spec.agg or "", known, ("聚合", "aggregate"))
            return None
        argument: CheckedExpression | None = None
        path: tuple[str, ...] = ()
        if spec.field or spec.expr:
            argument, path = self._value(spec.field, spec.expr, pointer)
            if argument is None:
                return None
        elif not aggregate.optional:
            self._error(
                "field_required",
                pointer,
                f"“{spec.agg}”需要 field 或 expr。",
                f"'{spec.agg}' needs `field` or `expr`.",
            )
            return None
        result = aggregate.result(argument.type if argument else None)
        if result is None:
            kind = argument.type.label if argument else text("无", "nothing")
            self._error(
                "not_summable",
                f"{pointer}/agg",
                f"{kind['zh']}不能用“{spec.agg}”聚合。",
                f"A value of type {kind['en']} cannot be aggregated with '{spec.agg}'.",
                Text(zh="可用 count 或 distinct。", en="Use count or distinct."),
            )
            return None
        if argument is not None and spec.agg in MANY_TO_ONE:
            self._counted_once(argument, f"{pointer}/{'field' if spec.field else 'expr'}")
        where = None
        if spec.where is not None and self.scope is not None:
            where, _tree = self._condition(spec.where, f"{pointer}/where", self.scope)
        label = self._label(spec.label, spec.id, path)
        return Aggregated(spec.id, label, result, aggregate, argument, where)

    def _counted_once(self, argument: CheckedExpression, pointer: str) -> None:
        """A value of another record stands once on each row that refers to it: its sum would be wrong."""
        paths = argument.dependencies
        own = self.scope.shape if self.scope else None
        children = {path[0] for path in paths if own and own.child(path[0]) is not None}
        if paths and all(len(path) > 1 and path[0] not in children for path in paths):
            name = ".".join(min(paths))
            self._error(
                "double_counting",
                pointer,
                f"“{name}”属于另一条记录，每一行都会重复计入，合计会出错。",
                f"'{name}' belongs to another record and would be counted once per row that refers to it.",
                Text(
                    zh="请以该表单为 from 建立报表，或改用 min、max、distinct。",
                    en="Make a report `from` that form, or use min, max or distinct.",
                ),
            )

    def _having(
        self, dimensions: tuple[PlannedDimension, ...], measures: tuple[PlannedMeasure, ...]
    ) -> CheckedExpression | None:
        types = {each.id: each.type for each in dimensions if each.grain is None}
        types |= {each.id: each.type for each in measures}
        scope = self._flat(FlatShape("groups", types))
        self.places["/having"] = Place(scope, t.BOOL, self._read)
        checked, _tree = self._condition(self.spec.having, "/having", scope)
        return checked

    def _check_ids(self) -> None:
        seen: set[str] = set()
        places = [(f"/dimensions/{i}/id", each.id) for i, each in enumerate(self.spec.dimensions)]
        places += [(f"/measures/{i}/id", each.id) for i, each in enumerate(self.spec.measures)]
        for pointer, key in places:
            if key in seen:
                self._error(
                    "double_id",
                    pointer,
                    f"标识“{key}”用了两次。",
                    f"The id '{key}' is used twice.",
                    Text(zh="请换一个标识。", en="Choose another id."),
                )
            seen.add(key)

    def _check_layout(self, dimensions: tuple[PlannedDimension, ...]) -> None:
        names = [each.id for each in dimensions]
        known = [*(each.id for each in self.spec.dimensions), *(each.id for each in self.spec.measures)]
        for index, step in enumerate(self.spec.sort):
            if step.by not in known:
                self._unknown(
                    "unknown_id", f"/sort/{index}/by", step.by, known, ("维度或度量", "dimension or measure")
                )
        if self.spec.pivot is None:
            return
        placed = [*self.spec.pivot.rows, *self.spec.pivot.columns]
        for key in placed:
            if key not in known[: len(self.spec.dimensions)]:
                self._unknown("unknown_id", "/pivot", key, names, ("维度", "dimension"))
        if sorted(placed) != sorted(each.id for each in self.spec.dimensions):
            self._error(
                "pivot_incomplete",
                "/pivot",
                "每个维度须在 rows 或 columns 中恰好出现一次。",
                "Each dimension stands exactly once in `rows` or `columns`.",
            )

    def _value(
        self, path: str | None, expr: str | None, pointer: str
    ) -> tuple[CheckedExpression | None, tuple[str, ...]]:
        """The checked value and, when it is a plain field, its path."""
        where = f"{pointer}/{'field' if path is not None else 'expr'}"
        try:
            tree = parse(path if path is not None else expr or "")
        except ExpressionError as wrong:
            self._wrong(wrong, where)
            return None, ()
        is_path = isinstance(tree, Name) and not tree.parts[0].startswith("$")
        if path is not None and not is_path:
            self._error(
                "not_a_field",
                where,
                f"“{path}”不是字段路径。",
                f"'{path}' is not a path of fields.",
                Text(zh="计算请写在 expr 中。", en="Write a computation in `expr`."),
            )
            return None, ()
        if self.scope is None:
            return None, ()
        return self._checked(tree, where, self.scope), tree.parts if isinstance(tree, Name) else ()

    def _condition(
        self, source: Condition | None, pointer: str, scope: Scope
    ) -> tuple[CheckedExpression | None, Tree | None]:
        """The checked condition and its tree as written (periods not yet bounds)."""
        if source is None or source is True:
            return None, None
        self.places[pointer] = Place(scope, t.BOOL, self._read)
        try:
            as_written = written(source, {*scope.variables, *self.periods})
            tree = self._bounded(as_written, scope)
        except ExpressionError as wrong:
            self._wrong(wrong, pointer)
            return None, None
        return self._checked(tree, pointer, scope, expect=t.BOOL), as_written

    def _read(self, source: Written, scope: Scope) -> Tree:
        return self._bounded(written(source, {*scope.variables, *self.periods}), scope)

    def _bounded(self, tree: Tree, scope: Scope) -> Tree:
        return bounded(tree, self.periods, lambda operand: check(operand, scope).type)

    def _checked(
        self, source: Any, pointer: str, scope: Scope, *, expect: Type | None = None
    ) -> CheckedExpression | None:
        self.places.setdefault(pointer, Place(scope, expect))
        try:
            return unsealed(check(source, scope, expect=expect), scope)
        except ExpressionError as wrong:
            self._wrong(wrong, pointer)
            return None

    def _flat(self, shape: FlatShape) -> Scope:
        variables = self.scope.variables if self.scope else {}
        settings = self.settings
        return Scope(
            shape,
            lambda _form: None,
            variables,
            db_only=True,
            functions=settings.functions,
            calendars=settings.calendars,
        )

    def _label(self, label: Any, key: str, path: tuple[str, ...]) -> Text:
        if label is not None:
            return Text(zh=label.zh, en=label.en)
        return self.sources.label(self.source, path) or Text(zh=key, en=key)

    def _error(self, code: str, pointer: str, zh: str, en: str, fix: Text = NO_FIX) -> None:
        self.findings.append(error(code, pointer, Text(zh=zh, en=en), fix))

    def _wrong(self, wrong: ExpressionError, pointer: str) -> None:
        self.findings.append(error(wrong.code, pointer, wrong.message, wrong.suggestion or NO_FIX))

    def _unknown(self, code: str, pointer: str, name: str, known: Any, what: tuple[str, str]) -> None:
        close = get_close_matches(name, list(known), n=1)
        fix = Text(zh=f"是否想写“{close[0]}”？", en=f"Did you mean '{close[0]}'?") if close else NO_FIX
        self._error(
            code, pointer, f"没有名为“{name}”的{what[0]}。", f"There is no {what[1]} named '{name}'.", fix
        )
