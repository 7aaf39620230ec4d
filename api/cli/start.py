"""The entry point of `fourfold`: loads the commands and runs one.

Loading makes hundreds of thousands of objects that stay. Nobody looks for garbage among them meanwhile.
"""

from __future__ import annotations

import gc


def run() -> None:
    """Run the command of this process's arguments."""
    gc.disable()
    from api.cli import main

    gc.freeze()
    gc.enable()
    main.run()
