"""A JSON body with expressions in it: {"no": {"expr": "no"}, "kind": "order"}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.connect.values import as_json
from engine.definitions.context import Context
from engine.definitions.sealed import sealed_fields
from engine.expressions import CheckedExpression, Env, Scope


@dataclass(frozen=True, slots=True)
class Payload:
    """A compiled body: expressions stand where values will be. `sealed` says that some read encrypted fields."""

    content: Any
    sealed: bool = False

    def value(self, record: Mapping[str, Any], env: Env) -> Any:
        """The JSON value for `record`."""
        return _fill(self.content, record, env)


def _fill(content: Any, record: Mapping[str, Any], env: Env) -> Any:
    if isinstance(content, CheckedExpression):
        return as_json(content.evaluate(record, env), content.type)
    if isinstance(content, dict):
        return {key: _fill(each, record, env) for key, each in content.items()}
    if isinstance(content, list):
        return [_fill(each, record, env) for each in content]
    return content


def compile_payload(source: Any, pointer: str, scope: Scope, context: Context) -> Payload | None:
    """The compiled body, or None after adding findings."""
    before = len(context.findings)
    content = _compile(source, pointer, scope, context)
    wrong = any(finding.level == "error" for finding in context.findings[before:])
    return None if wrong else Payload(content, _sealed(content, scope))


def _sealed(content: Any, scope: Scope) -> bool:
    if isinstance(content, CheckedExpression):
        return bool(sealed_fields(content, scope))
    parts = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return any(_sealed(each, scope) for each in parts)


def _compile(source: Any, pointer: str, scope: Scope, context: Context) -> Any:
    if isinstance(source, dict):
        if set(source) == {"expr"}:
            return context.expression(source["expr"], f"{pointer}/expr", scope)
        return {key: _compile(each, f"{pointer}/{key}", scope, context) for key, each in source.items()}
    if isinstance(source, list):
        return [_compile(each, f"{pointer}/{n}", scope, context) for n, each in enumerate(source)]
    return source
