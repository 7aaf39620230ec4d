"""Printing for people: one record, several, and the preview of a template that is being designed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.definitions import drafts
from engine.definitions.app import CompiledApp
from engine.definitions.check import examine
from engine.definitions.modules.compose import composed
from engine.definitions.neighbours import beside
from engine.errors import EngineError, Invalid, NotFound
from engine.findings import Finding
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.compiled import Form, compiled_form
from forms.environment import environment
from forms.listing import ListQuery, list_json
from forms.printing.fill import Printed, fill
from forms.printing.sight import At, Eyes, Level
from forms.printing.template import Language, PrintTemplate
from forms.records import RecordNotFound
from forms.watched import note, watched_names


class TemplateNotFound(NotFound):
    """The form has no such print template."""

    code = "template_not_found"
    zh = "该表单没有此打印模板。"


def templates_json(work: UnitOfWork, app: CompiledApp, form: Form) -> list[dict[str, Any]]:
    """The print templates of a form: key and label. Raises Forbidden without a right to print."""
    Access(work, app).demand(form.key, "print")
    return [
        {"key": each.key, "label": dict(each.label)}
        for each in _templates(app).values()
        if each.form == form.key
    ]


def gather(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    template: str,
    records: Sequence[str],
    *,
    language: Language,
    pointer: str = "",
) -> list[Printed]:
    """The records on their templates as the reader may see them.

    Raises TemplateNotFound, RecordNotFound, Forbidden, NotPrintable, each with a pointer to the record.
    """
    found = _templates(app).get(template)
    if found is None:
        app.require_whole("print_template", template)
    if found is None or found.form != form.key:
        raise TemplateNotFound()
    return _gathered(work, app, form, found, records, language, pointer)


def _gathered(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    template: PrintTemplate,
    records: Sequence[str],
    language: Language,
    pointer: str,
) -> list[Printed]:
    eyes, env = Eyes(Access(work, app)), environment(work, app)
    made = []
    for index, record in enumerate(records):
        try:
            at = eyes.at(form, record)
            made.append(fill(eyes, template, at, env, language))
            _note_reads(eyes, at, record)
        except EngineError as wrong:
            wrong.pointer = pointer.format(index=index)
            raise
    return made


def _note_reads(eyes: Eyes, at: At, record: str) -> None:
    """A template may print any field of its record that the reader sees."""
    watched = watched_names(at.form)
    names = [each for each in watched if at.level(each) is Level.SHOWN and at.record.get(each) is not None]
    if names:
        note(eyes.access, at.form, names, [record], way="print")


def draft_preview(
    work: UnitOfWork,
    app: CompiledApp,
    key: str,
    *,
    document: Mapping[str, Any] | None,
    record: str | None,
    language: Language,
) -> list[Printed]:
    """A drafted template with a published record, the newest when none is named. `document` stands in for
    the draft. Fields that are not published yet are empty.

    Raises Invalid with the findings of the template, RecordNotFound.
    """
    template = _drafted(work, app.key, key, document)
    form = compiled_form(app, template.form)
    record = record or _newest(work, app, form)
    return _gathered(work, app, form, replace(template, when=None), [record], language, "/record")


def _drafted(work: UnitOfWork, app: str, key: str, document: Mapping[str, Any] | None) -> PrintTemplate:
    drafted = drafts.drafted(work, app)
    documents = {
        kind: dict(each) for kind, each in composed(drafted, drafts.all_kinds(work)).documents.items()
    }
    templates = documents.setdefault("print_template", {})
    if document is not None:
        templates[key] = dict(document)
    if key not in templates:
        raise drafts.DocumentNotFound()
    findings: list[Finding] = []
    context = examine(documents, beside(work, documents), findings)
    made: PrintTemplate | None = context.compiled["print_template"].get(key) if context is not None else None
    if made is None:
        raise Invalid(
            [each for each in findings if each.pointer.startswith(f"/print_templates/{key}")] or findings
        )
    return made


def _newest(work: UnitOfWork, app: CompiledApp, form: Form) -> str:
    found = list_json(work, app, form, ListQuery(fields="id", limit=1, count="none"))
    if not found["items"]:
        raise RecordNotFound()
    return str(found["items"][0]["id"])


def _templates(app: CompiledApp) -> Mapping[str, PrintTemplate]:
    return app.kind("print_template")
