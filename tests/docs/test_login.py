"""The examples of docs/login.md, after section 1 of the tour, against a running demo."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import steps
from tests.docs.shell import shell


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_example_of_the_page_on_logins(tmp_path: Path, demo_home: Path) -> None:
    start = [step for step in steps("tour.md") if step.command.section == "1"]
    with shell(tmp_path) as opened:
        opened.begin(start, demo_home)
        opened.follow(steps("login.md"))
