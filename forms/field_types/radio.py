"""`radio`: one of several options, all of them shown at once."""

from __future__ import annotations

from forms.field_types.select import Select


class Radio(Select):
    type = "radio"
