"""Who acts in a unit of work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ADMIN_ROLE = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or the system, with all that permission predicates ask about them.

    `depts` is the own department with everything below it; `subordinates` are the users below in the
    tree of superiors, at any distance.
    """

    user: str
    name: str = ""
    roles: tuple[str, ...] = ()
    dept: str | None = None
    depts: tuple[str, ...] = ()
    subordinates: tuple[str, ...] = ()
    locale: str = "zh"
    is_admin: bool = False

    @property
    def is_system(self) -> bool:
        """Whether the app itself acts (rules, flow effects, derived values)."""
        return self.user == SYSTEM_USER

    def own_variables(self) -> dict[str, Any]:
        """The values of `$me` and of the variables that begin with `$my_`; the team is me and all below."""
        return {
            "me": self.user,
            "my_dept": self.dept,
            "my_depts": self.depts,
            "my_roles": self.roles,
            "my_subordinates": self.subordinates,
            "my_team": (self.user, *self.subordinates),
        }


SYSTEM_USER = "system"
SYSTEM = Principal(user=SYSTEM_USER, name="系统", is_admin=True)
