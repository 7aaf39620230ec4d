"""`money`: an exact amount of one currency, in hundredths."""

from __future__ import annotations

from pydantic import Field

from engine.expressions import Type
from engine.expressions import types as t
from forms.field_types.decimal import BoundedOptions, Decimal


class MoneyOptions(BoundedOptions):
    """`currency` is ISO 4217; default: the app's."""

    currency: str | None = Field(default=None, pattern="^[A-Z]{3}$")


class Money(Decimal):
    type = "money"
    Options = MoneyOptions

    def _size(self) -> tuple[int, int]:
        return 18, 2

    def value_type(self) -> Type:
        return t.money(self.options.currency or self.context_currency)
