"""Random calls over child rows, about changes, about who asks, and about the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FIELDS = ["lines.qty", "lines.price", "lines.amount", "lines.big", "lines.fine"]
SUBJECTS = ["", "'task'", "customer", "'task', customer", "'task', owner"]
EVENTS = ["created", "updated", "deleted", "restored"]


def inside(maker: Any, make: Callable[[], str]) -> str:
    """What `make` gives for the rows of a child table."""
    maker.row = True
    try:
        return make()
    finally:
        maker.row = False


def filtered(maker: Any, depth: int) -> str:
    """A filter to follow other arguments, or none."""
    return f", {inside(maker, lambda: maker.bool(depth))}" if maker.random.random() < 0.5 else ""


def order(maker: Any, depth: int) -> str:
    """An order of rows, with or without a direction."""
    made = inside(
        maker,
        lambda: maker.one(
            lambda: maker.number(depth),
            lambda: maker.pick(["due", "at", "qty", "label", "fine", "gift & ''", "price"]),
            lambda: maker.text(depth),
            lambda: maker.date(depth),
        ),
    )
    return made + maker.pick(["", ", 'asc'", ", 'desc'"])


def first_of(name: str) -> Callable[[Any, int], str]:
    """A LOOKUP of one field."""

    def make(maker: Any, depth: int) -> str:
        if maker.row:
            return simple(maker, name)
        return f"LOOKUP(lines.{name}, {order(maker, depth)}{filtered(maker, depth)})"

    return make


def simple(maker: Any, name: str) -> str:
    """A part of the same type that can stand inside a row."""
    return name if name != "gift" else f"({name} = {maker.bool(0)})"


def first_number(maker: Any, depth: int) -> str:
    if maker.row:
        return str(maker.number(0))
    value = maker.pick([*FIELDS, "lines.qty + lines.price"])
    return f"LOOKUP({value}, {order(maker, depth)}{filtered(maker, depth)})"


def distinct(maker: Any, depth: int) -> str:
    if maker.row:
        return str(maker.number(0))
    value = maker.pick(
        [*FIELDS, "lines.label", "lines.due", "lines.at", "lines.gift", "LEFT(lines.label, 1)"]
    )
    return f"DISTINCTCOUNT({value}{filtered(maker, depth)})"


def has_rows(maker: Any, depth: int) -> str:
    return str(maker.bool(0)) if maker.row else f"HAS(lines{filtered(maker, depth)})"


def extreme_text(maker: Any, depth: int) -> str:
    if maker.row:
        return "label"
    value = maker.pick(["lines.label", "UPPER(lines.label)", "lines.label & parent.name"])
    return f"{maker.pick(['MINOF', 'MAXOF'])}({value}{filtered(maker, depth)})"


def extreme_moment(maker: Any, depth: int) -> str:
    return "at" if maker.row else f"{maker.pick(['MINOF', 'MAXOF'])}(lines.at{filtered(maker, depth)})"


def rows_duration(maker: Any, depth: int) -> str:
    if maker.row:
        return str(maker.duration(0))
    value = maker.pick(
        ["lines.at - parent.at", "parent.at2 - lines.at", "lines.at - lines.at", "$now - lines.at"]
    )
    return f"{maker.pick(['SUM', 'AVG', 'MINOF', 'MAXOF'])}({value}{filtered(maker, depth)})"


def changed(maker: Any, depth: int) -> str:
    if maker.row:
        return str(maker.bool(0))
    return str(
        maker.one(
            lambda: (
                f"CHANGED({maker.pick(['stage', 'n', 'name', 'tags', 'flag', 'd', 'lines', 'customer'])})"
            ),
            lambda: (
                maker.pick(["CHANGEDTO", "CHANGEDFROM"])
                + maker.pick(["(stage, 'won')", "(stage, 'won', 'open')"])
            ),
            lambda: f"{maker.pick(['CHANGEDTO', 'CHANGEDFROM'])}(n, {maker.number(depth)})",
            lambda: f"{maker.pick(['CHANGEDTO', 'CHANGEDFROM'])}(name, {maker.text(depth)}, {maker.text(0)})",
            lambda: f"{maker.pick(['CHANGEDTO', 'CHANGEDFROM'])}(d, {maker.date(0)})",
            lambda: f"(OLD(n) {maker.pick(['=', '<', '>='])} n)",
            lambda: "ISNEW()",
            lambda: "(SUM(old.lines.qty) = SUM(lines.qty))",
        )
    )


def asker(maker: Any, depth: int) -> str:
    options = ["(ME() = 'li')", "HASROLE('seller')", "HASROLE('boss')", "('wu' in MYTEAM())"]
    own = ["(owner = ME())", "(owner in MYTEAM())", "HASROLE(name)", "(ME() = customer.region.manager)"]
    return str(maker.pick(options if maker.row else options + own))


def logged_number(maker: Any, depth: int) -> str:
    if maker.row:
        return str(maker.number(0))
    return str(
        maker.one(
            lambda: f"INACTIVEDAYS({maker.pick(SUBJECTS)})",
            lambda: f"DAYSINSTATE({maker.pick(['stage', 'lines', 'n'])})",
            lambda: f"EVENTCOUNT('{maker.pick(EVENTS)}', {maker.whole(depth)})",
            lambda: f"EVENTCOUNT('task', {maker.whole(depth)}{maker.pick(['', ', customer', ', owner'])})",
        )
    )


def logged_moment(maker: Any, depth: int) -> str:
    if maker.row:
        return str(maker.moment(0))
    return f"LASTACTIVITY({maker.pick(SUBJECTS)})"


NUMBER = (first_number, distinct, logged_number)
TEXT = (first_of("label"), extreme_text)
BOOL = (has_rows, first_of("gift"), changed, asker)
DATE = (first_of("due"),)
MOMENT = (first_of("at"), extreme_moment, logged_moment)
DURATION = (rows_duration,)
