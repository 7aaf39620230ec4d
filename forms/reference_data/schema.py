"""The document of reference data as a designer writes it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.definitions.app import Key, Label
from engine.protocols import Document


class DataDocument(Document):
    """Records that come with the app, such as regions or price groups. Publishing brings them in: a row is
    known by its values in the fields `on`, which are a unique constraint of the form. What people change
    afterwards stays until the row itself changes here; a row taken out stays in the store.

    A reference names a row of the other form's data by its key: "EAST", or ["EAST", 2026] where several
    fields make the key. Users and departments are named by id.
    """

    key: Key = Field(description="The form.")
    label: Label | None = None
    on: tuple[str, ...] = Field(min_length=1, max_length=8)
    rows: tuple[dict[str, Any], ...] = Field(max_length=5000)
