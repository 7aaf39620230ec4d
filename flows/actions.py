"""The actions of a flow: compiled when it is published, run inside the transaction of a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from engine.definitions.check import read_model
from engine.errors import EngineError
from engine.expressions import CheckedExpression
from engine.expressions import types as t
from engine.findings import text
from engine.protocols import Action, ActionContext, ActionScope

GUARD = "when"


@dataclass(frozen=True, slots=True)
class Guarded:
    """An action and the condition under which it runs."""

    type: str
    action: Action
    when: CheckedExpression | None = None


def compile_actions(documents: Iterable[Mapping[str, Any]], scope: ActionScope) -> tuple[Guarded, ...]:
    """The ready actions; what is wrong goes to `scope.context` as findings."""
    ready = (_compile(document, scope.at(str(index))) for index, document in enumerate(documents))
    return tuple(action for action in ready if action is not None)


def _compile(document: Mapping[str, Any], scope: ActionScope) -> Guarded | None:
    context, name = scope.context, document.get("type")
    known = context.registries["action"]
    kind = known.get(name) if isinstance(name, str) else None
    if kind is None:
        what = text("动作类型", "kind of action")
        context.unknown("unknown_action", f"{scope.pointer}/type", str(name), known, what)
        return None
    given = {key: value for key, value in document.items() if key not in {"type", GUARD}}
    params = read_model(kind.Params, given, scope.pointer, context.findings)
    when = None
    if GUARD in document:
        names = context.scope(scope.shape, variables=scope.variables, row=scope.row)
        when = context.expression(document[GUARD], f"{scope.pointer}/{GUARD}", names, expect=t.BOOL)
        if when is None:
            return None
    action = None if params is None else cast("Action | None", kind.compile(params, scope))
    return None if action is None else Guarded(str(name), action, when)


def run_actions(actions: Sequence[Guarded], context: ActionContext) -> list[dict[str, Any]]:
    """Run all whose condition holds, in order; their summaries. An error names its action in the details."""
    done: list[dict[str, Any]] = []
    for index, guarded in enumerate(actions):
        if guarded.when is not None and not guarded.when.holds(context.record, context.env):
            continue
        try:
            done.append({"type": guarded.type, **guarded.action.run(context)})
        except EngineError as failure:
            failure.details.setdefault("action", index)
            failure.details.setdefault("action_type", guarded.type)
            raise
    return done
