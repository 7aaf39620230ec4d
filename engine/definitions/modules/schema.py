"""The document of a module."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from engine.definitions.app import Key, Label
from engine.protocols import Document

MODULE = "module"
"""The kind of definition."""

ADD, EXTEND = "add", "extend"

Parts = dict[str, dict[str, dict[str, Any]]]
"""kind -> key -> document, or what is added to one, as JSON."""


class ModuleDocument(Document):
    """What a module brings to the app that it stands in; removing the document takes all of it away again."""

    key: Key
    label: Label
    description: Label | None = None
    version: str | None = Field(default=None, max_length=40, description="For people; nothing compares it.")
    requires: list[Key] = Field(
        default=[], max_length=50, description="Modules of the app whose parts this one adds to or names."
    )
    add: Parts = Field(default={}, description="Kind → key → whole document.")
    extend: Parts = Field(
        default={},
        description="Kind → key → what is added to that document of the app or of a required module. Objects are "
        "merged, lists get further entries; nothing that is there changes.",
    )
