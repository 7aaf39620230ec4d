"""What a body says of values that only the system writes. It may repeat them, as an answer told them, so that a
record that was read can be sent back; it may not say anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from forms.compiled import Field

SEEN = ("rev", "updated_at", "updated_by")
"""Which state of the record the sender saw; with every change there is another one."""


def contradicts(found: Field, raw: Any, before: Mapping[str, Any] | None) -> bool:
    """Whether `raw` is another value than the record has; a new record has none yet."""
    if before is None:
        return raw is not None
    if found.key in SEEN:
        return False
    stored = before.get(found.key)
    if raw is None or stored is None:
        return raw is not stored
    told = found.codec.json_of(stored)
    if isinstance(raw, dict):
        raw = raw.get("id")
    if raw == told:
        return False
    return not (isinstance(stored, datetime) and isinstance(raw, str) and _moment(raw) == stored)


def _moment(raw: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(raw)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
