"""Documents of views."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.definitions.app import Key, Label
from engine.protocols import Document

Layout = Literal["list", "kanban", "calendar", "gallery", "tree", "map"]


class ViewDocument(Document):
    """A saved list of the records of one form. It gives nobody a right: who uses it sees the records and fields
    that his grants show.
    """

    key: Key
    label: Label
    form: str
    layout: Layout = "list"
    columns: tuple[str, ...] = Field(
        default=(), max_length=60, description="Fields and paths (`customer.name`); none: all fields."
    )
    filter: str | dict[str, Any] | None = None
    sort: str | None = Field(default=None, description="`-amount,name`; a minus sorts downwards.")
    group: str | None = Field(default=None, description="kanban: the field whose values are the lanes.")
    start: str | None = Field(default=None, description="calendar: the day or moment something begins.")
    end: str | None = Field(default=None, description="calendar: when it ends.")
    image: str | None = Field(default=None, description="gallery: the field with the picture.")
    parent: str | None = Field(default=None, description="tree: the reference to the record above.")
    place: str | None = Field(default=None, description="map: the field with the place.")
    roles: tuple[str, ...] = Field(
        default=(), description="Only people with one of these roles are offered the view; none: everybody."
    )
