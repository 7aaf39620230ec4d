"""What commands print: findings, plans and errors in both languages."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

from engine.definitions.applying import Drifted
from engine.definitions.plan import Step
from engine.definitions.three_way import Difference
from engine.errors import EngineError, Invalid
from engine.findings import Finding

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

MOST_POINTERS = 20
STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}
SIDES = {
    "here": ("green", "本地已改 / changed here"),
    "server": ("yellow", "服务器已改 / changed on the server"),
    "conflict": ("red", "两边都改 / changed on both"),
    "unknown": ("cyan", "不同 / different"),
    "kept": ("green", "服务器上的模块，保留 / a module of the server, stays"),
}
RISKS = {"safe": "green", "warn": "yellow", "destructive": "red"}


def show_findings(findings: Iterable[Finding]) -> None:
    """One block per finding: level, pointer, code, then what and what to do in both languages."""
    for each in findings:
        style = STYLES[each.level]
        out.print(f"[{style}]{each.level}[/] {escape(each.pointer or '/')}  [dim]{each.code}[/]")
        for language in ("zh", "en"):
            between = "" if language == "zh" else " "
            sentence = f"{each.message[language]}{between}{each.advice[language]}".strip()
            out.print(f"    {escape(sentence)}")


def show_steps(steps: Iterable[Step]) -> None:
    """One line per step of a plan."""
    for step in steps:
        message = escape(f"{step.message['zh']} / {step.message['en']}")
        out.print(f"[{RISKS[step.risk]}]{step.risk:<11}[/] {message}")


def show_differences(differences: Iterable[Difference]) -> None:
    """One line per document that differs, then the places inside it."""
    for each in differences:
        style, words = SIDES[each.state]
        change = each.server if each.state in ("server", "kept") else each.here
        out.print(f"[{style}]{words}[/] {escape(each.name)}  [dim]{change}[/]")
        for pointer in each.pointers[:MOST_POINTERS] if change == "changed" else ():
            out.print(f"    {escape(pointer or '/')}")
        if len(each.pointers) > MOST_POINTERS and change == "changed":
            out.print(f"    … {len(each.pointers) - MOST_POINTERS}")


def show_error(failure: EngineError) -> None:
    """A domain error on standard error."""
    err.print(f"[red]{failure.code}[/] {escape(failure.message['zh'])} / {escape(failure.message['en'])}")
    fix = " / ".join(part for part in (failure.fix["zh"], failure.fix["en"]) if part)
    if fix:
        err.print(f"    {escape(fix)}")
    if isinstance(failure, Drifted):
        sys.stderr.flush()
        for document in failure.details["documents"]:
            out.print(f"{escape(document['document'])}  {SIDES[document['state']][1]}")
            for pointer in document["pointers"][:MOST_POINTERS]:
                out.print(f"    {escape(pointer or '/')}")
    if isinstance(failure, Invalid):
        sys.stderr.flush()
        show_findings(failure.findings)
