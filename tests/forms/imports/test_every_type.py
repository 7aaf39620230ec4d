"""Every field type through files: a cell is taken or refused as REST takes or refuses the value it means.

The cells come from the table of samples: those it names, and those that exports write for its values. What
a file holds in the end is read back from what the reader of the file staged, so that the way through the
format is part of the test. REST, asked to try the value a cell means, is the judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any

import pytest

from engine.identity.principal import Principal
from engine.runtime import Runtime
from forms.compiled import Form
from forms.exports.write import writing
from forms.imports.candidates import blank
from forms.imports.quick import PLAIN
from forms.imports.staged_rows import raw_rows
from forms.imports.workbook import error_items
from forms.transfers.folder import folder_of
from forms.values import Problem
from tests.forms.imports.desk import run_import
from tests.forms.sample import Sample
from tests.forms.samples import SAMPLES
from tests.forms.sheet import field_of, publish_sheet
from tests.forms.shop import name
from tests.forms.test_field_types import PATH, READING
from tests.support.client import AsUser, SignedIn

MARK = {"key": "mark", "type": "text", "label": name("mark")}
LOOKED_UP_FIRST = {"not_found", "too_many", "wrong_type"}
"""A file names records by what they are called: any text may be a name, and each is looked up before they are
counted.
"""
NO_CELL_HOLDS = {"wrong_type", "unknown_part"}
MEANT_OTHERWISE = {
    ("date_range", "bad_date"),
    ("datetime", "bad_datetime"),
    ("refs", "too_many"),
}
"""Wrong values that no cell can be, because it is read as something else first."""
STRANGE: tuple[Any, ...] = (
    *(
        "=1+1",
        "'",
        "@SUM(A1)",
        "03/05/2026",
        "2026-02-30",
        "0001-01-01 00:00",
        "9999-12-31 23:59:59",
        "24:00",
    ),
    *(
        "1e5",
        "１２，３",
        "(5",
        "12%%",
        "∞",
        "NaN",
        "null",
        "[]",
        "{}",
        "a" * 3000,
        "甲\n乙",
        "a\x07b",
        "😀",
        "\u202eabc",
    ),
    *(
        "、、",
        " ~ ",
        "|||",
        "/",
        "x: y",
        "[x]",
        "a [b]",
        "-",
        "1-1-1",
        "310115 ",
        "true",
        "是",
        "0.1.2",
        "+",
        "０",
    ),
    *(True, 0, -1, 0.1 + 0.2, 1e300, -1e-300, 10**17, 46_082.5, 2_958_466),
    *(
        date(1900, 1, 1),
        date(9999, 12, 31),
        datetime(2026, 3, 1, 9, 30, 15),  # noqa: DTZ001  cells have no zone
        time(23, 59),
        timedelta(days=-1),
    ),
)
"""Cells that people and programs leave in sheets, for every type."""
Verdict = tuple[str, Any]
"""("taken", the value as REST answers it) or ("refused", [(pointer inside the value, code)])."""


@dataclass(frozen=True)
class Try:
    """One cell of one field."""

    mark: str
    key: str
    cell: Any


def tries(form: Form, samples: dict[str, Sample]) -> Iterator[Try]:
    """All cells that the samples give for their field, each in a row of its own."""
    number = count(2)
    for key, sample in samples.items():
        kind = form.fields[f"f_{key}"].kind
        cells = [cell for cell, _ in (*sample.cells, *sample.wrong_cells)]
        cells += [kind.write_cell(value, READING) for _, value in sample.valid if value is not None]
        cells += [sent for sent, *_ in sample.wrong if isinstance(sent, (str, int, float))]
        for value in (sent for sent, *_ in sample.wrong if isinstance(sent, (list, dict))):
            try:
                cells.append(kind.write_cell(value, READING))
            except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
                continue  # no cell holds this
        for cell in cells:
            if not blank(cell) and not (isinstance(cell, float) and not isfinite(cell)):
                yield Try(f"r{next(number)}", key, cell)


class Desk:
    """One person, one form: what a file brings about, and what REST says to the same."""

    def __init__(self, runtime: Runtime, form: Form, who: Principal, root: SignedIn, folder: Path) -> None:
        self.runtime, self.form, self.who, self.root, self.folder = runtime, form, who, root, folder
        self._said: dict[tuple[str, str], Verdict] = {}

    def file(self, kind: str, rows: list[Try], column: str) -> bytes:
        """A file with a column for each field and one try in each row."""
        fields = list(dict.fromkeys(each.key for each in rows))
        place = self.folder / f"given.{kind}"
        with writing(place, kind, ["mark", *(f"{column}f_{key}" for key in fields)], name="given") as row:
            for each in rows:
                row([each.mark, *(each.cell if key == each.key else None for key in fields)])
        return place.read_bytes()

    def imported(self, content: bytes, rows: list[Try], **options: Any) -> tuple[dict[str, Verdict], Any]:
        """What a file brings about, by mark, and the import itself."""
        done = run_import(self.runtime, "sheet", content, self.folder, who=self.who, app="sheets", **options)
        assert done.state == "done", done.report
        told: dict[str, Verdict] = {}
        for wrong in error_items(folder_of(self.runtime, done.id) / "errors.jsonl", after=0, limit=10_000):
            mark = f"r{wrong['row']}"
            told.setdefault(mark, ("refused", []))[1].append((wrong["pointer"], wrong["code"]))
        assert done.report["counts"]["failed"] == len(told)
        return told, done

    def stored(self) -> dict[str, dict[str, Any]]:
        """Every record by its mark; all go away."""
        found: dict[str, dict[str, Any]] = {}
        while items := self.root.get(PATH, params={"limit": "500", "fields": self.fields()}).json()["items"]:
            found |= {each["mark"]: each for each in items}
            gone = [{"op": "delete", "id": each["id"]} for each in items]
            assert self.root.post(f"{PATH}:batch", {"items": gone}).status_code == 200
        return found

    def fields(self) -> str:
        return ",".join(
            [*(key for key, each in self.form.fields.items() if not each.system), *self.form.children]
        )

    def says(self, asked: list[tuple[str, Any]]) -> dict[tuple[str, str], Verdict]:
        """What REST says to the values that cells of fields mean; it is asked once about each."""
        told = self._said
        meant: dict[tuple[str, str], Any] = {}
        for key, cell in asked:
            if (key, repr(cell)) in told:
                continue
            try:
                value = self.form.fields[f"f_{key}"].kind.read_cell(cell, READING)
            except Problem as problem:
                told[key, repr(cell)] = ("refused", [(f"/f_{key}{problem.pointer}", problem.code)])
                continue
            # the API wants long numbers as texts
            long = isinstance(value, int) and abs(value) >= 10**15
            meant[key, repr(cell)] = str(value) if long else value
        told.update(self._answered(meant))
        return told

    def _answered(self, meant: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Verdict]:
        told: dict[tuple[str, str], Verdict] = {}
        waiting = list(meant.items())
        while waiting:
            part, waiting = waiting[:1000], waiting[1000:]
            items = [{"op": "create", "record": {f"f_{key}": value}} for (key, _), value in part]
            answer = self.root.post(f"{PATH}:batch", {"mode": "partial", "items": items})
            assert answer.status_code == 200, answer.text
            for (place, _), item in zip(part, answer.json()["items"], strict=True):
                if item["status"] == 201:
                    told[place] = ("taken", item["record"][f"f_{place[0]}"])
                else:
                    errors = item["problem"]["errors"]
                    told[place] = ("refused", [(each["pointer"], each["code"]) for each in errors])
        self.stored()
        return told


@pytest.fixture
def desk(runtime: Runtime, people: dict[str, Any], principal: Any, as_user: AsUser, tmp_path: Path) -> Any:
    """`desk(samples, child=True)`: a form with these samples, published, and a person who may do all."""

    def make(samples: dict[str, Sample], *, child: bool) -> Desk:
        fields = [field_of(key, sample) for key, sample in samples.items()]
        rows = {"key": "rows", "type": "subtable", "label": name("rows"), "fields": fields}
        document = {
            "key": "sheet",
            "label": name("sheet"),
            "fields": [MARK, *fields, *([rows] if child else [])],
        }
        form = publish_sheet(runtime, document)
        return Desk(runtime, form, principal("root"), as_user("root"), tmp_path)

    return make


def compared(made: Desk, rows: list[Try], kind: str, column: str = "", **options: Any) -> list[str]:
    """Where a file and REST disagree. A dry run of the file says the same as its run."""
    content = made.file(kind, rows, column)
    dry, _ = made.imported(content, rows, dry_run=True, **options)
    told, done = made.imported(content, rows, **options)
    records = made.stored()
    found = [
        f"{mark}: the dry run says {dry.get(mark)}, the run {told.get(mark)}"
        for mark in sorted({*dry, *told})
        if dry.get(mark) != told.get(mark)
    ]
    fields = list(dict.fromkeys(each.key for each in rows))
    staged = dict(raw_rows(folder_of(made.runtime, done.id) / "rows.jsonl"))
    inside = "/rows/0" if column else ""
    held = {each: staged[int(each.mark[1:])][1 + fields.index(each.key)] for each in rows}
    said = made.says([(each.key, cell) for each, cell in held.items()])
    for each, cell in held.items():
        verdict, value = said[each.key, repr(cell)]
        if verdict == "refused":
            wanted: Verdict = (verdict, [(f"{inside}{pointer}", code) for pointer, code in value])
            got = told.get(each.mark, ("taken", None))
        else:
            record = records.get(each.mark, {})
            holder = (record.get("rows") or [{}])[0] if column else record
            wanted, got = (verdict, value), told.get(each.mark, ("taken", holder.get(f"f_{each.key}")))
        if got != wanted and not told_sooner(got, wanted):
            found.append(f"{each.key} {each.cell!r} as {cell!r}: {got}, REST says {wanted}")
    return found


def told_sooner(got: Verdict, wanted: Verdict) -> bool:
    """Whether a file was refused for what is looked at before the reason of REST."""
    if {got[0], wanted[0]} != {"refused"}:
        return False
    said, expected = ({code for _, code in each} for each in (got[1], wanted[1]))
    return said == {"not_found"} and expected <= LOOKED_UP_FIRST


@pytest.fixture
def kind(database_name: str) -> str:
    """Each database has the rows of one format: how a format is read has nothing to do with where rows go."""
    return {"sqlite": "csv", "postgresql": "xlsx"}[database_name]


@pytest.mark.timeout(300)
def test_a_cell_is_judged_as_the_value_it_means(desk: Any, kind: str) -> None:
    made = desk(SAMPLES, child=True)
    rows = list(tries(made.form, SAMPLES))
    found = compared(made, rows, kind)
    found += compared(made, rows, kind, "rows.", group=["mark"])
    assert "\n".join(found) == ""


def test_plain_forms_saved_set_by_set_are_judged_alike(desk: Any) -> None:
    plain = {key: sample for key, sample in SAMPLES.items() if sample.type in PLAIN}
    made = desk(plain, child=False)
    rows = list(tries(made.form, plain))
    assert "\n".join(compared(made, rows, "xlsx") + compared(made, rows, "csv")) == ""


def test_what_exports_write_means_the_same_when_it_comes_back(desk: Any) -> None:
    """Each valid value, as both formats hold it."""
    made = desk(SAMPLES, child=False)
    valid = [
        (Try(f"r{at}", key, made.form.fields[f"f_{key}"].kind.write_cell(value, READING)), value)
        for at, (key, value) in enumerate(
            (
                (key, value)
                for key, sample in SAMPLES.items()
                for _, value in sample.valid
                if value is not None
            ),
            start=2,
        )
    ]
    for kind in ("xlsx", "csv"):
        rows = [each for each, _ in valid]
        told, _ = made.imported(made.file(kind, rows, ""), rows)
        assert told == {}, kind
        stored = made.stored()
        wrong = [
            (each.key, each.cell, found, value)
            for each, value in valid
            if (found := stored[each.mark][f"f_{each.key}"]) != value
        ]
        assert wrong == [], kind


def test_most_reasons_to_refuse_a_value_are_met_in_files(desk: Any) -> None:
    """Guards the table: cells exist for the codes that its wrong values name, but for those no cell can hold."""
    made = desk(SAMPLES, child=False)
    rows = list(tries(made.form, SAMPLES))
    told, _ = made.imported(made.file("csv", rows, ""), rows, dry_run=True)
    met = {(each.key, code) for each in rows for _, code in told.get(each.mark, ("", []))[1]}
    named = {(key, code) for key, sample in SAMPLES.items() for _, code, *_ in sample.wrong}
    unmet = {each for each in named - met if each[1] not in NO_CELL_HOLDS}
    assert unmet == MEANT_OTHERWISE


def test_strange_cells_are_judged_as_the_values_they_mean(desk: Any, kind: str) -> None:
    made = desk(SAMPLES, child=False)
    cells = ((key, cell) for key in SAMPLES for cell in STRANGE)
    rows = [Try(f"r{at}", key, cell) for at, (key, cell) in enumerate(cells, start=2)]
    assert "\n".join(compared(made, rows, kind)) == ""
