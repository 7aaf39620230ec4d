"""Random changes of a form with random writes between them: no value is lost that the plan did not announce.

A model beside the store knows for each record what it holds under which field, however that is called. After
each publish every value is where the model has it, or the plan said how many would not convert, or it is parked.
"""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from engine.definitions.publish import Published, prepare, publish
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime
from forms.evolution import park
from tests.forms.evolution.ledger import Ledger
from tests.forms.shop import field, option

STEPS = 25
TYPES = ("text", "int", "decimal", "textarea", "multiselect", "select", "bool", "date")
OPTIONS = option("a", "b", "c", "7")
TEXTS = ("7", "12", "x", "a", "2026-03-01", "", "是")


class Model:
    """What each record must hold: field -> record -> value; `names` lead from fields to keys of today."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger, self.draw = ledger, random.Random(seed)
        self.records: list[str] = []
        self.count = 0
        entry = ledger.source["form"]["entry"]
        del entry["title"]
        entry["fields"] = [field("first", "text")]
        ledger.publish(approve=[])

    def document(self, kind: str) -> dict[str, Any]:
        self.count += 1
        more = {"options": OPTIONS} if kind in ("select", "multiselect") else {}
        return field(f"f{self.count}", kind, **more)

    def value(self, kind: str) -> Any:
        draw = self.draw
        if draw.random() < 0.2:
            return None
        return {
            "text": lambda: draw.choice(TEXTS) or None,
            "textarea": lambda: draw.choice(TEXTS) or None,
            "int": lambda: draw.randrange(-20, 20),
            "decimal": lambda: draw.randrange(-2000, 2000),
            "select": lambda: draw.choice(OPTIONS)["key"],
            "multiselect": lambda: tuple(sorted({draw.choice(OPTIONS)["key"] for _ in range(2)})),
            "bool": lambda: draw.random() < 0.5,
            "date": lambda: None,
        }[kind]()

    def write(self) -> None:
        fields = {each["key"]: each["type"] for each in self.ledger.fields}
        if len(self.records) < 6 or self.draw.random() < 0.2:
            self.records.append(self.ledger.create(**{key: self.value(kind) for key, kind in fields.items()}))
        else:
            key = self.draw.choice(sorted(fields))
            self.ledger.update(self.draw.choice(self.records), {key: self.value(fields[key])})

    def edit(self) -> str:
        """Change the documents in one way; a word for what was done."""
        fields, draw = self.ledger.fields, self.draw
        what = draw.choice(("add", "remove", "rename", "swap", "convert", "convert", "convert", "move"))
        chosen = draw.choice(fields)
        if what == "add" or (what == "remove" and len(fields) == 1):
            fields.append(self.document(draw.choice(TYPES)))
        elif what == "remove":
            fields.remove(chosen)
        elif what == "rename":
            self.count += 1
            chosen.update(renamed_from=chosen["key"], key=f"f{self.count}")
        elif what == "swap":
            other = draw.choice(fields)
            one, two = chosen["key"], other["key"]
            chosen.update(renamed_from=one, key=two)
            other.update(renamed_from=two, key=one)
        elif what == "convert":
            kept = {key: each for key, each in chosen.items() if key in ("key", "label", "renamed_from")}
            kind = draw.choice(TYPES)
            chosen.clear()
            chosen.update({**self.document(kind), **kept})
        else:
            fields.append(fields.pop(fields.index(chosen)))
        return what

    def publish(self) -> Published:
        source = copy.deepcopy(self.ledger.source)
        with self.ledger.runtime.reading(SYSTEM) as work:
            prepared = prepare(work, source)
        approve = [step.pointer for step in prepared.steps if step.risk == "destructive"]
        with self.ledger.runtime.unit_of_work(SYSTEM) as work:
            return publish(work, source, approve=approve, prepared=prepared)

    def held(self) -> dict[str, list[Any]]:
        """Key -> values of all records."""
        loaded = [self.ledger.load(each) for each in self.records]
        return {each["key"]: [record[each["key"]] for record in loaded] for each in self.ledger.fields}

    def parked(self) -> list[dict[str, Any]]:
        with self.ledger.runtime.reading(SYSTEM) as work:
            return park.list_parked(work, "ledger")


def judge(model: Model, before: dict[str, list[Any]], kinds: dict[str, str], done: Published) -> None:
    """Every value of before is still there, converted, or announced and parked."""
    after = model.held()
    now = {each.get("renamed_from", each["key"]): each for each in model.ledger.fields}
    announced = {step.pointer: step.lost or 0 for step in done.steps}
    parked = {(each["pointer"], each["version"]): each for each in model.parked()}
    for key, values in before.items():
        there = sum(value is not None for value in values)
        document = now.get(key)
        if document is None:
            pointer = f"/forms/entry/fields/{key}"
            assert announced[pointer] == there
            assert there == 0 or parked[pointer, done.version]["values"] == there
            continue
        kept = after[document["key"]]
        pointer = f"/forms/entry/fields/{document['key']}"
        if document["type"] == kinds[key]:
            assert kept == values
            continue
        empty = sum(one is not None and other is None for one, other in zip(values, kept, strict=True))
        assert empty <= announced.get(pointer, 0)
        if empty:
            assert parked[pointer, done.version]["failed"] >= empty


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_value_is_lost_that_the_plan_did_not_announce(runtime: Runtime, seed: int) -> None:
    model = Model(Ledger(runtime), seed)
    for _step in range(STEPS):
        for _write in range(4):
            model.write()
        before = model.held()
        kinds = {each["key"]: each["type"] for each in model.ledger.fields}
        for each in model.ledger.fields:
            each.pop("renamed_from", None)
        model.edit()
        done = model.publish()
        judge(model, before, kinds, done)
    for entry in model.parked():
        if entry["reason"] == "removed":
            with runtime.unit_of_work(SYSTEM) as work:
                park.restore(work, work.app("ledger"), entry["id"])
    assert [each for each in model.parked() if each["reason"] == "removed"] == []
