"""The SELECT of records for people: asked fields, guarded by the reader's grants, filter, order, cursor.

A plan is made once per (fields, filter, order, grants) and kept with the form; a request binds and runs it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.errors import EngineError
from engine.expressions import CheckedExpression, Params, print_sql
from engine.expressions import types as t
from engine.expressions.typed import Aggregate, Node, walk
from engine.permissions.compiled import GrantSet, uncovered
from engine.storage.database import DialectName
from forms.columns import RecordColumns, col, table
from forms.compiled import Form
from forms.query import Joins, query_of
from forms.reading_columns import (
    Column,
    Listed,
    Path,
    codec_at,
    column_at,
    columns_of,
    composed_of,
    divided,
    type_at,
)
from forms.reading_rows import GrantsOf, child_fields, joined, listed, one_of


class UnknownField(EngineError):
    """The form has no such field."""

    code = "unknown_field"
    zh = "表单中没有该字段。"
    fix_zh = "请检查字段键。"
    fix_en = "Check the key of the field."


@dataclass(frozen=True, slots=True)
class SortKey:
    """One part of the order; `descending` puts empty values last, ascending first."""

    path: Path
    descending: bool


@dataclass(slots=True)
class ReadingPlan:
    """A printed statement with the places of its values. `flags` of grants follow the columns, then sort keys.

    `versioned`: the form has no field `version` of its own, so `rev` shows under that name too. `children`
    are child tables with what is asked of their rows (nothing: all), `lists` the lists of references whose
    records are asked about. `through`: the filter asks for records that refer to these.
    """

    text: str
    params: Params
    columns: list[Column]
    flags: int
    sort: tuple[SortKey, ...]
    children: dict[str, tuple[Path, ...]]
    count: str = ""
    versioned: bool = True
    storages: tuple[str, ...] = ()
    composed: tuple[Path, ...] = ()
    lists: tuple[Listed, ...] = ()
    through: bool = False
    shown: dict[Any, Any] = field(default_factory=dict)


def default_fields(form: Form, grants: GrantSet, *, children: bool) -> list[Path]:
    """Every field of the form that the reader may see; child tables only when asked."""
    names = [each.key for each in form.fields.values() if each.key != "deleted_at"]
    if children:
        names += list(form.children)
    return [(name,) for name in names if grants.shows(name) or grants.masks(name)]


def make_plan(
    app: CompiledApp,
    form: Form,
    dialect: DialectName,
    *,
    grants_of: GrantsOf,
    grants: GrantSet | None = None,
    fields: list[Path],
    by_id: bool = False,
    by_ids: bool = False,
    where: CheckedExpression | None = None,
    sort: tuple[SortKey, ...] = (),
    limit: bool = False,
    after: tuple[bool, ...] | None = None,
    sought: bool = False,
) -> ReadingPlan:
    """The plan of one kind of question. `after` tells for each sort key whether the cursor's value is null;
    `grants` are those on the rows asked for, when references reach the form's rows by others; `sought`: the rows
    of the answer are few, and looked up before they are put in order.

    Variables the caller binds: `record_id` (by_id), `record_ids` (by_ids), `row_limit` (limit), `after_0`…
    (cursor).
    """
    own = grants_of(form.key) if grants is None else grants
    return _Maker(app, form, dialect, grants_of, own).make(
        fields=fields,
        by_id=by_id,
        by_ids=by_ids,
        where=where,
        sort=sort,
        limit=limit,
        after=after,
        sought=sought,
    )


class _Maker:
    def __init__(
        self, app: CompiledApp, form: Form, dialect: DialectName, grants_of: GrantsOf, grants: GrantSet
    ) -> None:
        self.app = app
        self.form = form
        self.dialect = dialect
        self.query = query_of(app, dialect, grants_of)
        self.grants = grants
        self.joins = Joins()
        self.row = RecordColumns(self.query, form, "r", form=form, joins=self.joins, grants=self.grants)
        # what is masked leaves the store whole and is covered on its way out
        self.bare = RecordColumns(
            self.query, form, "r", form=form, joins=self.joins, grants=uncovered(self.grants)
        )

    def make(
        self,
        *,
        fields: list[Path],
        by_id: bool,
        by_ids: bool,
        where: CheckedExpression | None,
        sort: tuple[SortKey, ...],
        limit: bool,
        after: tuple[bool, ...] | None,
        sought: bool,
    ) -> ReadingPlan:
        forms = self.query.forms
        children = self._children(fields)
        asked, lists = divided(forms, self.form, [path for path in fields if path[0] not in children])
        paths = columns_of(forms, self.form, asked)
        columns = [column_at(forms, self.form, path, self.grants, self.dialect) for path in paths]
        selected: list[exp.Expr] = [self._source(path).column(path) for path in paths]
        flags = self._flags(columns, children)
        selected += [self.row.flag(index) for index in range(flags)]
        keys = [self.row.column(key.path) for key in sort]
        selected += [key.copy() for key in keys]
        conditions = self._conditions(by_id=by_id, sought=sought, where=where)
        if by_ids:
            conditions.insert(0, one_of(self.query, col("r", "id"), "record_ids"))
        counted = conditions[:] if sought else None
        if after is not None:
            conditions.append(self._after(keys, sort, after))
        select = self._select(selected, conditions)
        # with the columns themselves PostgreSQL goes through all rows in order to find the few that are sought
        for key, part in zip(keys, sort, strict=True):
            by = exp.Subquery(this=exp.select(key)) if sought and self.dialect == "postgres" else key
            select = select.order_by(self._ordered(by, descending=part.descending), copy=False)
        if limit:
            select.set("limit", exp.Limit(expression=self._variable("row_limit", "number")))
        text, versioned = self._print(select), "version" not in self.form.fields
        # looking for the rows may need tables beside them that the page itself, as it stands by now, does without
        count = self._counted(counted or self._conditions(sought=True, where=where)) if limit else ""
        return ReadingPlan(
            text,
            self.query.params,
            columns,
            flags,
            sort,
            children,
            count,
            versioned,
            storages=tuple(codec_at(forms, self.form, key.path).storage for key in sort),
            composed=composed_of(paths),
            lists=listed(self.app, self.dialect, self.query.grants_of, lists),
            through=where is not None and any(map(_refers_here, walk(where.node))),
        )

    def _counted(self, conditions: list[exp.Expr]) -> str:
        return self._print(self._select([exp.Count(this=exp.Star())], conditions))

    def _children(self, fields: list[Path]) -> dict[str, tuple[Path, ...]]:
        """The child tables that are asked for, each with the paths in its rows; whole ones have none."""
        found: dict[str, tuple[Path, ...]] = {}
        for key in dict.fromkeys(path[0] for path in fields if path[0] in self.form.children):
            inside = [path[1:] for path in fields if path[0] == key and len(path) > 1]
            if inside and (key,) in fields:
                inside = child_fields(self.form.children[key], self.grants) + inside
            found[key] = (("id",), *inside) if inside else ()
        return found

    def _source(self, path: Path) -> RecordColumns:
        return self.bare if len(path) == 1 and self.grants.masks(path[0]) else self.row

    def _flags(self, columns: list[Column], children: Iterable[str]) -> int:
        """Grant flags are selected only when rows differ in what they show."""
        differ = any(column.shown_by is not None for column in columns) or any(
            not self.grants.always_shows(name) for name in self._child_names(children)
        )
        return len(self.grants.grants) if differ else 0

    def _child_names(self, children: Iterable[str]) -> list[str]:
        rows = [self.form.children[key] for key in children]
        return [*children] + [f"{row.key}.{field}" for row in rows for field in row.fields]

    def _conditions(
        self, *, by_id: bool = False, sought: bool, where: CheckedExpression | None
    ) -> list[exp.Expr]:
        conditions: list[exp.Expr] = []
        if by_id:
            conditions.append(exp.EQ(this=col("r", "id"), expression=self._variable("record_id", "text")))
        conditions.append(exp.Is(this=col("r", "deleted_at"), expression=exp.null()))
        rows = self.row.row_predicate(self.grants, sought=sought)
        if rows is not None:
            conditions.append(exp.paren(rows))
        if where is not None:
            conditions.append(exp.paren(self.row.filtered(where, sought=sought)))
        return conditions

    def _after(self, keys: list[exp.Expr], sort: tuple[SortKey, ...], after: tuple[bool, ...]) -> exp.Expr:
        """Rows behind the cursor: greater in the first key, or equal there and greater in the next, …

        Empty values are the smallest, so descending order has them last.
        """
        parts: list[exp.Expr] = []
        equal: list[exp.Expr] = []
        for index, (key, part, is_null) in enumerate(zip(keys, sort, after, strict=True)):
            value = None if is_null else self._cursor_value(index, part)
            beyond = self._beyond(key, part, value)
            if beyond is not None:
                parts.append(exp.and_(*[each.copy() for each in equal], beyond))
            equal.append(
                exp.Is(this=key.copy(), expression=exp.null())
                if value is None
                else exp.EQ(this=key.copy(), expression=value.copy())
            )
        return exp.paren(exp.or_(*parts)) if parts else exp.false()

    def _cursor_value(self, index: int, part: SortKey) -> exp.Expr:
        return self.query.params.variable(f"after_{index}", type_at(self.query.forms, self.form, part.path))

    def _beyond(self, key: exp.Expr, part: SortKey, value: exp.Expr | None) -> exp.Expr | None:
        if part.descending:
            if value is None:
                return None
            smaller = exp.LT(this=key.copy(), expression=value)
            if part.path == ("id",):
                return smaller
            return exp.paren(exp.or_(smaller, exp.Is(this=key.copy(), expression=exp.null())))
        if value is None:
            return exp.Not(this=exp.Is(this=key.copy(), expression=exp.null()))
        return exp.GT(this=key.copy(), expression=value)

    def _ordered(self, key: exp.Expr, *, descending: bool) -> exp.Expr:
        return exp.Ordered(this=key, desc=descending, nulls_first=not descending)

    def _variable(self, name: str, kind: str) -> exp.Expr:
        return self.query.params.variable(name, t.TEXT if kind == "text" else t.number(9, 0))

    def _select(self, selected: list[exp.Expr], conditions: list[exp.Expr]) -> exp.Select:
        select = exp.select(*selected).from_(table(self.form.table, "r"))
        select = joined(select, self.joins)
        for condition in conditions:
            select = select.where(condition.copy(), copy=False)
        return select

    def _print(self, select: exp.Select) -> str:
        return print_sql(select, self.dialect)


def _refers_here(node: Node) -> bool:
    return isinstance(node, Aggregate) and bool(node.rows.of)
