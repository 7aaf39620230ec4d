"""How the scenarios speak: people, records, tasks and the clock of the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tests.scenarios.fixture import RECORDS, Ids, china, create, set_values
from tests.support.client import AsUser, SignedIn

if TYPE_CHECKING:
    from engine.runtime import Runtime
    from engine.testing import FixedClock

Record = dict[str, Any]


class Crm:
    """One installation with the fixture's records; everything goes over REST."""

    def __init__(self, as_user: AsUser, runtime: Runtime, clock: FixedClock, ids: Ids) -> None:
        self._as_user = as_user
        self.runtime = runtime
        self.clock = clock
        self.ids = ids

    def by(self, user: str) -> SignedIn:
        """The user, signed in anew: a session would not outlive the jumps of the clock."""
        return self._as_user(user)

    def at(self, moment: str) -> None:
        """Set the clock to this time in China."""
        self.clock.set(china(moment))

    def work(self) -> None:
        """Let the worker do all that is due."""
        from engine.jobs.worker import Worker

        Worker(self.runtime).run_due()

    def work_at(self, moment: str) -> None:
        """Let time pass until then, and the worker do what is due at that moment."""
        self.at(moment)
        self.work()

    def create(self, user: str, form: str, **values: Any) -> Record:
        return create(self.by(user), form, values)

    def get(self, form: str, record: str, *, user: str = "root") -> Record:
        answer = self.by(user).get(f"{RECORDS.format(form)}/{record}")
        assert answer.status_code == 200, answer.text
        found: Record = answer.json()
        return found

    def patch(self, user: str, form: str, record: str, **values: Any) -> httpx.Response:
        return self.by(user).patch(f"{RECORDS.format(form)}/{record}", values)

    def change(self, user: str, form: str, record: str, **values: Any) -> None:
        """A patch that must succeed."""
        answer = self.patch(user, form, record, **values)
        assert answer.status_code == 200, answer.text

    def delete(self, user: str, form: str, record: str) -> httpx.Response:
        return self.by(user).delete(f"{RECORDS.format(form)}/{record}")

    def all(self, form: str, *, user: str = "root", **equal: str) -> list[Record]:
        """The records whose fields have these values."""
        answer = self.by(user).get(RECORDS.format(form), params={"limit": "200"})
        assert answer.status_code == 200, answer.text
        found: list[Record] = answer.json()["items"]
        return [each for each in found if all(each.get(key) == value for key, value in equal.items())]

    def engine_sets(self, form: str, record: str, **values: Any) -> None:
        """Write what people may not, in memory form."""
        set_values(self.runtime, form, record, values)

    def submit(self, user: str, form: str, record: str) -> httpx.Response:
        return self.by(user).post(f"{RECORDS.format(form)}/{record}:submit", {})

    def submitted(self, user: str, form: str, record: str) -> None:
        """A submission that must succeed."""
        answer = self.submit(user, form, record)
        assert answer.status_code in {200, 201}, answer.text

    def tasks(self, user: str, record: str) -> list[Record]:
        """The user's open tasks on a record."""
        answer = self.by(user).get("/tasks", params={"box": "inbox"})
        assert answer.status_code == 200, answer.text
        return [task for task in answer.json()["items"] if task["record"] == record]

    def decide(self, user: str, record: str, choice: str, **body: Any) -> httpx.Response:
        """approve, reject or return the user's only task on the record."""
        [task] = self.tasks(user, record)
        return self.by(user).post(f"/tasks/{task['id']}:{choice}", body)

    def approved(self, user: str, record: str) -> None:
        """An approval that must succeed."""
        answer = self.decide(user, record, "approve")
        assert answer.status_code == 200, answer.text

    def rejected(self, user: str, record: str, comment: str) -> None:
        """A rejection that must succeed."""
        answer = self.decide(user, record, "reject", comment=comment)
        assert answer.status_code == 200, answer.text

    def instance(self, user: str, record: str) -> str:
        """The newest flow instance that the user started on the record."""
        answer = self.by(user).get("/tasks", params={"box": "started"})
        assert answer.status_code == 200, answer.text
        found = [each for each in answer.json()["items"] if each["record"] == record]
        return str(found[0]["instance"])

    def timeline(self, user: str, record: str) -> list[Record]:
        """What happened to the newest instance the user started on the record."""
        answer = self.by(user).get(f"/instances/{self.instance(user, record)}/timeline")
        assert answer.status_code == 200, answer.text
        found: list[Record] = answer.json()["items"]
        return found

    def notifications(self, user: str, record: str) -> list[Record]:
        """What the user was told about a record."""
        answer = self.by(user).get("/notifications")
        assert answer.status_code == 200, answer.text
        return [each for each in answer.json()["items"] if each["record"] == record]

    def history(self, form: str, record: str) -> list[Record]:
        """The changed fields of every save of a record, the newest first."""
        answer = self.by("root").get(f"{RECORDS.format(form)}/{record}/history")
        assert answer.status_code == 200, answer.text
        return [each["changes"] for each in answer.json()["items"]]


def codes(answer: httpx.Response) -> set[str]:
    """`field:code` of every error in a problem document; child rows as `lines.qty:code`."""
    problem = answer.json()
    found = problem.get("errors") or [problem]
    return {f"{_field(error.get('pointer', ''))}:{error['code']}" for error in found}


def _field(pointer: str) -> str:
    return ".".join(part for part in pointer.split("/") if part and not part.isdigit())
