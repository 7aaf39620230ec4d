"""What statements written by hand give the two drivers in different ways."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import sql

from engine.storage.columns import moment_text
from engine.storage.database import DialectName

MARK: dict[DialectName, str] = {"sqlite": "?", "postgres": "%s"}
"""What stands for a parameter."""


def moment_param(dialect: DialectName, moment: datetime | None) -> Any:
    """A moment as a parameter; None stays None."""
    return moment if moment is None or dialect == "postgres" else moment_text(moment)


def literal(text: str) -> str:
    """A text as PostgreSQL reads it in a statement without parameters."""
    return sql.Literal(text).as_string()
