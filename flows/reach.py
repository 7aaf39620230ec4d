"""What can be reached along edges."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence


def reachable(
    sources: Iterable[str], steps: Mapping[str, Sequence[str]], *, past: Collection[str] = ()
) -> set[str]:
    """All nodes that `steps` lead to from `sources`, themselves included, never through one of `past`."""
    seen = {source for source in sources if source not in past}
    unread = list(seen)
    while unread:
        for target in steps.get(unread.pop(), ()):
            if target not in seen and target not in past:
                seen.add(target)
                unread.append(target)
    return seen
