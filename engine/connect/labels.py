"""What people call a choice, found along the path that an expression reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.connect.values import Label
from engine.definitions.context import Context
from engine.expressions import CheckedExpression, Scope


def labels_of(checked: CheckedExpression, scope: Scope, context: Context) -> Mapping[str, Label] | None:
    """Labels by option key when `checked` gives the choice of one field; otherwise None."""
    if checked.type.kind not in {"choice", "choices"} or len(checked.dependencies) != 1:
        return None
    [path] = checked.dependencies
    forms: Mapping[str, Any] = context.reachable()
    form = forms.get(scope.shape.key)
    for name in path[:-1]:
        field = form.fields.get(name) if form is not None else None
        form = forms.get(field.value_type.form) if field is not None else None
    field = form.fields.get(path[-1]) if form is not None else None
    kind = getattr(field, "kind", None)
    # A derived field takes its options from the type that its value has.
    options = getattr(getattr(kind, "result", None) or kind, "choices", None)
    if not options:
        return None
    return {key: {"zh": option.label.zh, "en": option.label.en} for key, option in options.items()}
