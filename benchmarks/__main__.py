"""`python -m benchmarks [NAME] [--quick]`: one JSON line per benchmark; exit code 1 when a bar is missed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from benchmarks import expressions, imports, permission, publish, records, reports

BENCHMARKS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "expressions": expressions.run,
    "import": imports.run,
    "permission": permission.run,
    "publish": publish.run,
    "records": records.run,
    "reports": reports.run,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHMARKS), help="one of them; default: all")
    parser.add_argument("--quick", action="store_true", help="a rough figure in under a minute")
    asked = parser.parse_args()
    held = True
    for name, run in BENCHMARKS.items():
        if asked.name in {None, name}:
            report = run(quick=asked.quick)
            print(orjson.dumps(report).decode(), flush=True)
            held = held and report["holds"]
    return 0 if held else 1


sys.exit(main())
