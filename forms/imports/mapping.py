"""Which column of a file fills which field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from engine.definitions.pointers import pointer_of
from engine.errors import Invalid
from engine.findings import Finding, Text, error, warning
from engine.permissions.compiled import GrantSet
from forms.compiled import Field, Form
from forms.imports.options import ImportOptions
from forms.imports.titles import Titles, plain
from forms.unknown_fields import WRITABLE_SYSTEM, unknown_field

NAMED = 12
"""Fields that are named as examples where no header is one."""
MARK = "#"
"""Headers that begin with it are ours (row number, reason), not the people's."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: its place from 0, its header, and the field (of a child table) it fills."""

    at: int
    header: str
    field: Field
    child: str | None = None

    @property
    def name(self) -> str:
        """The field as people address it: `name`, `lines.qty`."""
        return f"{self.child}.{self.field.key}" if self.child else self.field.key


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns that are read, those that tell records apart, and remarks on the others. `width`: no row has
    more cells; None in sheets, where anything may stand beside the table. `labels`: what people call the fields that
    have no column, as the header calls those that have one.
    """

    columns: tuple[Column, ...]
    identity: int | None
    group: tuple[int, ...]
    remarks: tuple[Finding, ...]
    header: tuple[str, ...]
    labels: dict[str, str]
    width: int | None = None

    def header_of(self, name: str) -> str:
        """The header of the column that fills a field, else what the field is called."""
        found = next((each.header for each in self.columns if each.name == name), None)
        return found if found is not None else self.labels.get(name, name)


def read_mapping(
    form: Form,
    header: Sequence[str],
    options: ImportOptions,
    seen: GrantSet,
    writing: GrantSet,
    *,
    guessed: str | None = None,
) -> Mapping:
    """The mapping of a header row. Fields that the person may not see do not exist. `guessed` is the encoding that
    the file was read in without having been told.

    Raises Invalid when a column is claimed twice, a named field does not exist, or nothing is left.
    """
    return _Reader(form, header, options, seen, writing).read(guessed)


class Headers:
    """What the titles of columns mean: the keys of fields, and their labels in both languages."""

    def __init__(self, form: Form, seen: GrantSet, writing: GrantSet) -> None:
        self.known = dict(_names(form, seen, writing))
        self._labels: dict[str, list[str]] = {}
        # a label may be the same in both languages
        both = chain(_labels(form, self.known, "zh"), _labels(form, self.known, "en"))
        labels = dict.fromkeys((name, plain(label)) for name, label in both)
        for name, label in labels:
            self._labels.setdefault(label, []).append(name)

    def named(self, title: str) -> list[str]:
        """The names of all fields that a title may mean."""
        return [title] if title in self.known else self._labels.get(plain(title), [])

    def plain_titles(self) -> dict[str, str]:
        """The first field that each label may mean."""
        return {label: names[0] for label, names in self._labels.items()}


def titles_of(form: Form, options: ImportOptions, seen: GrantSet, writing: GrantSet) -> Titles:
    """The titles by which the header of a file for this form is known."""
    headers = Headers(form, seen, writing)
    own = {title: name or title for title, name in options.mapping.items()}
    return Titles({**{name: name for name in headers.known}, **own}, headers.plain_titles())


class _Reader:
    """Reads one header row."""

    def __init__(
        self, form: Form, header: Sequence[str], options: ImportOptions, seen: GrantSet, writing: GrantSet
    ) -> None:
        self.form, self.header, self.options = form, header, options
        self.seen, self.writing = seen, writing
        self.wrong: list[Finding] = []
        self.remarks: list[Finding] = []
        self.columns: list[Column] = []
        self.identity: int | None = None

    def read(self, guessed: str | None) -> Mapping:
        headers = Headers(self.form, self.seen, self.writing)
        for at, title in enumerate(self.header):
            chosen = self._named(at, title, headers)
            if chosen is not None:
                self._take(at, title, chosen, headers.known)
        unknown = [title for title in self.options.mapping if title not in self.header]
        self.wrong += [_no_header(pointer_of(["options", "mapping", title]), title) for title in unknown]
        group = self._group()
        if not self.columns and not self.wrong:
            self.wrong.append(_nothing(headers.known, guessed))
        if self.wrong:
            raise Invalid(self.wrong)
        used = {f"/header/{at}" for at in group}
        remarks = [each for each in self.remarks if each.pointer not in used]  # they need be no fields
        labels = self._labels(headers.known)
        return Mapping(tuple(self.columns), self.identity, group, tuple(remarks), tuple(self.header), labels)

    def _labels(self, known: dict[str, Field | None]) -> dict[str, str]:
        """The labels of fields in the language of most headers; none where those are keys."""
        told: Counter[str] = Counter()
        labels = {language: dict[str, str]() for language in ("zh", "en")}
        for language, found in labels.items():
            found.update(_labels(self.form, known, language))
            told[language] = sum(
                plain(each.header) == plain(found.get(each.name, "")) for each in self.columns
            )
        language, alike = max(told.items(), key=lambda each: each[1])
        return labels[language] if alike * 2 > len(self.columns) else {}

    def _named(self, at: int, title: str, headers: Headers) -> str | None:
        """The name of the field of a header, None for a column that is left out."""
        if title in self.options.mapping:
            wanted = self.options.mapping[title]
            if wanted and wanted not in headers.known:
                self.wrong.append(unknown_field(pointer_of(["options", "mapping", title]), wanted))
                return None
            return wanted or None
        if not title or title.startswith(MARK):
            return None
        found = headers.named(title)
        if len(found) == 1:
            return found[0]
        self.remarks.append(_ambiguous(at, title, found) if found else _unknown(at, title))
        return None

    def _take(self, at: int, title: str, name: str, known: dict[str, Field | None]) -> None:
        if name == "id":
            self.identity = at
            return
        field = known[name]
        if field is None or field.derived:
            return  # what the system fills comes with every export and is passed over
        if field.readonly is True or not self.writing.writes(name):
            self.remarks.append(_not_writable(at, title))
            return
        if any(each.name == name for each in self.columns):
            self.wrong.append(_twice(at, title, name))
            return
        child, _, _ = name.rpartition(".")
        self.columns.append(Column(at, title, field, child or None))

    def _group(self) -> tuple[int, ...]:
        """The columns whose values tell where a new record begins."""
        places: list[int] = []
        for index, wanted in enumerate(self.options.group):
            at = next((at for at, title in enumerate(self.header) if title == wanted), None)
            if at is None:
                at = next((each.at for each in self.columns if each.name == wanted), None)
            if at is None:
                self.wrong.append(_no_header(f"/options/group/{index}", wanted))
            else:
                places.append(at)
        return tuple(places)


def _names(form: Form, seen: GrantSet, writing: GrantSet) -> Iterator[tuple[str, Field | None]]:
    """Every name a column may have; None for system fields that only exports hold."""
    for key, field in form.fields.items():
        if field.system:
            yield key, field if key in WRITABLE_SYSTEM else None
        elif seen.shows(key) or writing.writes(key):
            yield key, field
    for child in form.children.values():
        for key, field in child.fields.items():
            name = f"{child.key}.{key}"
            if not field.system and (seen.shows(name) or writing.writes(name)):
                yield name, field
        yield f"{child.key}.id", None


def _labels(form: Form, known: dict[str, Field | None], language: str) -> Iterator[tuple[str, str]]:
    """(name, label) of everything that may be named by its label in a language."""
    for name in known:
        child, _, key = name.rpartition(".")
        owner = form.children[child] if child else form
        found = owner.fields.get(key)
        label = found.label.get(language) if found is not None else None
        if label is not None:
            yield name, f"{owner.label[language]}.{label}" if child else label


def _twice(at: int, title: str, name: str) -> Finding:
    return error(
        "double_column",
        f"/header/{at}",
        Text(zh=f"“{title}”与另一列对应同一字段 {name}。", en=f"'{title}' fills {name} like another column."),
        Text(zh="请删除其中一列，或在 mapping 中指明。", en="Delete one of them, or say so in `mapping`."),
    )


def _no_header(pointer: str, title: str) -> Finding:
    return error(
        "unknown_column",
        pointer,
        Text(zh=f"文件中没有列“{title[:60]}”。", en=f"The file has no column '{title[:60]}'."),
        Text(zh="请检查表头。", en="Look at the header row."),
    )


def _nothing(known: dict[str, Field | None], guessed: str | None) -> Finding:
    fields = [found for found in known.values() if found is not None and not (found.system or found.derived)]
    listed = {language: [found.label[language] for found in fields[:NAMED]] for language in ("zh", "en")}
    doubt = {"zh": "", "en": ""}
    if guessed is not None:
        doubt = {
            "zh": f"；文件按 {guessed} 读取，若文字有误，请在 encoding 中指明编码",
            "en": f"; it was read as {guessed}: if texts are wrong, name the encoding in `encoding`",
        }
    more = len(fields) > NAMED
    return error(
        "no_columns",
        "/header",
        Text(zh="表头与表单的字段没有一个对得上。", en="No header of the file is the name of a field."),
        Text(
            zh=f"表头应为字段名称或键，如：{'、'.join(listed['zh'])}{'等' if more else ''}；"
            f"如未找对，请用 header_row 指明表头的行号{doubt['zh']}。",
            en=f"The header must name fields by label or key, such as {', '.join(listed['en'])}; "
            f"say in `header_row` where it stands{doubt['en']}.",
        ),
    )


def _ambiguous(at: int, title: str, found: Sequence[str]) -> Finding:
    names = ", ".join(found)
    return warning(
        "ambiguous_column",
        f"/header/{at}",
        Text(zh=f"“{title}”对应多个字段，已忽略。", en=f"'{title}' names several fields and is left out."),
        Text(zh=f"请改用字段键：{names}。", en=f"Use the key of one: {names}."),
    )


def _unknown(at: int, title: str) -> Finding:
    return warning(
        "unknown_column",
        f"/header/{at}",
        Text(zh=f"没有字段“{title[:60]}”，该列已忽略。", en=f"No field '{title[:60]}'; left out."),
        Text(zh="请使用字段名称或键，或在 mapping 中指明。", en="Use a label or key, or `mapping`."),
    )


def _not_writable(at: int, title: str) -> Finding:
    return warning(
        "column_not_writable",
        f"/header/{at}",
        Text(zh=f"“{title}”不可填写，该列已忽略。", en=f"'{title}' is not yours to fill in and is left out."),
        Text(zh="如需导入，请申请该字段的权限。", en="Ask for the right to this field if you need it."),
    )
