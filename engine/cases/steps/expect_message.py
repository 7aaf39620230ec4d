"""`expect_message`: somebody has, or has not, been told something in the app."""

from __future__ import annotations

from pydantic import Field

from engine.cases.step import NAME, Acting, RunningCase, TestStep, Unmet
from engine.connect.notifications import inbox
from engine.definitions.app import Key
from engine.findings import text
from engine.identity.principal import SYSTEM

LOOKED_AT = 200


class ExpectMessageParams(Acting):
    """Messages to a user, about `record` if it is named, with `contains` in title or text."""

    to: Key
    record: str | None = Field(default=None, pattern=NAME)
    contains: str | None = Field(default=None, min_length=1, max_length=200)
    count: int | None = Field(default=None, ge=0, description="How many; default: at least one.")


class ExpectMessage(TestStep):
    type = "expect_message"
    Params = ExpectMessageParams

    def run(self, case: RunningCase) -> None:
        params: ExpectMessageParams = self.params
        record = case.record(params.record)[1] if params.record else None
        with case.runtime.reading(SYSTEM) as work:
            messages = inbox(work, params.to, limit=LOOKED_AT)
        found = [
            each
            for each in messages
            if (record is None or each["record"] == record)
            and (params.contains is None or params.contains in f"{each['title']}\n{each['body']}")
        ]
        if len(found) == params.count or (params.count is None and found):
            return
        wanted = "≥ 1" if params.count is None else str(params.count)
        raise Unmet(
            text(
                f"{params.to} 收到 {len(found)} 条符合的消息，预期 {wanted} 条。",
                f"{params.to} has {len(found)} such messages; expected {wanted}.",
            ),
            details={"messages": [each["title"] for each in messages]},
        )
