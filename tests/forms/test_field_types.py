"""Every field type through every way in: the table of samples, run over REST, dry run, cells and conditions.

One test walks the whole table, because a form with all types takes one publish; it names each sample that
failed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from engine.runtime import Runtime
from forms.compiled import Form
from forms.field_type import Reading
from forms.values import Problem
from tests.forms.sample import Sample
from tests.forms.samples import SAMPLES
from tests.forms.sheet import publish_sheet
from tests.support.client import AsUser, SignedIn
from tests.support.prepared import Prepared, prepared_by

PATH = "/apps/sheets/forms/sheet/records"
DERIVED = {"auto", "formula", "lookup", "copy", "rollup", "count", "amount_in_words"}
LAYOUT = {"section", "tab", "columns", "divider", "note", "button", "backlink"}
OTHER = {"subtable", "tree_parent", "secret"}
READING = Reading(ZoneInfo("Asia/Shanghai"))


@pytest.fixture
@prepared_by(publish_sheet)
def form(prepared: Prepared, people: dict[str, Any]) -> Form:
    made: Form = prepared.result
    return made


@pytest.fixture
def root(form: Form, as_user: AsUser) -> SignedIn:
    return as_user("root")


def failures(check: Callable[[str, Sample], list[str]]) -> str:
    """What `check` complains about, over the whole table."""
    return "\n".join(f"{key}: {each}" for key, sample in SAMPLES.items() for each in check(key, sample))


def test_every_type_has_samples() -> None:
    from api.boot import BUILT_INS
    from engine.plugins import extensions
    from engine.registry import fill

    known = set(fill(extensions(BUILT_INS))["field_type"])
    assert {sample.type for sample in SAMPLES.values()} == known - DERIVED - LAYOUT - OTHER


def test_values_come_back_as_their_type_writes_them(root: SignedIn) -> None:
    """As they are saved, tried, read one by one, listed, in child rows; and they go away again."""
    wanted: dict[str, tuple[str, Any]] = {}

    def check(key: str, sample: Sample) -> list[str]:
        found = []
        for sent, answered in sample.valid:
            tried = root.post(f"{PATH}?dry_run=true", {f"f_{key}": sent})
            made = root.post(PATH, {f"f_{key}": sent, "rows": [{f"f_{key}": sent}]})
            if (tried.status_code, made.status_code) != (200, 201):
                found.append(f"{sent!r} -> {tried.text} {made.text}")
                continue
            one = root.get(f"{PATH}/{made.json()['id']}").json()
            wanted[one["id"]] = (f"f_{key}", answered)
            seen = [tried.json(), made.json(), one, made.json()["rows"][0], one["rows"][0]]
            found += [f"{sent!r} -> {row[f'f_{key}']!r}" for row in seen if row[f"f_{key}"] != answered]
        return found

    assert failures(check) == ""
    fields = ",".join(f"f_{key}" for key in SAMPLES)
    listed = root.get(PATH, params={"fields": fields, "limit": "500"}).json()
    assert listed["next"] is None
    shown = {each["id"]: each for each in listed["items"]}
    assert {each: (key, shown[each][key]) for each, (key, _) in wanted.items()} == wanted
    clearing = [{"op": "update", "id": each, "record": {key: None}} for each, (key, _) in wanted.items()]
    cleared = root.post(f"{PATH}:batch", {"items": clearing}).json()["items"]
    assert [each["record"][wanted[each["id"]][0]] for each in cleared] == [None] * len(wanted)


def test_wrong_values_are_refused_for_the_same_reason_everywhere(root: SignedIn) -> None:
    def check(key: str, sample: Sample) -> list[str]:
        found = []
        for sent, code, *inside in sample.wrong:
            where = "".join(inside)
            tries = {
                f"/f_{key}{where}": root.post(PATH, {f"f_{key}": sent}),
                f"/f_{key}{where} dry": root.post(f"{PATH}?dry_run=true", {f"f_{key}": sent}),
                f"/rows/0/f_{key}{where}": root.post(PATH, {"rows": [{f"f_{key}": sent}]}),
            }
            for pointer, answer in tries.items():
                told = [(each["pointer"], each["code"]) for each in answer.json().get("errors", [])]
                if answer.status_code != 422 or told != [(pointer.removesuffix(" dry"), code)]:
                    found.append(f"{pointer} {sent!r} -> {answer.status_code} {told}, not {code}")
        return found

    assert failures(check) == ""
    assert root.get(PATH, params={"count": "exact"}).json()["count"] == 0


def test_cells_mean_values_and_values_become_cells_that_mean_the_same(form: Form) -> None:
    def check(key: str, sample: Sample) -> list[str]:
        kind = form.fields[f"f_{key}"].kind
        found = []
        for _sent, value in sample.valid:
            cell = kind.write_cell(value, READING)
            if kind.read_cell(cell, READING) != value:
                found.append(f"{value!r} is written {cell!r}, read {kind.read_cell(cell, READING)!r}")
        for cell, value in sample.cells:
            if kind.read_cell(cell, READING) != value:
                found.append(f"the cell {cell!r} is read {kind.read_cell(cell, READING)!r}")
        for cell, code in sample.wrong_cells:
            try:
                found.append(
                    f"the cell {cell!r} is read {kind.parse(kind.read_cell(cell, READING), READING)!r}"
                )
            except Problem as problem:
                if problem.code != code:
                    found.append(f"the cell {cell!r} is {problem.code}, not {code}")
        return found

    assert failures(check) == ""


def test_every_operator_of_a_type_works_in_a_filter(form: Form, root: SignedIn) -> None:
    """Against a record that has the first valid value and one that has none."""

    def check(key: str, sample: Sample) -> list[str]:
        field = form.fields[f"f_{key}"]
        sent, answered = sample.valid[0]
        root.post(PATH, {f"f_{key}": sent})
        names = [(f"f_{key}", answered, field.kind.operators)]
        if field.parts:
            parts = field.kind.parts.items()
            names = [(f"f_{key}.{part}", answered[part], kind.operators) for part, kind in parts]
        found = []
        for path, value, operators in names:
            for operator in operators if value is not None else ():
                for operand, count in operands(operator, value):
                    query = {
                        "filter": json.dumps({path: {operator: operand}}),
                        "count": "exact",
                        "fields": path,
                    }
                    answer = root.get(PATH, params=query)
                    if answer.status_code != 200 or answer.json()["count"] != count:
                        found.append(f"{query} -> {answer.text}, expected {count}")
            order = root.get(PATH, params={"sort": f"-{path}", "limit": "1", "fields": path})
            if "eq" in operators and (order.status_code != 200 or not order.json()["items"]):
                found.append(f"sort by {path} -> {order.text}")
        for each in root.get(PATH, params={"fields": "id"}).json()["items"]:
            root.delete(f"{PATH}/{each['id']}")
        root.post(PATH, {})
        return found

    root.post(PATH, {})
    assert failures(check) == ""


def operands(operator: str, value: Any) -> list[tuple[Any, int]]:
    """Values for an operator with how many of the two records they find."""
    shown = value if isinstance(value, str) else json.dumps(value)
    return {
        "eq": [(value, 1)],
        "ne": [(value, 0)],
        "gt": [(value, 0)],
        "gte": [(value, 1)],
        "lt": [(value, 0)],
        "lte": [(value, 1)],
        "between": [([value, value], 1)],
        "in": [([value], 1)],
        "nin": [([value], 0)],
        "under": [(value, 1)],
        "has": [(value[0] if isinstance(value, list) else value, 1)],
        "has_any": [(value if isinstance(value, list) else [value], 1), ([], 0)],
        "contains": [(shown[1:3], 1), ("@@@", 0)],
        "starts_with": [(shown[:2], 1), ("@@@", 0)],
        "blank": [(True, 1), (False, 1)],
    }[operator]


def test_the_schema_of_a_record_fits_what_is_answered(form: Form, root: SignedIn) -> None:
    schema = root.get("/apps/sheets/forms/sheet/schema").json()

    def check(key: str, sample: Sample) -> list[str]:
        own = schema["properties"][f"f_{key}"]
        found = []
        if own["x-operators"] != list(form.fields[f"f_{key}"].kind.operators):
            found.append(f"operators {own['x-operators']}")
        for _sent, value in sample.valid:
            try:
                jsonschema.validate(value, own)
            except jsonschema.ValidationError as wrong:
                found.append(f"{value!r}: {wrong.message}")
        return found

    assert failures(check) == ""


def test_the_history_shows_values_as_answers_do(root: SignedIn) -> None:
    def check(key: str, sample: Sample) -> list[str]:
        sent, answered = sample.valid[0]
        made = root.post(PATH, {f"f_{key}": sent}).json()
        moved = root.get(f"{PATH}/{made['id']}/history").json()["items"][0]["changes"]
        wanted = {f"f_{key}": [None, answered]}
        if isinstance(answered, dict) and f"f_{key}" not in moved:
            wanted = {
                f"f_{key}.{part}": [None, value] for part, value in answered.items() if value is not None
            }
        told = {name: value for name, value in moved.items() if name.startswith("f_")}
        return [] if told == wanted else [f"{told} instead of {wanted}"]

    assert failures(check) == ""


def test_a_default_is_read_like_a_value(runtime: Runtime, people: dict[str, Any], as_user: AsUser) -> None:
    from tests.forms.sheet import field_of
    from tests.forms.shop import name

    fields = [field_of(key, sample, default=sample.valid[0][0]) for key, sample in SAMPLES.items()]
    publish_sheet(runtime, {"key": "sheet", "label": name("sheet"), "fields": fields})
    made = as_user("root").post(PATH, {}).json()
    told = {key: made[f"f_{key}"] for key in SAMPLES}
    assert told == {key: sample.valid[0][1] for key, sample in SAMPLES.items()}


def test_a_type_can_be_unique(runtime: Runtime, people: dict[str, Any], as_user: AsUser) -> None:
    from tests.forms.sheet import field_of
    from tests.forms.shop import name

    fields = [field_of(key, sample, unique=True, index=True) for key, sample in SAMPLES.items()]
    publish_sheet(runtime, {"key": "sheet", "label": name("sheet"), "fields": fields})
    root = as_user("root")

    def check(key: str, sample: Sample) -> list[str]:
        first = root.post(PATH, {f"f_{key}": sample.valid[0][0]})
        second = root.post(PATH, {f"f_{key}": sample.valid[0][0]})
        told = [(each["pointer"], each["code"]) for each in second.json().get("errors", [])]
        good = first.status_code == 201 and told == [(f"/f_{key}", "unique")]
        return [] if good else [first.text, second.text]

    assert failures(check) == ""
