"""`ref`: a reference to a record of a form."""

from __future__ import annotations

import builtins
from typing import Any, ClassVar, Literal

from engine.definitions.context import Context
from engine.expressions import Type
from engine.expressions import types as t
from engine.findings import Text
from forms.codec import Codec
from forms.field_type import FieldType, Reading
from forms.operators import EQUAL
from forms.schema import FieldDocument
from forms.values import wrong_type


class RefOptions(FieldDocument):
    """`on_delete` says what becomes of this field when the record it names is deleted."""

    form: str
    on_delete: Literal["restrict", "set_null", "cascade"] = "restrict"


class Ref(FieldType):
    type = "ref"
    Options: ClassVar[builtins.type[FieldDocument]] = RefOptions
    operators = EQUAL
    target: ClassVar[str | None] = None

    @property
    def form(self) -> str:
        """The key of the form it refers to; `user` and `dept` are system forms."""
        return str(self.target or self.options.form)

    def check(self, pointer: str, context: Context) -> None:
        if self.target is None and self.form not in context.documents["form"]:
            context.unknown(
                "unknown_form",
                f"{pointer}/form",
                self.form,
                context.documents["form"],
                Text(zh="表单", en="form"),
            )

    def value_type(self) -> Type:
        return t.ref(self.form)

    def codec(self) -> Codec:
        return Codec("text")

    def parse(self, raw: Any, reading: Reading) -> Any:
        return read_reference(raw)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "x-form": self.form}


def read_reference(raw: Any) -> str | None:
    """The id of a record, or an object with its `id` (as answers with `fields` give it)."""
    if raw == "":
        return None
    if isinstance(raw, dict) and isinstance(raw.get("id"), str):
        raw = raw["id"]
    if not isinstance(raw, str) or len(raw) > 64 or "\x00" in raw:
        raise wrong_type("记录的 id", "The id of a record")
    return raw
