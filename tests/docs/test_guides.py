"""The examples of the guides that go on after section 1 of the tour: one demo for all, each page with an app or
records of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.pages import steps
from tests.docs.shell import Shell, shell

GUIDES = ("api.md", "files.md", "forms.md", "import.md")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, demo_home: Path) -> Iterator[Callable[[], Shell]]:
    """A shell in which the tour has begun; a new one after a page that has failed."""
    with ExitStack() as opened:
        started: list[Shell] = []

        def begin() -> Shell:
            if not started or started[-1].ended:
                started.append(opened.enter_context(shell(tmp_path_factory.mktemp("guide"))))
                start = [step for step in steps("tour.md") if step.command.section == "1"]
                started[-1].begin(start, demo_home)
            return started[-1]

        yield begin


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", GUIDES)
def test_every_example_of_the_page(begun: Callable[[], Shell], page: str) -> None:
    begun().follow(steps(page))
