"""`python -m api.cli`: the command line without an installed entry point."""

from __future__ import annotations

from api.cli.start import run

run()
