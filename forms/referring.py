"""The records behind a backlink, as expressions in memory see them: `COUNT(tickets, status <> "done")`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.definitions.context import Context
from engine.expressions import CheckedExpression, Params, print_sql
from engine.expressions import types as t
from engine.expressions.limits import MAX_ROWS
from engine.findings import Text
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import col, names, table
from forms.compiled import Form, Referring
from forms.query import query_of


def referring_records(
    work: UnitOfWork, app: CompiledApp, form: Form, link: Referring, record: str | None
) -> Sequence[Record]:
    """The live records that name this one, in id order, read with full rights and kept for this transaction
    until one of their form is saved. More than MAX_ROWS are only counted: the language computes nothing of them.
    """
    if record is None:
        return ()
    known = work.memory.setdefault("referring", {}).setdefault(link.form, {})
    key = (form.key, link.link, record)
    if key not in known:
        known[key] = _read(work, app, form, link, record)
    found: Sequence[Record] = known[key]
    return found


def _read(work: UnitOfWork, app: CompiledApp, form: Form, link: Referring, record: str) -> Sequence[Record]:
    from forms.records import load_many  # loading records makes them live

    dialect = work.runtime.database.dialect
    source: Form = app.kind("form")[link.form]
    text, params = source.once(
        ("referring", form.key, link.link, dialect), lambda: _statement(app, form, source, link, dialect)
    )
    bound = params.bind({"referred": record}, work.now, app.zone, app.calendars)
    ids = [row[0] for row in work.rows(text, bound)]
    if len(ids) > MAX_ROWS:
        return [{"id": each} for each in ids]
    held = load_many(work, source, ids, lock="none")
    return [held[each][0] for each in ids if each in held]


def _statement(
    app: CompiledApp, form: Form, source: Form, link: Referring, dialect: str
) -> tuple[str, Params]:
    query = query_of(app, dialect)  # type: ignore[arg-type]
    referred = query.params.variable("referred", t.TEXT)
    select = exp.select(col("r", "id")).from_(table(source.table, "r"))
    select = select.where(
        names(query, source, "r", link.link, referred, form.key),
        exp.Is(this=col("r", "deleted_at"), expression=exp.null()),
    )
    select = select.order_by(exp.Ordered(this=col("r", "id"), desc=False)).limit(MAX_ROWS + 1)
    return print_sql(select, query.dialect), query.params


def refuse_referring(
    checked: CheckedExpression | None, pointer: str, context: Context
) -> CheckedExpression | None:
    """The expression, unless it reads records that refer here in a place whose result is kept: nothing would
    bring it up to date when these change.
    """
    if checked is None or not checked.referring:
        return checked
    names = "、".join(sorted(checked.referring))
    context.error(
        "reads_referring",
        pointer,
        Text(
            zh=f"此处的结果会被保存，不能读取引用本记录的记录：{names}。",
            en=f"What this gives is kept, so it cannot read records that refer to this one: {names}.",
        ),
        Text(zh="请改用 rollup 字段。", en="Use a rollup field instead."),
    )
    return None
