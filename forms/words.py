"""The tags in use: words of the records that the reader may see, the most used first."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden
from engine.expressions import Params, print_sql
from engine.expressions import types as t
from engine.expressions.sql import build as b
from engine.findings import Text
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.columns import RecordColumns, col, table
from forms.compiled import Form
from forms.environment import variables
from forms.field_types.tags import Tags
from forms.plans import kept
from forms.query import query_of
from forms.reading_plan import UnknownField

MOST = 100


def words_json(
    work: UnitOfWork, app: CompiledApp, form: Form, key: str, *, part: str | None = None
) -> list[dict[str, Any]]:
    """{"tag", "records"} for each word in use that holds `part`; then, with 0 records, words that are known
    from the start. Raises Forbidden, UnknownField.
    """
    access = Access(work, app)
    grants = access.seen(form.key)
    if not grants:
        raise Forbidden()
    field = form.fields.get(key)
    if field is None or not isinstance(field.kind, Tags) or not grants.shows(key):
        raise UnknownField(
            Text(zh=f"没有标签字段“{key[:60]}”。", en=f"There is no field of tags '{key[:60]}'."),
            pointer="/field",
        )
    dialect = work.runtime.database.dialect
    asked = ("words", form.key, key, dialect, access.key, grants.key)
    text, params = kept(app, asked, lambda: _statement(access, form, key))
    known = variables(work, app, part=(part or "").strip().lower())
    found = work.rows(text, params.bind(known, work.now, app.zone, app.calendars))
    used: dict[str, int] = dict(found)
    wanted = (part or "").strip().casefold()
    unused = {word: 0 for word in field.kind.options.known if word not in used and wanted in word.casefold()}
    return [{"tag": word, "records": count} for word, count in {**used, **unused}.items()]


def _statement(access: Access, form: Form, key: str) -> tuple[str, Params]:
    dialect, grants = access.work.runtime.database.dialect, access.seen(form.key)
    query = query_of(access.app, dialect, access.seen)
    rows = RecordColumns(query, form, "r", form=form, grants=grants)
    held = exp.select(rows.column((key,)).as_("held")).from_(table(form.table, "r"))
    held = held.where(b.is_null(col("r", "deleted_at")), copy=False)
    if (seen := rows.row_predicate(grants)) is not None:
        held = held.where(exp.paren(seen), copy=False)
    split = "JSON_EACH" if dialect == "sqlite" else "JSONB_ARRAY_ELEMENTS_TEXT"
    # SQLite's function has a column of this name already
    columns = [] if dialect == "sqlite" else [exp.to_identifier("value")]
    alias = exp.TableAlias(this=exp.to_identifier("w"), columns=columns)
    words = exp.Table(this=b.call(split, exp.column("held", table="s")), alias=alias)
    word = exp.column("value", table="w")
    part = query.params.variable("part", t.TEXT)
    position = b.call("INSTR" if dialect == "sqlite" else "STRPOS", exp.Lower(this=word.copy()), part)
    count = exp.Count(this=exp.Star())
    select = exp.select(word.copy(), count.as_("n")).from_(held.subquery("s"))
    select = select.join(words, join_type="cross", copy=False)
    select = select.where(exp.GT(this=position, expression=b.whole(0)), copy=False).group_by(word.copy())
    select = select.order_by(exp.Ordered(this=exp.column("n"), desc=True), word.copy(), copy=False)
    return print_sql(select.limit(MOST, copy=False), dialect), query.params
