"""What a person may do with the records of a form: grants as row flags, visible names, write checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from engine.definitions.app import CompiledApp
from engine.errors import Forbidden
from engine.expressions import CheckedExpression, Env, Scope, Shape, Type, print_sql
from engine.expressions import types as t
from engine.permissions.compiled import (
    NOTHING,
    UNLIMITED,
    CompiledGrant,
    Condition,
    GrantSet,
)
from engine.permissions.granting import both_kept, grants_for, shared_only
from engine.permissions.roles import rights
from engine.storage.unit_of_work import UnitOfWork
from forms.columns import RecordColumns, col, table
from forms.compiled import Form
from forms.environment import environment, variables
from forms.plans import KEPT
from forms.query import query_of
from forms.reach import forms_in_reach
from forms.shape import FormShape
from forms.shares import parts_of, shared, sharing, with_parts
from forms.system_forms import SYSTEM_FORMS, public_shape

IMPORT = "import"
"""The source of what an import saves."""


GRANTED = "granted to who acts"


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
    behind: Callable[[str], Shape | None] | None = None

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

    def parts(self, name: str) -> list[str]:
        """The parts of a field that the reader may see."""
        return self.whole.parts(name) if self._tells(name) else []

    def called(self, label: str) -> str | None:
        """The key of what people call so, if the reader may see it."""
        key = self.whole.called(label)
        return key if key is not None and self._tells(key) else None

    def child(self, name: str) -> Shape | None:
        child = self.whole.children.get(name)
        if child is None or not self.grants.shows(name):
            return None
        return VisibleShape(child, self.grants, f"{name}.")

    def referring(self, name: str) -> Shape | None:
        """The records behind a backlink, if the reader may see it and by what they refer here."""
        whole, link = self.whole.referred.get(name, (None, ""))
        if whole is None or self.behind is None or not self._tells(name):
            return None
        found = self.behind(whole.key)
        return found if isinstance(found, VisibleShape) and found.grants.shows(link) else None


@dataclass(frozen=True, slots=True)
class Access:
    """The rights of who acts in `work` on the forms of one app. Records of the form `exporting` are read to be
    taken out of it: what they may not export is not there.
    """

    work: UnitOfWork
    app: CompiledApp
    exporting: str | None = None

    def home(self, form: str) -> tuple[Access, str]:
        """Whose rights count for a form in reach, and its key there: the roles of its own app judge."""
        there, key = self.app.home(form)
        return (self, form) if there is self.app else (Access(self.work, there), key)

    def grants(self, form: str, action: str) -> GrantSet:
        """The grants of who acts for an action on a form in reach."""
        there, key = self.home(form)
        if there is not self:
            return there.grants(key, action)
        found = self._granted(form, action)
        if not self.work.principal.parts:
            return found
        return with_parts(self.app, found, parts_of(self.work, self.app, form))

    def _granted(self, form: str, action: str) -> GrantSet:
        """What the roles of who acts give, asked once while they act."""
        known: Any = self.work.memory.get((GRANTED, self.app.key))
        if known is None or known[0] is not self.work.principal or known[1] is not self.app:
            known = self.work.memory[GRANTED, self.app.key] = (self.work.principal, self.app, {})
        found: GrantSet | None = known[2].get((form, action))
        if found is None:
            found = known[2][form, action] = grants_for(self.app, self.work.principal, form, action)
        return found

    def seen(self, form: str) -> GrantSet:
        """The grants that let the principal read records of a form."""
        if form == self.exporting:
            one, other = self.grants(form, "view"), self.grants(form, "export")
            return both_kept(self.app, one, other)
        return self.grants(form, "view")

    def readable(self, form: str, record: str) -> GrantSet:
        """The grants for reading one record: without any, what a task or a colleague shares of it."""
        there, key = self.home(form)
        if there is not self:
            return there.readable(key, record)
        if not self.work.principal.may(self.app.key, form, "view"):
            return NOTHING
        return self.seen(form) or shared_only(self.app, self.work.principal, form, sharing(self.work, record))

    def demand(self, form: str, action: str) -> GrantSet:
        """The grants for an action. Raises Forbidden when there is none at all."""
        found = self.grants(form, action)
        if not found:
            raise Forbidden()
        return found

    @property
    def key(self) -> tuple[str, ...]:
        """Equal keys have equal rights: for caches of statements."""
        known = rights(self.app, self.work.principal)
        for part in sorted(self.work.principal.parts):
            key, _, form = part.partition(".")
            app = self.app.others.get(key, self.app)
            known = (*known, part, *parts_of(self.work, app, form))
        return known if self.exporting is None else (*known, "exporting", self.exporting)

    def scope(self, form: Form, *, masked: bool = False) -> Scope:
        """Names that the reader may use in filters and orders; with `masked` those too that are masked."""
        shape = VisibleShape(form.shape, self.seen(form.key), masked=masked, behind=self._shape)
        functions, calendars = self.work.runtime.functions, self.app.calendars
        return Scope(shape, self._shape, self.app.variables, functions=functions, calendars=calendars)

    def _shape(self, form: str) -> Shape | None:
        compiled = forms_in_reach(self.app).get(form)
        if compiled is not None:
            return VisibleShape(compiled.shape, self.seen(form), behind=self._shape)
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
        query = query_of(self.app, dialect)
        columns = RecordColumns(query, form, "r", form=form, grants=grants)
        flags = [columns.rows_of(grant, write=write) for grant in grants.grants]
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
        allowed = [grant for grant in grants.grants if not _denied(grant, record, env)]
        found = tuple([grant for grant in allowed if _owns(grant, record, env)])
        if len(found) == len(allowed):
            return found
        how = shared(self.work, record["id"], write=write)
        return tuple(grant for grant in allowed if how.gives(grant.where) or _owns(grant, record, env))

    def shared_level(self, record: str) -> str | None:
        """`write`, `read`, or None when the record is not shared with who acts."""
        for level in ("write", "read"):
            how = shared(self.work, record, write=level == "write")
            if how.whole or how.parts:
                return level
        return None

    def check_written(
        self, granting: Iterable[CompiledGrant] | None, written: Iterable[str], record: Mapping[str, Any]
    ) -> None:
        """Every field written must be allowed by a grant that had the record before and still allows it as
        it is now. `granting` None: all rights are given anyway. Raises Forbidden.
        """
        if granting is None:
            return
        env = environment(self.work, self.app)
        allowed = [grant for grant in granting if not _denied(grant, record, env)]
        standing = tuple(grant for grant in allowed if _has(grant.check, record, env))
        if standing and self._write_all(standing, frozenset(written)):
            return
        # what is shared for writing stays within reach, unless a grant says itself what must hold
        how = shared(self.work, record["id"], write=True)
        standing = tuple(
            grant
            for grant in allowed
            if _has(grant.check, record, env) or (how.gives(grant.where) and not grant.strict)
        )
        if not standing or not self._write_all(standing, frozenset(written)):
            raise Forbidden(
                {
                    "zh": "保存后该记录将超出您的数据权限范围。",
                    "en": "After this save the record would be outside what you may write.",
                }
            )

    def bringing(self, form: str, writing: GrantSet) -> GrantSet:
        """The grants for importing, if a save of an import has to ask them beside those for writing."""
        if self.work.source != IMPORT:
            return UNLIMITED
        found = self.grants(form, "import")
        return UNLIMITED if set(writing.grants) <= set(found.grants) and not writing.unlimited else found

    def _write_all(self, standing: tuple[CompiledGrant, ...], written: frozenset[str]) -> bool:
        known = self.app.memory.setdefault("writing together", {})
        found = known.get((standing, written))
        if found is None:
            found = all(any(grant.writes(name) for grant in standing) for name in written)
            if len(known) < KEPT:
                known[standing, written] = found
        return bool(found)


def _owns(grant: CompiledGrant, record: Mapping[str, Any], env: Env) -> bool:
    """Whether the record is one of the grant's own rows."""
    if not _has(grant.where, record, env):
        return False
    return not grant.also or all(each.holds(record, env) for each in grant.also)


def _denied(grant: CompiledGrant, record: Mapping[str, Any], env: Env) -> bool:
    """Whether the record is among those that the grant is without."""
    return bool(grant.without) and any(each.holds(record, env) for each in grant.without)


def _has(where: Condition, record: Mapping[str, Any], env: Env) -> bool:
    if where is None:
        return True
    return isinstance(where, CheckedExpression) and where.holds(record, env)
