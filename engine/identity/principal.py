"""Who acts in a unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.identity.narrowing import Narrowing

ADMIN_ROLE = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or the system, with all that permission predicates ask about them.

    `depts` is the own department with everything below it, `depts_above` what it is part of; `subordinates`
    are the users below in the tree of superiors, at any distance. `token` is the id of the token they came
    with, `session` says that it is a login and no API token; `narrow` is what that token takes away from
    their rights. At `until` the roles are others: one that is given for a time begins or ends.
    `parts` are the forms (`app.form`) of which somebody shares records with them without some fields.
    """

    user: str
    name: str = ""
    roles: tuple[str, ...] = ()
    dept: str | None = None
    depts: tuple[str, ...] = ()
    depts_above: tuple[str, ...] = ()
    subordinates: tuple[str, ...] = ()
    locale: str = "zh"
    is_admin: bool = False
    narrow: Narrowing | None = None
    token: str | None = None
    session: bool = False
    until: datetime | None = None
    parts: frozenset[str] = frozenset()

    @property
    def is_system(self) -> bool:
        """Whether the app itself acts (rules, flow effects, derived values)."""
        return self.user == SYSTEM_USER

    @property
    def rights(self) -> tuple[str, ...]:
        """Equal for principals whose grants are equal: a part of the keys of caches."""
        held = ("*",) if self.is_admin else self.roles
        return held if self.narrow is None else (*held, self.narrow.key)

    def may(self, app: str, form: str, action: str) -> bool:
        """Whether the token lets them do this at all; what they may do then is for the grants to say."""
        return self.narrow is None or self.narrow.allows(app, form, action)

    @property
    def own_roles(self) -> tuple[str, ...]:
        """Their roles as a person, whichever of them their token carries: a condition may ask who has a role not,
        and a token must not come further than its owner.
        """
        return self.roles if self.narrow is None else self.narrow.owner_roles

    def own_variables(self) -> dict[str, Any]:
        """The values of `$me` and of the variables that begin with `$my_`; the team is me and all below."""
        return {
            "me": self.user,
            "my_dept": self.dept,
            "my_depts": self.depts,
            "my_roles": self.own_roles,
            "my_subordinates": self.subordinates,
            "my_team": (self.user, *self.subordinates),
        }


SYSTEM_USER = "system"
SYSTEM = Principal(user=SYSTEM_USER, name="系统", is_admin=True)
