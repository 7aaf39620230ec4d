"""What a reader of an instance learns of its record's values: as much as the record itself would show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.findings import text
from engine.permissions.compiled import UNLIMITED, GrantSet
from engine.permissions.granting import shared_only
from engine.storage.unit_of_work import UnitOfWork
from flows.repository import Instance, Row
from forms.access import Access

NOTHING = GrantSet((), False, ())
DECIDED = {"approved", "rejected"}
"""Lines whose data are the fields that the approver wrote, old and new."""
FAILED = text("流程的动作失败，该决定未生效。", "An action of the flow failed, so the decision was undone.")


def shown_fields(work: UnitOfWork, kept: Instance) -> GrantSet:
    """The grants with which who acts sees fields of the record.

    Who takes part without any right on the form sees what no role hides.
    """
    access = Access(work, work.app(kept.app))
    form = access.app.kind("form").get(kept.form)
    if work.principal.is_admin:
        return UNLIMITED
    if form is None:
        return NOTHING
    grants = access.readable(form.key, kept.record)
    held = access.holding(form, grants, kept.record, write=False)
    if held is None:
        return grants
    if held or access.seen(form.key):
        return GrantSet(held, False, ())
    return shared_only(access.app, work.principal, form.key)


def line_data(work: UnitOfWork, row: Row, shown: GrantSet) -> dict[str, Any]:
    """The data of a line of the timeline, as far as who acts may know them."""
    data: dict[str, Any] = row["data"]
    if work.principal.is_admin:
        return data
    if row["kind"] in DECIDED:
        return {key: moved for key, moved in data.items() if shown.shows(key)}
    if row["kind"] == "acted":
        return {key: value for key, value in data.items() if key != "actions"}
    if row["kind"] == "failed" and row["actor"] != work.principal.user:
        return outline(data)
    return data


def outline(problem: Mapping[str, Any]) -> dict[str, Any]:
    """A problem without its findings: these may tell values of any record that the flow's actions touch."""
    said = {key: problem.get(key) for key in ("code", "node", "action")}
    return {**said, "message": dict(FAILED), "pointer": ""}
