"""The base of field types: what one kind of field stores, accepts and says about itself."""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from engine.expressions import Type
from forms.cells import Cell, cell_json, json_cell
from forms.codec import Codec
from forms.schema import FieldDocument

if TYPE_CHECKING:
    from engine.definitions.context import Context


EMPTY: dict[str, Any] = {"const": ""}
"""What forms of the web send for a field that nobody filled in."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How values are read in one app: its zone for plain times, its country for phone numbers. `language`
    is that of labels in cells that are written.
    """

    zone: ZoneInfo
    country: str = "CN"
    language: Literal["zh", "en"] = "zh"


class FieldType(ABC):
    """One field of one form; made at publish from its options.

    `operators` are those of the JSON condition spelling that make sense for it. `layout`: it only arranges
    the form; it has no column and no value, and no method but `check` is called.
    """

    registry: ClassVar[str] = "field_type"
    type: ClassVar[str]
    Options: ClassVar[builtins.type[FieldDocument]] = FieldDocument
    derived: ClassVar[bool] = False
    layout: ClassVar[bool] = False
    mask: ClassVar[str] = "****"
    secret: ClassVar[bool] = False
    operators: tuple[str, ...] = ()
    parts: Mapping[str, FieldType] = MappingProxyType({})

    def __init__(self, options: Any, context: Context) -> None:
        self.options = options
        self.context_currency = context.settings.currency

    def check(self, pointer: str, context: Context) -> None:
        """Add findings about options that make no sense."""

    def placed(self, form: str) -> None:
        """Hear the key of the form it belongs to."""

    @abstractmethod
    def value_type(self) -> Type:
        """The type of its value in expressions."""

    @abstractmethod
    def codec(self) -> Codec:
        """How its value is stored."""

    def parse(self, raw: Any, reading: Reading) -> Any:
        """JSON -> memory form; raises Problem. Never called for null."""
        raise NotImplementedError

    def covered(self, value: Any) -> str:
        """A JSON value as it is shown to who may see only its mask, in the pattern of the field or type."""
        from forms.masking import cover

        return cover(self.options.mask or self.mask, str(value))

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of a value that is not null, as answers have it."""

    def also_read(self) -> Sequence[dict[str, Any]]:
        """JSON Schemas of what `parse` takes besides; spaces around texts and signs that show nothing aside."""
        return (EMPTY,)

    def read_cell(self, cell: Cell, reading: Reading) -> Any:
        """A cell of a spreadsheet or csv file -> the JSON value it means, which `parse` then judges; None
        for an empty cell. Raises Problem.
        """
        codec = self.codec()
        kind, whole = self.value_type().kind, not codec.text_json
        return cell_json(kind, cell, scale=codec.scale, whole=whole, zone=reading.zone)

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        """A JSON value as a cell; `read_cell` gives the value back."""
        return json_cell(self.value_type().kind, value, reading.zone)


def spellings(kind: FieldType) -> list[dict[str, Any]]:
    """Every JSON Schema of a value: first as answers have it, then what is only read."""
    return [kind.json_schema(), *(each | {"writeOnly": True} for each in kind.also_read())]


class Derived(FieldType):
    """A field whose value the engine computes; what a client sends for it is ignored.

    `source` is how the value comes about where that is not named like the type.
    """

    derived = True
    source: ClassVar[str] = ""
    result: FieldType | None = None

    def value_type(self) -> Type:
        return self._result().value_type()

    def codec(self) -> Codec:
        return self._result().codec()

    def json_schema(self) -> dict[str, Any]:
        return self._result().json_schema() | {"readOnly": True}

    def also_read(self) -> Sequence[dict[str, Any]]:
        return ()

    def write_cell(self, value: Any, reading: Reading) -> Cell:
        return self._result().write_cell(value, reading)

    def covered(self, value: Any) -> str:
        return self._result().covered(value)

    def _result(self) -> FieldType:
        if self.result is None:
            raise LookupError(f"the result of '{self.options.key}' is not resolved yet")
        return self.result
