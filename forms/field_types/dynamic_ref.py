"""`dynamic_ref`: a reference to a record of one of several forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from engine.definitions.context import Context
from engine.findings import Text as Sentence
from forms.composed import Composed, incomplete, part
from forms.field_type import FieldType
from forms.field_types.select import Select
from forms.field_types.text import Text
from forms.schema import FieldDocument


class DynamicRefOptions(FieldDocument):
    """`forms` are those whose records may be named; `on_delete` is as of `ref`."""

    forms: list[str] = Field(min_length=1, max_length=50)
    on_delete: Literal["restrict", "set_null", "cascade"] = "restrict"


class DynamicRef(Composed):
    """Its parts are `form` and `id`: `about.form = "customer"`."""

    type = "dynamic_ref"
    Options = DynamicRefOptions
    between: ClassVar[str] = "/"

    def _parts(self, context: Context) -> Mapping[str, FieldType]:
        known = context.documents["form"]
        options = [
            {"key": key, "label": known[key].label.model_dump()}
            for key in dict.fromkeys(self.options.forms)
            if key in known
        ]
        return {
            "form": part(Select, "form", "表单", "Form", context, options=options),
            "id": part(Text, "id", "记录", "Record", context, max_length=64),
        }

    def check(self, pointer: str, context: Context) -> None:
        for index, key in enumerate(self.options.forms):
            if key not in context.documents["form"]:
                context.unknown(
                    "unknown_form",
                    f"{pointer}/forms/{index}",
                    key,
                    context.documents["form"],
                    Sentence(zh="表单", en="form"),
                )

    def _judge(self, values: tuple[Any, ...]) -> None:
        if None in values:
            raise incomplete(
                self.parts, values, "reference_incomplete", "请同时给出 form 和 id。", "Give form and id."
            )

    def json_schema(self) -> dict[str, Any]:
        return super().json_schema() | {"x-forms": list(self.options.forms)}
