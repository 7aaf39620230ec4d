"""What the tests of running flows share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.desk import publish_desk


class Desk:
    """The app of `tests.flows.desk`, used through the commands of flows."""

    def __init__(self, runtime: Any, principal: Callable[[str], Any]) -> None:
        self.runtime = runtime
        self.principal = principal

    def publish(self, *flows: dict[str, Any]) -> None:
        publish_desk(self.runtime, *flows)

    def work(self, user: str):
        return self.runtime.unit_of_work(self.principal(user))

    def reading(self, user: str):
        return self.runtime.reading(self.principal(user))

    def form(self, work: Any, key: str):
        from forms.compiled import compiled_form

        return compiled_form(work.app("desk"), key)

    def deal(self, user: str = "li", **values: Any) -> str:
        """A new deal of a user; amounts in fen."""
        from forms import records

        with self.work(user) as work:
            made = records.create(work, self.form(work, "deal"), {"name": "d", "amount": 50_00, **values})
        return str(made["id"])

    def make(self, form: str, user: str = "root", **values: Any) -> str:
        from forms import records

        with self.work(user) as work:
            return str(records.create(work, self.form(work, form), values)["id"])

    def get(self, record: str, form: str = "deal") -> dict[str, Any]:
        from forms import records

        with self.reading("root") as work:
            return dict(records.load(work, self.form(work, form), record))

    def all(self, form: str) -> list[dict[str, Any]]:
        from forms import records

        with self.reading("root") as work:
            compiled = self.form(work, form)
            ids = [
                row[0]
                for row in work.rows(
                    f'SELECT id FROM "{compiled.table}" WHERE deleted_at IS NULL ORDER BY id'
                )
            ]
            return [dict(records.load(work, compiled, each)) for each in ids]

    def write(self, user: str, record: str, **values: Any) -> None:
        from forms import records

        with self.work(user) as work:
            records.update(work, self.form(work, "deal"), record, values)

    def submit(self, record: str, user: str = "li", flow: str | None = None) -> str:
        """The id of the instance."""
        from flows.submission import submit

        with self.work(user) as work:
            return str(submit(work, "desk", "deal", record, flow=flow).instance.id)

    def box(self, user: str, name: str = "inbox") -> dict[str, Any]:
        from flows.boxes import list_box

        with self.reading(user) as work:
            return list_box(work, name, cursor=None, limit=50)

    def tasks(self, user: str, name: str = "inbox") -> list[dict[str, Any]]:
        return list(self.box(user, name)["items"])

    def task(self, user: str) -> str:
        [task] = self.tasks(user)
        return str(task["id"])

    def decide(self, user: str, choice: str = "approve", *, task: str | None = None, **more: Any) -> None:
        from flows.decisions import decide

        task = task or self.task(user)
        if choice == "reject":
            more.setdefault("comment", "no")
        with self.work(user) as work:
            decide(work, task, choice, **more)

    def act(self, user: str, name: str, target: str, **more: Any) -> None:
        """send_back and transfer of tasks, withdraw and cancel of instances."""
        from flows import decisions, interventions

        command = getattr(decisions, name, None) or getattr(interventions, name)
        with self.work(user) as work:
            command(work, target, **more)

    def instance(self, key: str, user: str = "root") -> dict[str, Any]:
        from flows.views import instance_view

        with self.reading(user) as work:
            return instance_view(work, key)

    def timeline(self, key: str, user: str = "root") -> list[dict[str, Any]]:
        from flows.views import timeline

        with self.reading(user) as work:
            return timeline(work, key)


@pytest.fixture
def desk(runtime: Any, people: dict[str, Any], principal: Callable[[str], Any]) -> Desk:
    """The app without flows; a test publishes its own."""
    return Desk(runtime, principal)
