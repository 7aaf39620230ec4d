"""Draws: what several records take from one, row by row, and never more than it has.

A return takes from its order, a delivery from what was ordered. The record they take from is locked before
it is asked how much is left, so that of two at the same moment only one gets the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from engine.definitions.context import Context
from engine.expressions import Params, lower, print_sql
from engine.expressions import types as t
from engine.findings import Finding, Text
from engine.protocols import Record
from forms.columns import RecordColumns, col, names, table
from forms.compiled import ChildTable, Draw, Form, RowKind, label_of
from forms.compute import Saving, holds
from forms.query import query_of
from forms.schema import DrawDocument
from forms.tables import PARENT
from forms.values import number_text

Key = tuple[Any, ...]
LESS = Text(zh="请减少数量。", en="Take less.")


def compile_draws(form: Form, forms: Mapping[str, Form], context: Context) -> None:
    """The draws of a form; what is wrong with them goes to `context`."""
    documents = form.document.draws if form.document is not None else ()
    made = [
        _compile(form, forms, document, f"/forms/{form.key}/draws/{index}", context)
        for index, document in enumerate(documents)
    ]
    form.draws = tuple(draw for draw in made if draw is not None)


def _compile(
    form: Form, forms: Mapping[str, Form], document: DrawDocument, pointer: str, context: Context
) -> Draw | None:
    link = _known(form, document.link, f"{pointer}/link", context)
    source = forms.get(str(link.target)) if link is not None else None
    if link is not None and source is None:
        context.error(
            "bad_link",
            f"{pointer}/link",
            Text(
                zh=f"“{document.link}”不是指向表单的引用字段。",
                en=f"'{document.link}' does not refer to a form.",
            ),
        )
    rows = _rows(form, document.rows, f"{pointer}/rows", context)
    child, _, amount = document.of.partition(".")
    held = _rows(source, child, f"{pointer}/of", context) if source is not None else None
    if source is None or rows is None or held is None:
        return None
    sides = [(rows, document.field, "field"), (held, amount, "of")]
    sides += [
        (side, key, f"match/{index}") for index, key in enumerate(document.match) for side in (rows, held)
    ]
    if None in [_known(side, key, f"{pointer}/{place}", context) for side, key, place in sides]:
        return None
    kinds = [rows.fields[document.field].value_type, held.fields[amount].value_type]
    if not all(kind.numeric for kind in kinds) or kinds[0].scale != kinds[1].scale:
        context.error(
            "not_a_number",
            f"{pointer}/of",
            Text(
                zh="取用与来源须为小数位数相同的数字。",
                en="What is taken and what is there are numbers with the same decimals.",
            ),
        )
        return None
    scope = context.scope(form.shape)
    where, counted = (
        True
        if said is True
        else context.expression(said, f"{pointer}/{place}", scope, expect=t.BOOL, sql=True)
        for place, said in (("where", document.where), ("counted", document.counted))
    )
    return Draw(
        document.code,
        document.link,
        rows.key,
        document.field,
        (held.key, amount),
        tuple(document.match),
        False if where is None else where,
        False if counted is None else counted,
        label_of(document.message, document.code),
    )


def _rows(form: Form, key: str, pointer: str, context: Context) -> ChildTable | None:
    if key not in form.children:
        context.unknown("unknown_child", pointer, key, form.children, Text(zh="子表", en="child table"))
    return form.children.get(key)


def _known(row: RowKind, key: str, pointer: str, context: Context) -> Any:
    if key not in row.fields:
        context.unknown("unknown_field", pointer, key, row.fields, Text(zh="字段", en="field"))
    return row.fields.get(key)


def check_draws(save: Saving) -> list[Finding]:
    """The rows of a record that take more than is left. It locks the records that it takes from."""
    return [finding for draw in save.form.draws for finding in _check(save, draw)]


def _check(save: Saving, draw: Draw) -> list[Finding]:
    record = save.after
    named = record.get(draw.link)
    if named is None or not holds(draw.where, record, save.env) or _settled(save, draw):
        return []
    source = save.app.kind("form")[str(save.form.fields[draw.link].target)]
    left = _held(save, source, draw, named)
    left.subtract(_taken(save, draw, named))
    findings = []
    field = save.form.children[draw.rows].fields[draw.field]
    for index, row in enumerate(record[draw.rows]):
        key, wanted = _key(row, draw.match), row.get(draw.field) or 0
        if wanted > left[key]:
            rest = number_text(max(left[key], 0), field.codec.scale)
            message = Text(
                zh=f"{draw.message['zh']}还剩 {rest}。", en=f"{draw.message['en']} What is left: {rest}."
            )
            findings.append(Finding("error", draw.code, f"/{draw.rows}/{index}/{draw.field}", message, LESS))
        left[key] -= wanted
    return findings


def _settled(save: Saving, draw: Draw) -> bool:
    """Whether the record has taken all this before and nothing about it moves."""
    before = save.before
    if before is None or not holds(draw.counted, before, save.env) or not holds(draw.where, before, save.env):
        return False
    return all(before.get(key) == save.after.get(key) for key in (draw.link, draw.rows))


def _held(save: Saving, source: Form, draw: Draw, record: str) -> Counter[Key]:
    """What the record it takes from has, by key; nobody else takes from it until this transaction ends."""
    from forms.records import load_held

    child, amount = draw.of
    found = load_held(save.work, source, record, lock="change")
    held: Counter[Key] = Counter()
    for row in found[0][child] if found is not None else ():
        held[_key(row, draw.match)] += row.get(amount) or 0
    return held


def _key(row: Record, match: tuple[str, ...]) -> Key:
    return tuple(row.get(name) for name in match)


def _taken(save: Saving, draw: Draw, record: str) -> Counter[Key]:
    """What other records have taken, by key."""
    work, form = save.work, save.form
    dialect = work.runtime.database.dialect
    kept = form.sql.get(("draw", draw.code, dialect))
    if kept is None:
        kept = form.sql["draw", draw.code, dialect] = _statement(save, draw, dialect)
    text, params = kept
    bound = {"draw_source": record, "draw_record": save.after["id"]}
    rows = work.rows(text, params.bind(bound, work.now, save.app.zone, save.app.calendars))
    child = form.children[draw.rows]
    loads = [child.fields[name].codec.load(dialect) for name in (draw.field, *draw.match)]
    taken: Counter[Key] = Counter()
    for row in rows:
        amount, *key = (
            value if value is None or load is None else load(value)
            for value, load in zip(row, loads, strict=True)
        )
        taken[tuple(key)] += amount or 0
    return taken


def _statement(save: Saving, draw: Draw, dialect: Any) -> tuple[str, Params]:
    form = save.form
    query = query_of(save.app, dialect)
    child = form.children[draw.rows]
    record = RecordColumns(query, form, "r", form=form)
    source, own = (query.params.variable(name, t.TEXT) for name in ("draw_source", "draw_record"))
    select = exp.select(*(col("c", child.column_of(name)) for name in (draw.field, *draw.match))).from_(
        table(child.table, "c")
    )
    select = select.join(table(form.table, "r"), on=exp.EQ(this=col("r", "id"), expression=col("c", PARENT)))
    select = select.where(
        names(query, form, "r", draw.link, source, str(form.fields[draw.link].target)),
        exp.NEQ(this=col("r", "id"), expression=own),
        exp.Is(this=col("r", "deleted_at"), expression=exp.null()),
        *(
            exp.paren(lower(rule, record, query.params, dialect))
            for rule in (draw.where, draw.counted)
            if not isinstance(rule, bool)
        ),
    )
    return print_sql(select, dialect), query.params
