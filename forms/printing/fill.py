"""A template filled with one record, as a tree of elements and words: nothing in it is read as markup again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import EngineError
from engine.expressions import Env
from engine.files.images import is_picture
from engine.files.repository import StoredFile, find_many
from engine.identity import repository
from forms.compiled import Field
from forms.environment import Overlay
from forms.file_field import FileField
from forms.masking import masked
from forms.printing.nodes import BREAK, Choice, Element, Node, Picture, Rows, Value, Whole, Words, words_of
from forms.printing.rich import rich_parts, rich_words
from forms.printing.schema import Page
from forms.printing.sight import SHOWN, At, Eyes, Level, Sight
from forms.printing.template import ROW_NUMBER, Language, PrintTemplate, Tree
from forms.printing.words import Writer, plain_kind

LONGEST_NAME = 100
BETWEEN = {"zh": " 至 ", "en": " – "}
NAMED_THROUGH = 3
"""A title may be a reference to a record whose title is one, so many times."""


class NotPrintable(EngineError):
    """The record does not fulfil what this template asks of it before it is printed."""

    code = "not_printable"
    zh = "该记录尚不满足此模板的打印条件。"
    fix_zh = "请先使记录满足模板的 when 条件（例如完成审批）。"
    fix_en = "Bring the record to where the template's `when` holds, for example through its approval."


@dataclass(frozen=True, slots=True)
class Printed:
    """One record on paper. `header` and `footer` are by side."""

    title: str
    page: Page
    language: Language
    body: Tree
    header: Mapping[str, Tree]
    footer: Mapping[str, Tree]


def fill(eyes: Eyes, template: PrintTemplate, at: At, env: Env, language: Language) -> Printed:
    """The record as the reader may see it. Raises NotPrintable."""
    if template.when is not None and not template.when.holds(at.record, env):
        raise NotPrintable()
    filler = _Filler(eyes, language)
    texts = template.texts[language]

    def filled(tree: Tree) -> Tree:
        return filler.nodes(tree, at, env)

    name = words_of(filled(texts.file_name)).strip()
    return Printed(
        title=name[:LONGEST_NAME] or f"{template.label[language]} {filler.title(at)}".strip(),
        page=template.page,
        language=language,
        body=filled(texts.body),
        header={side: filled(tree) for side, tree in texts.header.items()},
        footer={side: filled(tree) for side, tree in texts.footer.items()},
    )


class _Filler:
    def __init__(self, eyes: Eyes, language: Language) -> None:
        self.eyes = eyes
        access = eyes.access
        reading = next((form.reading for form in access.app.kind("form").values() if form.reading), None)
        country = reading.country if reading is not None else "CN"
        self.writer = Writer(language, access.app.zone, country, self.named)
        self.depth = 0

    def nodes(self, tree: Tree, at: At, env: Env) -> Tree:
        return tuple(made for node in tree for made in self._node(node, at, env))

    def _node(self, node: Node, at: At, env: Env) -> Iterable[Node]:
        match node:
            case Value():
                return self._value(node, at, env)
            case Whole():
                return self._whole(node, at, env)
            case Choice():
                sees = self._sight(node.condition.dependencies, at).level is Level.SHOWN
                holds = sees and node.condition.holds(_row(at), env)
                return self.nodes(node.yes if holds else node.no, at, env)
            case Rows():
                return self._rows(node, at, env)
            case Element():
                return (replace(node, children=self.nodes(node.children, at, env)),)
            case _:
                return (node,)

    def _rows(self, node: Rows, at: At, env: Env) -> Iterator[Node]:
        if at.level(node.child) is not Level.SHOWN:
            return
        child = at.form.children[node.child]
        for number, row in enumerate(at.record[node.child], 1):
            names = Overlay({ROW_NUMBER: number}, env.variables)
            inner = replace(env, parent=at.record, variables=names)
            yield from self.nodes(node.children, at.of_row(child, row), inner)

    def _value(self, node: Value, at: At, env: Env) -> Iterable[Node]:
        sight = self._sight(node.expression.dependencies, at)
        if sight.level is Level.HIDDEN:
            return ()
        value = node.expression.evaluate(_row(at), env)
        if value is None:
            return ()
        if sight.level is Level.MASKED:
            return self._mask(node, sight, value)
        return self._shown(node, value)

    def _whole(self, node: Whole, at: At, env: Env) -> Iterable[Node]:
        """The parts that are there: from one end to the other, or one after the other."""
        said = [words_of(self._value(part, at, env)) for part in node.parts]
        ends = getattr(node.field.kind, "between", "") == "~"
        between = BETWEEN[self.writer.language] if ends and any(said) else " "
        return _lines(between.join(said if ends else filter(None, said)).strip())

    def _mask(self, node: Value, sight: Sight, value: Any) -> Iterable[Node]:
        """A masked field prints its mask; what is computed from it prints nothing."""
        if node.field is None or sight.field is None:
            return ()
        return _lines(_covered(sight.field, value))

    def _shown(self, node: Value, value: Any) -> Iterable[Node]:
        kind = plain_kind(node.field)
        if isinstance(kind, FileField):
            return self._files(kind, value)
        if kind is not None and kind.type == "richtext":
            return _lines(rich_words(value)) if node.inline else rich_parts(value)
        return _lines(self.writer.words(value, node.expression.type, node.field, node.labels))

    def _files(self, kind: FileField, value: Any) -> Iterator[Node]:
        """Pictures as pictures, other files by their names."""
        ids = kind.ids(value)
        found = find_many(self.eyes.access.work, ids)
        files = [found[each] for each in ids if each in found]
        for number, file in enumerate(files):
            if is_picture(file.type):
                yield _picture(file)
            else:
                yield Words(
                    ("、" if number and self.writer.language == "zh" else ", " if number else "") + file.name
                )

    def _sight(self, paths: Iterable[tuple[str, ...]], at: At) -> Sight:
        seen = [self.eyes.sees(path, at) for path in paths]
        return min(seen, key=lambda each: each.level, default=SHOWN)

    def named(self, form: str, key: str) -> str:
        """What the reader calls a record behind a reference; nothing for what they may not see."""
        work, language = self.eyes.access.work, self.writer.language
        if form in {"user", "dept"}:
            row = (repository.user_by_id if form == "user" else repository.department_by_id)(work, key)
            return str(row["name"].get(language, key)) if row else key
        at = self.eyes.reaches(form, key)
        return self.title(at) if at is not None else ""

    def title(self, at: At) -> str:
        """The title of a record, as far as the reader sees it."""
        name = at.form.title
        field: Field | None = at.form.fields.get(name)
        sight = self.eyes.sees((name,), at)
        value = at.record.get(name)
        if field is None or value is None or sight.level is Level.HIDDEN or self.depth >= NAMED_THROUGH:
            return ""
        if sight.level is Level.MASKED:
            return _covered(sight.field or field, value)
        self.depth += 1
        try:
            return self.writer.words(value, field.value_type, field, None)
        finally:
            self.depth -= 1


def _row(at: At) -> Mapping[str, Any]:
    return at.record if at.row is None else at.row


def _covered(field: Field, value: Any) -> str:
    """A value in the mask of a field, a derived one in that of its value."""
    kind = plain_kind(field)
    whole = field if kind is None else replace(field, kind=kind)
    return str(masked(whole)(field.codec.json_of(value)))


def _lines(text: str) -> list[Node]:
    """A text of several lines."""
    nodes: list[Node] = []
    for line in str(text).replace("\r\n", "\n").split("\n"):
        nodes += [Words(line), BREAK]
    return nodes[:-1]


def _picture(file: StoredFile) -> Node:
    return Picture(file.id, file.place, file.name)
