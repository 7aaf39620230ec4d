"""How exported cells call the records that references name, so that an import finds the same ones."""

from __future__ import annotations

from collections.abc import Iterable

from engine.storage.columns import decode_json
from engine.storage.driver import MARK
from forms.access import Access
from forms.cells import join_cell
from forms.compiled import Form
from forms.imports.references import naming_fields
from forms.prefetch import visible
from forms.system_forms import SYSTEM_FORMS
from forms.tables import quoted

_AT_ONCE = 500


class Names:
    """Names by form and id, asked for page by page and remembered. A record that the person may not see
    is called by its id.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._known: dict[tuple[str, str], str] = {}

    def __call__(self, form: str, record: str) -> str:
        return self._known.get((form, record), record)

    def learn(self, access: Access, form: str, ids: Iterable[str]) -> None:
        """Find the names of records of a form."""
        wanted = sorted({each for each in ids if (form, each) not in self._known})
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            found = (
                self._people(access, form, part)
                if form in SYSTEM_FORMS
                else self._records(access, form, part)
            )
            self._known.update({(form, key): found.get(key, key) for key in part})

    def _people(self, access: Access, form: str, ids: list[str]) -> dict[str, str]:
        """`李娜 [li]`: names of people are not unique."""
        system = SYSTEM_FORMS[form]
        marks = ", ".join([MARK[access.work.runtime.database.dialect]] * len(ids))
        rows = access.work.rows(
            f"SELECT id, {system.label} FROM {system.table} WHERE id IN ({marks})",
            tuple(ids),
        )
        named = {}
        for key, stored in rows:
            label = decode_json(stored)
            shown = label.get(self._language) if isinstance(label, dict) else label
            named[key] = key if not shown or shown == key else f"{shown} [{key}]"
        return named

    def _records(self, access: Access, key: str, ids: list[str]) -> dict[str, str]:
        access, key = access.home(key)
        form: Form = access.app.kind("form")[key]
        grants = access.seen(key)
        naming = next((each for each in naming_fields(form) if grants.always_shows(each)), None)
        if naming is None or not grants:
            return {}
        seen = set(ids) if grants.unlimited else visible(access, form, grants, ids)
        marks = ", ".join([MARK[access.work.runtime.database.dialect]] * len(ids))
        text = (
            f"SELECT {quoted('id')}, {quoted(form.column_of(naming))} FROM {quoted(form.table)} "
            f"WHERE {quoted('id')} IN ({marks})"
        )
        alone = any(rule.fields == (naming,) and rule.when is None for rule in form.uniques)
        return {
            each: str(name) if alone and "[" not in str(name) else f"{name} [{each}]"
            for each, name in access.work.rows(text, tuple(ids))
            if each in seen and name is not None
        }


def joined(names: Names, form: str, ids: Iterable[str]) -> str:
    """Several records in one cell."""
    return join_cell(names(form, each) for each in ids)
