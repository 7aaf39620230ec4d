"""The definition kind of working calendars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendars.compile import compile_calendar
from engine.calendars.schema import CalendarDocument
from engine.definitions.context import Context
from engine.findings import text
from engine.protocols import DefinitionKind


class CalendarKind(DefinitionKind):
    """Compiles calendars before everything whose expressions may name them."""

    type = "calendar"
    folder = "calendars"
    rank = 5
    Model = CalendarDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        zone = ZoneInfo(context.settings.tz)
        compiled = {
            key: compile_calendar(document, f"/calendars/{key}", zone, context.findings)
            for key, document in documents.items()
        }
        default = context.settings.calendar
        if default is not None and default not in documents:
            what = text("工作日历", "working calendar")
            context.unknown("unknown_calendar", "/app/calendar", default, documents, what)
        return compiled
