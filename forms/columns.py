"""Where the names of an expression stand in SQL: columns, joined references, child tables, virtual fields.

`RecordColumns` is the view of one row. References are followed by LEFT JOINs at the top level of a query
and by scalar subqueries inside others. With `grants` every column is guarded: a field that only some
grants show becomes CASE WHEN <their rows> THEN column END, and joined rows are the reader's own.
"""

from __future__ import annotations

from sqlglot import exp

from engine.definitions.app import split_key
from engine.expressions import CheckedExpression, ChildSource, lower
from engine.expressions.sql import build as b
from engine.expressions.sql.columns import Listed
from engine.permissions.compiled import UNLIMITED, CompiledGrant, GrantSet, uncovered
from forms.compiled import Field, Form, RowKind
from forms.granted_rows import granted, ways
from forms.query import Joins, Query, Sought
from forms.shape import PART, WHOLE
from forms.system_forms import NAME_PARTS, SYSTEM_FORMS
from forms.tables import ORDER, PARENT, TARGET, link_table
from forms.totals import aggregate


class RecordColumns:
    """The columns of one row of a form, a child table or a system form."""

    def __init__(
        self,
        query: Query,
        row: RowKind | None,
        alias: str,
        *,
        form: Form | None = None,
        joins: Joins | None = None,
        grants: GrantSet = UNLIMITED,
        parent: RecordColumns | None = None,
        prefix: str = "",
    ) -> None:
        self.query = query.at(form)
        self.row = row
        self.alias = alias
        self.form = form
        self.joins = joins
        self.grants = grants
        self.parent = parent
        self.prefix = prefix
        self.sought: Sought = "no"

    def column(self, path: tuple[str, ...]) -> exp.Expr:
        """The value at a path of field names, in storage form."""
        name, rest = path[0], path[1:]
        if name == "parent" and self.parent is not None:
            return self.parent.column(rest)
        if rest and self._has(part := PART.join(path[:2])):
            name, rest = part, path[2:]
        if not rest:
            if name.startswith(WHOLE):
                return self._whole(name.removeprefix(WHOLE))
            return self._guarded(name, self._plain(name))
        return self._follow(name, rest)

    def _has(self, part: str) -> bool:
        """Whether the row has this part of a field."""
        return part in NAME_PARTS if self.row is None else self.row.find(part) is not None

    def _whole(self, name: str) -> exp.Expr:
        """What the whole value of a masked or encrypted field is compared with."""
        bare = RecordColumns(
            self.query,
            self.row,
            self.alias,
            form=self.form,
            grants=uncovered(self.grants),
            prefix=self.prefix,
        )
        blinds = self.row.blinds if self.row is not None else ()
        blind = next((each.column for each in blinds if each.field == name), None)
        return bare._guarded(name, col(self.alias, blind) if blind else bare._plain(name))

    def children(self, path: tuple[str, ...]) -> ChildSource:
        """The rows of a child table of this record, for aggregates."""
        if len(path) > 1:
            target, condition, columns = self._target(path[0])
            inner = columns.children(path[1:])
            linked = exp.Exists(
                this=exp.select(exp.Literal.number(1))
                .from_(target)
                .where(condition, copy=False)
                .where(inner.condition, copy=False)
            )
            return ChildSource(inner.source, linked, inner.columns, inner.order)
        if path[0] in self._form().referring:
            return self._referring(path[0])
        child = self._form().children[path[0]]
        alias = self.query.alias()
        columns = RecordColumns(
            self.query,
            child,
            alias,
            form=self.form,
            grants=self.grants,
            parent=self,
            prefix=f"{child.key}.",
        )
        belongs: exp.Expr = exp.EQ(this=col(alias, PARENT), expression=col(self.alias, "id"))
        belongs = exp.and_(belongs, *self._where_shown(child.key))
        order = (col(alias, ORDER), col(alias, "id"))
        return ChildSource(table(child.table, alias), belongs, columns, order)

    def _referring(self, key: str) -> ChildSource:
        """The records behind a backlink, those of the reader alone."""
        link = self._form().referring[key]
        source, alias = self.query.forms[link.form], self.query.alias()
        grants = self.query.grants_of(source.key)
        columns = RecordColumns(self.query, source, alias, form=source, grants=grants)
        rows = columns.row_predicate(grants)
        own = col(self.alias, "id")
        live = exp.and_(
            exp.Is(this=col(alias, "deleted_at"), expression=exp.null()),
            *([exp.paren(rows)] if rows is not None else ()),
            *columns._where_shown(link.link),
            *self._where_shown(key),
        )
        belongs = exp.and_(names(self.query, source, alias, link.link, own, self._form().key), live)
        rows_of, listed, naming = table(source.table, alias), None, source.fields[link.link]
        if self.sought != "no" and naming.refers:
            inner, joined = col(alias, column_name(self.query, naming)), self.sought == "joined"
            join = self.joins.clauses.append if self.joins is not None else None
            every = self.grants.every_row and self.grants.always_shows(key)
            listed = Listed(rows_of, inner, own, live, self.query.alias(), joined, join, every)
        return ChildSource(rows_of, belongs, columns, (col(alias, "id"),), listed)

    def _where_shown(self, key: str) -> list[exp.Expr]:
        """Where no grant shows a field, it says nothing, and a child table has no rows for the reader."""
        if self.grants.always_shows(key):
            return []
        showing = [self.rows_of(grant) for grant in self.grants.grants if grant.shows(key)]
        return [exp.paren(any_of(showing)) if showing else exp.false()]

    def row_predicate(self, grants: GrantSet, *, sought: bool = False) -> exp.Expr | None:
        """The rows that `grants` let the reader see, or None for all. `sought`: the statement looks for these
        rows, so what they fulfil is said in such a way that indexes find them.
        """
        if not grants:
            return exp.false()
        if grants.every_row:
            return None
        if not sought:
            return any_of([self.rows_of(grant) for grant in grants.grants])
        return any_of(list(ways(self, grants)))

    def flag(self, index: int) -> exp.Expr:
        """Whether the row is one of the `index`-th grant's."""
        return self.rows_of(self.grants.grants[index])

    def rows_of(self, grant: CompiledGrant, *, write: bool = False) -> exp.Expr:
        """The rows of a grant, with those that are shared; for a write only what is shared for writing.
        What the grant is without is neither.
        """
        if grant.every_row:
            return exp.true()
        if self.parent is not None and self.row is not self.form:
            return self.parent.rows_of(grant, write=write)  # the grants of a child row are its record's
        key = (self.alias, grant, write)
        if key not in self.query.rows:
            self.query.rows[key] = granted(self, grant, write=write)
        return self.query.rows[key].copy()

    def free(self, condition: CheckedExpression, *, sought: bool = False) -> exp.Expr:
        """A condition on this row, read with the app's own rights; `sought` as of `row_predicate`."""
        columns = RecordColumns(self.query.freed(), self.row, self.alias, form=self.form)
        columns.sought = "listed" if sought else "no"
        return lower(condition, columns, self.query.params, self.query.dialect)

    def filtered(self, condition: CheckedExpression, *, sought: bool) -> exp.Expr:
        """What a reader asks of this row, with the reader's rights; `sought` as of `row_predicate`."""
        found: Sought = "joined" if self.query.dialect == "postgres" else "listed"
        self.sought = found if sought else "no"
        made = lower(condition, self, self.query.params, self.query.dialect)
        self.sought = "no"
        return made

    def _guarded(self, name: str, column: exp.Expr) -> exp.Expr:
        full = self.prefix + name
        if self.grants.always_shows(full):
            return column
        showing = [self.rows_of(g) for g in self.grants.grants if g.shows(full)]
        if not showing:
            return exp.null()
        return exp.Case(ifs=[exp.If(this=any_of(showing), true=column)])

    def _plain(self, name: str) -> exp.Expr:
        if self.row is None and name in NAME_PARTS:
            return self._name_part(*name.split(PART))
        found = self.row.fields.get(name) if self.row is not None else None
        if found is None or found.stored:
            # whether a value of several parts is there, its first part tells
            first = found.parts[0] if found is not None and found.parts else found
            return col(self.alias, self._named(first, name))
        return self._virtual(found)

    def _name_part(self, stored: str, language: str) -> exp.Expr:
        """What a user or a department is called in a language, compared as texts of records are."""
        said = exp.JSONExtractScalar(this=col(self.alias, stored), expression=b.word(language))
        return exp.paren(b.collate(said, "C") if self.query.dialect == "postgres" else said)

    def _named(self, found: Field | None, name: str) -> str:
        found = found or (self.row.find(name) if self.row is not None else None)
        return name if found is None else column_name(self.query, found)

    def _virtual(self, found: Field) -> exp.Expr:
        """A lookup reads the target as the reader may; formulas and rollups compute with full rights."""
        if found.source == "lookup":
            return self.column(tuple(found.kind.options.path.split(".")))
        if found.rollup is not None:
            return self._rollup(found)
        if found.expression is None:
            raise LookupError(f"virtual field '{found.key}' has no expression")
        query = self.query.freed()
        free = RecordColumns(query, self.row, self.alias, form=self.form, joins=None, parent=self.parent)
        return lower(found.expression, free, self.query.params, self.query.dialect)

    def _rollup(self, found: Field) -> exp.Expr:
        rollup = found.rollup
        if rollup is None:
            raise LookupError(found.key)
        alias = self.query.alias()
        select = rollup_select(self.query.freed(), alias, found)
        source = rolled_up(self.query, found)
        linked = names(self.query, source, alias, rollup.link, col(self.alias, "id"), self._form().key)
        return exp.Subquery(this=select.where(linked, copy=False))

    def _follow(self, name: str, rest: tuple[str, ...]) -> exp.Expr:
        target, condition, columns = self._target(name)
        if self.joins is not None:
            return columns.column(rest)
        return exp.Subquery(this=exp.select(columns.column(rest)).from_(target).where(condition, copy=False))

    def _target(self, name: str) -> tuple[exp.Expr, exp.Expr, RecordColumns]:
        """The row a reference names: its table, the join condition, and its columns."""
        reference = self._reference(name)
        key = self._target_form(name)
        known = self.joins.aliases.get((self.alias, name)) if self.joins is not None else None
        alias = known or self.query.alias()
        system = SYSTEM_FORMS.get(key)
        form = self.query.forms.get(key)
        grants = UNLIMITED if system else self.query.grants_of(key)
        columns = RecordColumns(self.query, form, alias, form=form, joins=None, grants=grants)
        columns.joins = self.joins
        source = table(system.table if system else self.query.forms[key].table, alias)
        condition: exp.Expr = exp.EQ(this=col(alias, "id"), expression=reference)
        if form is not None:
            condition = exp.and_(condition, exp.Is(this=col(alias, "deleted_at"), expression=exp.null()))
            rows = columns.row_predicate(grants)
            condition = condition if rows is None else exp.and_(condition, exp.paren(rows))
        if self.joins is not None and known is None:
            self.joins.aliases[self.alias, name] = alias
            self.joins.clauses.append((source, condition))
        return source, condition, columns

    def _reference(self, name: str) -> exp.Expr:
        return self._guarded(name, self._plain(name))

    def _target_form(self, name: str) -> str:
        if self.row is not None and name in self.row.fields:
            return str(self.row.fields[name].value_type.form)
        for system in SYSTEM_FORMS.values():
            if name in system.columns and system.columns[name].kind == "ref":
                return str(system.columns[name].form)
        raise LookupError(f"'{name}' is not a reference")

    def _form(self) -> Form:
        if self.form is None:
            raise LookupError("this row has no child tables")
        return self.form


def rolled_up(query: Query, found: Field) -> RowKind:
    """What a rollup is over: a form, or a child table of it."""
    rollup = found.rollup
    if rollup is None:
        raise LookupError(found.key)
    form = query.forms[rollup.form]
    return form.children[rollup.rows] if rollup.rows is not None else form


def rollup_select(query: Query, alias: str, found: Field) -> exp.Select:
    """SELECT of a rollup's aggregate over what it is over, live records only; the caller adds which parent."""
    rollup, source = found.rollup, rolled_up(query, found)
    if rollup is None:
        raise LookupError(found.key)
    form = query.forms[rollup.form]
    whole = query.alias() if rollup.rows is not None else alias
    columns = record = RecordColumns(query, form, whole, form=form)
    if rollup.rows is not None:
        columns = RecordColumns(query, source, alias, form=form, parent=record)
    argument = columns.column(tuple(rollup.field.split("."))) if rollup.field else exp.Star()
    made = aggregate(rollup.agg, argument, query.dialect, found.value_type.digits)
    select = exp.select(made).from_(table(source.table, alias))
    if rollup.rows is not None:
        belongs = exp.EQ(this=col(whole, "id"), expression=col(alias, PARENT))
        select = select.join(table(form.table, whole), on=belongs, copy=False)
    select = select.where(exp.Is(this=col(whole, "deleted_at"), expression=exp.null()), copy=False)
    if rollup.where is not None:
        select = select.where(lower(rollup.where, columns, query.params, query.dialect), copy=False)
    return select


def names(query: Query, source: RowKind, alias: str, key: str, record: exp.Expr, form: str) -> exp.Expr:
    """Condition: the row of `source` under `alias` names `record`, of `form`, in its field `key`."""
    field = source.fields[key]
    if field.parts:
        which, named = field.parts
        own = exp.Literal.string(split_key(form)[1])  # a field names forms of its own app alone
        same = exp.EQ(this=col(alias, column_name(query, which)), expression=own)
        return exp.and_(same, exp.EQ(this=col(alias, column_name(query, named)), expression=record))
    if not field.linked:
        return exp.EQ(this=col(alias, column_name(query, field)), expression=record)
    if str(query.dialect) == "duckdb":
        return b.call("LIST_CONTAINS", col(alias, key), record)  # the replica has no link tables
    link = query.alias()
    naming = exp.select(col(link, PARENT)).from_(table(link_table(source, field), link))
    naming = naming.where(exp.EQ(this=col(link, TARGET), expression=record), copy=False)
    return exp.In(this=col(alias, "id"), query=exp.Subquery(this=naming))


def column_name(query: Query, field: Field) -> str:
    """The column of a field; the replica of reports calls its columns by the keys."""
    return field.key if str(query.dialect) == "duckdb" else field.column


def col(alias: str, name: str) -> exp.Column:
    """A quoted column of a table alias."""
    return exp.column(name, table=alias, quoted=True)


def table(name: str, alias: str) -> exp.Table:
    """A quoted table under an alias."""
    return exp.Table(
        this=exp.to_identifier(name, quoted=True), alias=exp.TableAlias(this=exp.to_identifier(alias))
    )


def any_of(parts: list[exp.Expr]) -> exp.Expr:
    """The parts joined by OR."""
    return exp.or_(*parts) if len(parts) > 1 else parts[0]
