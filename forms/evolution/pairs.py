"""Which form, child table or field of the version before is which one of the version after.

`aligned` gives the forms before under the names they have after: a renamed field has its new key there and
still its old column. So what compares two versions needs to know nothing of renaming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from forms.compiled import ChildTable, Field, Form, RowKind
from forms.schema import SubtableDocument
from forms.shape import PART, FormShape

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


def renamed_keys(before: Mapping[str, Any], after: Mapping[str, Any]) -> Names:
    """What each key of `after` was called before, for those that say so with reason. Both hold what has an
    attribute `renamed_from`, by key.

    A key that is renamed to has to be free, or be given up by something that is renamed itself: two may change
    places. What has a key that it gives up to nobody stays what it is. No field was a child table before.
    """
    found = {
        key: said
        for key, document in after.items()
        if (said := _said(document)) in before and _is_table(before[said]) == _is_table(document)
    }
    while wrong := _stuck(found, before, after) or _doubled(found):
        for key in wrong:
            del found[key]
    return {key: said for key, said in found.items() if _news(key, found, before, after)}


def _said(document: Any) -> Any:
    return getattr(document, "renamed_from", None)


def _is_table(document: Any) -> bool:
    return isinstance(document, SubtableDocument)


def _stuck(found: Names, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Key]:
    """Those whose old key is still that of something else, or whose new one somebody keeps."""
    given_up = set(found.values())
    return [
        key
        for key, said in found.items()
        if key == said or (said in after and said not in found) or (key in before and key not in given_up)
    ]


def _doubled(found: Names) -> list[Key]:
    """Only one thing can have been another."""
    last = {said: key for key, said in found.items()}
    return [key for key, said in found.items() if last[said] != key]


def _news(key: str, found: Names, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Documents go on saying what they were called: keys that changed places once do so again only where what
    else is said of them changes places, too.
    """
    circle, step = [key], found[key]
    while step != key and step in found:
        circle.append(step)
        step = found[step]
    if step != key or any(_said(before[each]) != found[each] for each in circle):
        return True
    now = {each: _content(after[each]) for each in circle}
    then = {each: _content(before[each]) for each in circle}
    return now != then and all(now[each] == then[found[each]] for each in circle)


def _content(document: BaseModel) -> dict[str, Any]:
    return document.model_dump(exclude={"key", "renamed_from"})


def documents(row: RowKind) -> dict[str, Any]:
    """The documents of what stands in a row: its fields, and the child tables of a form."""
    found = {key: each.kind.options for key, each in row.fields.items() if not each.system}
    if isinstance(row, Form):
        found |= {key: child.document for key, child in row.children.items()}
    return found


def form_names(before: Mapping[str, Form], after: Mapping[str, Form]) -> Names:
    """What each renamed form was called before."""
    return renamed_keys(*({key: form.document for key, form in each.items()} for each in (before, after)))


def row_names(before: RowKind, after: RowKind) -> Names:
    """What each renamed field or child table was called before."""
    return renamed_keys(documents(before), documents(after))


def aligned(before: Mapping[str, Form], after: Mapping[str, Form]) -> dict[str, Form]:
    """The forms before, under the names they have after."""
    targets = {old: new for new, old in form_names(before, after).items()}
    names = {key: targets.get(key, key) for key in before}
    return {new: _form(before[old], after.get(new), new, targets) for old, new in names.items()}


def aligned_child(before: ChildTable, after: ChildTable) -> ChildTable:
    """The same for a child table that comes back out of the park."""
    return _row(before, after, after.key, {})


def _form(before: Form, after: Form | None, key: str, targets: Names) -> Form:
    """A form of the version before with the names of the version after; what names its fields, too."""
    names = {old: new for new, old in row_names(before, after).items()} if after is not None else {}
    made, renamed = _row(before, after, key, targets), _spelled(names)
    made.title = names.get(before.title, before.title)
    made.indexes = tuple(tuple(map(renamed, each)) for each in before.indexes)
    made.search = tuple(names.get(each, each) for each in before.search)
    made.children = {
        (name := names.get(old, old)): _row(
            child, after.children.get(name) if after is not None else None, name, targets
        )
        for old, child in before.children.items()
    }
    return made


def _row(before: R, after: RowKind | None, key: str, targets: Names) -> R:
    """A row of the version before as a copy of its own, with the names of the version after."""
    names = {old: new for new, old in row_names(before, after).items()} if after is not None else {}
    fields = {
        names.get(name, name): _field(each, names.get(name, name), targets)
        for name, each in before.fields.items()
    }
    made = replace(before, key=key, fields=fields, sql={}, shape=FormShape(key))
    made.uniques = tuple(
        replace(rule, fields=tuple(names.get(each, each) for each in rule.fields)) for rule in before.uniques
    )
    made.apart = tuple(rule.renamed(_spelled(names)) for rule in before.apart)
    made.settle()
    return made


def _spelled(names: Names) -> Callable[[str], str]:
    """What a field, or a part of one, is called after; `names` are by the key before."""

    def renamed(name: str) -> str:
        whole, mark, part = name.partition(PART)
        return names.get(whole, whole) + mark + part

    return renamed


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
