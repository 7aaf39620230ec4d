"""Write requirements.txt and requirements-dev.txt: what pyproject.toml names, with all that it needs,
pinned to the versions installed here. Run by `make lock` after tests passed with them.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import distribution, version
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
HEADS = {
    "requirements.txt": "# What the product needs, with everything that needs in turn. Written by `make lock`.\n",
    "requirements-dev.txt": "# What building, checking and testing need besides. Written by `make lock`.\n-r requirements.txt\n",
}


def closure(named: list[str]) -> dict[str, str]:
    """Name -> installed version of these requirements and of all they need here."""
    waiting = [Requirement(each) for each in named]
    extras: dict[str, set[str]] = {}
    while waiting:
        wanted = waiting.pop()
        key = re.sub(r"[-_.]+", "-", wanted.name).lower()
        known = extras.get(key)
        if known is not None and wanted.extras <= known:
            continue
        chosen = extras[key] = (known or set()) | wanted.extras
        for line in distribution(wanted.name).requires or ():
            needed = Requirement(line)
            contexts = [{"extra": extra} for extra in (chosen or {""})]
            if needed.marker is None or any(needed.marker.evaluate(each) for each in contexts):
                waiting.append(needed)
    return {key: version(key) for key in sorted(extras)}


def files() -> dict[str, str]:
    """File name -> text."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    product = closure(project["project"]["dependencies"])
    tools = closure(project["dependency-groups"]["dev"])
    besides = {key: pinned for key, pinned in tools.items() if key not in product}
    lists = {"requirements.txt": product, "requirements-dev.txt": besides}
    return {
        name: HEADS[name] + "".join(f"{key}=={pinned}\n" for key, pinned in pins.items())
        for name, pins in lists.items()
    }


def main() -> None:
    """Write both files."""
    for name, text in files().items():
        (ROOT / name).write_text(text, "utf-8")
        sys.stdout.write(f"{name}: {text.count('==')} pins\n")


if __name__ == "__main__":
    main()
