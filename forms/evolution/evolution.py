"""What becomes of stored data between two versions of an app: what stays, comes back, changes and goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.definitions.app import CompiledApp
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import ChildTable, Field, Form, RowKind
from forms.evolution import repository
from forms.evolution.in_use import lost_in_use
from forms.evolution.likeness import alike
from forms.evolution.moves import Moved, Unmovable, moves
from forms.evolution.pairs import Renamed, aligned, aligned_child, renames, row_pairs
from forms.evolution.repository import Parked

Documents = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Changed:
    """A field whose stored values become those of another type: `before` in its old column. `original` is the
    parked column of an earlier change the other way, with the values as they were before it. `forms` are those
    of the version before, by the names of the version after.
    """

    form: Form
    child: str | None
    was: RowKind
    row: RowKind
    before: Field
    after: Field
    original: Field | None = None
    forms: Mapping[str, Form] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        """Where it stands, by keys."""
        return pointer_of(self.form.key, self.child, self.after.key)


@dataclass(frozen=True, slots=True)
class Gone:
    """A form (no `key`), child table or field that is no longer there. `broken`: its document still is.
    `moved`: its values are those of a field of a child table now.
    """

    form: Form
    child: str | None
    key: str | None
    row: RowKind
    field: Field | None
    broken: bool
    moved: bool = False

    @property
    def pointer(self) -> str:
        """Where it stood, by keys."""
        return pointer_of(self.form.key, self.child, self.key)


@dataclass(frozen=True, slots=True)
class Clash:
    """A new field, child table or form whose key is that of something parked which it is not."""

    parked: Parked
    pointer: str


@dataclass(slots=True)
class Evolution:
    """`before` are the forms before under the names they have after, with what comes back out of the park."""

    before: dict[str, Form]
    after: dict[str, Form]
    renamed: list[Renamed] = field(default_factory=list)
    restored: list[Parked] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    unmovable: list[Unmovable] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)


def pointer_of(form: str, child: str | None, key: str | None) -> str:
    """The place of a form, child table or field by keys: /forms/order/fields/lines/fields/qty."""
    return f"/forms/{form}" + "".join(f"/fields/{each}" for each in (child, key) if each is not None)


def evolution(work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Evolution:
    """Compare two versions; what is parked counts as there before where its key returns with a like field."""
    old: Mapping[str, Form] = before.kind("form") if before else {}
    new: dict[str, Form] = dict(after.kind("form"))
    found = Evolution(aligned(old, new), new, list(renames(old, new)))
    waiting = repository.of_app(work, after.key) if before is not None else []
    _bring_back(work, [each for each in waiting if each.reason != "converted"], found)
    found.changed = [
        _with_original(
            work, waiting, Changed(form, child, was, row, was.fields[key], each, forms=found.before)
        )
        for form, child, was, row in row_pairs(found.before, new)
        for key, each in row.fields.items()
        if key in was.fields and not each.system and _changes(work, was, was.fields[key], each)
    ]
    found.moved, found.unmovable = moves(work, found.before, new)
    left = {(each.form.key, None, before.key) for each in found.moved for before, _ in each.fields}
    found.gone = [
        replace(each, moved=(each.form.key, each.child, each.key) in left)
        for each in _gone(found.before, new, after.composition.documents.get("form", {}))
    ]
    return found


def _changes(work: UnitOfWork, row: RowKind, before: Field, after: Field) -> bool:
    if not (before.stored and after.stored):
        return False
    return not alike(before, after) or bool(lost_in_use(work, row, before, after))


def _with_original(work: UnitOfWork, parked: Sequence[Parked], changed: Changed) -> Changed:
    """With the newest parked column of this very field that holds values like those it is to have now."""
    place = (changed.form.key, changed.child, changed.after.key)
    for entry in parked:
        here = entry.place == place and entry.table_name == changed.was.table
        if entry.reason == "converted" and here and entry.purging_at is None:
            was = as_it_was(work, entry)
            if isinstance(was, Field) and alike(was, changed.after) and not alike(was, changed.before):
                return replace(changed, original=was)
    return changed


def _bring_back(work: UnitOfWork, parked: Sequence[Parked], found: Evolution) -> None:
    for entry in parked:
        here = _here(found, entry)
        if here is None or another_above(work, found.before, entry):
            continue
        was = as_it_was(work, entry)
        if was is None or entry.purging_at is not None or not _fits(was, here):
            found.clashes.append(Clash(entry, pointer_of(*entry.place)))
            continue
        _put_back(found, entry, was)
        found.restored.append(entry)


def _here(found: Evolution, entry: Parked) -> Form | ChildTable | Field | None:
    """What has the place of a parked entry now and was not there before."""
    form, earlier = found.after.get(entry.form), found.before.get(entry.form)
    if entry.key is None and entry.child is None:
        return form if earlier is None else None
    if form is None or earlier is None:
        return None
    if entry.key is None:
        return form.children.get(str(entry.child)) if entry.child not in earlier.children else None
    row: RowKind | None = form.children.get(entry.child) if entry.child else form
    was: RowKind | None = earlier.children.get(entry.child) if entry.child else earlier
    if row is None or was is None or entry.key in was.fields:
        return None
    return row.fields.get(entry.key) or (form.children.get(entry.key) if not entry.child else None)


def another_above(work: UnitOfWork, forms: Mapping[str, Form], entry: Parked) -> bool:
    """Whether the keys of the form, or form and child table, that an entry was in are those of another now."""
    form = forms.get(entry.form)
    if form is None or (entry.child, entry.key) == (None, None):
        return False
    if entry.key is None:
        above = form_of_entry(work, entry)
        return above is not None and above.table != form.table
    row: RowKind | None = form.children.get(entry.child) if entry.child else form
    return row is not None and row.table != entry.table_name


def form_of_entry(work: UnitOfWork, entry: Parked) -> Form | None:
    """The form that an entry is, or is in, in the last version that had it."""
    forms: Mapping[str, Form] = work.runtime.version(work, entry.app, entry.version - 1).kind("form")
    for form in forms.values():
        if entry.table_name in {row.table for row in (form, *form.children.values())}:
            return form
    return None


def as_it_was(work: UnitOfWork, entry: Parked) -> Form | ChildTable | Field | None:
    """The compiled thing in the last version that had it."""
    form = form_of_entry(work, entry)
    rows: tuple[RowKind, ...] = (form, *form.children.values()) if form is not None else ()
    row = next((row for row in rows if row.table == entry.table_name), None)
    if row is None or entry.column_name is None:
        return row  # type: ignore[return-value]
    return next((each for each in row.fields.values() if each.column == entry.column_name), None)


def _fits(was: Form | ChildTable | Field, here: Form | ChildTable | Field) -> bool:
    if isinstance(was, Field) or isinstance(here, Field):
        return isinstance(was, Field) and isinstance(here, Field) and here.stored and alike(was, here)
    return isinstance(was, Form) is isinstance(here, Form)


def _put_back(found: Evolution, entry: Parked, was: Form | ChildTable | Field) -> None:
    """Let what returns have been there before."""
    if isinstance(was, Form):
        found.before |= aligned({entry.form: was}, found.after)
        return
    form = found.before[entry.form]
    if isinstance(was, ChildTable):
        here = found.after[entry.form].children[str(entry.child)]
        form.children[here.key] = aligned_child(was, here)
        return
    row: RowKind = form.children[entry.child] if entry.child else form
    row.fields[str(entry.key)] = was
    row.settle()


def _gone(before: Mapping[str, Form], after: Mapping[str, Form], source: Documents) -> Iterator[Gone]:
    for key, form in before.items():
        if key not in after:
            yield Gone(form, None, None, form, None, key in source)
            continue
        written = _written(source.get(key, {}))
        yield from _gone_fields(form, None, form, after[key], written)
        for name, child in form.children.items():
            here = after[key].children.get(name)
            if here is None:
                yield Gone(form, name, None, child, None, name in written)
            else:
                yield from _gone_fields(form, name, child, here, _written(written.get(name, {})))


def _gone_fields(
    form: Form, child: str | None, before: RowKind, after: RowKind, written: Documents
) -> Iterator[Gone]:
    for key, each in before.fields.items():
        if key not in after.fields and not each.system:
            yield Gone(form, child, key, before, each, key in written)


def _written(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a form or child table as its document has them, by key."""
    return {str(each.get("key")): each for each in document.get("fields", ()) if isinstance(each, dict)}
