"""Records that may not overlap: periods of a price, provinces of a region, bookings of a room.

The records that are alike are held before it is asked whether one of them overlaps, so that of two saved at the
same moment only one passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from engine.definitions.context import Context
from engine.expressions import CheckedExpression, Env, Params, Scope, check, lower, print_sql
from engine.expressions import types as t
from engine.findings import NO_FIX, Finding, Text
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import RecordColumns, col, table
from forms.compiled import ChildTable, Field, Form, RowKind, Rule, label_of
from forms.compute import Saving, holds
from forms.environment import variables
from forms.query import query_of
from forms.read_fields import child_pointer
from forms.schema import NoOverlapDocument
from forms.shape import PART

Row = Mapping[str, Any]
SPANS = frozenset({"number", "money", "date", "datetime"})
ONE_OF = Text(
    zh="请写 from 与 to，或写 field：一个范围字段或多选字段。",
    en="Write `from` and `to`, or `field`: a field of a range or of several choices.",
)


@dataclass(frozen=True, slots=True)
class NoOverlap:
    """Rows that are alike in `by` share no part of a span or of a set. `span` are the two fields (or parts of
    one) that bound it, `members` is the field of a set; one of them is there. The upper end of a span with
    `half` does not belong to it. `place` is the field that the message points to.
    """

    code: str
    by: tuple[str, ...]
    span: tuple[str, str] | None
    members: str | None
    half: bool
    when: Rule
    place: str
    message: Mapping[str, str] | None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields it compares."""
        return (*self.by, *(self.span or ()), *((self.members,) if self.members else ()))

    def renamed(self, name: Callable[[str], str]) -> NoOverlap:
        """The same rule where its fields are called as `name` says."""
        low, high = self.span or ("", "")
        return replace(
            self,
            by=tuple(map(name, self.by)),
            span=(name(low), name(high)) if self.span is not None else None,
            members=name(self.members) if self.members is not None else None,
        )

    def same(self, other: NoOverlap) -> bool:
        """Whether both forbid the same."""
        return self._meaning() == other._meaning()

    def _meaning(self) -> tuple[object, ...]:
        when = self.when.text() if isinstance(self.when, CheckedExpression) else self.when
        return set(self.by), self.span, self.members, self.half, when


def compile_apart(form: Form, context: Context) -> None:
    """What may not overlap in a form and its child tables; what is wrong with it goes to `context`. It gives
    forms an index over what is alike.
    """
    kinds: list[tuple[RowKind, str, Any]] = [(form, f"/forms/{form.key}", form.document)]
    kinds += [(child, child_pointer(form, child.key), child.document) for child in form.children.values()]
    for kind, pointer, document in kinds:
        said = document.no_overlap if document is not None else ()
        made = [
            _compile(form, kind, each, f"{pointer}/no_overlap/{index}", context)
            for index, each in enumerate(said)
        ]
        kind.apart = tuple(rule for rule in made if rule is not None)
    indexes = [
        tuple(form.column_of(name) for name in (*rule.by, *(rule.span or ())[:1])) for rule in form.apart
    ]
    form.indexes = tuple(dict.fromkeys([*form.indexes, *(each for each in indexes if each)]))


def _compile(
    form: Form, kind: RowKind, document: NoOverlapDocument, pointer: str, context: Context
) -> NoOverlap | None:
    by = [_field(kind, key, f"{pointer}/by/{index}", context) for index, key in enumerate(document.by)]
    for index, field in enumerate(by):
        if field is not None and (
            field.parts or field.sealed or field.value_type.kind in {"choices", "list"}
        ):
            _refuse(
                context, f"{pointer}/by/{index}", field.key, "不能用于比较是否相同", "cannot be compared here"
            )
            return None
    what = _compared(kind, document, pointer, context)
    when: Any = True
    if document.when is not True:
        scope = context.scope(kind.shape, parent=form.shape if kind is not form else None)
        sql = kind is form
        when = context.expression(document.when, f"{pointer}/when", scope, expect=t.BOOL, sql=sql)
    if what is None or when is None or None in by:
        return None
    span, members, half = what
    place = (document.field or document.begins or "").partition(".")[0]
    message = label_of(document.message, document.code) if document.message else None
    return NoOverlap(document.code, tuple(document.by), span, members, half, when, place, message)


def _compared(
    kind: RowKind, document: NoOverlapDocument, pointer: str, context: Context
) -> tuple[tuple[str, str] | None, str | None, bool] | None:
    """The ends of the span, or the field of a set; None after adding findings."""
    if document.field is not None and document.begins is None and document.ends is None:
        field = _field(kind, document.field, f"{pointer}/field", context)
        if field is None:
            return None
        if field.value_type.kind == "choices" and not field.sealed:
            return None, field.key, False
        if len(field.parts) == 2 and field.parts[0].value_type.kind in SPANS and not field.sealed:
            first, last = field.parts
            return (first.key, last.key), None, first.value_type.kind == "datetime"
        _refuse(
            context, f"{pointer}/field", field.key, "既不是范围也不是多选", "is neither a range nor choices"
        )
        return None
    if document.field is not None or document.begins is None or document.ends is None:
        context.error("what_overlaps", pointer, ONE_OF)
        return None
    low = _field(kind, document.begins, f"{pointer}/from", context)
    high = _field(kind, document.ends, f"{pointer}/to", context)
    if low is None or high is None:
        return None
    one, other = low.value_type, high.value_type
    alike = (one.kind, one.scale) == (other.kind, other.scale)
    if one.kind not in SPANS or not alike or low.sealed or high.sealed:
        _refuse(
            context,
            f"{pointer}/to",
            high.key,
            "与 from 须同为数字、日期或时刻",
            "and `from` are to be numbers, dates or moments of one kind",
        )
        return None
    return (low.key, high.key), None, one.kind == "datetime"


def _field(kind: RowKind, key: str, pointer: str, context: Context) -> Field | None:
    found = kind.find(key.replace(".", PART))
    if found is None:
        context.unknown("unknown_field", pointer, key, kind.fields, Text(zh="字段", en="field"))
    return found


def _refuse(context: Context, pointer: str, key: str, zh: str, en: str) -> None:
    context.error("what_overlaps", pointer, Text(zh=f"“{key}”{zh}。", en=f"'{key}' {en}."), ONE_OF)


def overlapping_rows(child: ChildTable, rows: Sequence[Row], env: Env) -> Iterator[Finding]:
    """Rows of one record that overlap an earlier one."""
    for rule in child.apart:
        alike: dict[tuple[Any, ...], list[tuple[int, Row]]] = {}
        for index, row in enumerate(rows):
            if not _counts(rule, row, env):
                continue
            known = alike.setdefault(tuple(row.get(key) for key in rule.by), [])
            first = next((at for at, other in known if _meet(rule, row, other)), None)
            if first is None:
                known.append((index, row))
            else:
                yield _finding(child, rule, f"/{child.key}/{index}/{rule.place}", first)


def _counts(rule: NoOverlap, row: Row, env: Env) -> bool:
    """Whether a row can overlap at all."""
    compared = rule.span or (rule.members or "",)
    return any(row.get(key) not in (None, ()) for key in compared) and holds(rule.when, row, env)


def _meet(rule: NoOverlap, one: Row, other: Row) -> bool:
    if rule.members is not None:
        return not set(one[rule.members]).isdisjoint(other[rule.members])
    low, high = rule.span or ("", "")
    return _reaches(rule, one.get(low), other.get(high)) and _reaches(rule, other.get(low), one.get(high))


def _reaches(rule: NoOverlap, low: Any, high: Any) -> bool:
    """Whether something that begins at `low` begins before what ends at `high` is over."""
    return low is None or high is None or (low < high if rule.half else low <= high)


def check_apart(save: Saving, *, anew: bool = False) -> list[Finding]:
    """What overlaps another record, where the save moves it (`anew`: in any case). It holds the records that
    are alike.
    """
    return [
        _finding(save.form, rule, f"/{rule.place}", None)
        for rule in save.form.apart
        if _counts(rule, save.after, save.env) and (anew or _moves(save, rule)) and _taken(save, rule)
    ]


def _moves(save: Saving, rule: NoOverlap) -> bool:
    before = save.before
    if before is None or not _counts(rule, before, save.env):
        return True
    return any(before.get(key) != save.after.get(key) for key in rule.fields)


def _taken(save: Saving, rule: NoOverlap) -> bool:
    """Whether another record is where this one is going to be."""
    work, form = save.work, save.form
    _hold(work, form, rule, save.after)
    there = tuple(save.after.get(key) is not None for key in rule.fields)
    dialect = work.runtime.database.dialect
    text, params = form.once(
        ("apart", form.apart.index(rule), there, dialect), lambda: _statement(save, rule, there)
    )
    values = {f"apart_{index}": save.after.get(key) for index, key in enumerate(rule.fields)}
    known = variables(work, save.app, apart_own=save.after["id"], **values)
    return work.row(text, params.bind(known, work.now, save.app.zone, save.app.calendars)) is not None


def _hold(work: UnitOfWork, form: Form, rule: NoOverlap, record: Row) -> None:
    """Let no other transaction save a record that is alike until this one ends. SQLite has one writer anyway."""
    if work.runtime.database.dialect == "postgres":
        alike = "\x1f".join(str(record.get(key)) for key in rule.by)
        name = f"{form.table}\x1f{rule.code}\x1f{alike}"
        work.row("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))


def _statement(save: Saving, rule: NoOverlap, there: tuple[bool, ...]) -> tuple[str, Params]:
    form, dialect = save.form, save.work.runtime.database.dialect
    query = query_of(save.app, dialect)
    record = RecordColumns(query, form, "r", form=form)
    conditions = [_where(form, rule, there)]
    if isinstance(rule.when, CheckedExpression):
        conditions.append(rule.when)
    select = exp.select("1").from_(table(form.table, "r"))
    select = select.where(
        *(exp.paren(lower(each, record, query.params, dialect)) for each in conditions),
        exp.NEQ(this=col("r", "id"), expression=query.params.variable("apart_own", t.TEXT)),
        exp.Is(this=col("r", "deleted_at"), expression=exp.null()),
    ).limit(1)
    return print_sql(select, dialect), query.params


def _where(form: Form, rule: NoOverlap, there: tuple[bool, ...]) -> CheckedExpression:
    """The records that are alike and overlap, in the language; `$apart_0` and so on are the fields of this one."""
    found = [form.find(key) for key in rule.fields]
    kinds = [field.value_type for field in found if field is not None]
    names = {
        f"apart_{index}": t.list_of(kind.item or t.TEXT) if kind.kind == "choices" else kind
        for index, kind in enumerate(kinds)
    }
    said = [key.replace(PART, ".") for key in rule.fields]
    parts = [
        f"{key} = $apart_{index}" if there[index] else f"ISBLANK({key})"
        for index, key in enumerate(said[: len(rule.by)])
    ]
    at = len(rule.by)
    if rule.members is not None:
        parts.append(f"HASANY({said[at]}, $apart_{at})")
    else:
        low, high = said[at], said[at + 1]
        less = "<" if rule.half else "<="
        parts.append(f"not (ISBLANK({low}) and ISBLANK({high}))")
        if there[at + 1]:
            parts.append(f"(ISBLANK({low}) or {low} {less} $apart_{at + 1})")
        if there[at]:
            parts.append(f"(ISBLANK({high}) or $apart_{at} {less} {high})")
    return check(" and ".join(parts), Scope(form.shape, lambda _form: None, names), expect=t.BOOL)


def _finding(kind: RowKind, rule: NoOverlap, pointer: str, first: int | None) -> Finding:
    if rule.message is not None:
        return Finding(
            "error", rule.code, pointer, Text(zh=rule.message["zh"], en=rule.message["en"]), NO_FIX
        )
    label = kind.fields[rule.place].label
    message = (
        Text(
            zh=f"“{label['zh']}”与另一条记录重叠。",
            en=f"'{label['en']}' overlaps that of another record.",
        )
        if first is None
        else Text(
            zh=f"“{label['zh']}”与第 {first + 1} 行重叠。",
            en=f"'{label['en']}' overlaps row {first + 1}.",
        )
    )
    return Finding("error", rule.code, pointer, message, NO_FIX)
