"""The definition kind of test cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.cases.moments import check_moment
from engine.cases.schema import CaseDocument, SuiteDocument
from engine.cases.step import TestStep
from engine.definitions.check import read_model
from engine.definitions.context import Context
from engine.errors import Invalid
from engine.findings import error, text, under
from engine.identity.documents import Organisation, read_document
from engine.protocols import DefinitionKind


@dataclass(frozen=True, slots=True)
class Case:
    """One compiled case with its place in the document."""

    key: str
    label: Mapping[str, str]
    pointer: str
    steps: tuple[TestStep, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """A compiled suite. `at` is the moment it begins, aware."""

    key: str
    label: Mapping[str, str]
    at: datetime
    people: Mapping[str, Any]
    given: tuple[TestStep, ...]
    cases: tuple[Case, ...]


class TestKind(DefinitionKind):
    """Test cases are checked with the app and run by `fourfold app test`; publishing does not run them."""

    __test__ = False
    type = "test"
    folder = "tests"
    rank = 95
    Model = SuiteDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return {key: _suite(document, f"/tests/{key}", context) for key, document in documents.items()}


def _suite(document: SuiteDocument, pointer: str, context: Context) -> Suite:
    zone = ZoneInfo(context.settings.tz)
    at = document.at if document.at.tzinfo else document.at.replace(tzinfo=zone)
    check_moment(at, f"{pointer}/at", context)
    try:
        read_document(Organisation, document.people)
    except Invalid as wrong:
        context.findings.extend(under(f"{pointer}/people", wrong.findings))
    known: dict[str, int] = {}
    for index, case in enumerate(document.cases):
        if known.setdefault(case.key, index) != index:
            message = text(f"用例键“{case.key}”重复。", f"The key '{case.key}' stands twice.")
            context.findings.append(error("key_taken", f"{pointer}/cases/{index}/key", message))
    return Suite(
        document.key,
        document.label.model_dump(),
        at,
        document.people,
        tuple(_steps(document.given, f"{pointer}/given", context)),
        tuple(_case(case, f"{pointer}/cases/{at}", context) for at, case in enumerate(document.cases)),
    )


def _case(document: CaseDocument, pointer: str, context: Context) -> Case:
    label = document.label.model_dump() if document.label else {"zh": document.key, "en": document.key}
    return Case(document.key, label, pointer, tuple(_steps(document.steps, f"{pointer}/steps", context)))


def _steps(raws: Sequence[Mapping[str, Any]], pointer: str, context: Context) -> list[TestStep]:
    found = [_step(raw, f"{pointer}/{index}", context) for index, raw in enumerate(raws)]
    return [each for each in found if each is not None]


def _step(raw: Mapping[str, Any], pointer: str, context: Context) -> TestStep | None:
    kinds = context.registries["test_step"]
    kind = kinds.get(str(raw.get("type")))
    if kind is None:
        what = text("步骤", "step")
        context.unknown("unknown_step", f"{pointer}/type", str(raw.get("type")), kinds, what)
        return None
    params = read_model(
        kind.Params, {key: each for key, each in raw.items() if key != "type"}, pointer, context.findings
    )
    if params is None:
        return None
    step: TestStep = kind(params)
    step.check(pointer, context)
    return step
