"""Test cases of an app on the command line, with a progress bar."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.boot import BUILT_INS
from api.cli.other_apps import With, read_apps
from api.cli.output import err, out, show_findings
from api.scratch import SECONDS, run_cases, suites_of
from engine.cases.run import CaseResult
from engine.definitions.check import kinds
from engine.definitions.folder import read_folder
from engine.definitions.neighbours import with_apps
from engine.errors import Invalid
from engine.plugins import extensions
from engine.registry import fill


def run_tests(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="应用文件夹 / the app's folder")
    ],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="只运行这些用例组 / only these suites")
    ] = None,
    beside: With = None,
    seconds: Annotated[float, typer.Option(help="总时限（秒） / time for all, in seconds")] = SECONDS,
) -> None:
    """运行应用自带的用例，在临时库中，不动真实数据 / run the app's test cases in a store of their own."""
    registries = fill(extensions(BUILT_INS))
    documents, broken = read_folder(folder, kinds(registries))
    if broken:
        raise Invalid(broken)
    apps = read_apps(beside or (), registries)
    suites = suites_of(documents, with_apps(registries, apps), only or ())
    results: list[CaseResult] = []
    with _progress() as bar:
        task = bar.add_task("用例 / cases", total=sum(len(suite.cases) for suite in suites))
        for result in run_cases(documents, suites, seconds=seconds, apps=apps):
            results.append(result)
            bar.advance(task)
    failed = [each for each in results if not each.ok]
    for each in results:
        mark = "[green]✓[/]" if each.ok else "[red]✗[/]"
        out.print(f"{mark} {escape(each.suite)} / {escape(each.case)}  [dim]{each.seconds:.2f} s[/]")
        show_findings(each.findings)
    out.print(f"通过 / passed: {len(results) - len(failed)}  失败 / failed: {len(failed)}")
    raise typer.Exit(1 if failed else 0)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    )
