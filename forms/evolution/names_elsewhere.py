"""What the platform keeps about records names their form and fields; it follows when these get other keys."""

from __future__ import annotations

from collections.abc import Mapping

from engine.definitions.app import CompiledApp
from engine.storage.unit_of_work import UnitOfWork
from forms.by_table import form_by_table
from forms.compiled import Form
from forms.evolution import repository
from forms.evolution.evolution import Evolution, form_of_entry
from forms.evolution.link_names import carry_link_names
from forms.evolution.new_names import NewNames, new_form_names, new_names
from forms.evolution.rename_at_once import conditions, rename_at_once
from forms.evolution.repository import Parked
from forms.evolution.shared_names import carry_shared_names
from forms.tables import quoted

NAMING_FORMS = (
    "ff_record_lock",
    "ff_record_share",
    "ff_recycled",
    "ff_notification",
    "ff_file_link",
    "ff_flow_instance",
    "ff_rule_run",
    "ff_rule_due",
    "ff_rule_sequence",
    "ff_bulk",
    "ff_search_token",
    "ff_comment",
    "ff_public_link",
    "ff_transfer",
)
"""Tables of the platform whose `form` follows a form that is renamed. The log stays as it was written."""
NAMING_FIELDS = {"ff_file_link": ("file", "record"), "ff_search_token": ("token", "record")}
"""Those that name a field in `field`, that of a child table as child.field, and what a row is told by besides."""
HELD = {"ff_file_link": " AND o.until IS NULL"}
"""Which of two rows that get the same name stays: that of a file which is held."""


def carry_names(work: UnitOfWork, after: CompiledApp, found: Evolution) -> None:
    """Let everything that names what was renamed name it by its new key."""
    forms, names = new_form_names(found), new_names(found)
    for table in NAMING_FORMS:
        rename_at_once(work, table, "form", forms, {"app": after.key})
    for form, called in names.items():
        place = {"app": after.key, "form": form}
        for table in NAMING_FIELDS:
            _carry_fields(work, table, place, called)
    if found.renamed:
        _carry_parked(work, after, names)
    carry_shared_names(work, after.key, names)
    carry_link_names(work, after.key, names)


def _carry_fields(work: UnitOfWork, table: str, place: Mapping[str, str], called: NewNames) -> None:
    """The names there are, each as it is now. A field that moved into a child table leaves a parked column,
    which holds on to what it had.
    """
    condition, params = conditions(work, place)
    stored = [row[0] for row in work.rows(f"SELECT DISTINCT field FROM {table} WHERE {condition}", params)]
    names = {old: new for old in stored if (new := called.kept(old)) != old}
    for old, new in names.items():
        if new in stored and new not in names:
            _make_way(work, table, place, old, new)
    rename_at_once(work, table, "field", names, place)


def _make_way(work: UnitOfWork, table: str, place: Mapping[str, str], old: str, new: str) -> None:
    """Of rows that would be alike, left by a field that had the new name once, one stays."""
    alike = " AND ".join(f"o.{quoted(each)} = {table}.{quoted(each)}" for each in NAMING_FIELDS[table])
    for there, other, held in ((new, old, HELD.get(table, "")), (old, new, "")):
        condition, params = conditions(work, {**place, "field": there}, table)
        same, others = conditions(work, {**place, "field": other}, "o")
        text = f"DELETE FROM {table} WHERE {condition} AND EXISTS (SELECT 1 FROM {table} AS o WHERE {same} AND {alike}{held})"
        work.run(text, [*params, *others])


def _carry_parked(work: UnitOfWork, after: CompiledApp, names: Mapping[str, NewNames]) -> None:
    """A parked form, child table or field keeps the key it had; what stands above it, or was converted, may not.
    Another that took the key of what is parked since is told from it by its table.
    """
    for entry in repository.of_app(work, after.key):
        above = form_of_entry(work, entry) if (entry.child, entry.key) != (None, None) else None
        form = form_by_table(after, above.table) if above is not None else None
        if form is not None:
            place = _place_now(entry, form, names.get(form.key, NewNames()))
            if place != entry.place:
                repository.move(work, entry.id, place)


def _place_now(entry: Parked, form: Form, called: NewNames) -> tuple[str, str | None, str | None]:
    """What an entry in `form` is called now; the child table that it is in may be parked itself."""
    if entry.key is None:
        return form.key, entry.child, None
    children = {form.table: None, **{child.table: key for key, child in form.children.items()}}
    if entry.table_name not in children:
        return form.key, entry.child, entry.key
    child = children[entry.table_name]
    renamed = called.fields.get(child, {}) if entry.reason == "converted" else {}
    return form.key, child, renamed.get(entry.key, entry.key)
