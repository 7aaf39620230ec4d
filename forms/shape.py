"""What expressions see of a form or child table: names and types."""

from __future__ import annotations

from collections.abc import Iterable

from engine.expressions import Shape, Type

PART = "__"
"""Between the key of a field and the name of one of its parts: `period__start` is the column of
`period.start`. No field of a document has it in its key.
"""


WHOLE = "_whole_"
"""Before the key of a field in the path of a filter: compare its whole value, masked or encrypted as it is."""


class FormShape:
    """The names and types that expressions see; `types` may be filled while forms are compiled.

    `whole` are fields that are written part by part: `period.start` has a type, `period` has none. `tree` is
    the field that names the record above, where the records form a tree. `sealed` are encrypted fields,
    which SQL cannot read. `labels` lead from what people call a field or child table to its key. `referred`
    are the backlinks: the shape of the records they list, and the field by which these refer here. `place` is
    set for the rows of another app's child table: `hr.employee.skills`.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.types: dict[str, Type] = {}
        self.tree: str | None = None
        self.children: dict[str, FormShape] = {}
        self.whole: set[str] = set()
        self.sealed: set[str] = set()
        self.labels: dict[str, str] = {}
        self.referred: dict[str, tuple[FormShape, str]] = {}
        self.place = ""

    def type_of(self, name: str) -> Type | None:
        return self.types.get(name)

    def names(self) -> Iterable[str]:
        return [*(name for name in self.types if PART not in name), *self.whole, *self.children]

    def parts(self, name: str) -> list[str]:
        """The names of the parts of a field."""
        return [each.removeprefix(name + PART) for each in self.types if each.startswith(name + PART)]

    def child(self, name: str) -> Shape | None:
        return self.children.get(name)

    def referring(self, name: str) -> Shape | None:
        """The shape of the records that a backlink lists."""
        found = self.referred.get(name)
        return found[0] if found is not None else None

    def called(self, label: str) -> str | None:
        """The key of what people call so."""
        return self.labels.get(label)
