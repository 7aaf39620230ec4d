"""Every answer that a test gets is one that the OpenAPI document speaks of: its status and kind of content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

PREFIX = "/api/"
FAILED = 400


class Document:
    """The answers of every operation. All test apps have the same routes, so they are read once."""

    def __init__(self) -> None:
        self._operations: list[tuple[re.Pattern[str], str, dict[str, Any]]] = []

    def check(self, app: FastAPI) -> Callable[[httpx.Response], None]:
        """A hook for the responses of a client. Raises AssertionError for an answer that nobody announced."""
        if not self._operations:
            self._operations.extend(_operations(app.openapi()))

        def check(response: httpx.Response) -> None:
            request = response.request
            path = request.url.path
            announced = [
                answers
                for pattern, method, answers in self._operations
                if method == request.method and pattern.fullmatch(path)
            ]
            if announced and not any(_fits(answers, response) for answers in announced):
                kind = response.headers.get("content-type")
                told = f"{response.status_code} {kind} is not announced in OpenAPI"
                raise AssertionError(f"{request.method} {path}: {told}")

        return check


def _operations(document: dict[str, Any]) -> Iterator[tuple[re.Pattern[str], str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        parts = re.split(r"{\w+}", path)
        pattern = re.compile("[^/]+".join(re.escape(part) for part in parts))
        for method, operation in operations.items():
            yield pattern, method.upper(), operation["responses"]


def _fits(answers: dict[str, Any], response: httpx.Response) -> bool:
    status = response.status_code
    answer = answers.get(str(status), answers.get("default") if status >= FAILED else None)
    if status in (206, 304):
        return "200" in answers  # a part of what is announced, or that it has not changed
    if answer is None:
        return False
    kinds = answer.get("content")
    given = response.headers.get("content-type", "").partition(";")[0]
    return not kinds or given in kinds or "*/*" in kinds


DOCUMENT = Document()
