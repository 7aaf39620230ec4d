"""The document of a flow as a designer writes it; every kind of node brings its own parameters."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from engine.definitions.app import Key, Label
from engine.protocols import Document
from forms.schema import Condition


class EdgeDocument(Document):
    """A way from one node to the next.

    `on` is the decision of an approval it belongs to; `when` and `default` are for exclusive branches,
    whose edges are tried in the order of the document.
    """

    source: Key = Field(alias="from")
    to: Key
    on: Literal["approve", "reject"] | None = None
    when: Condition | None = None
    default: bool = False
    label: Label | None = None


class FlowDocument(Document):
    """How records of `form` move between people."""

    key: Key
    label: Label
    description: Label | None = None
    form: Key
    nodes: tuple[dict[str, Any], ...] = Field(
        min_length=2, max_length=300, description='{"key", "type", ..., and what this kind of node needs}'
    )
    edges: tuple[EdgeDocument, ...] = Field(min_length=1, max_length=1000)
