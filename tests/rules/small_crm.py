"""A small CRM for tests of rules: opportunities with activities, contracts, leads, tasks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.definitions.publish import Published, publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.compiled import compiled_form

SHANGHAI = ZoneInfo("Asia/Shanghai")


def label(name: str) -> dict[str, str]:
    return {"zh": name, "en": name}


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": label(key), **more}


def select(key: str, *options: str, **more: Any) -> dict[str, Any]:
    return field(key, "select", options=[{"key": each, "label": label(each)} for each in options], **more)


FORMS: dict[str, list[dict[str, Any]]] = {
    "customer": [field("name", "text"), select("level", "A", "B", "C")],
    "opportunity": [
        field("name", "text"),
        field("customer", "ref", form="customer", on_delete="restrict"),
        field("level", "lookup", path="customer.level"),
        {
            **select("stage", "initial", "need", "won", "lost", default="initial"),
            "options": [
                {"key": "initial", "label": {"zh": "初步意向", "en": "Initial"}},
                {"key": "need", "label": {"zh": "需求挖掘", "en": "Need"}},
                {"key": "won", "label": {"zh": "赢单", "en": "Won"}},
                {"key": "lost", "label": {"zh": "输单", "en": "Lost"}},
            ],
        },
        field("amount", "money"),
        field("risk", "bool", default=False),
        field("note", "text"),
        field("stage_since", "datetime"),
        field(
            "last_follow",
            "rollup",
            form="activity",
            link="opportunity",
            agg="max",
            field="happened_at",
            where='type != "wecom"',
        ),
    ],
    "activity": [
        select("type", "call", "visit", "wecom", default="call"),
        field("opportunity", "ref", form="opportunity", on_delete="set_null"),
        field("happened_at", "datetime"),
    ],
    "contract": [
        field("name", "text"),
        select("status", "draft", "effective", "expiring", "expired", default="draft"),
        field("service_owner", "user"),
        field("end_date", "date"),
    ],
    "lead": [
        field("name", "text"),
        field("email", "email"),
        field("consent", "bool", default=False),
        select("status", "new", "assigned", "contacted", "qualified", "invalid", default="new"),
    ],
    "task": [
        field("title", "text"),
        field("assignee", "user"),
        field("due_at", "datetime"),
        field("lead", "ref", form="lead", on_delete="cascade"),
        field("contract", "ref", form="contract", on_delete="cascade"),
        field("dedup_key", "text"),
    ],
}


def rule(
    key: str, form: str, trigger: dict[str, Any], actions: list[dict[str, Any]], **more: Any
) -> dict[str, Any]:
    return {"key": key, "label": label(key), "form": form, "trigger": trigger, "actions": actions, **more}


def documents(rules: Iterable[dict[str, Any]] = (), **kinds: Any) -> dict[str, dict[str, Any]]:
    return {
        "app": {"crm": {"key": "crm", "label": label("CRM")}},
        "form": {key: {"key": key, "label": label(key), "fields": fields} for key, fields in FORMS.items()},
        "role": {"sales_director": {"key": "sales_director", "label": label("director"), "grants": []}},
        "rule": {each["key"]: each for each in rules},
        **kinds,
    }


def publish_rules(runtime: Runtime, *rules: dict[str, Any]) -> Published:
    with runtime.unit_of_work(SYSTEM, source="designer") as work:
        return publish(work, documents(rules))


class Crm:
    """Records of the small CRM, saved in short transactions of a principal."""

    def __init__(self, runtime: Runtime, principal: Any = SYSTEM) -> None:
        self.runtime = runtime
        self.principal = principal

    def _form(self, work: Any, form: str) -> Any:
        return compiled_form(work.app("crm"), form)

    def create(self, form: str, **values: Any) -> str:
        from forms import records

        with self.runtime.unit_of_work(self.principal) as work:
            return str(records.create(work, self._form(work, form), values)["id"])

    def update(self, form: str, record: str, **values: Any) -> None:
        from forms import records

        with self.runtime.unit_of_work(self.principal) as work:
            records.update(work, self._form(work, form), record, values)

    def delete(self, form: str, record: str) -> None:
        from forms import deletion

        with self.runtime.unit_of_work(self.principal) as work:
            deletion.delete(work, self._form(work, form), record)

    def get(self, form: str, record: str) -> dict[str, Any]:
        from forms import records

        with self.runtime.reading(self.principal) as work:
            return records.load(work, self._form(work, form), record)

    def all(self, form: str) -> list[dict[str, Any]]:
        from forms import records
        from rules.repository import record_ids

        with self.runtime.reading(self.principal) as work:
            kind = self._form(work, form)
            return [
                records.load(work, kind, key) for key in record_ids(work, kind.table, after="", limit=1000)
            ]

    def runs(self, rule: str) -> list[Any]:
        """Oldest first."""
        from rules.repository import runs

        with self.runtime.reading(SYSTEM) as work:
            return runs(work, "crm", rule)[::-1]

    def inbox(self, user: str) -> list[dict[str, Any]]:
        from engine.connect.notifications import inbox

        with self.runtime.reading(SYSTEM) as work:
            return inbox(work, user)


def local(month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A moment of 2026 in Shanghai, as UTC."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=SHANGHAI).astimezone(UTC)
