"""`markdown`: text with Markdown marks, kept as it is written."""

from __future__ import annotations

from typing import Any

from forms.field_types.textarea import Textarea


class Markdown(Textarea):
    type = "markdown"

    def json_schema(self) -> dict[str, Any]:
        return super().json_schema() | {"contentMediaType": "text/markdown"}
