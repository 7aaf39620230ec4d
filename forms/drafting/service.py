"""A new form out of a file, beside the published app: as a draft, or published at once with its records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.definitions import drafts
from engine.definitions.app import AppDocument
from engine.definitions.check import read_model
from engine.definitions.modules.compose import composed
from engine.definitions.publish import Published, publish
from engine.errors import Conflict, Invalid
from engine.findings import Finding, Text
from engine.storage.unit_of_work import UnitOfWork
from forms.compiled import compiled_form
from forms.drafting.json_schema import SchemaDraft
from forms.drafting.sheet import DraftedForm, Sheet, draft_form
from forms.imports import service as imports
from forms.imports.options import ImportOptions
from forms.transfers.repository import Transfer


class FormThere(Conflict):
    """The app, or its draft, has a form of this key already."""

    code = "form_there"
    zh = "应用或草稿中已有该键的表单。"
    fix_zh = "请换一个键；要导入数据，请用该表单的导入。"
    fix_en = "Choose another key; to bring in data use the import of that form."


@dataclass(frozen=True, slots=True)
class Loaded:
    """A form that was published with the import of its records, which a worker (or the caller) does."""

    published: Published
    transfer: Transfer


def new_form_settings(work: UnitOfWork, app: str, key: str) -> AppDocument:
    """The settings of an app that has no form `key` yet. Raises AppNotFound, FormThere, Invalid."""
    documents = drafts.drafted(work, app)
    if key in composed(documents, drafts.all_kinds(work)).documents.get("form", {}):
        raise FormThere(pointer="/key", details={"key": key})
    findings: list[Finding] = []
    settings = read_model(AppDocument, next(iter(documents["app"].values()), {}), "/app", findings)
    if not isinstance(settings, AppDocument):
        raise Invalid(findings)
    return settings


def from_sheet(work: UnitOfWork, app: str, sheet: Sheet, *, key: str, label: Text) -> DraftedForm:
    """The form that a sheet makes; nothing is stored. Raises AppNotFound, FormThere, NothingToDraft."""
    return draft_form(work.runtime, new_form_settings(work, app, key), sheet, key=key, label=label)


def from_json_schema(
    work: UnitOfWork, app: str, schema: dict[str, Any], *, key: str, label: Text | None
) -> tuple[dict[str, Any], list[Finding]]:
    """The document that a JSON Schema makes and what it leaves out; nothing is stored.

    Raises AppNotFound, FormThere, NotAnObjectSchema, NothingToDraft.
    """
    new_form_settings(work, app, key)
    draft = SchemaDraft(schema)
    return draft.document(key=key, label=label), draft.remarks


def publish_and_load(
    work: UnitOfWork,
    app: str,
    made: DraftedForm,
    *,
    file: Path,
    name: str,
    sheet: str | None,
    job: bool = True,
) -> Loaded:
    """Publish the app with the new form, whatever its draft says, and begin to import the file into it.

    Raises Invalid when two columns have one title, which an import cannot tell apart, NotPublishable, Forbidden.
    """
    double = [replace(each, level="error") for each in made.remarks if each.code == "double_column"]
    if double:
        raise Invalid(double)
    source = {kind: dict(objects) for kind, objects in work.app(app).source.items()}
    key = made.document["key"]
    source.setdefault("form", {})[key] = made.document
    done = publish(work, source, note=name[:200])
    found = work.app(app)
    options = ImportOptions(mapping=made.mapping, sheet=sheet)
    transfer = imports.begin(work, found, compiled_form(found, key), options, file=file, name=name, job=job)
    return Loaded(done, transfer)
