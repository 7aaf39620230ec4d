"""What many saves will ask the store one by one, read at once: the records that their references name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.expressions import CheckedExpression, Params, print_sql
from engine.permissions.compiled import GrantSet
from engine.protocols import Record
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.columns import RecordColumns, col, table
from forms.compiled import Form, RowKind
from forms.environment import variables
from forms.plans import kept
from forms.query import query_of
from forms.reach import forms_in_reach
from forms.reading_rows import one_of
from forms.records import load_many
from forms.rows import existing


def prefetch(access: Access, form: Form, records: Sequence[Record]) -> None:
    """Remember for this transaction which named records exist, which the writer may see, and, where an
    expression of the form looks into them, what they hold.
    """
    if len(records) < 2:
        return
    work, app = access.work, access.app
    looked_into = _looked_into(form)
    for target, ids in _named(app, form, records).items():
        here, key = access.home(target)
        source = here.app.kind("form")[key]
        grants = here.seen(key)
        if not grants.unlimited and grants:
            seen = visible(here, source, grants, ids)
            known = work.memory.setdefault("visible", {})
            known.update({(work.principal.user, source.app, key, each): each in seen for each in ids})
        there = existing(work, source, ids)
        held = work.memory.setdefault("existing", {})
        held.update({(source.app, key, each): each in there for each in ids})
        if target in looked_into:
            _remember(work, source, ids)


def _remember(work: UnitOfWork, form: Form, ids: Sequence[str]) -> None:
    found = load_many(work, form, ids, lock="none")
    known = work.memory.setdefault("followed", {})
    for each in ids:
        known.setdefault((form.app, form.key, each), found[each][0] if each in found else None)


def _named(app: CompiledApp, form: Form, records: Iterable[Record]) -> dict[str, list[str]]:
    """The ids that references name, by form, each once and in order."""
    named: dict[str, set[str]] = {}
    kinds: list[tuple[str | None, RowKind]] = [(None, form), *form.children.items()]
    references = [
        (child, field.key, field.targets[0])
        for child, kind in kinds
        for field in kind.naming
        if not field.parts and field.targets[0] in forms_in_reach(app)
    ]
    for record in records:
        for child, key, target in references:
            for row in (record,) if child is None else _rows_of(record, child):
                value = row.get(key)
                for each in value if isinstance(value, list) else (value,):
                    if isinstance(each, str):
                        named.setdefault(target, set()).add(each)
    return {target: sorted(ids) for target, ids in sorted(named.items())}


def _rows_of(record: Record, child: str) -> list[Record]:
    """The child rows of a body as far as they are some: what else is sent in their place is told by the reader."""
    rows = record.get(child)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _looked_into(form: Form) -> frozenset[str]:
    """The forms whose fields an expression of this form reads behind a reference."""
    known: frozenset[str] | None = form.sql.get("looked_into")
    if known is None:
        found: set[str] = set()
        for kind in (form, *form.children.values()):
            for checked in _expressions(kind):
                for path in checked.dependencies:
                    head = path[1] if path[0] == "parent" and len(path) > 2 else path[0]
                    owner = form if path[0] == "parent" else kind
                    field = owner.fields.get(head) if len(path) > 1 else None
                    if field is not None and field.target is not None:
                        found.add(field.target)
        known = form.sql["looked_into"] = frozenset(found)
    return known


def _expressions(kind: RowKind) -> Iterator[CheckedExpression]:
    for field in kind.fields.values():
        for rule in (
            field.expression,
            field.default_expression,
            field.required,
            field.visible,
            field.readonly,
        ):
            if isinstance(rule, CheckedExpression):
                yield rule
    yield from (rule.expression for rule in kind.checks)


def visible(access: Access, form: Form, grants: GrantSet, ids: Sequence[str]) -> set[str]:
    """Which of these live records the reader may see."""
    work, app = access.work, access.app
    dialect = work.runtime.database.dialect

    def make() -> tuple[str, Params]:
        query = query_of(app, dialect)
        columns = RecordColumns(query, form, "r", form=form, grants=grants)
        select = exp.select(col("r", "id")).from_(table(form.table, "r"))
        select = select.where(one_of(query, col("r", "id"), "record_ids"), copy=False)
        select = select.where(exp.Is(this=col("r", "deleted_at"), expression=exp.null()), copy=False)
        rows = columns.row_predicate(grants)
        if rows is not None:
            select = select.where(exp.paren(rows), copy=False)
        return print_sql(select, dialect), query.params

    text, params = kept(app, ("visible", form.key, dialect, grants.key), make)
    known = variables(work, app, record_ids=tuple(ids))
    return {row[0] for row in work.rows(text, params.bind(known, work.now, app.zone, app.calendars))}
