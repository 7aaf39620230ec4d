"""The definition kind of print templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.definitions.context import Context
from engine.definitions.places import Asked, Place
from engine.expressions import types as t
from engine.findings import Text
from engine.protocols import DefinitionKind
from forms.compiled import Form
from forms.printing.schema import PrintTemplateDocument
from forms.printing.template import compile_template, row_scope


class PrintTemplateKind(DefinitionKind):
    """How records of a form are printed, as HTML and as PDF."""

    type = "print_template"
    folder = "print_templates"
    rank = 45
    Model = PrintTemplateDocument

    def check_and_compile(self, documents: Mapping[str, Any], context: Context) -> dict[str, Any]:
        compiled: dict[str, Any] = {}
        forms: Mapping[str, Form] = context.compiled["form"]
        for key, document in documents.items():
            form = forms.get(document.form)
            if form is None:
                context.unknown(
                    "unknown_form",
                    f"/print_templates/{key}/form",
                    document.form,
                    forms,
                    Text(zh="表单", en="form"),
                )
                continue
            made = compile_template(document, form, context)
            if made is not None:
                compiled[key] = made
        return compiled

    def place(self, asked: Asked, document: Mapping[str, Any], context: Context) -> Place | None:
        """value, condition; `child` names the child table of an each around it."""
        form: Form | None = context.compiled["form"].get(str(asked.get("form") or document.get("form")))
        if form is None or asked.get("place") not in {"value", "condition"}:
            return None
        child = form.children.get(str(asked.get("child")))
        if asked.get("child") is not None and child is None:
            return None
        expect = t.BOOL if asked["place"] == "condition" else None
        return Place(row_scope(form, child, context), expect)
