"""Which form, child table or field of the version before is which one of the version after.

`aligned` gives the forms before under the names they have after: a renamed field has its new key there and
still its old column. So what compares two versions needs to know nothing of renaming.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from forms.compiled import ChildTable, Field, Form, FormShape, RowKind

R = TypeVar("R", Form, ChildTable)
Key = str
Names = dict[Key, Key]
"""New key -> key before."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """Something that has another key: `place` is the form, or form and child table, of a field."""

    form: str
    child: str | None
    before: str
    after: str
    what: str


def renamed_keys(before: Iterable[str], after: Mapping[str, Any]) -> Names:
    """What each key of `after` was called before, for those that say so with reason. `after` holds what has
    an attribute `renamed_from`.
    """
    old, found = set(before), Names()
    for key, document in after.items():
        said = getattr(document, "renamed_from", None)
        if said is not None and key not in old and said in old and said not in after:
            found[key] = said
    return found


def documents(row: RowKind) -> dict[str, Any]:
    """The documents of what stands in a row: its fields, and the child tables of a form."""
    found = {key: each.kind.options for key, each in row.fields.items() if not each.system}
    if isinstance(row, Form):
        found |= {key: child.document for key, child in row.children.items()}
    return found


def form_names(before: Mapping[str, Form], after: Mapping[str, Form]) -> Names:
    """What each renamed form was called before."""
    return renamed_keys(before, {key: form.document for key, form in after.items()})


def row_names(before: RowKind, after: RowKind) -> Names:
    """What each renamed field or child table was called before."""
    return renamed_keys(documents(before), documents(after))


def aligned(before: Mapping[str, Form], after: Mapping[str, Form]) -> dict[str, Form]:
    """The forms before, under the names they have after."""
    names = form_names(before, after)
    gone = set(names.values())
    targets = {old: new for new, old in names.items()}
    found = {}
    for key, form in before.items():
        if key in after or key not in gone:
            found[key] = _row(form, after.get(key), key, targets)
    for new, old in names.items():
        found[new] = _row(before[old], after[new], new, targets)
    for key, form in found.items():
        form.children = {
            name: _row(child, after[key].children.get(name) if key in after else None, name, targets)
            for name, child in _children(form, after.get(key)).items()
        }
    return found


def _children(before: Form, after: Form | None) -> dict[str, ChildTable]:
    names = {old: new for new, old in row_names(before, after).items()} if after is not None else {}
    return {names.get(key, key): child for key, child in before.children.items()}


def _row(before: R, after: RowKind | None, key: str, targets: Names) -> R:
    """A row of the version before as a copy of its own, with the names of the version after."""
    names = {old: new for new, old in row_names(before, after).items()} if after is not None else {}
    fields = {
        names.get(name, name): _field(each, names.get(name, name), targets)
        for name, each in before.fields.items()
    }
    made = replace(before, key=key, fields=fields, sql={}, shape=FormShape(key))
    made.settle()
    return made


def _field(field: Field, key: str, targets: Names) -> Field:
    parts = tuple(replace(part, key=part.key.replace(field.key, key, 1)) for part in field.parts)
    said = field.value_type
    if said.form in targets:
        said = replace(said, form=targets[str(said.form)])
    elif said.item is not None and said.item.form in targets:
        said = replace(said, item=replace(said.item, form=targets[str(said.item.form)]))
    return replace(field, key=key, parts=parts, value_type=said)


def renames(before: Mapping[str, Form], after: Mapping[str, Form]) -> Iterator[Renamed]:
    """Everything that has another key after: forms first, then child tables, then fields."""
    forms = form_names(before, after)
    for new, old in forms.items():
        yield Renamed(new, None, old, new, "form")
    for key, form in after.items():
        was = before.get(forms.get(key, key))
        if was is None:
            continue
        names = row_names(was, form)
        for new, old in names.items():
            yield Renamed(key, None, old, new, "child" if new in form.children else "field")
        for name, child in form.children.items():
            earlier = was.children.get(names.get(name, name))
            if earlier is not None:
                for new, old in row_names(earlier, child).items():
                    yield Renamed(key, name, old, new, "field")


def row_pairs(
    before: Mapping[str, Form], after: Mapping[str, Form]
) -> Iterator[tuple[Form, str | None, RowKind, RowKind]]:
    """(form after, child, row before, row after) of each row that both versions have; `before` is aligned."""
    for key, form in after.items():
        if key not in before:
            continue
        yield form, None, before[key], form
        for name, child in form.children.items():
            if name in before[key].children:
                yield form, name, before[key].children[name], child
