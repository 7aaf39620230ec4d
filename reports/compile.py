"""A plan as one SQL statement. Pure: the same plan and grants give the same text.

    WITH rows AS (one row per fact: dimensions and arguments of measures),
         groups AS (one row per group and level: GROUPING SETS, so that totals have their own grain)
    SELECT dimensions, names of references, measures, derived measures, level FROM groups ...

SQLite has no grouping sets: there the levels are a UNION ALL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.expressions import CheckedExpression, Params, lower, print_sql
from engine.permissions.compiled import GrantSet
from forms.compiled import Form
from forms.query import Query
from reports.facts import Facts, facts, label_of
from reports.grains import bucket_start
from reports.groups import Group, Groups
from reports.measures.measure import Dialect
from reports.planned import Aggregated, Derived, ReportPlan

NO_OTHERS: Mapping[str, CompiledApp] = MappingProxyType({})
ROWS, GROUPS, LEVEL = "rows_", "groups_", "level_"


@dataclass(frozen=True, slots=True)
class SqlText:
    """Driver-ready SQL, how to bind its parameters, how to read its rows, and the tables it reads."""

    text: str
    params: Params
    tables: frozenset[str]
    plan: ReportPlan
    labelled: tuple[int, ...]

    def groups(self, rows: Any) -> Groups:
        """The rows of the store as groups."""
        plan, wide = self.plan, len(self.plan.dimensions)
        measures = wide + len(self.labelled)
        levels = {_level_number(level, wide): level for level in plan.levels()}
        made, labels = [], {}
        for row in rows:
            level = levels[int(row[-1])]
            made.append(Group(level, tuple(row[:wide]), tuple(row[measures:-1])))
            for place, position in enumerate(self.labelled):
                if position in level:
                    labels[position, row[position]] = row[wide + place]
        return Groups(tuple(made), labels)


def compile_report(
    plan: ReportPlan,
    forms: Mapping[str, Form],
    grants_of: Callable[[str], GrantSet],
    *,
    dialect: Dialect = "duckdb",
    others: Mapping[str, CompiledApp] = NO_OTHERS,
) -> SqlText:
    """The statement of a plan for a reader with these grants; `others` are the apps that references reach."""
    return _Compiler(plan, forms, grants_of, dialect, others).compile()


def _level_number(level: frozenset[int], wide: int) -> int:
    """What GROUPING(d0, d1, …) gives: a bit per dimension that is rolled up, the first one highest."""
    return sum(1 << (wide - 1 - i) for i in range(wide) if i not in level)


class _Compiler:
    def __init__(
        self,
        plan: ReportPlan,
        forms: Mapping[str, Form],
        grants_of: Callable[[str], GrantSet],
        dialect: Dialect,
        others: Mapping[str, CompiledApp],
    ) -> None:
        self.plan = plan
        self.dialect = dialect
        self.query = Query(
            dict(forms),
            dialect,  # type: ignore[arg-type]
            params=Params(dialect),
            grants_of=grants_of,
            others=others,
        )
        self.facts: Facts = facts(self.query, plan.source)
        self.aggregated = [each for each in plan.measures if isinstance(each, Aggregated)]
        self.wide = len(plan.dimensions)

    def compile(self) -> SqlText:
        rows = self._rows()
        statement, labelled = self._answer()
        statement = statement.with_(ROWS, as_=rows, copy=False)
        statement = statement.with_(GROUPS, as_=self._groups(), copy=False)
        named = {each.alias for each in statement.find_all(exp.CTE)}
        tables = frozenset(each.name for each in statement.find_all(exp.Table)) - named
        text = print_sql(statement, self.dialect)
        return SqlText(text, self.query.params, tables, self.plan, labelled)

    def _rows(self) -> exp.Select:
        projections = [self._dimension(i).as_(f"d{i}") for i in range(self.wide)]
        projections += [self._argument(each).as_(f"a{i}") for i, each in enumerate(self.aggregated)]
        if self.plan.where is not None:
            self.facts.conditions.append(self._lower(self.plan.where))
        return self.facts.select(*projections)

    def _dimension(self, index: int) -> exp.Expr:
        dimension = self.plan.dimensions[index]
        value = self._lower(dimension.value)
        if dimension.grain is None:
            return value
        return bucket_start(
            value,
            dimension.type.kind,
            dimension.grain,
            tz=self.plan.tz,
            week_start=self.plan.week_start,
            dialect=self.dialect,
        )

    def _argument(self, measure: Aggregated) -> exp.Expr:
        """The value that takes part: null where the measure's own condition does not hold."""
        value = self._lower(measure.argument) if measure.argument else exp.Literal.number(1)
        if measure.where is None:
            return value
        return exp.Case(ifs=[exp.If(this=self._lower(measure.where), true=value)])

    def _lower(self, checked: CheckedExpression) -> exp.Expr:
        return lower(checked, self.facts.columns, self.query.params, self.dialect)

    def _groups(self) -> exp.Query:
        levels = self.plan.levels()
        if self.wide == 0:
            return self._level(frozenset(), grouped=False)
        if self.dialect == "sqlite":
            parts = [self._level(level, grouped=bool(level)) for level in levels]
            union: exp.Query = parts[0]
            for part in parts[1:]:
                union = exp.union(union, part, distinct=False, copy=False)
            return union
        names: list[exp.Expr] = [exp.column(f"d{i}") for i in range(self.wide)]
        sets = [exp.Tuple(expressions=[names[i].copy() for i in sorted(level)]) for level in levels]
        number = exp.Anonymous(this="GROUPING", expressions=[each.copy() for each in names])
        select = exp.select(*names, *self._aggregates(), number.as_(LEVEL), copy=False).from_(ROWS)
        select.set("group", exp.Group(expressions=[exp.GroupingSets(expressions=sets)]))
        return select

    def _level(self, level: frozenset[int], *, grouped: bool) -> exp.Select:
        names: list[exp.Expr] = [
            exp.column(f"d{i}") if i in level else exp.null().as_(f"d{i}") for i in range(self.wide)
        ]
        number = exp.Literal.number(_level_number(level, self.wide)).as_(LEVEL)
        select = exp.select(*names, *self._aggregates(), number, copy=False).from_(ROWS)
        return (
            select.group_by(*(exp.column(f"d{i}") for i in sorted(level)), copy=False) if grouped else select
        )

    def _aggregates(self) -> list[exp.Expr]:
        made = []
        for index, measure in enumerate(self.aggregated):
            kind = measure.argument.type if measure.argument else measure.type
            made.append(measure.aggregate.lower(exp.column(f"a{index}"), kind, self.dialect).as_(f"m{index}"))
        return made

    def _answer(self) -> tuple[exp.Select, tuple[int, ...]]:
        keys = [exp.column(f"d{i}", table=GROUPS) for i in range(self.wide)]
        labels = {i: self._label(i) for i, each in enumerate(self.plan.dimensions) if each.type.kind == "ref"}
        found = {i: label for i, (label, _joins) in labels.items() if label is not None}
        measures = _GroupColumns(self)
        projections: list[exp.Expr] = [key.copy() for key in keys]
        projections += [label.as_(f"l{i}") for i, label in found.items()]
        projections += [measures.column((each.id,)).as_(f"v{i}") for i, each in enumerate(self.plan.measures)]
        select = exp.select(*projections, exp.column(LEVEL, table=GROUPS), copy=False).from_(GROUPS)
        for _label, joins in labels.values():
            for target, condition in joins.clauses:
                select = select.join(target, on=condition, join_type="left", copy=False)
        select = self._having(select, measures)
        return self._ordered(select, measures, found), tuple(found)

    def _label(self, index: int) -> tuple[exp.Expr | None, Any]:
        form = self.plan.dimensions[index].type.form or ""
        return label_of(self.query, form, exp.column(f"d{index}", table=GROUPS))

    def _having(self, select: exp.Select, measures: _GroupColumns) -> exp.Select:
        """Groups that fail are left out; totals stay, they count every row."""
        if self.plan.having is None:
            return select
        holds = lower(self.plan.having, measures, self.query.params, self.dialect)
        total = exp.NEQ(this=exp.column(LEVEL, table=GROUPS), expression=exp.Literal.number(0))
        return select.where(exp.or_(total, exp.paren(holds), copy=False) if self.wide else holds, copy=False)

    def _ordered(
        self, select: exp.Select, measures: _GroupColumns, labels: Mapping[int, exp.Expr]
    ) -> exp.Select:
        if self.wide == 0:
            return select
        order = [exp.Ordered(this=exp.column(LEVEL, table=GROUPS), desc=True, nulls_first=False)]
        positions = {each.id: i for i, each in enumerate(self.plan.dimensions)}
        steps = [(step.by, step.desc) for step in self.plan.sort]
        steps += [(key, False) for key in positions if key not in {by for by, _desc in steps}]
        for by, desc in steps:
            keys = self._rank(positions[by], labels) if by in positions else [measures.column((by,))]
            order += [exp.Ordered(this=key, desc=desc, nulls_first=False) for key in keys]
        select = select.order_by(*order, copy=False)
        if self.plan.pivot is None and not any(each.fill for each in self.plan.dimensions):
            select = select.limit(self.plan.limit + len(self.plan.levels()), copy=False)
        return select

    def _rank(self, index: int, labels: Mapping[int, exp.Expr]) -> list[exp.Expr]:
        """How a dimension sorts: choices as their options stand, references by name."""
        key = exp.column(f"d{index}", table=GROUPS)
        options = self.plan.dimensions[index].type.options
        if options:
            ranks = [
                exp.If(
                    this=exp.EQ(this=key.copy(), expression=exp.Literal.string(option)),
                    true=exp.Literal.number(i),
                )
                for i, option in enumerate(options)
            ]
            known = exp.Case(ifs=ranks, default=exp.Literal.number(len(options)))
            filled = exp.Case(
                ifs=[exp.If(this=exp.Is(this=key.copy(), expression=exp.null()), true=exp.null())],
                default=known,
            )
            return [filled, key]
        if index in labels:
            return [labels[index].copy(), key]
        return [key]


class _GroupColumns:
    """Where measures and dimensions stand in the grouped rows, for derived measures and `having`."""

    def __init__(self, compiler: _Compiler) -> None:
        self._compiler = compiler
        self._derived = {each.id: each for each in compiler.plan.measures if isinstance(each, Derived)}
        self._places = {each.id: i for i, each in enumerate(compiler.aggregated)}
        self._dimensions = {each.id: i for i, each in enumerate(compiler.plan.dimensions)}

    def column(self, path: tuple[str, ...]) -> exp.Expr:
        """The value of a measure; a derived one is computed from the measures it names."""
        (name,) = path
        if name in self._places:
            return exp.column(f"m{self._places[name]}", table=GROUPS)
        if name in self._dimensions:
            return exp.column(f"d{self._dimensions[name]}", table=GROUPS)
        return lower(self._derived[name].value, self, self._compiler.query.params, self._compiler.dialect)

    def children(self, path: tuple[str, ...]) -> Any:
        raise LookupError(f"groups have no child rows: {path}")
