"""The change log as server-sent events."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from api.routes.events import POLL_SECONDS, SILENCE_SECONDS, event_bytes, stream
from engine.changes.log import Change


def change(pos, **more):
    values = {
        "id": pos,
        "pos": pos,
        "at": datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
        "app": "crm",
        "form": "lead",
        "record": f"r{pos}",
        "op": "update",
        "actor": "li",
        "source": "api",
        "cause": None,
        "batch": None,
        "rev": 2,
        "diff": {"name": ["a", "b"], "amount": [1, 2]},
    }
    return Change(**{**values, **more})


def collect(batches, *, rounds):
    """What `stream` says when `more` gives these batches, ended after so many looks."""
    asked, pauses, left = [], [], [rounds]
    waiting = list(batches)

    async def more(after):
        asked.append(after)
        return waiting.pop(0) if waiting else []

    async def ended():
        left[0] -= 1
        return left[0] < 0

    async def pause(seconds):
        pauses.append(seconds)

    async def run():
        return [event async for event in stream(7, more, ended, pause=pause)]

    return asyncio.run(run()), asked, pauses


def test_an_event_names_the_fields_but_not_their_values(snapshot):
    assert event_bytes(change(8)).decode() == snapshot


def test_stream_goes_on_after_the_last_position():
    events, asked, pauses = collect([[change(8), change(9)], [], [change(10)]], rounds=3)
    assert [event.split(b"\n")[0] for event in events] == [b"id: 8", b"id: 9", b"id: 10"]
    assert asked == [7, 9, 9]
    assert pauses == [POLL_SECONDS]


def test_silence_is_broken_by_a_comment():
    rounds = int(SILENCE_SECONDS / POLL_SECONDS)
    events, _, _ = collect([], rounds=rounds)
    assert events == [b": still here\n\n"]


def test_position_must_be_a_number(as_user, people):
    answer = as_user("root").get("/events?after=yesterday")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/after")
