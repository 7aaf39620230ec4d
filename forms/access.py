"""What a person may do with the records of a form: grants as row flags, visible names, write checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden
from engine.expressions import CheckedExpression, Env, Params, Scope, Shape, Type, print_sql
from engine.expressions import types as t
from engine.permissions.compiled import (
    CompiledGrant,
    GrantSet,
    NoRows,
    SharedFields,
    grants_for,
    shared_only,
)
from engine.storage.columns import decode_json
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import Query, RecordColumns, col, table
from forms.compiled import Form, FormShape
from forms.environment import environment, variables
from forms.plans import KEPT
from forms.rows import MARK
from forms.system_forms import SYSTEM_FORMS, public_shape


class ForbiddenField(Forbidden):
    """You have no right to write this field."""

    code = "forbidden_field"
    zh = "您没有填写此字段的权限。"


@dataclass(frozen=True, slots=True)
class VisibleShape:
    """A form's names as one reader may use them; hidden fields do not exist, masked ones only with `masked`."""

    whole: FormShape
    grants: GrantSet
    prefix: str = ""
    masked: bool = False

    @property
    def key(self) -> str:
        return self.whole.key

    @property
    def tree(self) -> str | None:
        """The field that names the record above, if the reader may see it."""
        tree = self.whole.tree
        return tree if tree is not None and self.grants.shows(tree) else None

    @property
    def sealed(self) -> set[str]:
        """The encrypted fields."""
        return self.whole.sealed

    def type_of(self, name: str) -> Type | None:
        return self.whole.type_of(name) if self._tells(name) else None

    def names(self) -> Iterable[str]:
        return [name for name in self.whole.names() if self._tells(name)]

    def _tells(self, name: str) -> bool:
        full = self.prefix + name
        return self.grants.shows(full) or (self.masked and self.grants.masks(full))

    def called(self, label: str) -> str | None:
        """The key of what people call so, if the reader may see it."""
        key = self.whole.called(label)
        return key if key is not None and self._tells(key) else None

    def child(self, name: str) -> Shape | None:
        child = self.whole.children.get(name)
        if child is None or not self.grants.shows(name):
            return None
        return VisibleShape(child, self.grants, f"{name}.")


@dataclass(frozen=True, slots=True)
class Access:
    """The rights of who acts in `work` on the forms of one app."""

    work: UnitOfWork
    app: CompiledApp

    def grants(self, form: str, action: str) -> GrantSet:
        return grants_for(self.app, self.work.principal, form, action)

    def seen(self, form: str) -> GrantSet:
        """The grants that let the principal read records of a form."""
        return self.grants(form, "view")

    def readable(self, form: str, record: str) -> GrantSet:
        """The grants for reading one record: without any, what a task or a colleague shares of it."""
        return self.seen(form) or shared_only(self.app, form, self._sharing(record))

    def _sharing(self, record: str) -> list[SharedFields]:
        mark = MARK[self.work.runtime.database.dialect]
        text = f'SELECT fields FROM ff_record_share WHERE record = {mark} AND "user" = {mark}'
        said = [decode_json(row[0]) or {} for row in self.work.rows(text, (record, self.work.principal.user))]
        return [SharedFields(tuple(each.get("hidden", ())), tuple(each.get("write", ()))) for each in said]

    def demand(self, form: str, action: str) -> GrantSet:
        """The grants for an action. Raises Forbidden when there is none at all."""
        found = self.grants(form, action)
        if not found:
            raise Forbidden()
        return found

    @property
    def key(self) -> tuple[str, ...]:
        """Equal keys have equal rights: for caches of statements."""
        return ("*",) if self.work.principal.is_admin else self.work.principal.roles

    def scope(self, form: Form, *, masked: bool = False) -> Scope:
        """Names that the reader may use in filters and orders; with `masked` those too that are masked."""
        shape = VisibleShape(form.shape, self.seen(form.key), masked=masked)
        functions, calendars = self.work.runtime.functions, self.app.calendars
        return Scope(shape, self._shape, self.app.variables, functions=functions, calendars=calendars)

    def _shape(self, form: str) -> Shape | None:
        compiled = self.app.kind("form").get(form)
        if compiled is not None:
            return VisibleShape(compiled.shape, self.seen(form))
        if self.work.principal.is_admin:
            return SYSTEM_FORMS[form].shape() if form in SYSTEM_FORMS else None
        return public_shape(form)

    def sees(self, form: Form, record: str) -> bool:
        """Whether the principal may read this record."""
        grants = self.readable(form.key, record)
        return grants.unlimited or any(self.flags(form, grants, record) or [])

    def flags(self, form: Form, grants: GrantSet, record: str, *, write: bool = False) -> list[bool] | None:
        """For each grant whether it has this row; None: no such row.

        `write`: the grants are for changing the row, so a share for reading does not count.
        """
        dialect = self.work.runtime.database.dialect
        key = ("flags", form.key, dialect, grants.key, write)
        known = self.app.memory.get(key)
        if known is None:
            known = self.app.memory[key] = self._flag_statement(form, grants, write=write)
        text, params = known
        known = variables(self.work, self.app, record_id=record)
        bound = params.bind(known, self.work.now, self.app.zone, self.app.calendars)
        row = self.work.row(text, bound)
        return None if row is None else [bool(flag) for flag in row[1:]]

    def _flag_statement(self, form: Form, grants: GrantSet, *, write: bool) -> tuple[str, Any]:
        dialect = self.work.runtime.database.dialect
        query = Query(dict(self.app.kind("form")), dialect, Params(dialect))
        columns = RecordColumns(query, form, "r", form=form, grants=grants)
        flags = [columns.rows_of(grant.where, write=write) for grant in grants.grants]
        place = query.params.variable("record_id", t.TEXT)
        select = (
            exp.select(exp.Literal.number(1), *flags)
            .from_(table(form.table, "r"))
            .where(exp.EQ(this=col("r", "id"), expression=place))
        )
        return print_sql(select, dialect), query.params

    def holding(
        self, form: Form, grants: GrantSet, record: str, *, write: bool
    ) -> tuple[CompiledGrant, ...] | None:
        """The grants that have this row; None when all rights are given anyway."""
        if grants.unlimited:
            return None
        flags = self.flags(form, grants, record, write=write) or []
        return tuple(grant for grant, holds in zip(grants.grants, flags, strict=False) if holds)

    def held(
        self, grants: GrantSet, record: Mapping[str, Any], env: Env, *, write: bool
    ) -> tuple[CompiledGrant, ...] | None:
        """As `holding`, for a record that is loaded: the language means the same in memory and in SQL."""
        if grants.unlimited:
            return None
        found = tuple(grant for grant in grants.grants if _has(grant.where, record, env))
        if len(found) < len(grants.grants) and self._shared(record["id"], write=write):
            return grants.grants
        return found

    def _shared(self, record: str, *, write: bool) -> bool:
        mark = MARK[self.work.runtime.database.dialect]
        text = f'SELECT 1 FROM ff_record_share WHERE record = {mark} AND "user" = {mark}'
        text += " AND level = 'write'" if write else ""
        return self.work.row(text, (record, self.work.principal.user)) is not None

    def check_written(
        self, granting: Iterable[CompiledGrant] | None, written: Iterable[str], record: Mapping[str, Any]
    ) -> None:
        """Every field written must be allowed by a grant that had the record before and still allows it as
        it is now. `granting` None: all rights are given anyway. Raises Forbidden.
        """
        if granting is None:
            return
        env = environment(self.work, self.app)
        standing = tuple(grant for grant in granting if _has(grant.check, record, env))
        if not standing or not self._write_all(standing, frozenset(written)):
            raise Forbidden(
                {
                    "zh": "保存后该记录将超出您的数据权限范围。",
                    "en": "After this save the record would be outside what you may write.",
                }
            )

    def _write_all(self, standing: tuple[CompiledGrant, ...], written: frozenset[str]) -> bool:
        known = self.app.memory.setdefault("writing together", {})
        found = known.get((standing, written))
        if found is None:
            found = all(any(grant.writes(name) for grant in standing) for name in written)
            if len(known) < KEPT:
                known[standing, written] = found
        return bool(found)


def _has(where: CheckedExpression | NoRows | None, record: Mapping[str, Any], env: Env) -> bool:
    if where is None:
        return True
    return not isinstance(where, NoRows) and where.evaluate(record, env) is True
