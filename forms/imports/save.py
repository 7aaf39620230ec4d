"""A set of judged candidates into the store, with the rights of the person and everything a save does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import EngineError, Forbidden, Invalid
from engine.findings import Finding
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.batch import Item, Outcome, run_batch
from forms.compiled import Form
from forms.imports.candidates import Candidate, RowError
from forms.imports.mapping import Mapping
from forms.imports.matching import no_such
from forms.records import RecordNotFound


@dataclass(slots=True)
class Counts:
    """Records of an import by what became of them."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0

    def add(self, other: Counts) -> Counts:
        return Counts(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.failed + other.failed,
        )

    def as_json(self) -> dict[str, int]:
        return {
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "failed": self.failed,
        }


def save_set(
    work: UnitOfWork,
    access: Access,
    form: Form,
    mapping: Mapping,
    on: tuple[str, ...],
    found: Sequence[Candidate],
) -> Counts:
    """Save the candidates that have no errors; those that fail get theirs."""
    good = [each for each in found if not each.errors]
    items = [
        Item("create", None, each.data) if each.record is None else Item("update", each.record, each.data)
        for each in good
    ]
    outcomes = run_batch(work, access.app, form, items, atomic=False, answers=False) if items else []
    counts = Counts(failed=len(found) - len(good))
    for candidate, outcome in zip(good, outcomes, strict=True):
        if outcome.failure is not None:
            counts.failed += 1
            candidate.errors += _errors(candidate, outcome, outcome.failure, mapping, on)
        elif outcome.result == "created":
            counts.inserted += 1
        elif outcome.result == "updated":
            counts.updated += 1
        else:
            counts.unchanged += 1
    return counts


def _errors(
    candidate: Candidate, outcome: Outcome, failure: EngineError, mapping: Mapping, on: tuple[str, ...]
) -> list[RowError]:
    """What went wrong, at the rows and columns of the file."""
    if isinstance(failure, RecordNotFound) or (isinstance(failure, Forbidden) and outcome.op == "update"):
        return [no_such(candidate, mapping, on)]
    findings = failure.findings if isinstance(failure, Invalid) else (failure.as_finding(),)
    return [_placed(candidate, each, mapping) for each in findings]


def _placed(candidate: Candidate, finding: Finding, mapping: Mapping) -> RowError:
    head, _, rest = finding.pointer.lstrip("/").partition("/")
    rows = candidate.children.get(head)
    if rows is not None:
        index, _, key = rest.partition("/")
        row = rows[int(index)] if index.isdigit() and int(index) < len(rows) else candidate.row
        return RowError(row, mapping.header_of(f"{head}.{key.partition('/')[0]}"), finding)
    if finding.code == "unique":
        # the way a file is told: another record has it, not another row
        finding = replace(finding, code="exists")
    return RowError(candidate.row, mapping.header_of(head) if head else None, finding)


def error_lines(found: Sequence[Candidate]) -> list[dict[str, Any]]:
    """The errors of a set in order of rows; rows that only belong to a failed record have no finding."""
    lines: list[dict[str, Any]] = []
    for candidate in found:
        if not candidate.errors:
            continue
        blamed = {each.row for each in candidate.errors}
        lines += [each.as_json() for each in candidate.errors]
        lines += [
            {"row": row, "column": None, "code": None} for row, _ in candidate.rows if row not in blamed
        ]
    return sorted(lines, key=lambda line: int(line["row"]))
