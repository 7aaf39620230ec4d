"""`set_fields`: write fields of the record, or of a record it refers to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field as Option

from engine.expressions import CheckedExpression
from engine.findings import Text
from engine.protocols import Action, ActionContext, ActionScope, Document
from forms import records
from forms.assignments import Assignment, compile_assignments, target_form
from forms.compiled import compiled_form


class SetFieldsParams(Document):
    """`target` is a path of references from the record, e.g. `customer`; default: the record itself."""

    target: str | None = None
    values: dict[str, Any] = Option(alias="set", min_length=1)


@dataclass(frozen=True, slots=True)
class SetFields(Action):
    registry = "action"
    type = "set_fields"
    Params = SetFieldsParams

    form: str
    target: CheckedExpression | None
    assignments: tuple[Assignment, ...]

    @classmethod
    def compile(cls, params: SetFieldsParams, scope: ActionScope) -> SetFields | None:
        target, form = None, scope.shape.key
        if params.target is not None:
            names = scope.context.scope(scope.shape, variables=scope.variables, row=scope.row)
            target = scope.context.expression(params.target, f"{scope.pointer}/target", names)
            if target is None:
                return None
            if target.type.kind != "ref" or target.type.form is None:
                scope.context.error(
                    "not_a_reference",
                    f"{scope.pointer}/target",
                    Text(zh="target 须为引用字段。", en="target must be a reference."),
                )
                return None
            form = target.type.form
        kind = target_form(form, scope, "target")
        assignments = compile_assignments(params.values, kind, scope.at("set")) if kind is not None else None
        return cls(form, target, assignments) if assignments is not None else None

    def run(self, context: ActionContext) -> dict[str, Any]:
        """Skips silently when the reference is empty: there is nothing to write to."""
        key = context.record["id"]
        if self.target is not None:
            key = self.target.evaluate(context.record, context.env)
            if key is None:
                return {"form": self.form, "record": None}
        values = {each.key: each.value(context.record, context.env) for each in self.assignments}
        written = records.update(context.work, compiled_form(context.app, self.form), key, values)
        if self.target is None:
            # later actions of the same run see what this one wrote
            context.record = written
        return {"form": self.form, "record": key, "fields": sorted(values)}

    def writes(self) -> frozenset[tuple[str, str]]:
        return frozenset((self.form, each.key) for each in self.assignments)
