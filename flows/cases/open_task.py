"""The task that somebody has on a record."""

from __future__ import annotations

from typing import Any

from engine.cases.step import Unmet
from engine.findings import text
from engine.storage.unit_of_work import UnitOfWork
from flows.boxes import list_box

LOOKED_AT = 200


def open_tasks(work: UnitOfWork, record: str, node: str | None) -> list[dict[str, Any]]:
    """The open tasks of who acts on a record, at `node` if that is named."""
    items = list_box(work, "inbox", cursor=None, limit=LOOKED_AT)["items"]
    return [each for each in items if each["record"] == record and node in (None, each["node"])]


def open_task(work: UnitOfWork, record: str, node: str | None) -> str:
    """The only one. Raises Unmet."""
    found = open_tasks(work, record, node)
    if len(found) != 1:
        who, count = work.principal.user, len(found)
        raise Unmet(
            text(
                f"{who} 在该记录上有 {count} 个待办，应恰有一个。",
                f"{who} has {count} open tasks on it; exactly one is expected.",
            )
        )
    return str(found[0]["id"])
