"""The template of a form: its columns, lists of options, and a sheet that explains each column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import xlsxwriter

from engine.permissions.compiled import GrantSet
from forms.compiled import Field, Form
from forms.imports.mapping import Headers
from forms.transfers.sheet import sheet_name

Language = Literal["zh", "en"]
ROWS = 10_000
"""Rows below the header that have lists to choose from."""
INLINE = 250
"""Characters of a list that a spreadsheet keeps with the cell; longer ones get a column of their own."""
SPECIAL = ',"\n'
"""Signs that no option of such a list may hold."""
_KINDS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm"}
_NOTES = {
    "zh": ("列", "键", "类型", "必填", "说明", "选项"),
    "en": ("Column", "Key", "Type", "Required", "Help", "Options"),
}
_YES = {"zh": ("是", "否"), "en": ("yes", "no")}


def write_template(
    path: Path, form: Form, seen: GrantSet, writing: GrantSet, *, language: Language, group: bool = True
) -> None:
    """An empty workbook whose header an import recognises, for the fields that the person may fill in."""
    columns = _columns(form, Headers(form, seen, writing), writing, language, group=group)
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    try:
        _Template(book, form, language).write(columns)
    finally:
        book.close()


def _columns(
    form: Form, headers: Headers, writing: GrantSet, language: Language, *, group: bool
) -> list[tuple[str, str, Field]]:
    """(header, name, field) of every column."""
    found = [
        (field.label[language], key, field)
        for key, field in form.fields.items()
        if not field.system and not field.derived and field.readonly is not True and writing.writes(key)
    ]
    for child in form.children.values() if group else ():
        found += [
            (f"{child.label[language]}.{field.label[language]}", f"{child.key}.{key}", field)
            for key, field in child.fields.items()
            if not field.system and not field.derived and writing.writes(f"{child.key}.{key}")
        ]
    return [(title if headers.named(title) == [name] else name, name, field) for title, name, field in found]


class _Template:
    """Writes one template."""

    def __init__(self, book: Any, form: Form, language: Language) -> None:
        self.book, self.language = book, language
        named = sheet_name(form.label[language])
        self.sheet = book.add_worksheet(named)
        self.notes = book.add_worksheet(sheet_name("说明" if language == "zh" else "Notes", (named,)))
        self.listed = sheet_name("options", (named, self.notes.get_name()))
        self.lists: Any = None
        self.used = 0

    def write(self, columns: Sequence[tuple[str, str, Field]]) -> None:
        bold, needed = (
            self.book.add_format({"bold": True}),
            self.book.add_format({"bold": True, "font_color": "#C00000"}),
        )
        text = self.book.add_format({"num_format": "@"})
        self.notes.write_row(0, 0, _NOTES[self.language], bold)
        for at, (title, name, field) in enumerate(columns):
            required = field.required is True
            self.sheet.write_string(0, at, f"{title}*" if required else title, needed if required else bold)
            shown = _KINDS.get(field.value_type.kind)
            numeric = field.value_type.numeric or field.value_type.kind == "bool"
            format_ = self.book.add_format({"num_format": shown}) if shown else None if numeric else text
            self.sheet.set_column(at, at, max(12, min(40, len(title) * 2)), format_)
            options = self._options(field)
            if options and field.value_type.kind in ("choice", "bool"):
                self._offer(at, options)
            self._note(at + 1, title, name, field, options)
        self.sheet.freeze_panes(1, 0)
        self.notes.set_column(0, 5, 24)

    def _options(self, field: Field) -> list[str]:
        if field.value_type.kind == "bool":
            return list(_YES[self.language])
        choices = getattr(field.kind, "choices", None)
        if not isinstance(choices, dict):
            return []
        return [getattr(each.label, self.language) for each in choices.values() if not each.archived]

    def _offer(self, at: int, options: Sequence[str]) -> None:
        """A list to choose from in the cells of a column; other values are judged by the import."""
        source: Any = list(options)
        if len(",".join(options)) > INLINE or any(sign in each for each in options for sign in SPECIAL):
            if self.lists is None:
                self.lists = self.book.add_worksheet(self.listed)
                self.lists.hide()
            self.lists.write_column(0, self.used, options)
            column = xlsxwriter.utility.xl_col_to_name(self.used)
            source = f"='{self.listed}'!${column}$1:${column}${len(options)}"
            self.used += 1
        rule = {"validate": "list", "source": source, "error_type": "warning"}
        self.sheet.data_validation(1, at, ROWS, at, rule)

    def _note(self, row: int, title: str, name: str, field: Field, options: Sequence[str]) -> None:
        label = getattr(field.kind.options, "help", None)
        help_ = getattr(label, self.language) if label is not None else ""
        yes, no = _YES[self.language]
        cells = (title, name, field.type, yes if field.required is True else no, help_, "、".join(options))
        for at, cell in enumerate(cells):
            self.notes.write_string(row, at, cell)
