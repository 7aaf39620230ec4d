"""The pinned files, pyproject.toml and the imports of the product agree."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def name_of(requirement):
    return re.sub(r"[-_.]+", "-", Requirement(requirement).name).lower()


def pinned(file):
    lines = (ROOT / file).read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def imported():
    found = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - set(PACKAGES)


def test_everything_named_is_pinned():
    assert {name_of(each) for each in PROJECT["project"]["dependencies"]} <= set(pinned("requirements.txt"))
    tools = {name_of(each) for each in PROJECT["dependency-groups"]["dev"]}
    assert tools <= set(pinned("requirements.txt")) | set(pinned("requirements-dev.txt"))


def test_everything_imported_is_named():
    named = {name_of(each) for each in PROJECT["project"]["dependencies"]}
    providers = packages_distributions()
    missing = {
        module
        for module in imported()
        if not named & {re.sub(r"[-_.]+", "-", each).lower() for each in providers.get(module, ())}
    }
    assert missing <= {"pydantic_core"}, "name it in pyproject.toml, then run `make lock`"


def test_no_registry_address_is_written_down():
    for file in ("requirements.txt", "requirements-dev.txt"):
        assert not re.search(r"https?://|--index|--hash", (ROOT / file).read_text("utf-8"))
