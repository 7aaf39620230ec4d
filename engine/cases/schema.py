"""The document of a suite of test cases as a designer writes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from engine.definitions.app import Key, Label
from engine.protocols import Document


class CaseDocument(Document):
    """One case: steps in order. It begins with what `given` of its suite made, whatever ran before."""

    key: Key
    label: Label | None = None
    steps: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=200)


class SuiteDocument(Document):
    """Test cases that begin alike. They run in a store of their own, made for them and thrown away: nothing
    of the real store is read or written, and nothing is sent.

    A step may give what it makes a `name`; `$name` then stands for the record. `as` is the user who acts;
    without it the app acts, with all rights. `refused` expects that a step fails, by code or `field:code`.
    """

    key: Key
    label: Label
    at: datetime = Field(
        default=datetime.fromisoformat("2026-01-05T09:00:00"),
        description="When it begins; without an offset in the app's zone. Time stands still between steps.",
    )
    people: dict[str, Any] = Field(
        default_factory=dict, description="Departments and users, as in the document of an organisation."
    )
    given: tuple[dict[str, Any], ...] = Field(default=(), max_length=200)
    cases: tuple[CaseDocument, ...] = Field(min_length=1, max_length=200)
