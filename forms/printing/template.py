"""A print template as a request uses it, and the way from its document there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from engine.connect.labels import labels_of
from engine.definitions.context import Context
from engine.definitions.places import Place
from engine.expressions import CheckedExpression, ExpressionError, Scope, Type
from engine.expressions import types as t
from engine.expressions.typed import PARENT, RECORD
from engine.expressions.typed import Field as Named
from engine.files.images import BrokenPicture
from engine.findings import NO_FIX, Text, text
from forms.compiled import ChildTable, Field, Form, RowKind
from forms.printing import schema
from forms.printing.markup import read_body, read_line
from forms.printing.nodes import Choice, Each, Element, Hole, If, Node, Rows, Value, Whole
from forms.printing.pictures import proven
from forms.printing.schema import PrintTemplateDocument
from forms.printing.tags import picture_of
from forms.printing.tokens import Problem
from forms.shape import PART
from forms.system_forms import SYSTEM_FORMS

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
SIDES = ("left", "center", "right")
Tree = tuple[Node, ...]
ROW_NUMBER = "row_number"


@dataclass(frozen=True, slots=True)
class Texts:
    """What a template says in one language. `header` and `footer` are by side."""

    body: Tree
    header: Mapping[str, Tree]
    footer: Mapping[str, Tree]
    file_name: Tree


@dataclass(frozen=True, slots=True)
class PrintTemplate:
    """A compiled template. `when` is what a record must fulfil to be printed."""

    key: str
    label: Mapping[str, str]
    form: str
    page: schema.Page
    texts: Mapping[str, Texts]
    when: CheckedExpression | None


def row_scope(form: Form, child: ChildTable | None, context: Context) -> Scope:
    """What expressions of a template see: the record, or within each the row and `$row_number`."""
    if child is None:
        return context.scope(form.shape)
    return context.scope(child.shape, parent=form.shape, variables={ROW_NUMBER: t.INTEGER})


def compile_template(document: PrintTemplateDocument, form: Form, context: Context) -> PrintTemplate | None:
    """The ready template, or None after adding findings."""
    pointer = f"/print_templates/{document.key}"
    before = len(context.findings)
    when = None
    if document.when is not None:
        when = context.expression(
            document.when, f"{pointer}/when", row_scope(form, None, context), expect=t.BOOL
        )
    maker = _Maker(form, context)
    texts: dict[str, Texts] = {language: maker.texts(document, language, pointer) for language in LANGUAGES}
    if any(each.level == "error" for each in context.findings[before:]):
        return None
    label = {"zh": document.label.zh, "en": document.label.en}
    return PrintTemplate(document.key, label, form.key, document.page, texts, when)


class _Maker:
    """Compiles the texts of one template. Without an English text the Chinese one serves both languages."""

    def __init__(self, form: Form, context: Context) -> None:
        self.form = form
        self.context = context
        self.done: dict[str, Tree] = {}

    def texts(self, document: PrintTemplateDocument, language: Language, pointer: str) -> Texts:
        def band(name: str) -> dict[str, Tree]:
            given = getattr(document, name)
            return {
                side: self.tree(
                    getattr(given, side, None), language, f"{pointer}/{name}/{side}", counters=True
                )
                for side in SIDES
            }

        return Texts(
            body=self.tree(document.body, language, f"{pointer}/body", tags=True),
            header=band("header"),
            footer=band("footer"),
            file_name=self.tree(document.file_name, language, f"{pointer}/file_name"),
        )

    def tree(
        self,
        words: schema.Words | None,
        language: Language,
        pointer: str,
        *,
        tags: bool = False,
        counters: bool = False,
    ) -> Tree:
        if words is None:
            return ()
        said: Language = language if getattr(words, language) is not None else "zh"
        pointer = f"{pointer}/{said}"
        if pointer not in self.done:
            lines = getattr(words, said)
            source = "\n".join(lines)
            writer = _Writer(source, pointer, self.form, self.context)
            nodes, problems = read_body(source) if tags else read_line(source, counters=counters)
            for problem in problems:
                writer.add(problem)
            self.done[pointer] = writer.compiled(nodes, None)
        return self.done[pointer]


class _Writer:
    """Compiles the tree of one text; findings name line and column of it."""

    def __init__(self, source: str, pointer: str, form: Form, context: Context) -> None:
        self.source = source
        self.pointer = pointer
        self.form = form
        self.context = context

    def add(self, problem: Problem) -> None:
        before = self.source[: problem.at]
        line, column = before.count("\n") + 1, problem.at - (before.rfind("\n") + 1) + 1
        message = text(
            f"第 {line} 行第 {column} 列：{problem.message['zh']}",
            f"Line {line}, column {column}: {problem.message['en']}",
        )
        self.context.error(problem.code, self.pointer, message, problem.fix)

    def compiled(self, nodes: Iterable[Node], child: ChildTable | None) -> Tree:
        return tuple(made for node in nodes for made in self._compiled(node, child))

    def _compiled(self, node: Node, child: ChildTable | None) -> Iterable[Node]:
        match node:
            case Hole():
                yield from self._value(node, child)
            case If():
                condition = self._checked(node.source, node.at, child, expect=t.BOOL)
                yes, no = self.compiled(node.yes, child), self.compiled(node.no, child)
                if condition is not None:
                    yield Choice(condition, yes, no)
            case Each():
                yield from self._rows(node, child)
            case Element():
                if "src" in node.attributes:
                    self._prove_picture(node)
                yield Element(node.tag, self.compiled(node.children, child), node.attributes, node.style)
            case _:
                yield node

    def _value(self, hole: Hole, child: ChildTable | None) -> Iterable[Node]:
        whole = whole_field(hole.source, child or self.form, self.form, self.context)
        if whole is None:
            yield from self._single(self._of_whom(hole, child), child)
            return
        names = (each.key.partition(PART)[2] for each in whole.parts)
        holes = (Hole(f"{hole.source}.{name}", hole.at, hole.inline) for name in names)
        parts = (made for each in holes for made in self._single(each, child))
        yield Whole(tuple(parts), whole)

    def _of_whom(self, hole: Hole, child: ChildTable | None) -> Hole:
        """`owner.name` is what `owner` prints: the name in the language of the page."""
        path, _, last = hole.source.strip().rpartition(".")
        try:
            kind = Place(row_scope(self.form, child, self.context)).check(path).type if path else t.NULL
        except ExpressionError:
            return hole
        system = SYSTEM_FORMS.get(str((kind.item or kind).form))
        return replace(hole, source=path) if system is not None and last.strip() == system.label else hole

    def _single(self, hole: Hole, child: ChildTable | None) -> Iterable[Value]:
        checked = self._checked(hole.source, hole.at, child)
        if checked is not None:
            scope = row_scope(self.form, child, self.context)
            field = named_field(checked, child or self.form, self.form, self.context)
            yield Value(checked, field, labels_of(checked, scope, self.context), hole.inline)

    def _rows(self, each: Each, child: ChildTable | None) -> Iterable[Node]:
        if child is not None:
            message = text("循环里不能再有循环。", "There can be no each inside an each.")
            fix = text("子表的行没有下级子表。", "The rows of a child table have no rows of their own.")
            self.add(Problem("template_each_nested", each.at, message, fix))
            return
        found = self.form.children.get(each.name)
        if found is None:
            self.add(_no_child(each, self.form))
            return
        yield Rows(found.key, self.compiled(each.children, found))

    def _checked(
        self, source: str, at: int, child: ChildTable | None, *, expect: Type | None = None
    ) -> CheckedExpression | None:
        place = self.context.places[self.pointer] = Place(row_scope(self.form, child, self.context), expect)
        try:
            return place.check(source)
        except ExpressionError as wrong:
            self.add(Problem(wrong.code, at + wrong.span[0], wrong.message, wrong.suggestion or NO_FIX))
            return None

    def _prove_picture(self, node: Element) -> None:
        content = picture_of(node.attributes["src"])
        try:
            if content is not None and proven(content):
                return
        except BrokenPicture:
            pass
        at = max(self.source.find("<img"), 0)
        message = text("图片内容无法读取。", "The content of the picture cannot be read.")
        fix = text("请使用 PNG 或 JPEG，并以 base64 完整写入。", "Use a PNG or JPEG, whole, in base64.")
        self.add(Problem("template_picture", at, message, fix))


def _no_child(each: Each, form: Form) -> Problem:
    known = list(form.children)
    message = text(f"没有名为“{each.name}”的子表。", f"There is no child table named '{each.name}'.")
    listed: Text = NO_FIX
    if known:
        listed = text(f"可用：{'、'.join(known)}。", f"Known: {', '.join(known)}.")
    return Problem("unknown_child", each.at, message, listed)


def named_field(checked: CheckedExpression, row: RowKind, form: Form, context: Context) -> Field | None:
    """The field that an expression plainly names, along references too; None when it computes something."""
    node = checked.node
    if not isinstance(node, Named) or node.root not in {RECORD, PARENT}:
        return None
    return _walked(node.path, form if node.root == PARENT else row, context)


def whole_field(source: str, row: RowKind, form: Form, context: Context) -> Field | None:
    """The field of several parts that a text plainly names; None for everything else."""
    path = tuple(source.split("."))
    if path[0] == PARENT and row is not form:
        row, path = form, path[1:]
    found = _walked(path, row, context) if path else None
    return found if found is not None and found.parts else None


def _walked(path: tuple[str, ...], kind: RowKind | None, context: Context) -> Field | None:
    forms: Mapping[str, Form] = context.reachable()
    for name in path[:-1]:
        link = kind.find(name) if kind is not None else None
        kind = forms.get(str(link.value_type.form)) if link is not None else None
    return kind.find(path[-1]) if kind is not None else None
