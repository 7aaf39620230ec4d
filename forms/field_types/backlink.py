"""`backlink`: the records of another form that refer to this one, shown with it; it has no value."""

from __future__ import annotations

import builtins
from typing import Any, ClassVar

from pydantic import Field

from forms.layout import Layout, TitledDocument


class BacklinkDocument(TitledDocument):
    """`link` is the field of `form` that refers here, `show` the fields a table of them has, `sort` their
    order, as in a list: "-created_at".
    """

    form: str
    link: str
    show: tuple[str, ...] = Field(default=(), max_length=50)
    sort: str | None = None


class Backlink(Layout):
    """`GET …/records/{id}/backlinks/{key}` lists them, with the rights of the reader on the other form."""

    type = "backlink"
    Options: ClassVar[builtins.type[Any]] = BacklinkDocument
