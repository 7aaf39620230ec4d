"""What a report can read: forms, their child tables and what references lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.definitions.app import split_key
from engine.expressions import Shape
from engine.findings import Text
from forms.compiled import Field, Form, RowKind
from forms.shape import PART
from forms.system_forms import SYSTEM_FORMS
from reports.planned import Source

Shapes = Callable[[str], Shape | None]


@dataclass(frozen=True, slots=True)
class Sources:
    """The shapes a reader sees (or all, at publish) and the forms they belong to."""

    shapes: Shapes
    forms: Mapping[str, Form]
    readable: Callable[[str], bool] = lambda _form: True

    def shape(self, source: Source) -> Shape | None:
        """The shape of the rows a report reads; None when there are none for this reader."""
        shape = self.shapes(source.form) if self.readable(source.form) else None
        return shape.child(source.child) if shape and source.child else shape

    def parent(self, source: Source) -> Shape | None:
        """The shape of the record around child rows."""
        return self.shapes(source.form) if source.child else None

    def label(self, source: Source, path: tuple[str, ...]) -> Text | None:
        """The label of the field at the end of a path."""
        field = self._field(source, path)
        return Text(zh=field.label["zh"], en=field.label["en"]) if field else None

    def options(self, source: Source, path: tuple[str, ...]) -> dict[str, Text]:
        """The labels of the options of the field at the end of a path; empty when it is no choice."""
        field = self._field(source, path)
        kind = getattr(field.kind, "result", None) or field.kind if field else None
        choices = getattr(kind, "choices", None) or {}
        return {key: Text(zh=option.label.zh, en=option.label.en) for key, option in choices.items()}

    def _field(self, source: Source, path: tuple[str, ...]) -> Field | None:
        form: Form | None = self.forms.get(source.form)
        if form is None or not path:
            return None
        row: RowKind | None = form.children[source.child] if source.child else form
        if source.child and path[0] == "parent":
            row, path = form, path[1:]
        found: Field | None = None
        while path:
            part = row.find(PART.join(path[:2])) if row is not None and len(path) > 1 else None
            found = part or (row.find(path[0]) if row is not None else None)
            row = self.forms.get(found.value_type.form or "") if found is not None else None
            path = path[2:] if part is not None else path[1:]
        return found

    def known(self) -> list[str]:
        """Forms and child tables by the name a report gives them."""
        names = []
        for key, form in self.forms.items():
            if not split_key(key)[0] and self.readable(key):
                names.append(key)
                names += [f"{key}.{child}" for child in form.children]
        return names + [key for key in SYSTEM_FORMS if self.readable(key)]
