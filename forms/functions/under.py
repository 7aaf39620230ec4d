"""UNDER: whether a reference names a record or one below it in a tree of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from engine.expressions import Env
from engine.expressions.coerce import read_as
from engine.expressions.errors import ExpressionError
from engine.expressions.function import Example, Function
from engine.expressions.parameters import any_argument
from engine.expressions.sql import build as b
from engine.expressions.typed import RECORD, Node
from engine.expressions.types import BOOL
from engine.findings import text
from forms.columns import RecordColumns, col, table
from forms.system_forms import SYSTEM_FORMS
from forms.trees import DEEPEST

if TYPE_CHECKING:
    from engine.expressions.call import Site
    from engine.expressions.generate import Writer
    from engine.expressions.sql.lowering import Lowering

BELOW = "ff_below"
"""The name of the rows found so far, inside the statement."""
_REFERENCE = text(
    "指向树形表单的引用、人员或部门", "a reference to a form that is a tree, a user or a department"
)


class Under(Function):
    """Of a user: the people below in the tree of superiors. Of a department: it and its sub-departments."""

    type = "UNDER"
    result = BOOL
    volatile = True  # another record can move in the tree, so a formula with it is not stored
    parameters = (any_argument("reference"), any_argument("top"))
    doc = text(
        "引用是否指向 top 或其下级：树形表单的记录、部门、人员（按上级）。",
        "Whether a reference names `top` or a record below it: of a form that is a tree, of departments, of "
        "people by their superiors.",
    )

    examples = (
        Example('UNDER(region, "shanghai")', "true"),
        Example('UNDER(region, "south")', "false"),
        Example('UNDER(owner, "wang")', "true"),
    )

    def check(self, site: Site) -> Node:
        site.count(2, 2)
        held, top = site.nodes()
        shape = site.checks.scope.shapes(held.type.form) if held.type.form else None
        tree = getattr(shape, "tree", None)
        if held.type.kind != "ref" or tree is None:
            raise site.unfit(held, _REFERENCE)
        top = read_as(top, held.type)
        if top.type.kind != "ref" or top.type.form != held.type.form:
            raise site.unfit(top, held.type.label)
        return site.apply(BOOL, [held, top], (held.type.form, tree))

    def python(self, node: Any, writer: Writer, *arguments: str) -> str:
        held, top = arguments
        return f"{writer.use(is_under)}(e, {writer.hold(node.option)}, {held}, {top})"

    def sql(self, node: Any, lower: Lowering, *arguments: exp.Expr) -> exp.Expr:
        held, top = arguments
        columns = lower.places[RECORD].columns
        if not isinstance(columns, RecordColumns):
            raise ExpressionError("not_pushable", node.span, "此处没有记录。", "There are no records here.")
        form, tree = node.option
        found = _descending(columns, form, tree, top, collated=lower.dialect == "postgres")
        return exp.In(this=b.operand(held), query=exp.Subquery(this=found))


def _descending(columns: RecordColumns, form: str, tree: str, top: exp.Expr, *, collated: bool) -> exp.Select:
    """The ids of `top` and of all live records below it that the reader may see there."""
    query = columns.query
    form = query.named(form)
    system, compiled = SYSTEM_FORMS.get(form), query.forms.get(form)
    query = query.at(compiled)
    alias = query.alias()
    rows = RecordColumns(query, compiled, alias, form=compiled)
    conditions: list[exp.Expr] = []
    if compiled is not None:
        grants = query.grants_of(form)
        rows = RecordColumns(query, compiled, alias, form=compiled, grants=grants)
        conditions.append(b.is_null(col(alias, "deleted_at")))
        if (seen := rows.row_predicate(grants)) is not None:
            conditions.append(exp.paren(seen))
    first: exp.Expr = top.copy()
    below: exp.Expr = col(alias, "id")
    if collated:  # both sides of a recursion need one collation on PostgreSQL
        first, below = b.collate(first, "C"), b.collate(below, "C")
    named = system.table if system is not None else query.forms[form].table
    step = exp.select(below).from_(table(named, alias))
    step = step.join(BELOW, on=exp.EQ(this=rows.column((tree,)), expression=exp.column("id", table=BELOW)))
    step = step.where(*conditions, copy=False) if conditions else step
    union = exp.union(exp.select(first.as_("id")), step, distinct=True, copy=False)
    return exp.select(exp.column("id")).from_(BELOW).with_(f"{BELOW}(id)", as_=union, recursive=True)


def is_under(env: Env, option: tuple[str, str], held: str, top: str) -> bool:
    """Whether going up from `held` along the tree meets `top`."""
    form, tree = option
    here: str | None = held
    for _step in range(DEEPEST):
        if here == top:
            return True
        record = env.follow(form, here) if here is not None else None
        if record is None:
            return False
        here = record.get(tree)
    return False
