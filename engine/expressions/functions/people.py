"""Who asks: ME MYTEAM HASROLE, other words for `$me`, `$my_team` and `… in $my_roles`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.expressions.errors import ExpressionError, did_you_mean
from engine.expressions.function import Function
from engine.expressions.parameters import text_argument
from engine.expressions.tree import Name, Operation
from engine.expressions.typed import Constant, Node
from engine.expressions.types import BOOL, list_of, ref
from engine.findings import text

if TYPE_CHECKING:
    from engine.expressions.call import Site


class Me(Function):
    type = "ME"
    result = ref("user")
    doc = text("当前用户，同 $me。", "Who asks, as $me.")

    def check(self, site: Site) -> Node:
        site.count(0, 0)
        return site.checks.node(Name(("$me",), span=site.span))


class MyTeam(Function):
    """A list: it stands after `in`."""

    type = "MYTEAM"
    result = list_of(ref("user"))
    doc = text(
        "当前用户及其所有下级，写在 in 之后，同 $my_team。",
        "Who asks and all below in the tree of superiors; stands after in, as $my_team.",
    )

    def check(self, site: Site) -> Node:
        site.count(0, 0)
        return site.checks.node(Name(("$my_team",), span=site.span))


class HasRole(Function):
    type = "HASROLE"
    result = BOOL
    parameters = (text_argument("role"),)
    doc = text("当前用户是否有此角色。", "Whether who asks has this role.")

    def check(self, site: Site) -> Node:
        (role,) = site.declared()
        if isinstance(role, Constant) and role.value is not None:
            _prove_role(role, site)
        held = Name(("$my_roles",), span=site.span)
        return site.checks.node(Operation("in", (site.trees[0], held), span=site.span))


def _prove_role(role: Constant, site: Site) -> None:
    known = site.checks.scope.roles
    if known is None or role.value in known:
        return
    raise ExpressionError(
        "unknown_role",
        role.span,
        f"没有角色“{role.value}”。",
        f"There is no role '{role.value}'.",
        suggestion=did_you_mean(role.value, known)
        or text(f"可选：{'、'.join(known)}。", f"Roles: {', '.join(known)}."),
    )
