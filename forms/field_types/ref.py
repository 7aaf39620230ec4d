"""`ref`: a reference to a record of a form."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from engine.definitions.app import split_key
from engine.definitions.context import Context
from engine.definitions.neighbours import apps_at_hand
from engine.expressions import Type
from engine.expressions import types as t
from engine.findings import Text
from forms.codec import Codec
from forms.field_type import EMPTY, FieldType, Reading
from forms.operators import EQUAL
from forms.schema import FieldDocument
from forms.values import wrong_type

EXAMPLE_ID = "01f0c3a2-7b1e-7c4d-9a55-3d2f6b8e4c10"


class RefOptions(FieldDocument):
    """`form` may be one of another app, `hr.employee`. `on_delete` says what becomes of this field when the
    record it names is deleted; that of another app stays as long as it is named.
    """

    form: str
    on_delete: Literal["restrict", "set_null", "cascade"] = "restrict"


class Ref(FieldType):
    type = "ref"
    Options: ClassVar[builtins.type[FieldDocument]] = RefOptions
    operators = EQUAL
    target: ClassVar[str | None] = None
    example: ClassVar[str] = f'"{EXAMPLE_ID}"'

    @property
    def form(self) -> str:
        """The key of the form it refers to; `user` and `dept` are system forms."""
        return str(self.target or self.options.form)

    def check(self, pointer: str, context: Context) -> None:
        if self.target is None and split_key(self.form)[0]:
            self._check_abroad(pointer, context)
        elif self.target is None and self.form not in context.documents["form"]:
            context.unknown(
                "unknown_form",
                f"{pointer}/form",
                self.form,
                context.documents["form"],
                Text(zh="表单", en="form"),
            )

    def _check_abroad(self, pointer: str, context: Context) -> None:
        """A form of another app: it has to be there, and its records do not go away from under this field."""
        app, form = split_key(self.form)
        apps = apps_at_hand(context.registries)
        if app == context.settings.key:
            context.error(
                "unknown_form",
                f"{pointer}/form",
                Text(zh=f"“{app}”就是本应用。", en=f"'{app}' is this app."),
                Text(zh=f"请写“{form}”。", en=f"Write '{form}'."),
            )
        elif app not in apps:
            context.error(
                "unknown_app",
                f"{pointer}/form",
                Text(zh=f"没有已发布的应用“{app}”。", en=f"No app '{app}' is published."),
                Text(
                    zh="请先发布它；检查文件夹时用 --with 给出它的文件夹。",
                    en="Publish it first; a check of folders takes its folder by --with.",
                ),
            )
        elif form not in apps[app].get("form", {}):
            known = [f"{app}.{key}" for key in apps[app].get("form", {})]
            context.unknown("unknown_form", f"{pointer}/form", self.form, known, Text(zh="表单", en="form"))
        if self.options.on_delete != "restrict":
            context.error(
                "on_delete_abroad",
                f"{pointer}/on_delete",
                Text(
                    zh="引用其他应用的记录时，只能是 restrict。",
                    en="For a record of another app it can only be restrict.",
                ),
                Text(zh="请去掉 on_delete。", en="Leave on_delete out."),
            )

    def value_type(self) -> Type:
        return t.ref(self.form)

    def codec(self) -> Codec:
        return Codec("text")

    def parse(self, raw: Any, reading: Reading) -> Any:
        return read_reference(raw, self.example)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "maxLength": LONGEST_ID, "x-form": self.form}

    def also_read(self) -> Sequence[dict[str, Any]]:
        """The record as answers show it, and a new one that is saved with this."""
        return (*self._objects(), EMPTY)

    def _objects(self) -> Sequence[dict[str, Any]]:
        new = {"type": "object", "minProperties": 1, "properties": {"id": False}}
        own = self.target is None and not split_key(self.form)[0]
        return (NAMED, new) if own else (NAMED,)


LONGEST_ID = 64
NAMED = {
    "type": "object",
    "properties": {"id": {"type": "string", "maxLength": LONGEST_ID}},
    "required": ["id"],
}
"""An object that names a record by its id, whatever else it tells of it."""


def read_reference(raw: Any, example: str = "") -> str | None:
    """The id of a record, or an object with its `id` (as answers with `fields` give it). Raises Problem, which names
    an `example`.
    """
    if raw == "":
        return None
    if isinstance(raw, dict) and isinstance(raw.get("id"), str):
        raw = raw["id"]
    if not isinstance(raw, str) or len(raw) > LONGEST_ID or "\x00" in raw:
        raise wrong_type("记录的 id", "The id of a record", example)
    return raw
