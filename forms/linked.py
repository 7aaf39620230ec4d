"""Values out of the records of another form: options to choose from, and defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.expressions import (
    CheckedExpression,
    ExpressionError,
    Params,
    Scope,
    Shape,
    Type,
    lower,
    parse,
    print_sql,
)
from engine.expressions import types as t
from engine.expressions.tree import Call, Items, Name, Operation, Source, Tree
from engine.findings import NO_FIX, Text
from engine.permissions.compiled import UNLIMITED, GrantSet
from engine.permissions.roles import rights
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import RecordColumns, col, table
from forms.compiled import Form, compiled_form
from forms.environment import variables
from forms.plans import kept
from forms.query import GrantsOf, query_of, unlimited
from forms.schema import FromRecords
from forms.shape import FormShape
from forms.tables import PARENT

ROOTS = ("record", "parent")
MOST = 500
"""So many options are offered."""


@dataclass(frozen=True, slots=True)
class Linked:
    """`value` (and `label`) of records of `form`, or of its child rows `rows`, that fulfil `where`, in the order
    `sort`.

    `where` reads this record through variables named `record_<field>`, its record's as `parent_<field>`.
    """

    form: str
    value: str
    label: str
    where: CheckedExpression | None
    sort: tuple[tuple[str, bool], ...]
    place: str
    rows: str | None = None

    def reads(self, root: str = "record") -> set[str]:
        """The fields of this record (or of its record) that decide what is found."""
        names = self.where.variables if self.where is not None else frozenset()
        return {name.removeprefix(f"{root}_") for name in names if name.startswith(f"{root}_")}


def compile_linked(
    document: FromRecords, pointer: str, context: Context, row: FormShape, parent: FormShape | None
) -> Linked | None:
    """What a field takes from another form; None after adding findings."""
    form, _, rows = document.form.partition(".")
    whole = context.shape(form)
    shape = whole.child(rows) if rows and whole is not None else whole
    if whole is None or shape is None or form not in context.documents["form"]:
        known = context.documents["form"]
        context.unknown("unknown_form", f"{pointer}/form", document.form, known, Text(zh="表单", en="form"))
        return None
    label = getattr(document, "label", None) or document.value
    sort = tuple(
        (part.strip().lstrip("+-"), part.strip().startswith("-"))
        for part in (document.sort.split(",") if document.sort else ())
    )
    named = [("value", document.value), *(("sort", key) for key, _ in sort)]
    if label != document.value:
        named.append(("label", label))
    wrong = [(place, name) for place, name in named if not _readable(shape, name)]
    for place, name in wrong:
        context.unknown(
            "unknown_field", f"{pointer}/{place}", name, shape.names(), Text(zh="字段", en="field")
        )
    scope = context.scope(shape, parent=whole if rows else None)
    where, well = _condition(document.where, f"{pointer}/where", context, scope, row, parent)
    if wrong or not well:
        return None
    return Linked(form, document.value, label, where, sort, pointer, rows or None)


def _readable(shape: Shape, name: str) -> bool:
    return shape.type_of(name) is not None and name not in getattr(shape, "sealed", ())


def _condition(
    source: Any, pointer: str, context: Context, scope: Scope, row: FormShape, parent: FormShape | None
) -> tuple[CheckedExpression | None, bool]:
    """The condition (None: all records) and whether it is right."""
    if source is True:
        return None, True
    names: dict[str, Type] = {}
    for root, own in zip(ROOTS, (row, parent), strict=True):
        known = own.types.items() if own is not None else ()
        names |= {f"{root}_{key}": kind for key, kind in known if own is None or key not in own.sealed}
    scope = replace(scope, variables={**scope.variables, **names})
    try:
        written = through_variables(source, scope)
    except ExpressionError as wrong:
        context.error(wrong.code, pointer, wrong.message, wrong.suggestion or NO_FIX)
        return None, False
    checked = context.expression(written, pointer, scope, expect=t.BOOL, sql=True)
    context.places[pointer] = replace(context.places[pointer], read=through_variables)
    return checked, checked is not None


def through_variables(source: Source, scope: Scope) -> Tree:  # noqa: ARG001 - the shape of Place.read
    """`$record.city` as the variable `$record_city`: the record need not be stored yet. Raises ExpressionError."""
    return _renamed(parse(source))


def _renamed(tree: Tree) -> Tree:
    match tree:
        case Name(parts=(first, second, *rest)) if first.removeprefix("$") in ROOTS and first[0] == "$":
            return replace(tree, parts=(f"{first}_{second}", *rest))
        case Operation():
            return replace(tree, operands=tuple(map(_renamed, tree.operands)))
        case Call():
            return replace(tree, arguments=tuple(map(_renamed, tree.arguments)))
        case Items():
            return replace(tree, items=tuple(map(_renamed, tree.items)))
        case _:
            return tree


def first_value(
    work: UnitOfWork,
    app: CompiledApp,
    linked: Linked,
    record: Mapping[str, Any],
    parent: Mapping[str, Any] | None,
) -> Any:
    """The value of the first record found, in memory form, with the app's own rights; None without one."""
    rows = _found(work, app, linked, record, parent, UNLIMITED, unlimited, limit=1)
    return next((value for value, _label in rows), None)


def offered(
    work: UnitOfWork,
    app: CompiledApp,
    linked: Linked,
    record: Mapping[str, Any],
    parent: Mapping[str, Any] | None,
    *,
    seen: Callable[[str], GrantSet],
    chosen: Any = None,
) -> dict[Any, Any]:
    """Label by value of what the reader may choose; with `chosen` at most that one value."""
    grants = seen(linked.form)
    if not grants:
        return {}
    options: dict[Any, Any] = {}
    for value, label in _found(work, app, linked, record, parent, grants, seen, limit=MOST, chosen=chosen):
        options.setdefault(value, label)
    return options


def _found(
    work: UnitOfWork,
    app: CompiledApp,
    linked: Linked,
    record: Mapping[str, Any],
    parent: Mapping[str, Any] | None,
    grants: GrantSet,
    grants_of: GrantsOf,
    *,
    limit: int,
    chosen: Any = None,
) -> Iterator[tuple[Any, Any]]:
    dialect = work.runtime.database.dialect
    form = compiled_form(app, linked.form)
    key = ("linked", linked.place, dialect, grants.key, rights(app, work.principal), chosen is not None)
    text, params = kept(
        app, key, lambda: _statement(work, app, form, linked, grants, grants_of, chosen=chosen is not None)
    )
    known: dict[str, Any] = {f"record_{name}": record[name] for name in linked.reads()}
    known |= {f"parent_{name}": parent[name] if parent else None for name in linked.reads("parent")}
    bound = params.bind(
        variables(work, app, row_limit=limit, chosen=chosen, **known), work.now, app.zone, app.calendars
    )
    source = form.children[linked.rows] if linked.rows is not None else form
    loads = [source.fields[name].codec.load(dialect) for name in (linked.value, linked.label)]
    for row in work.rows(text, bound):
        value, label = (
            each if each is None or load is None else load(each)
            for each, load in zip(row[:2], loads, strict=True)
        )
        yield value, label


def _statement(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    linked: Linked,
    grants: GrantSet,
    grants_of: GrantsOf,
    *,
    chosen: bool,
) -> tuple[str, Params]:
    dialect = work.runtime.database.dialect
    query = query_of(app, dialect, grants_of)
    record = row = RecordColumns(query, form, "r", form=form, grants=grants)
    if linked.rows is not None:
        child = form.children[linked.rows]
        row = RecordColumns(
            query, child, "c", form=form, grants=grants, parent=record, prefix=f"{child.key}."
        )
    value, label = row.column((linked.value,)), row.column((linked.label,))
    select = exp.select(value.copy(), label.copy()).from_(table(form.table, "r"))
    if linked.rows is not None:
        belongs = exp.EQ(this=col("c", PARENT), expression=col("r", "id"))
        select = select.join(table(form.children[linked.rows].table, "c"), on=belongs, copy=False)
    conditions: list[exp.Expr] = [
        exp.Is(this=col("r", "deleted_at"), expression=exp.null()),
        exp.Not(this=exp.Is(this=value.copy(), expression=exp.null())),
    ]
    if (rows := record.row_predicate(grants)) is not None:
        conditions.append(exp.paren(rows))
    if linked.where is not None:
        conditions.append(exp.paren(lower(linked.where, row, query.params, dialect)))
    if chosen:
        wanted = query.params.variable("chosen", t.TEXT)
        conditions.append(exp.EQ(this=value.copy(), expression=wanted))
    select = select.where(*conditions, copy=False)
    for name, descending in linked.sort or ((linked.label, False),):
        key = row.column((name,))
        ordered = exp.Ordered(this=key, desc=descending, nulls_first=not descending)
        select = select.order_by(ordered, copy=False)
    select = select.order_by(exp.Ordered(this=col(row.alias, "id"), desc=False), copy=False)
    select.set("limit", exp.Limit(expression=query.params.variable("row_limit", t.number(9, 0))))
    return print_sql(select, dialect), query.params
