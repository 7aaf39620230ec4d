"""The job that tells who published a rule which records break it already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.connect.notifications import Notice, notify
from engine.definitions.app import CompiledApp
from engine.identity.principal import SYSTEM
from engine.jobs import enqueue
from engine.jobs.repository import Job
from engine.protocols import JobHandler
from engine.runtime import Runtime
from engine.storage.unit_of_work import UnitOfWork
from forms.apart import NoOverlap
from forms.by_table import form_of
from forms.compiled import Form, RowKind
from forms.evolution.apart_steps import fresh_rules
from forms.overlaps import Overlaps, overlaps_of


class TellOverlaps(JobHandler):
    """Judges a form once by a new `no_overlap`, in a transaction that keeps no writer waiting. Records that overlap
    stay as they are; they are judged again when they are moved.
    """

    type = "tell_overlaps"

    def reach(self, runtime: Runtime, job: Job) -> None:
        payload = job.payload
        with runtime.reading(SYSTEM) as work:
            app = work.app(payload["app"])
            form = form_of(app, payload)
            judged = [
                (rule, overlaps_of(work, app, form, child, rule)) for child, rule in _rules(form, payload)
            ]
        with runtime.unit_of_work(SYSTEM, source="job") as work:
            for rule, found in judged:
                if found.count:
                    _tell(work, app, form, payload["by"], rule.code, found)

    def run(self, work: UnitOfWork, job: Job) -> None:
        """They are told; nothing is left to be stored."""


def _rules(form: Form, payload: Mapping[str, Any]) -> Iterator[tuple[str | None, NoOverlap]]:
    """The rules that a job is about, with their child table, as far as they are still there."""
    rows: list[tuple[str | None, RowKind]] = [(None, form), *form.children.items()]
    for child, row in rows:
        if row.table == payload["rows"]:
            yield from ((child, rule) for rule in row.apart if rule.code == payload["code"])


def arm(work: UnitOfWork, app: CompiledApp, before: Mapping[str, Form]) -> None:
    """Have the records judged by the rules that are new."""
    for form, _child, _was, row, rule in fresh_rules(before, app.kind("form")):
        named = {"app": app.key, "form": form.key, "table": form.table}
        payload = {**named, "rows": row.table, "code": rule.code, "by": work.principal.user}
        enqueue(work, TellOverlaps.type, payload, app=app.key)


def _tell(work: UnitOfWork, app: CompiledApp, form: Form, user: str, code: str, found: Overlaps) -> None:
    label, named = form.label, "\n".join(" – ".join(dict.fromkeys(pair)) for pair in found.pairs)
    title = f"{label['zh']}：{found.count} 行重叠 / {label['en']}: {found.count} rows overlap"
    body = (
        f"新规则 {code} 不允许重叠；这些记录保持原样，改动时才会检查。\n"
        f"The new rule {code} lets nothing overlap; these stay as they are and are judged when they are moved.\n{named}"
    )
    notify(
        work,
        [Notice(user, title, body, app.key, form.key, found.pairs[0][0], f"{TellOverlaps.type}:{form.key}")],
    )
