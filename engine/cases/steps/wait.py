"""`wait`: time passes; what falls due meanwhile is done at its own moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from engine.cases.moments import check_moment
from engine.cases.step import Acting, RunningCase, TestStep
from engine.definitions.context import Context
from engine.findings import text
from engine.identity.principal import SYSTEM
from engine.jobs.repository import next_due
from engine.jobs.worker import Worker

MOST_STOPS = 10_000


class WaitParams(Acting):
    """Either a span or `until`; without an offset that is in the app's zone."""

    days: int = Field(default=0, ge=0, le=3660)
    hours: int = Field(default=0, ge=0, le=100_000)
    minutes: int = Field(default=0, ge=0, le=1_000_000)
    until: datetime | None = None


class Wait(TestStep):
    type = "wait"
    Params = WaitParams

    def check(self, pointer: str, context: Context) -> None:
        params: WaitParams = self.params
        spanned = bool(params.days or params.hours or params.minutes)
        if spanned is (params.until is not None):
            message = text("请写 until，或写天数、小时、分钟。", "Write `until`, or days, hours, minutes.")
            context.error("invalid_value", pointer, message)
        elif params.until is not None:
            check_moment(params.until, f"{pointer}/until", context)

    def run(self, case: RunningCase) -> None:
        target = self._target(case)
        worker = Worker(case.runtime)
        for _ in range(MOST_STOPS):
            with case.runtime.reading(SYSTEM) as work:
                due = next_due(work)
            if due is None or due > target:
                break
            case.clock.set(max(due, case.clock.now()))
            if not worker.run_due():
                break  # only what another process holds is due
        case.clock.set(target)

    def _target(self, case: RunningCase) -> datetime:
        params: WaitParams = self.params
        if params.until is None:
            return case.clock.now() + timedelta(days=params.days, hours=params.hours, minutes=params.minutes)
        if params.until.tzinfo:
            return params.until
        with case.runtime.reading(SYSTEM) as work:
            zone: ZoneInfo = work.app(case.app).zone
        return params.until.replace(tzinfo=zone)
