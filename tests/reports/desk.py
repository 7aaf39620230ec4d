"""Writes records of the shop and runs its reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from engine.identity.principal import SYSTEM, Principal
from engine.runtime import Runtime
from forms import deletion, records
from forms.compiled import compiled_form
from reports.service import run_report


class Desk:
    """One shop; values are in memory form."""

    def __init__(self, runtime: Runtime, principal: Callable[[str], Any]) -> None:
        self.runtime = runtime
        self.principal = principal

    def create(self, form: str, **values: Any) -> dict[str, Any]:
        with self.runtime.unit_of_work(SYSTEM) as work:
            return records.create(work, compiled_form(work.app("shop"), form), values)

    def update(self, form: str, record: str, **values: Any) -> dict[str, Any]:
        with self.runtime.unit_of_work(SYSTEM) as work:
            return records.update(work, compiled_form(work.app("shop"), form), record, values)

    def delete(self, form: str, record: str) -> None:
        with self.runtime.unit_of_work(SYSTEM) as work:
            deletion.delete(work, compiled_form(work.app("shop"), form), record)

    def run(self, report: Any, user: str = "root", **params: Any) -> dict[str, Any]:
        return run_report(self.runtime, self.principal(user), "shop", report, params=params)

    def run_as(self, role: str, report: Any, user: str = "sun") -> dict[str, Any]:
        """For a user with one role."""
        return run_report(self.runtime, Principal(user, roles=(role,)), "shop", report)

    def order(self, customer: str, *lines: dict[str, Any], **values: Any) -> dict[str, Any]:
        values = {"order_date": date(2026, 3, 2), "status": "completed", "type": "standard", **values}
        return self.create("order", customer=customer, lines=list(lines), **values)


def line(product: str, qty: int, price: int, *, gift: bool = False) -> dict[str, Any]:
    """A line with whole units and a price in cents."""
    return {"product": product, "qty": qty * 100, "price": price, "gift": gift}


def table(answer: dict[str, Any], *columns: str) -> list[tuple[Any, ...]]:
    """Rows of an answer as tuples; references by name."""

    def cell(value: Any) -> Any:
        return value["label"] or value["id"] if isinstance(value, dict) else value

    return [tuple(cell(row[column]) for column in columns) for row in answer["rows"]]
