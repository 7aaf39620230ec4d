"""An app's folder brought to a store: what differs, whose side is taken, and the publish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.definitions import repository
from engine.definitions.app import CompiledApp, Documents
from engine.definitions.baseline import Baseline, baseline_of, named, store_key
from engine.definitions.canonical import same
from engine.definitions.check import kinds
from engine.definitions.modules.schema import MODULE
from engine.definitions.plan import Step, unapproved
from engine.definitions.publish import Prepared, Published, plan, prepare, publish
from engine.definitions.three_way import MODULES, Difference, compare
from engine.errors import Conflict, Invalid
from engine.findings import Finding, Text, error, text
from engine.storage.unit_of_work import UnitOfWork


class Drifted(Conflict):
    """The app was changed in the store since this folder was exported or applied."""

    code = "drifted"
    zh = "自该文件夹上次导出或发布以来，服务器上的应用已被修改。"
    fix_zh = "请逐个定义选择：take_mine 以文件夹为准，take_theirs 以服务器为准；或先重新导出。"
    fix_en = (
        "Choose for each document: take_mine keeps the folder's, take_theirs the store's. Or export anew."
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """Whose side is taken, by names of documents (`/forms/customer`), and what goes to the publish: pointers of
    destructive steps to `approve`, of things still used to remove by `force`.
    """

    take_mine: frozenset[str] = frozenset()
    take_theirs: frozenset[str] = frozenset()
    approve: tuple[str, ...] = ()
    force: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What applying a folder would do: `version` is None when a finding blocks."""

    version: int | None
    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did. `documents` is what both sides have now, without modules that only the store has;
    `store` and `baseline` what the folder is to remember of that.
    """

    published: Published
    differences: tuple[Difference, ...]
    documents: Documents
    store: str
    baseline: Baseline


def choices(
    *,
    take_mine: Iterable[str] = (),
    take_theirs: Iterable[str] = (),
    approve: Iterable[str] = (),
    force: Iterable[str] = (),
    note: str | None = None,
) -> Choices:
    """The choices with names as they are in differences: `forms/customer.json` is `/forms/customer`.

    Raises Invalid for a document that is named on both sides.
    """
    mine, theirs = frozenset(map(_name, take_mine)), frozenset(map(_name, take_theirs))
    both = sorted(mine & theirs)
    if both:
        message = text(f"“{both[0]}”同时选了两边。", f"Both sides are chosen for '{both[0]}'.")
        raise Invalid([error("chosen_twice", both[0], message)])
    return Choices(mine, theirs, tuple(approve), tuple(force), note)


def _name(given: str) -> str:
    return "/" + given.strip().strip("/").removesuffix(".json")


def differences(
    work: UnitOfWork, documents: Documents, baselines: Mapping[str, Baseline]
) -> list[Difference]:
    """What differs between a folder and the published app; against nothing when there is none yet."""
    ordered = kinds(work.runtime.registries)
    head = _head(work, documents)
    if head is None:
        return compare(named(documents, ordered), {}, None, None)
    base = _baseline(work, head, baselines)
    before = repository.documents_of(work.connection, head.key, base.version) if base else None
    return compare(
        named(documents, ordered),
        named(head.source, ordered),
        base,
        named(before, ordered) if before else None,
    )


def _head(work: UnitOfWork, documents: Documents) -> CompiledApp | None:
    """The published version, without the lock that a writer holds on it: the publish takes its own."""
    key = next(iter(documents.get("app", {})), "")
    version = repository.heads(work.connection).get(key)
    return None if version is None else work.runtime.version(work, key, version)


def _baseline(work: UnitOfWork, head: CompiledApp, baselines: Mapping[str, Baseline]) -> Baseline | None:
    base = baselines.get(store_key(work.connection, head.key) or "")
    return base if base is not None and base.version <= head.version else None


def plan_files(
    work: UnitOfWork, documents: Documents, baselines: Mapping[str, Baseline], chosen: Choices
) -> Planned:
    """What applying would do, drift included as findings; changes nothing."""
    found = differences(work, documents, baselines)
    refused = _refusals(found, chosen)
    after, findings, steps = plan(work, _resolved(work, documents, found, chosen), force=chosen.force)
    findings = [*refused, *findings, *unapproved(steps, chosen.approve)]
    blocked = after is None or any(each.level == "error" for each in findings)
    version = None if blocked or after is None else after.version
    return Planned(version, tuple(findings), tuple(steps), tuple(found))


def prepare_files(
    work: UnitOfWork, documents: Documents, baselines: Mapping[str, Baseline], chosen: Choices
) -> Prepared:
    """What `apply_files` can know before it keeps writers out: the documents checked, compiled and planned."""
    found = differences(work, documents, baselines)
    return prepare(work, _resolved(work, documents, found, chosen), force=chosen.force)


def apply_files(
    work: UnitOfWork,
    documents: Documents,
    baselines: Mapping[str, Baseline],
    chosen: Choices,
    *,
    prepared: Prepared | None = None,
) -> Applied:
    """Publish a folder; `prepared` shortens how long writers wait. Raises Drifted, Invalid, NotPublishable."""
    head = _head(work, documents)
    found, merged = _merged(work, documents, baselines, chosen)
    if prepared is None or not same(prepared.source, merged):
        prepared = prepare(work, merged, force=chosen.force)
    work.runtime.lock_publishing(work)
    if _version(_head(work, documents)) != _version(head):
        # somebody published since: what they changed is the store's side now
        found, merged = _merged(work, documents, baselines, chosen)
    done = publish(
        work, merged, note=chosen.note, approve=chosen.approve, force=chosen.force, prepared=prepared
    )
    folder = _without_kept(merged, found, chosen)
    held = named(folder, kinds(work.runtime.registries))
    store = store_key(work.connection, done.app) or ""
    return Applied(done, tuple(found), folder, store, baseline_of(done.version, held))


def _version(head: CompiledApp | None) -> int:
    return head.version if head is not None else 0


def _merged(
    work: UnitOfWork, documents: Documents, baselines: Mapping[str, Baseline], chosen: Choices
) -> tuple[list[Difference], Documents]:
    """What differs, and the documents that are to be published. Raises Drifted, Invalid."""
    found = differences(work, documents, baselines)
    drifted = [each for each in found if each.blocks and not _chosen(each, chosen)]
    _require_known(found, chosen)
    if drifted:
        raise Drifted(pointer=drifted[0].name, details={"documents": [each.as_json() for each in drifted]})
    return found, _resolved(work, documents, found, chosen)


def _chosen(difference: Difference, chosen: Choices) -> bool:
    return difference.name in chosen.take_mine or difference.name in chosen.take_theirs


def _refusals(found: list[Difference], chosen: Choices) -> list[Finding]:
    return [_refusal(each) for each in found if each.blocks and not _chosen(each, chosen)]


def _refusal(difference: Difference) -> Finding:
    where = "、".join(difference.pointers[:5])
    what = (
        Text(zh=f"文件夹与服务器都改了：{where}。", en=f"Folder and store both changed it: {where}.")
        if difference.state == "conflict"
        else Text(
            zh="服务器上已被修改，文件夹中没有改。", en="It was changed in the store, not in the folder."
        )
    )
    return error("drifted", difference.name, what, Text(zh=Drifted.fix_zh, en=Drifted.fix_en))


def _require_known(found: list[Difference], chosen: Choices) -> None:
    names = {each.name for each in found}
    unknown = sorted((chosen.take_mine | chosen.take_theirs) - names)
    if unknown:
        message = text("该定义两边没有差别。", "This document does not differ between the two sides.")
        fix = text("请检查名称，例如 forms/customer。", "Check the name, such as forms/customer.")
        raise Invalid([error("nothing_to_choose", name, message, fix) for name in unknown])


def _resolved(work: UnitOfWork, documents: Documents, found: list[Difference], chosen: Choices) -> Documents:
    """The folder's documents with the store's in place of those chosen so, and with modules it never had."""
    theirs = [each for each in found if each.name in chosen.take_theirs or _stays(each, chosen)]
    head = _head(work, documents)
    if not theirs or head is None:
        return documents
    ordered = kinds(work.runtime.registries)
    types = {kind.folder: kind.type for kind in ordered}
    kept = named(head.source, ordered)
    merged: dict[str, dict[str, dict[str, Any]]] = {kind: dict(each) for kind, each in documents.items()}
    for each in theirs:
        folder, _, key = each.name.removeprefix("/").partition("/")
        objects = merged.setdefault(types.get(folder, "app"), {})
        key = key or head.key
        objects.pop(key, None)
        if each.name in kept:
            objects[key] = kept[each.name]
    return merged


def _stays(difference: Difference, chosen: Choices) -> bool:
    """Whether a module that was added in the store outlives an upgrade from a folder without it."""
    return difference.state == "kept" and not _chosen(difference, chosen)


def _without_kept(documents: Documents, found: list[Difference], chosen: Choices) -> Documents:
    """A folder that took these as its own would remove them when it is next applied without them."""
    kept = {each.name.removeprefix(MODULES) for each in found if _stays(each, chosen)}
    modules = {key: each for key, each in documents.get(MODULE, {}).items() if key not in kept}
    return {**documents, MODULE: modules} if kept else documents
