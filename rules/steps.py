"""The actions of a rule, compiled: each with its own condition, or a wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from engine.definitions.check import read_model
from engine.expressions import CheckedExpression
from engine.expressions import types as t
from engine.findings import text
from engine.protocols import Action, ActionScope, Document
from forms.actions.set_fields import SetFields
from rules.schema import LengthText, Phase
from rules.spans import Span, parse_span

WAIT = "wait"
MAY_RUN_BEFORE = frozenset({"set_fields", "forbid"})
ONLY_BEFORE = frozenset({"forbid"})


class Until(Document):
    """A date or a moment."""

    expr: str | dict[str, Any]


class WaitParams(Document):
    """Either `for` a span after the step before, or `until` a moment."""

    span: LengthText | None = Field(default=None, alias="for")
    until: Until | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause: `span` after the moment the step before was due, or until the value of `until`."""

    span: Span | None = None
    until: CheckedExpression | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of `actions`; exactly one of `action` and `wait` is set."""

    type: str
    when: CheckedExpression | None
    action: Action | None = None
    wait: Wait | None = None


def compile_steps(
    documents: Sequence[dict[str, Any]], scope: ActionScope, phase: Phase, *, old: bool
) -> tuple[Step, ...] | None:
    """The steps in order, or None after adding findings. Names that actions create are seen by later ones."""
    steps = [_compile(document, scope.at(str(n)), phase, old=old) for n, document in enumerate(documents)]
    ready = tuple(step for step in steps if step is not None)
    return ready if len(ready) == len(steps) else None


def _compile(document: dict[str, Any], scope: ActionScope, phase: Phase, *, old: bool) -> Step | None:
    context = scope.context
    kind = str(document.get("type", ""))
    registry = context.registries["action"]
    if kind != WAIT and kind not in registry:
        known = [WAIT, *registry]
        context.unknown("unknown_action", f"{scope.pointer}/type", kind, known, text("动作", "action"))
        return None
    if not _allowed(kind, phase, scope):
        return None
    names = context.scope(scope.shape, variables=scope.variables, row=scope.row, old=old)
    when = None
    if document.get("when", True) is not True:
        when = context.expression(document["when"], f"{scope.pointer}/when", names, expect=t.BOOL)
        if when is None:
            return None
    model = WaitParams if kind == WAIT else registry[kind].Params
    raw = {key: value for key, value in document.items() if key not in {"type", "when"}}
    params = read_model(model, raw, scope.pointer, context.findings)
    if params is None:
        return None
    if isinstance(params, WaitParams):
        wait = _wait(params, scope, old=old)
        return Step(kind, when, wait=wait) if wait is not None else None
    action: Action | None = registry[kind].compile(params, scope)
    if action is None or not _stays_at_home(action, phase, scope):
        return None
    return Step(kind, when, action=action)


def _allowed(kind: str, phase: Phase, scope: ActionScope) -> bool:
    if phase == "before" and kind not in MAY_RUN_BEFORE:
        scope.context.error(
            "not_before_save",
            f"{scope.pointer}/type",
            text(f"保存前的规则不能使用“{kind}”。", f"A rule before saving cannot use '{kind}'."),
            text(
                "请改为 phase: after，或只用 set_fields、forbid。",
                "Use phase: after, or only set_fields and forbid.",
            ),
        )
        return False
    if phase == "after" and kind in ONLY_BEFORE:
        scope.context.error(
            "only_before_save",
            f"{scope.pointer}/type",
            text(f"“{kind}”只能用在保存前的规则中。", f"'{kind}' belongs into a rule before saving."),
            text("请设 phase: before。", "Use phase: before."),
        )
        return False
    return True


def _stays_at_home(action: Action, phase: Phase, scope: ActionScope) -> bool:
    if phase == "after" or not isinstance(action, SetFields) or action.target is None:
        return True
    scope.context.error(
        "not_before_save",
        f"{scope.pointer}/target",
        text(
            "保存前的规则只能写本记录的字段。",
            "A rule before saving writes fields of the record itself only.",
        ),
        text("请改为 phase: after，或删除 target。", "Use phase: after, or remove target."),
    )
    return False


def _wait(params: WaitParams, scope: ActionScope, *, old: bool) -> Wait | None:
    context = scope.context
    if (params.span is None) == (params.until is None):
        context.error(
            "wait_unclear",
            scope.pointer,
            text("等待须写明 for 或 until 之一。", "A wait says either for or until."),
            text('例如 {"type": "wait", "for": "3d"}。', 'For example {"type": "wait", "for": "3d"}.'),
        )
        return None
    if params.span is not None:
        return Wait(span=parse_span(params.span))
    if params.until is None:
        return None
    names = context.scope(scope.shape, variables=scope.variables, old=old)
    pointer = f"{scope.pointer}/until/expr"
    until = context.expression(params.until.expr, pointer, names)
    if until is not None and until.type.kind not in {"date", "datetime"}:
        context.error(
            "not_a_moment",
            pointer,
            text(
                f"此处需要日期或日期时间，而这是{until.type.label['zh']}。",
                f"A date or a moment is needed here; this is a {until.type.label['en']}.",
            ),
            text("请改用日期类字段或表达式。", "Use a date field or an expression that gives one."),
        )
        return None
    return Wait(until=until) if until is not None else None
