"""Random requests, made from the OpenAPI document, and what no answer may be."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException, HypothesisWarning
from schemathesis.core.errors import SerializationNotPossible
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.openapi.checks import JsonSchemaError
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
SERVER_ERROR = 500
TRY_AGAIN = 503
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@dataclass
class Tried:
    """How many requests were answered how, and what was wrong: one example for each kind of failure."""

    statuses: dict[int, int] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    unmade: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        return sum(self.statuses.values())


def operations(document: dict[str, Any]) -> list[Any]:
    """The operations of a document, as Schemathesis has them."""
    found = schemathesis.openapi.from_dict(document)
    return [each.ok() for each in found.get_all_operations()]


def try_all(
    people: Sequence[httpx.Client],
    found: list[Any],
    tried: Tried,
    *,
    examples: int,
    round_: int = 0,
    until: float = float("inf"),
) -> None:
    """Some random requests to each operation, valid and invalid ones, until the time is over.

    Every request is sent in the name of each of the people: to make it takes longer than to answer it.
    """
    for place, operation in enumerate(found):
        for mode in MODES:
            if time.monotonic() > until:
                return
            _try_one(people, operation, mode, tried, examples=examples, number=round_ * 10_000 + place)


def _try_one(
    people: Sequence[httpx.Client],
    operation: Any,
    mode: GenerationMode,
    tried: Tried,
    *,
    examples: int,
    number: int,
) -> None:
    try:
        strategy = operation.as_strategy(generation_mode=mode)
    except Exception as unmade:  # noqa: BLE001  nothing can be wrong with an operation that takes nothing
        tried.unmade.add(f"{operation.label} {mode.name}: {unmade}")
        return

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def run(case: Any) -> None:
        for client in people:
            answer = send(client, case)
            tried.statuses[answer.status_code] = tried.statuses.get(answer.status_code, 0) + 1
            for kind, told in complaints(case, answer):
                tried.wrong.setdefault(f"{operation.label}: {kind}", f"{told}\n    {case.as_curl_command()}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        try:
            run()
        except (HypothesisException, SerializationNotPossible) as unmade:
            tried.unmade.add(f"{operation.label} {mode.name}: {unmade}")


def send(client: httpx.Client, case: Any) -> httpx.Response:
    """The request of a case. The client knows where to and in whose name."""
    asked = case.as_transport_kwargs(base_url=str(client.base_url).rstrip("/"))
    body = asked.pop("data", None)
    if body is not None:
        asked["content" if isinstance(body, (bytes, str)) else "data"] = body
    headers = {
        name: value for name, value in (asked.pop("headers", None) or {}).items() if _sendable(name, value)
    }
    cookies = asked.pop("cookies", None)
    asked = {
        name: each
        for name, each in asked.items()
        if name in {"method", "url", "params", "json", "content", "data", "files"}
    }
    if cookies:
        headers["cookie"] = "; ".join(
            f"{name}={value}" for name, value in cookies.items() if _sendable(name, value)
        )
    return client.request(**asked, headers=headers)


def _sendable(name: str, value: Any) -> bool:
    """Whether it can be a header at all, and none that says who asks."""
    text = f"{name}{value}"
    return text.isascii() and text.isprintable() and name.lower() not in {"authorization", "content-length"}


def complaints(case: Any, answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """(kind, what was seen) of everything that is wrong with an answer."""
    if answer.status_code >= SERVER_ERROR and answer.status_code != TRY_AGAIN:
        yield f"{answer.status_code}", answer.text[:400]
        return
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield _told(failure)
    except Failure as failure:
        yield _told(failure)


def _told(failure: BaseException) -> tuple[str, str]:
    kind = type(failure).__name__
    if isinstance(failure, JsonSchemaError):
        kind = f"{kind} {failure.schema_path}"
    return kind, str(failure)[:600]
