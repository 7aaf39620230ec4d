"""What one reader sees: forms without their hidden fields, as if those did not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.definitions.app import CompiledApp
from engine.expressions import Shape
from engine.identity.principal import Principal
from engine.permissions.compiled import UNLIMITED, GrantSet
from engine.permissions.granting import grants_for, grants_for_both
from engine.permissions.roles import rights
from forms.access import VisibleShape
from forms.reach import forms_in_reach
from forms.system_forms import PRIVATE, SYSTEM_FORMS
from reports.planned import Source
from reports.sources import Sources

SEE = "view"


@dataclass(frozen=True, slots=True)
class Reader:
    """The rights of a principal in one app. `action` is what the rows of the report itself must allow."""

    app: CompiledApp
    principal: Principal
    source: Source
    action: str = SEE

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for readers whose SQL is the same."""
        return (self.action, *rights(self.app, self.principal))

    def grants_of(self, form: str) -> GrantSet:
        """The rows and fields of a form: for the report's own rows by the action, else what may be seen."""
        if form in SYSTEM_FORMS:
            return UNLIMITED
        if self.action != SEE and form == self.source.form:
            return grants_for_both(self.app, self.principal, form, SEE, self.action)
        there, key = self.app.home(form)
        return grants_for(there, self.principal, key, SEE)

    def may_read(self, form: str) -> bool:
        """Whether any row of the form can be the reader's; people and departments are for administrators."""
        return self.principal.is_admin if form in SYSTEM_FORMS else bool(self.grants_of(form))

    def sources(self) -> Sources:
        """The forms as this reader sees them."""
        return Sources(self._shapes(), forms_in_reach(self.app), self.may_read)

    def _shapes(self) -> Callable[[str], Shape | None]:
        made: dict[str, Shape | None] = {}

        def shape(form: str) -> Shape | None:
            if form not in made:
                made[form] = self._shape(form)
            return made[form]

        return shape

    def _shape(self, form: str) -> Shape | None:
        if form in SYSTEM_FORMS:
            return SYSTEM_FORMS[form].shape(without=() if self.principal.is_admin else PRIVATE)
        compiled = forms_in_reach(self.app).get(form)
        if compiled is None:
            return None
        return VisibleShape(compiled.shape, self.grants_of(form), behind=self._shape)
