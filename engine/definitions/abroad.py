"""What publishing an app means for other apps: what it breaks in those that refer to it, and what it newly reads
in those that it refers to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from engine.definitions import neighbours, pointers, repository
from engine.definitions.app import BrokenPart, CompiledApp, Documents
from engine.definitions.broken import check_leniently
from engine.definitions.check import kinds
from engine.findings import Finding, error, text, warning
from engine.identity.designers import may_design
from engine.storage.unit_of_work import UnitOfWork

START = "/apps/"
"""Begins the pointers to what lies in another app: `/apps/visits/forms/visit/fields/2`."""
SHOWN = 6
"""Fields named in one sentence."""


def own_force(force: Sequence[str]) -> tuple[str, ...]:
    """Of what may be broken, that in the app itself."""
    return tuple(pointer for pointer in force if not pointer.startswith(START))


def consequences(
    work: UnitOfWork,
    before: CompiledApp | None,
    after: CompiledApp,
    source: Documents,
    force: Sequence[str] = (),
) -> list[Finding]:
    """What keeps a new version from being published because of other apps. With `force`, `/apps/visits`, what it
    breaks there is switched off until it fits again.
    """
    forced = {pointer for pointer in force if pointer.startswith(START)}
    broken = _broken_elsewhere(work, after.key, source)
    found = [*_new_reads(work, before, after)]
    for app, parts in broken.items():
        pointer = START + app
        found += [_switched_off(app, part) if pointer in forced else _breaks(app, part) for part in parts]
    return [*found, *(_useless(pointer) for pointer in sorted(forced - {START + app for app in broken}))]


def uses_elsewhere(work: UnitOfWork, key: str, documents: Documents, pointer: str) -> list[BrokenPart]:
    """What of other apps uses the part of an app at `pointer`. Raises Invalid for a pointer to nothing."""
    if not neighbours.referring(work, key):
        return []
    known = pointers.folders(kinds(work.runtime.registries))
    gone = pointers.without(documents, pointers.exact_spot(documents, known, pointer))
    anyhow = _broken_elsewhere(work, key, documents)
    return [
        replace(part, pointer=f"{START}{app}{part.pointer}")
        for app, parts in _broken_elsewhere(work, key, gone).items()
        for part in parts
        if part not in anyhow.get(app, ())
    ]


def _broken_elsewhere(work: UnitOfWork, key: str, source: Documents) -> dict[str, list[BrokenPart]]:
    """What of other apps would not check beside these documents though it does now, by app."""
    runtime = work.runtime
    found: dict[str, list[BrokenPart]] = {}
    for other, version in neighbours.referring(work, key):
        now = runtime.version(work, other, version)
        documents = {
            each: repository.documents_of(work.connection, each, at) for each, at in now.beside.items()
        }
        apps = {each: there for each, there in documents.items() if there is not None and each in now.named}
        registries = neighbours.with_apps(runtime.registries, {**apps, key: source})
        then = check_leniently(now.source, registries, version=version, layout=now.layout).app
        known = {(part.pointer, part.finding.code) for part in now.broken}
        parts = [
            part
            for part in (then.broken if then is not None else ())
            if (part.pointer, part.finding.code) not in known
        ]
        if parts:
            found.setdefault(other, []).extend(parts)
    return found


def _breaks(app: str, part: BrokenPart) -> Finding:
    name = part.label or {"zh": part.key, "en": part.key}
    return error(
        "breaks_other_app",
        f"{START}{app}{part.pointer}",
        text(
            f"应用“{app}”中的“{name['zh']}”将失效：{part.finding.message['zh']}",
            f"'{name['en']}' of the app '{app}' would no longer work: {part.finding.message['en']}",
        ),
        text(
            f'请先修改该应用；或在发布时写 "force": ["{START}{app}"]，失效的部分将停用，待所缺内容恢复后自动生效。',
            f'Change that app first; or publish with "force": ["{START}{app}"]: what does not fit is switched off '
            "there and works again by itself once what it names is back.",
        ),
    )


def _switched_off(app: str, part: BrokenPart) -> Finding:
    return warning(
        "switched_off",
        f"{START}{app}{part.pointer}",
        text(
            f"应用“{app}”此处停用：{part.finding.message['zh']}",
            f"This is off in the app '{app}': {part.finding.message['en']}",
        ),
        text("恢复所缺的内容后自动生效。", "It works again by itself once what it names is back."),
    )


def _useless(pointer: str) -> Finding:
    return error(
        "nothing_to_force",
        pointer,
        text(f"本次发布不影响“{pointer}”。", f"This publish breaks nothing in '{pointer}'."),
        text("请从 force 中去掉它。", "Leave it out of force."),
    )


def _new_reads(work: UnitOfWork, before: CompiledApp | None, after: CompiledApp) -> Iterator[Finding]:
    """Expressions compute with the rights of their app, which has none in others: whoever lets them read there
    for the first time answers for both apps.
    """
    fresh = after.reads - (before.reads if before is not None else frozenset())
    for app in sorted({_app_of(name) for name in fresh}):
        if may_design(work, app):
            continue
        names = sorted(name for name in fresh if _app_of(name) == app)
        listed = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
        yield error(
            "needs_designer_of_other_app",
            START + app,
            text(
                f"本版本的表达式首次读取应用“{app}”的内容：{listed}。",
                f"Expressions of this version read in the app '{app}' what they did not read before: {listed}.",
            ),
            text(
                f"请由同时是应用“{app}”设计者的人或管理员发布。",
                f"Let an administrator publish it, or a designer of both apps ('{app}' too).",
            ),
        )


def _app_of(name: str) -> str:
    """`hr.employee.name` is read in `hr`, and so is `hr.employee.skills.grade`."""
    return name.partition(".")[0]
