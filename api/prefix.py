"""Where the interface begins."""

from __future__ import annotations

PREFIX = "/api/v1"
