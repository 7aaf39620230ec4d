"""The collector of cycles pauses while sets are saved, and goes on when the last of them is."""

from __future__ import annotations

import gc

from forms.imports.sets import COLLECTOR


def test_the_collector_goes_on_only_when_the_last_of_several_ends() -> None:
    first, second = COLLECTOR.paused(), COLLECTOR.paused()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()
