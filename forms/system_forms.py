"""System fields of every record, and the system forms `user` and `dept` that references reach."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from engine.expressions import Type
from engine.expressions import types as t
from forms.codec import Codec
from forms.shape import PART, FormShape

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


LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class SystemForm:
    """A read-only form over a platform table: columns by field key; `tree` names the row above, `label` the
    column with what the row is called in each language, which is a field of two parts. `labels` are what people
    call the columns.
    """

    key: str
    table: str
    columns: dict[str, Type]
    label: str
    tree: str
    labels: Mapping[str, Mapping[str, str]]

    @property
    def parts(self) -> tuple[str, ...]:
        """What the row is called, one name per language."""
        return tuple(f"{self.label}{PART}{language}" for language in LANGUAGES)

    def type_of(self, name: str) -> Type:
        """The type of a column, or of a part of the name."""
        return t.TEXT if name in self.parts else self.columns[name]

    def shape(self, *, without: Container[str] = ()) -> FormShape:
        """The names that expressions use, but those it is to be `without`."""
        shape = FormShape(self.key)
        shape.tree = self.tree
        shape.types.update({key: kind for key, kind in self.columns.items() if key not in without})
        shape.types.update(dict.fromkeys(self.parts, t.TEXT))
        shape.whole.add(self.label)
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
    {
        "id": {"zh": "标识", "en": "Id"},
        "name": {"zh": "姓名", "en": "Name"},
        "username": {"zh": "用户名", "en": "User name"},
        "email": {"zh": "邮箱", "en": "Email"},
        "phone": {"zh": "电话", "en": "Phone"},
        "dept": {"zh": "部门", "en": "Department"},
        "superior": {"zh": "上级", "en": "Superior"},
        "active": {"zh": "在用", "en": "Active"},
    },
)
DEPT = SystemForm(
    "dept",
    "ff_department",
    {"id": t.TEXT, "parent": t.ref("dept"), "head": t.ref("user")},
    "name",
    "parent",
    {
        "id": {"zh": "标识", "en": "Id"},
        "name": {"zh": "名称", "en": "Name"},
        "parent": {"zh": "上级部门", "en": "Parent department"},
        "head": {"zh": "负责人", "en": "Head"},
    },
)
SYSTEM_FORMS = {form.key: form for form in (USER, DEPT)}
NAME_PARTS = tuple(dict.fromkeys(part for form in SYSTEM_FORMS.values() for part in form.parts))
"""`name__zh` and so on: they stand in the one column of the name."""

PRIVATE = frozenset({"email", "phone"})
"""What people do not learn about each other through references."""


def public_shape(form: str) -> FormShape | None:
    """The names of a system form that everybody may use; None for other forms."""
    system = SYSTEM_FORMS.get(form)
    return system.shape(without=PRIVATE) if system is not None else None
