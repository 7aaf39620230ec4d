"""Field types that only arrange a form: they have no column and no value."""

from __future__ import annotations

import builtins
from typing import Any, ClassVar, NoReturn

from engine.definitions.app import Key, Label
from engine.expressions import Type
from engine.protocols import Document
from forms.codec import Codec
from forms.field_type import FieldType
from forms.schema import Condition

OWN = {"key", "type", "visible"}
"""Keys that say where and when something stands, not what it shows."""


class LayoutDocument(Document):
    """What everything that arranges a form may say."""

    key: Key
    type: str
    label: Label | None = None
    help: Label | None = None
    visible: Condition = True


class TitledDocument(LayoutDocument):
    """Something that arranges a form and has a name."""

    label: Label


class Layout(FieldType):
    """Stands between fields; `json_schema` is what it shows."""

    layout = True
    Options: ClassVar[builtins.type[Any]] = LayoutDocument

    def value_type(self) -> Type:
        return self._without_value()

    def codec(self) -> Codec:
        return self._without_value()

    def json_schema(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.options.model_dump(mode="json", exclude=OWN, exclude_none=True)
        return shown

    def _without_value(self) -> NoReturn:
        raise LookupError(f"'{self.options.key}' arranges the form and has no value")
