"""The app of docs/designer.md as a draft, and requests to check and to try expressions in it."""

from __future__ import annotations

import json
from typing import Any

from engine.runtime import Runtime
from tests.docs.pages import blocks
from tests.support.applications import signed_in
from tests.support.client import SignedIn

CHECK = "/apps/repair/draft/expressions:check"
EVALUATE = "/apps/repair/draft/expressions:evaluate"
TICKET = {
    "problem": "水泵漏水",
    "urgency": "high",
    "reported_at": "2026-03-01T22:30:00+08:00",
    "parts": [
        {"name": "水泵", "qty": "1.5", "price": "999.99"},
        {"name": "垫圈", "qty": "4", "price": "0.25"},
    ],
}


def documents() -> dict[str, dict[str, Any]]:
    """ "forms/site" -> document: the app of docs/designer.md, without the one beside it."""
    own = [each for each in blocks("designer.md", "json") if not each.name.startswith("../")]
    return {each.name.removesuffix(".json"): json.loads(each.text) for each in own}


def drafted(runtime: Runtime) -> None:
    """The app is drafted; it is not published."""
    with signed_in(runtime, "root") as root:
        for name, document in documents().items():
            kind, _, key = name.partition("/") if "/" in name else ("app", "", "repair")
            assert root.put(f"/apps/repair/draft/{kind}/{key}", document).status_code == 200


def published(root: SignedIn) -> SignedIn:
    """The administrator, after the drafted app was published."""
    done = root.post("/apps/repair/draft:publish")
    assert done.status_code == 200, done.json()
    return root


def checked(root: SignedIn, expression: Any, expect: Any = None, **context: Any) -> dict[str, Any]:
    body = {"expression": expression, "context": context} | ({"expect": expect} if expect else {})
    answer = root.post(CHECK, body)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def evaluated(root: SignedIn, expression: Any, context: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = root.post(EVALUATE, {"expression": expression, "context": context, **more})
    assert answer.status_code == 200, answer.json()
    return answer.json()


VALIDATION = {"kind": "form", "key": "ticket", "place": "validation"}
