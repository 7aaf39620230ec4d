"""What fields are called after a publish: one mapping for everything that keeps their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forms.evolution.evolution import Evolution

Names = dict[str, str]
"""Old key -> new key."""


@dataclass(frozen=True, slots=True)
class NewNames:
    """Those of one form: `fields` of the form itself (None) and of its child tables, which have their new keys
    here. `moved` are fields of the form, by their new keys, that are child.field now.
    """

    fields: dict[str | None, Names] = field(default_factory=dict)
    moved: Names = field(default_factory=dict)

    def of(self, name: str) -> str:
        """A field, a child table, or child.field as it is called now."""
        path = self.kept(name)
        return self.moved.get(path, path)

    def kept(self, name: str) -> str:
        """The same for what stays where it was, although another field has its values now."""
        head, mark, rest = name.partition(".")
        head = self.fields.get(None, {}).get(head, head)
        return head + mark + self.fields.get(head, {}).get(rest, rest)


def new_form_names(found: Evolution) -> Names:
    """The forms that have another key."""
    return {each.before: each.after for each in found.renamed if each.what == "form"}


def new_names(found: Evolution) -> Mapping[str, NewNames]:
    """By the new key of a form; forms in which all is called as before are left out."""
    names: dict[str, NewNames] = {}
    for each in found.renamed:
        if each.what != "form":
            here = names.setdefault(each.form, NewNames())
            here.fields.setdefault(each.child, {})[each.before] = each.after
    for move in found.moved:
        here = names.setdefault(move.form.key, NewNames())
        here.moved.update({old.key: f"{move.child}.{new.key}" for old, new in move.fields})
    return dict(sorted(names.items()))
