"""What the platform keeps about records names their form and fields; it follows when these get other keys."""

from __future__ import annotations

from engine.definitions.app import CompiledApp
from engine.storage.driver import MARK
from engine.storage.unit_of_work import UnitOfWork
from forms.evolution import repository
from forms.evolution.evolution import Evolution
from forms.evolution.pairs import Renamed
from forms.evolution.shared_names import carry_shared_names

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
NAMING_FIELDS = ("ff_file_link", "ff_search_token")
"""Those that name a field in `field`; that of a child table as child.field."""


def carry_names(work: UnitOfWork, after: CompiledApp, found: Evolution) -> None:
    """Let everything that names what was renamed name it by its new key."""
    for renamed in found.renamed:
        _carry(work, after.key, renamed)
        repository.rename(
            work, after.key, renamed.form, renamed.child, renamed.before, renamed.after, renamed.what
        )
    carry_shared_names(work, after.key, found)


def _carry(work: UnitOfWork, app: str, renamed: Renamed) -> None:
    mark = MARK[work.runtime.database.dialect]
    if renamed.what == "form":
        for table in NAMING_FORMS:
            text = f"UPDATE {table} SET form = {mark} WHERE app = {mark} AND form = {mark}"
            work.run(text, (renamed.after, app, renamed.before))
        return
    old, new = (f"{renamed.child}.{key}" if renamed.child else key for key in (renamed.before, renamed.after))
    for table in NAMING_FIELDS:
        text = f"UPDATE {table} SET field = {mark} WHERE app = {mark} AND form = {mark} AND field = {mark}"
        work.run(text, (new, app, renamed.form, old))
        if renamed.what == "child":
            _carry_rows(work, table, app, renamed, mark)


def _carry_rows(work: UnitOfWork, table: str, app: str, renamed: Renamed, mark: str) -> None:
    """The fields of a child table that has another key."""
    text = (
        f"UPDATE {table} SET field = {mark} || substr(field, {mark}) "
        f"WHERE app = {mark} AND form = {mark} AND field LIKE {mark}"
    )
    old = f"{renamed.before}."
    work.run(text, (f"{renamed.after}.", len(old) + 1, app, renamed.form, f"{old}%"))
