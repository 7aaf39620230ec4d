"""Which records name any of many others: `forms.deletion` asks it of one record, this asks it of a set at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import Field, Form, RowKind
from forms.named_from import named_from
from forms.rows import among, listed
from forms.tables import PARENT, TARGET, link_table, quoted


@dataclass(frozen=True, slots=True)
class Naming:
    """A field of `source`, or of its child table `child`, that names records of a form, which it calls `form`.
    `app` is the other app that it belongs to, if it does.
    """

    source: Form
    child: str | None
    field: Field
    form: str
    app: str | None = None

    @property
    def holds(self) -> bool:
        """Whether what it names cannot be deleted."""
        return self.app is not None or self.field.kind.options.on_delete == "restrict"

    def users(self, work: UnitOfWork, records: Collection[str]) -> list[tuple[str, str]]:
        """(record, live record that names it) for these records, in order."""
        dialect = work.runtime.database.dialect
        row: RowKind = self.source.children[self.child] if self.child else self.source
        column, joins, form = f"n.{quoted(self.field.column)}", "", ""
        params = [listed(sorted(records), dialect)]
        if self.field.linked:
            column = f"l.{quoted(TARGET)}"
            linked = quoted(link_table(row, self.field))
            joins = f" JOIN {linked} AS l ON l.{quoted(PARENT)} = n.{quoted('id')}"
        elif self.field.parts:
            kind, record = self.field.parts
            column, form = f"n.{quoted(record.column)}", f" AND n.{quoted(kind.column)} = {MARK[dialect]}"
            params.append(self.form)
        live = "n"
        if self.child is not None:
            joins += f" JOIN {quoted(self.source.table)} AS r ON r.{quoted('id')} = n.{quoted(PARENT)}"
            live = "r"
        text = (
            f"SELECT DISTINCT {column}, {live}.{quoted('id')} FROM {quoted(row.table)} AS n{joins} "
            f"WHERE {column} {among(dialect)}{form} AND {live}.{quoted('deleted_at')} IS NULL ORDER BY 1, 2"
        )
        return [(named, user) for named, user in work.rows(text, tuple(params))]


def namings(work: UnitOfWork, form: Form) -> Iterator[Naming]:
    """All fields that name records of a form, those of other apps included."""
    forms = work.app(form.app).kind("form")
    for other, child, key in form.referrers:
        source: Form = forms[other]
        row: RowKind = source.children[child] if child else source
        yield Naming(source, child, row.fields[key], form.key)
    for place in named_from(work, form):
        yield Naming(place.form, place.child, place.field, f"{form.app}.{form.key}", place.app.key)
