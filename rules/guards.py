"""What a condition says about single values: fields that must have one of a few values for it to hold."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from engine.expressions.tree import Boolean, Items, Name, Operation, Text, Tree
from forms.compiled import Form

Found = dict[str, frozenset[Hashable]]
EXACT = frozenset({"text", "choice", "ref"})
"""Kinds whose value in memory is the very text that stands in the condition."""


def guards(tree: Tree, form: Form) -> Mapping[str, frozenset[Hashable]]:
    """Field -> values outside of which the condition cannot be true. Says nothing where unsure."""
    return _read(tree, form)


def _read(tree: Tree, form: Form) -> Found:
    if isinstance(tree, Name):
        return _one(tree, frozenset({True}), form, frozenset({"bool"}))
    if not isinstance(tree, Operation):
        return {}
    match tree.operator:
        case "and":
            return _all_of([_read(part, form) for part in tree.operands])
        case "or":
            return _any_of([_read(part, form) for part in tree.operands])
        case "not":
            return _negated(tree.operands[0], form)
        case "=":
            left, right = tree.operands
            return _equal(left, right, form) or _equal(right, left, form)
        case "in":
            return _among(tree.operands[0], tree.operands[1], form)
    return {}


def _negated(tree: Tree, form: Form) -> Found:
    return _one(tree, frozenset({False}), form, frozenset({"bool"})) if isinstance(tree, Name) else {}


def _equal(field: Tree, value: Tree, form: Form) -> Found:
    if isinstance(value, Text):
        return _one(field, frozenset({value.value}), form, EXACT)
    if isinstance(value, Boolean):
        return _one(field, frozenset({value.value}), form, frozenset({"bool"}))
    return {}


def _among(field: Tree, items: Tree, form: Form) -> Found:
    if not isinstance(items, Items):
        return {}
    values = [item.value for item in items.items if isinstance(item, Text)]
    return _one(field, frozenset(values), form, EXACT) if len(values) == len(items.items) else {}


def _one(field: Tree, values: frozenset[Hashable], form: Form, kinds: frozenset[str]) -> Found:
    if not isinstance(field, Name) or len(field.parts) != 1:
        return {}
    found = form.fields.get(field.parts[0])
    # A value that is computed when read costs more to look at than the rule to evaluate.
    fits = found is not None and found.stored and found.value_type.kind in kinds
    return {field.parts[0]: values} if fits else {}


def _all_of(parts: list[Found]) -> Found:
    found: Found = {}
    for part in parts:
        for name, values in part.items():
            found[name] = found[name] & values if name in found else values
    return found


def _any_of(parts: list[Found]) -> Found:
    shared = set.intersection(*(set(part) for part in parts))
    return {name: frozenset().union(*(part[name] for part in parts)) for name in shared}
