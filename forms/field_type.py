"""The base of field types: what one kind of field stores, accepts and says about itself."""

from __future__ import annotations

import builtins
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from engine.expressions import Type
from forms.codec import Codec
from forms.schema import FieldDocument

if TYPE_CHECKING:
    from engine.definitions.context import Context


@dataclass(frozen=True, slots=True)
class Reading:
    """How values are read in one app: its zone for plain times, its country for phone numbers."""

    zone: ZoneInfo
    country: str = "CN"


class FieldType(ABC):
    """One field of one form; made at publish from its options."""

    registry: ClassVar[str] = "field_type"
    type: ClassVar[str]
    Options: ClassVar[builtins.type[FieldDocument]] = FieldDocument
    derived: ClassVar[bool] = False

    def __init__(self, options: Any, context: Context) -> None:
        self.options = options
        self.context_currency = context.settings.currency

    def check(self, pointer: str, context: Context) -> None:
        """Add findings about options that make no sense."""

    @abstractmethod
    def value_type(self) -> Type:
        """The type of its value in expressions."""

    @abstractmethod
    def codec(self) -> Codec:
        """How its value is stored."""

    def parse(self, raw: Any, reading: Reading) -> Any:
        """JSON -> memory form; raises Problem. Never called for null."""
        raise NotImplementedError

    @abstractmethod
    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of a value that is not null."""


class Derived(FieldType):
    """A field whose value the engine computes; what a client sends for it is ignored."""

    derived = True
    result: FieldType | None = None

    def value_type(self) -> Type:
        return self._result().value_type()

    def codec(self) -> Codec:
        return self._result().codec()

    def json_schema(self) -> dict[str, Any]:
        return self._result().json_schema() | {"readOnly": True}

    def _result(self) -> FieldType:
        if self.result is None:
            raise LookupError(f"the result of '{self.options.key}' is not resolved yet")
        return self.result
