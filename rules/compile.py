"""One rule document to a compiled rule, with findings for what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from engine.definitions.check import read_model
from engine.definitions.context import Context
from engine.definitions.places import Place
from engine.expressions import CheckedExpression
from engine.expressions import types as t
from engine.findings import text
from engine.protocols import ActionScope
from forms.actions.set_fields import SetFields
from forms.compiled import Form
from forms.shape import PART
from rules.compiled import Rule, Sets
from rules.guards import guards
from rules.quiet import quiet
from rules.schema import RuleDocument
from rules.steps import Step, compile_steps
from rules.trigger import Occasion, Timer, TriggerScope, is_stored

NEVER = object()


def compile_rule(document: RuleDocument, context: Context) -> Rule | None:
    """The compiled rule; None when it is wrong (with findings) or switched off."""
    pointer = f"/rules/{document.key}"
    form: Form | None = context.compiled.get("form", {}).get(document.form)
    if form is None:
        known = context.compiled.get("form", {})
        context.unknown("unknown_form", f"{pointer}/form", document.form, known, text("表单", "form"))
        return None
    trigger = _trigger(document.trigger, f"{pointer}/trigger", form, context)
    old = isinstance(trigger, Occasion)
    when = _condition(document.when, f"{pointer}/when", form, context, old=old)
    cancel = _condition(document.cancel_when, f"{pointer}/cancel_when", form, context, old=False)
    scope = ActionScope(context, f"{pointer}/actions", form.shape, dict(context.variables))
    steps = compile_steps(document.actions, scope, document.phase, old=old)
    if trigger is None or steps is None or not _fits_phase(document, trigger, pointer, context):
        return None
    _advise(document, steps, pointer, context)
    if not document.enabled or when is NEVER:
        return None
    rule = _rule(document, form, trigger, steps, _plain(when), _plain(cancel))
    return replace(rule, names=tuple(scope.variables.keys() - context.variables.keys()))


def condition_place(document: Mapping[str, Any], form: Form, context: Context, *, cancel: bool) -> Place:
    """The condition of a rule that may still be incomplete: one without a readable trigger follows changes."""
    trigger = document.get("trigger")
    aside = replace(context, findings=[], places={})
    timed = isinstance(trigger, dict) and isinstance(_trigger(trigger, "", form, aside), Timer)
    return Place(context.scope(form.shape, old=not timed and not cancel), t.BOOL)


def _trigger(
    document: Mapping[str, Any], pointer: str, form: Form, context: Context
) -> Occasion | Timer | None:
    registry = context.registries["trigger"]
    kind = str(document.get("type", ""))
    if kind not in registry:
        context.unknown(
            "unknown_trigger", f"{pointer}/type", kind, list(registry), text("触发方式", "trigger")
        )
        return None
    raw = {key: value for key, value in document.items() if key != "type"}
    params = read_model(registry[kind].Params, raw, pointer, context.findings)
    if params is None:
        return None
    made: Occasion | Timer | None = registry[kind].compile(params, TriggerScope(context, pointer, form))
    return made


def _condition(source: Any, pointer: str, form: Form, context: Context, *, old: bool) -> Any:
    """The checked condition; None for always true, NEVER for always false or wrong."""
    if isinstance(source, bool):
        return None if source else NEVER
    checked = context.expression(source, pointer, context.scope(form.shape, old=old), expect=t.BOOL)
    return NEVER if checked is None else checked


def _plain(condition: Any) -> CheckedExpression | None:
    return condition if isinstance(condition, CheckedExpression) else None


def _fits_phase(document: RuleDocument, trigger: Occasion | Timer, pointer: str, context: Context) -> bool:
    late = isinstance(trigger, Timer) or "delete" in trigger.events
    if document.phase == "before" and late:
        context.error(
            "not_before_save",
            f"{pointer}/phase",
            text(
                "保存前的规则只能由新建或修改触发。",
                "A rule before saving is triggered by created or updated only.",
            ),
            text("请改为 phase: after。", "Use phase: after."),
        )
        return False
    return True


def _advise(document: RuleDocument, steps: tuple[Step, ...], pointer: str, context: Context) -> None:
    waits = any(step.wait is not None for step in steps)
    if document.cancel_when is not False and not waits:
        context.warn(
            "nothing_to_cancel",
            f"{pointer}/cancel_when",
            text(
                "该规则没有等待步骤，cancel_when 不起作用。",
                "This rule never waits, so cancel_when has no effect.",
            ),
            text("请删除它，或加入 wait 步骤。", "Remove it, or add a wait."),
        )
    if document.when is False:
        context.warn(
            "never_fires",
            f"{pointer}/when",
            text("条件恒为假，该规则永远不会触发。", "The condition is always false; this rule never fires."),
            text("如要停用，请用 enabled: false。", "To switch it off, use enabled: false."),
        )
    if steps and steps[-1].wait is not None:
        context.warn(
            "idle_wait",
            f"{pointer}/actions/{len(steps) - 1}",
            text("最后一步是等待，之后没有动作。", "The last step is a wait with nothing after it."),
            text("请删除它，或在其后加入动作。", "Remove it, or add an action after it."),
        )


def _rule(
    document: RuleDocument,
    form: Form,
    trigger: Occasion | Timer,
    steps: tuple[Step, ...],
    when: CheckedExpression | None,
    cancel: CheckedExpression | None,
) -> Rule:
    timer = trigger if isinstance(trigger, Timer) else None
    settled = when is None or _is_settled(when, form)
    watched = {path[0] for path in timer.anchor.dependencies} if timer is not None else set()
    reads = sorted({path[0] for path in when.dependencies if form.find(path[0])}) if when is not None else []
    return Rule(
        key=document.key,
        form=document.form,
        label=document.label.model_dump(),
        phase=document.phase,
        priority=document.priority,
        occasion=trigger if isinstance(trigger, Occasion) else None,
        timer=timer,
        when=when,
        cancel_when=cancel,
        steps=steps,
        fingerprint=_fingerprint(document),
        guards=guards(when.tree, form) if when is not None else {},
        reads=tuple(reads),
        kept=_kept(reads, form),
        watch=frozenset(watched | {path[0] for path in when.dependencies} if when else watched)
        if settled
        else None,
        settled=settled,
        quiet=quiet(form, when, steps),
        sets=_sets(form, steps),
    )


def _sets(form: Form, steps: tuple[Step, ...]) -> Sets | None:
    """The assignments of steps that only set fields of one value each; None when there is more to them."""
    actions = [step.action for step in steps if isinstance(step.action, SetFields) and step.when is None]
    if len(actions) < len(steps):
        return None
    fields = [form.fields.get(each.key) for action in actions for each in action.assignments]
    if any(field is None or field.parts for field in fields):
        return None
    said = [{"type": each.type, "fields": sorted(one.key for one in each.assignments)} for each in actions]
    return Sets(tuple(one for each in actions for one in each.assignments), orjson.dumps(said).decode())


def _kept(reads: Iterable[str], form: Form) -> tuple[tuple[str, str, Callable[[Any], Any]], ...]:
    """The stored fields among `reads`: key, name, and how a value is kept."""
    found = [(name, form.find(name)) for name in reads]
    return tuple(
        (name, name.replace(PART, "."), field.codec.kept_of) for name, field in found if field is not None
    )


def _is_settled(when: CheckedExpression, form: Form) -> bool:
    """Whether the condition reads only what a save of the record itself can change."""
    if when.volatile or when.variables:
        return False
    return all(
        is_stored(form, path[0]) and len(path) <= (2 if path[0] in form.children else 1)
        for path in when.dependencies
    )


def _fingerprint(document: RuleDocument) -> str:
    raw = orjson.dumps(document.model_dump(mode="json", by_alias=True), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(raw).hexdigest()[:16]
