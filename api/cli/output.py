"""What commands print: findings, plans and errors in both languages."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

from engine.definitions.plan import Step
from engine.errors import EngineError, Invalid
from engine.findings import Finding

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}
RISKS = {"safe": "green", "warn": "yellow", "destructive": "red"}


def show_findings(findings: Iterable[Finding]) -> None:
    """One block per finding: level, pointer, code, then what and what to do in both languages."""
    for each in findings:
        style = STYLES[each.level]
        out.print(f"[{style}]{each.level}[/] {escape(each.pointer or '/')}  [dim]{each.code}[/]")
        for language in ("zh", "en"):
            sentence = f"{each.message[language]} {each.fix[language]}".strip()
            out.print(f"    {escape(sentence)}")


def show_steps(steps: Iterable[Step]) -> None:
    """One line per step of a plan."""
    for step in steps:
        message = escape(f"{step.message['zh']} / {step.message['en']}")
        out.print(f"[{RISKS[step.risk]}]{step.risk:<11}[/] {message}")


def show_error(failure: EngineError) -> None:
    """A domain error on standard error."""
    err.print(f"[red]{failure.code}[/] {escape(failure.message['zh'])} / {escape(failure.message['en'])}")
    fix = " / ".join(part for part in (failure.fix["zh"], failure.fix["en"]) if part)
    if fix:
        err.print(f"    {escape(fix)}")
    if isinstance(failure, Invalid):
        sys.stderr.flush()
        show_findings(failure.findings)
