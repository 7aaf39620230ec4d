"""System fields of every record, and the system forms `user` and `dept` that references reach."""

from __future__ import annotations

from dataclasses import dataclass

from engine.expressions import Type
from engine.expressions import types as t
from forms.codec import Codec
from forms.shape import FormShape

TEXT, MOMENT, INTEGER = Codec("text"), Codec("moment"), Codec("integer")

SYSTEM_TYPES: dict[str, tuple[Type, Codec, str, str]] = {
    "id": (t.TEXT, TEXT, "标识", "Id"),
    "rev": (t.number(9, 0), INTEGER, "修订号", "Revision"),
    "owner": (t.ref("user"), TEXT, "负责人", "Owner"),
    "dept": (t.ref("dept"), TEXT, "所属部门", "Department"),
    "created_at": (t.DATETIME, MOMENT, "创建时间", "Created at"),
    "created_by": (t.ref("user"), TEXT, "创建人", "Created by"),
    "updated_at": (t.DATETIME, MOMENT, "修改时间", "Updated at"),
    "updated_by": (t.ref("user"), TEXT, "修改人", "Updated by"),
    "flow_state": (t.TEXT, TEXT, "流程状态", "Flow state"),
    "deleted_at": (t.DATETIME, MOMENT, "删除时间", "Deleted at"),
}


@dataclass(frozen=True, slots=True)
class SystemForm:
    """A read-only form over a platform table: columns by field key; `tree` names the row above."""

    key: str
    table: str
    columns: dict[str, Type]
    label: str
    tree: str

    def shape(self) -> FormShape:
        shape = FormShape(self.key)
        shape.tree = self.tree
        shape.types.update(self.columns)
        return shape


USER = SystemForm(
    "user",
    "ff_user",
    {
        "id": t.TEXT,
        "username": t.TEXT,
        "email": t.TEXT,
        "phone": t.TEXT,
        "dept": t.ref("dept"),
        "superior": t.ref("user"),
        "active": t.BOOL,
    },
    "name",
    "superior",
)
DEPT = SystemForm(
    "dept",
    "ff_department",
    {"id": t.TEXT, "parent": t.ref("dept"), "head": t.ref("user")},
    "name",
    "parent",
)
SYSTEM_FORMS = {form.key: form for form in (USER, DEPT)}

PRIVATE = frozenset({"email", "phone"})
"""What people do not learn about each other through references."""


def public_shape(form: str) -> FormShape | None:
    """The names of a system form that everybody may use; None for other forms."""
    system = SYSTEM_FORMS.get(form)
    if system is None:
        return None
    shape = FormShape(form)
    shape.tree = system.tree
    shape.types.update({key: kind for key, kind in system.columns.items() if key not in PRIVATE})
    return shape
