"""Working calendars for the expression tests: the CRM's own, and some that are hard to get right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendars.compile import compile_calendar
from engine.calendars.schema import CalendarDocument
from engine.expressions.working_time import WorkCalendar
from engine.findings import Finding

CRM = Path(__file__).parents[3] / "examples" / "crm_app" / "calendars"
OFFICE = [["09:00", "12:00"], ["13:00", "18:00"]]
LABEL = {"zh": "日历", "en": "Calendar"}
NEW_YORK = {
    "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE),
    "timezone": "America/New_York",
    "holidays": ["2025-11-27", "2026-07-03", "2028-02-29", "2030-12-30/2030-12-31"],
    "workdays": [
        {"days": "2026-03-07/2026-03-08", "hours": [["00:00", "04:00"]]},
        {"days": "2026-07-02", "hours": [["09:00", "12:00"]]},
    ],
    "years": [2025, 2030],
}
NIGHTS = {
    "week": {day: [["00:00", "06:00"], ["22:00", "24:00"]] for day in ("mon", "tue", "wed", "sat", "sun")},
    "timezone": "America/Havana",
    "workdays": ["2026-01-01/2026-01-02"],
}
SEASON = {
    "week": {},
    "workdays": [{"days": "2026-12-24/2026-12-26", "hours": OFFICE}, {"days": "2028-02-29", "hours": OFFICE}],
}


def calendar(document: Mapping[str, Any], zone: str = "Asia/Shanghai") -> WorkCalendar:
    """The compiled calendar of a document that has no fault."""
    findings: list[Finding] = []
    model = CalendarDocument.model_validate({"key": "test", "label": LABEL, **document})
    compiled = compile_calendar(model, "", ZoneInfo(zone), findings)
    assert findings == []
    return compiled


def of_crm(key: str) -> WorkCalendar:
    return calendar(json.loads((CRM / f"{key}.json").read_text("utf-8")))


CALENDARS: Mapping[str, WorkCalendar] = {
    "cn_5x9": of_crm("cn_5x9"),
    "24x7": of_crm("24x7"),
    "ny": calendar({"key": "ny", **NEW_YORK}),
    "nights": calendar({"key": "nights", **NIGHTS}),
    "season": calendar({"key": "season", **SEASON}),
}
