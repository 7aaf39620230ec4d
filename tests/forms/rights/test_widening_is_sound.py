"""Where the plan of a new version names no widening, nobody may do anything that they might not do before."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.boot import BUILT_INS
from engine.definitions.app import CompiledApp
from engine.definitions.check import check_app
from engine.plugins import extensions
from engine.registry import fill
from forms.evolution.evolution import Evolution
from forms.widening import widening_steps
from tests.forms.rights import model
from tests.forms.rights.model import CELLS, DENIABLE, FORMS, PEOPLE, Person, Row, Rule, Store, random_roles
from tests.forms.shop import name

ACTIONS = ("view", "export", "history", "print", "update", "delete", "create", "import", "share")
REACHES: tuple[dict[str, Any], ...] = (
    {"everyone": True},
    {"departments_below": ["sales"]},
    {"departments_below": ["east"]},
    {"users": ["qian"]},
    {},
)
Held = tuple[str, dict[str, Any], Rule]
"""A role, one grant of it as a document, and the same as the model knows it."""


def compiled(held: list[Held], reach: dict[str, Any]) -> CompiledApp:
    roles = {key: {"key": key, "label": name(key), "grants": []} for key in (*model.ROLES, "open")}
    for role, grant, _ in held:
        roles[role]["grants"].append(copy.deepcopy(grant))  # type: ignore[attr-defined]
    roles["open"]["granted_to"] = reach
    checked = check_app(
        {"app": {"firm": {"key": "firm", "label": name("firm")}}, "form": FORMS, "role": roles},
        fill(extensions(BUILT_INS)),
    )
    assert checked.app is not None, checked.findings
    return checked.app


def begun(dice: random.Random) -> tuple[list[Held], dict[str, Any]]:
    store = Store()
    documents = random_roles(dice, store)
    rules = iter(store.rules)
    held = [(role, grant, next(rules)) for role, each in documents.items() for grant in each["grants"]]
    return held, documents["open"]["granted_to"]


def changed(
    dice: random.Random, held: list[Held], reach: dict[str, Any]
) -> tuple[list[Held], dict[str, Any]]:
    """The same with a change or two, towards more or towards less."""
    made = [(role, copy.deepcopy(grant), rule) for role, grant, rule in held]
    for _ in range(dice.choice((1, 1, 2))):
        what = dice.random()
        if what < 0.15:
            reach = dice.choice(REACHES)
        elif what < 0.35 or not made:
            made.append(_another(dice))
        elif what < 0.5:
            made.pop(dice.randrange(len(made)))
        else:
            place = dice.randrange(len(made))
            made[place] = _turned(dice, made[place])
    return made, reach


def _another(dice: random.Random) -> Held:
    store, role, form = Store(), dice.choice((*model.ROLES, "open")), dice.choice(list(FORMS))
    make = model._deny if dice.random() < 0.4 else model._grant
    grant = make(dice, store, role, form)
    return role, grant, store.rules[0]


def _turned(dice: random.Random, held: Held) -> Held:
    """A grant with other limits on fields, or other actions."""
    role, grant, rule = held
    kind = dice.choice(("hidden", "masked", "readonly", "read", "write", "actions"))
    if kind == "actions" and not rule.deny:
        actions = {*rule.actions} ^ {dice.choice(ACTIONS)} or {"view"}
        return role, {**grant, "actions": sorted(actions)}, replace(rule, actions=frozenset(actions))
    if kind in ("read", "write", "actions") and rule.deny:
        return held
    kind = "hidden" if kind == "actions" else kind
    names = {*(grant["fields"].get(kind) or ())} ^ {dice.choice(DENIABLE[rule.form])}
    fields = {key: each for key, each in grant["fields"].items() if key != kind}
    if names or kind in ("read", "write"):
        fields[kind] = sorted(names)
    said = frozenset(names) if names or kind not in ("read", "write") else frozenset()
    return role, {**grant, "fields": fields}, replace(rule, **{kind: said})  # type: ignore[arg-type]


def records(dice: random.Random, store: Store) -> Iterator[tuple[str, Row]]:
    people = [each.user for each in PEOPLE] + ["sun", None]
    for number in range(8):
        row = {
            "owner": dice.choice(people),
            "level": dice.choice(("a", "b", "c", None)),
            "boss": dice.choice(people),
        }
        store.rows["account"][str(number)] = row | {"budget": dice.choice((None, 1, 600_000_000))}
    for number in range(8):
        store.rows["deal"][str(number)] = {"owner": dice.choice(people), "account": str(dice.randrange(8))}
    for form, rows in store.rows.items():
        for row in rows.values():
            yield form, row


def may(store: Store, me: Person, form: str, row: Row) -> set[tuple[str, str]]:
    """Everything that somebody may do with a record: (action or way, cell)."""
    found = {(action, "") for action in ACTIONS if store.holding(me, form, action, row)}
    for cell in CELLS[form]:
        found |= {
            (action, cell)
            for action in ("view", "export", "history")
            if store.shows(me, form, row, cell, action)
        }
        if store.tells(me, form, row, cell):
            found.add(("tells", cell))
        if store.writes(me, form, row, row, cell):
            found.add(("writes", cell))
        if store.creates(me, form, row, [cell]):
            found.add(("creates", cell))
    return found


@pytest.mark.database("sqlite")
def test_what_is_not_told_gives_nobody_anything() -> None:
    dice, silent, told = random.Random(26), 0, 0
    for _ in range(80):
        held, reach = begun(dice)
        other, other_reach = changed(dice, held, reach)
        before, after = compiled(held, reach), compiled(other, other_reach)
        if widening_steps(None, before, after, Evolution({}, {})):  # type: ignore[arg-type]
            told += 1
            continue
        silent += 1
        was = Store(rules=[rule for _, _, rule in held], reach={"open": reach})
        now = Store(rules=[rule for _, _, rule in other], reach={"open": other_reach})
        for form, row in records(dice, was):
            now.rows = was.rows
            for me in PEOPLE:
                gained = may(now, me, form, row) - may(was, me, form, row)
                assert not gained, (held, other, reach, other_reach, me, row, gained)
    assert silent > 15
    assert told > 15
