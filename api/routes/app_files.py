"""An app as one zip file: check, plan, compare, apply, and take it away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, page
from api.body import flag, query
from api.described import IDEMPOTENCY, parameters_of
from api.edge import edge_of, read, write
from api.scratch import run_cases, suites_of
from engine.definitions.app import Documents
from engine.definitions.applying import (
    Choices,
    apply_files,
    choices,
    differences,
    plan_files,
    prepare_files,
)
from engine.definitions.baseline import (
    PLACE,
    Baseline,
    baseline_of,
    baselines_bytes,
    baselines_json,
    named,
    read_baselines,
    store_key,
)
from engine.definitions.check import check_app, kinds
from engine.definitions.folder import folder_files, read_files
from engine.definitions.neighbours import around, beside, with_apps
from engine.definitions.package import MOST_FILES, pack, unpack
from engine.definitions.publish import Prepared
from engine.errors import Invalid
from engine.findings import Finding, has_errors
from engine.identity.designers import require_designer, require_some_designer
from engine.storage.unit_of_work import UnitOfWork

router = APIRouter(tags=["definitions"])

ZIP = "application/zip"
TEST_SECONDS = 60.0
SIDES = {
    "take_mine": "Documents of the zip to keep although the store's changed: forms/customer,rules/r1",
    "take_theirs": "Documents of the store to keep.",
    "approve": "Pointers of the destructive steps that are meant: /forms/customer/fields/fax",
    "force": "Pointers of what is to go although something uses it.",
}


@dataclass(frozen=True, slots=True)
class Package:
    """What a zip holds: documents, what it remembers of stores, and what is broken in it."""

    documents: Documents
    baselines: dict[str, Baseline]
    findings: list[Finding]

    @property
    def app(self) -> str:
        """The key of the app, '' when it has none."""
        return next(iter(self.documents.get("app", {})), "")


def described(parameters: Mapping[str, str] | None = None, *, writes: bool = False) -> dict[str, Any]:
    """`openapi_extra` of a route that takes a zip."""
    body = {"required": True, "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
    return {
        "parameters": parameters_of(parameters or {}) + ([IDEMPOTENCY] if writes else []),
        "requestBody": body,
    }


@router.post("/apps:check", openapi_extra=described())
async def check_files(request: Request) -> Response:
    """`{"ok", "findings"}` of the app in a zip; of the store it is asked what other apps it refers to are like."""
    query(request)
    package = await _package(request)

    def check(work: UnitOfWork) -> list[Finding]:
        require_designer(work, package.app)
        if has_errors(package.findings):
            return package.findings
        return [*package.findings, *check_app(package.documents, beside(work, package.documents)).findings]

    findings = await read(request, check)
    return answer({"ok": not has_errors(findings), "findings": [each.as_json() for each in findings]})


@router.post("/apps:plan", openapi_extra=described(SIDES))
async def plan_package(request: Request) -> Response:
    """`{"ok", "version", "findings", "steps", "differences"}`: what applying would do; nothing is changed."""
    chosen = _chosen(request)
    package = _sound(await _package(request))

    def plan(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, package.app)
        planned = plan_files(work, package.documents, package.baselines, chosen)
        return {
            "ok": planned.version is not None,
            "version": planned.version,
            "findings": [each.as_json() for each in planned.findings],
            "steps": [each.as_json() for each in planned.steps],
            "differences": [each.as_json() for each in planned.differences],
        }

    return answer(await read(request, plan))


@router.post("/apps:diff", openapi_extra=described())
async def diff_package(request: Request) -> Response:
    """The documents that differ between the zip, the published app and what both had when they last met."""
    query(request)
    package = _sound(await _package(request))

    def compare(work: UnitOfWork) -> list[dict[str, Any]]:
        require_designer(work, package.app)
        return [each.as_json() for each in differences(work, package.documents, package.baselines)]

    return page(await read(request, compare))


@router.post("/apps:test", openapi_extra=described({"only": "Suites to run: discounts,returns"}))
async def test_package(request: Request) -> Response:
    """Run the test cases of the app in a zip, in a store of their own: `{"ok", "cases": [{"suite", "case",
    "ok", "seconds", "findings"}]}`. The published app and its records are neither read nor changed.
    """
    only = _names(query(request, "only").get("only", ""))
    package = _sound(await _package(request))
    edge = edge_of(request)

    def collect(work: UnitOfWork) -> dict[str, Documents]:
        require_designer(work, package.app)
        return around(work, package.documents)

    apps = await read(request, collect)

    def run() -> list[dict[str, Any]]:
        registries = with_apps(edge.runtime.registries, apps)
        suites = suites_of(package.documents, registries, only)
        cases = run_cases(package.documents, suites, seconds=TEST_SECONDS, apps=apps)
        return [each.as_json() for each in cases]

    cases = await edge.cases.run(run)
    return answer({"ok": all(each["ok"] for each in cases), "cases": cases})


@router.post(
    "/apps:apply",
    openapi_extra=described({"note": "Note of the new version.", **SIDES}, writes=True),
)
async def apply_package(request: Request) -> Response:
    """Publish the app of a zip; applying it again changes nothing. 409 with the documents when the store's
    changed since the zip was exported. `base` is what to keep as `.fourfold/base.json` beside the documents.
    """
    chosen = _chosen(request, "note")
    package = _sound(await _package(request))

    def prepare(work: UnitOfWork) -> Prepared:
        require_designer(work, package.app)
        return prepare_files(work, package.documents, package.baselines, chosen)

    prepared = await read(request, prepare)

    def apply(work: UnitOfWork) -> dict[str, Any]:
        require_designer(work, package.app)
        applied = apply_files(work, package.documents, package.baselines, chosen, prepared=prepared)
        done = applied.published
        return {
            "app": done.app,
            "version": done.version,
            "changed": done.changed,
            "job": done.job,
            "findings": [each.as_json() for each in done.findings],
            "steps": [each.as_json() for each in done.steps],
            "differences": [each.as_json() for each in applied.differences],
            "base": baselines_json({**package.baselines, applied.store: applied.baseline}),
        }

    return answer(await write(request, apply, source="designer"))


@router.get(
    "/apps/{app}/files",
    openapi_extra={"parameters": parameters_of({"base": "true: with .fourfold/base.json, for :diff later."})},
)
async def app_files(request: Request, app: str) -> Response:
    """The published app as a zip of its folder: the same app, the same bytes."""
    with_base = flag(query(request, "base"), "base")

    def collect(work: UnitOfWork) -> tuple[int, bytes]:
        require_designer(work, app)
        found = work.app(app)
        ordered = kinds(work.runtime.registries)
        files = folder_files(found.source, ordered)
        if with_base:
            store = store_key(work.connection, app) or ""
            baseline = baseline_of(found.version, named(found.source, ordered))
            files[PLACE] = baselines_bytes({store: baseline})
        return found.version, pack(files)

    version, content = await read(request, collect)
    headers = {"content-disposition": f'attachment; filename="{app}-v{version}.zip"'}
    return Response(content, media_type=ZIP, headers=headers)


def _chosen(request: Request, *more: str) -> Choices:
    asked = query(request, *SIDES, *more)
    return choices(
        take_mine=_names(asked.get("take_mine", "")),
        take_theirs=_names(asked.get("take_theirs", "")),
        approve=_names(asked.get("approve", "")),
        force=_names(asked.get("force", "")),
        note=asked.get("note"),
    )


def _names(given: str) -> list[str]:
    return [name for name in given.split(",")[:MOST_FILES] if name.strip()]


async def _package(request: Request) -> Package:
    """The app in the body. Raises PackageRefused."""
    edge = edge_of(request)
    content = await request.body()

    def unpacked() -> Package:
        files = unpack(content)
        documents, findings = read_files(files, kinds(edge.runtime.registries))
        return Package(documents, read_baselines(files.get(PLACE)), findings)

    await read(request, require_some_designer)  # nothing is unpacked for others
    return await edge.compute(unpacked)


def _sound(package: Package) -> Package:
    if has_errors(package.findings):
        raise Invalid(package.findings)
    return package
