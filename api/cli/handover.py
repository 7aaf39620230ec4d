"""Handing over on the command line, with a bar of progress."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress

from engine.identity.handover import repository, service
from engine.identity.handover.job import advance
from engine.identity.principal import SYSTEM
from engine.runtime import Runtime


def show_belongings(runtime: Runtime, user: str) -> None:
    """List what a user would leave behind."""
    with runtime.reading(SYSTEM) as work:
        found = service.belongings(work, user)
    for place in found:
        address = ".".join(each for each in (place.app, place.form, place.field) if each)
        typer.echo(f"{place.count:>8}  {place.part:<13}{place.label['zh']} / {place.label['en']}  {address}")
        if not place.moves:
            for thing in place.things:
                typer.echo(f"          {thing}")
    if not found:
        typer.echo("没有需要交接的内容 / nothing to hand over")


def hand_over(runtime: Runtime, user: str, document: dict[str, Any], *, undo: str = "") -> dict[str, Any]:
    """Do a handover, or take one back, to its end; how it stands then."""
    with runtime.unit_of_work(SYSTEM, source="engine") as work:
        begun = service.undo(work, undo) if undo else service.begin(work, user, document)
    state = begun.state
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("交接 / handing over", total=max(1, begun.progress["total"]))
        while state in repository.RUNNING:
            with runtime.unit_of_work(SYSTEM, source="job") as work:
                state = advance(work, begun.id)
                bar.update(task, completed=repository.get(work, begun.id).progress["done"])
        bar.update(task, completed=max(1, begun.progress["total"]))
    with runtime.reading(SYSTEM) as work:
        return service.status(work, begun.id)


def show_handover(done: dict[str, Any]) -> None:
    """Say what went where, and what could not."""
    typer.echo(f"交接 / handover {done['id']}: {done['state']}")
    for row in done["counts"]:
        place = ".".join(each for each in (row["app"], row["form"], row["field"]) if each)
        typer.echo(f"{row['count']:>8}  {row['part']:<13}{place}  → {row['to']}  {row['state']}")
    for problem in done["problems"]:
        why = (problem["why"] or {}).get("message", {"zh": "此后已被修改", "en": "changed since"})
        typer.echo(
            f"{problem['state']}: {problem['part']} {problem['thing']}: {why['zh']} / {why['en']}", err=True
        )
    if any(done["problems"]):
        raise typer.Exit(1)
