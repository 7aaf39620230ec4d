"""`role`: one of the roles of the app, stored by its key."""

from __future__ import annotations

from collections.abc import Iterable

from engine.definitions.app import Label
from engine.definitions.context import Context
from engine.identity.principal import ADMIN_ROLE
from forms.field_types.select import Select
from forms.schema import FieldDocument, Option


class Role(Select):
    """Compares with `$my_roles`: `handled_by in $my_roles`."""

    type = "role"
    Options = FieldDocument  # type: ignore[assignment]  # the options of a choice are the roles

    @property
    def free(self) -> bool:
        return False

    def check(self, pointer: str, context: Context) -> None:
        """Every role there is will do."""

    def _offered(self, context: Context) -> Iterable[Option]:
        admin = Option(key=ADMIN_ROLE, label=Label(zh="管理员", en="Administrator"))
        roles = context.documents.get("role", {}).items()
        named = {key: Option(key=key, label=role.label) for key, role in roles}
        return {ADMIN_ROLE: admin, **named}.values()
