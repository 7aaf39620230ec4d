"""Writes another name wherever a document names a part that gets one.

It is the check that finds the places: the part gets a name that nothing else has, what names it does not check
any more, and each such place is rewritten until all of them check. A name of the same letters that means
something else checks as before and is left alone; texts for people are not touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definitions import pointers
from engine.definitions.app import Documents
from engine.definitions.check import check_app, kinds
from engine.definitions.guided.occurrences import Occurrences, strings
from engine.definitions.pointers import Path, Spot
from engine.errors import EngineError
from engine.findings import Finding
from engine.registry import Registry

ROUNDS = 60
PASSES = 3

Registries = Mapping[str, Registry]


class CannotRewrite(EngineError):
    """Some places that name this could not be rewritten."""

    code = "cannot_rewrite"
    zh = "有些引用无法自动改写。"
    fix_zh = "请按 details 中的位置先手工修改，再重试。"
    fix_en = "Change the places in details by hand first, then repeat the step."


@dataclass(slots=True)
class _Place:
    """A place that does not check: what stood there, and which occurrences have been found right or wrong.

    First all are replaced; where that is wrong, one after the other.
    """

    key: str | None
    value: Any
    count: int
    kept: set[int] = field(default_factory=set)
    trying: int | None = None
    passes: int = 0

    def next(self, *, wrong: bool) -> set[int] | None:
        """Which occurrences to replace now; None when there is nothing else to try.

        `wrong`: what was replaced last is not what is meant there.
        """
        if self.trying is None or self.trying == self.count:
            # without a wrong one the error is another place's, which makes this one fail, too
            if not wrong or self.passes == PASSES:
                return None
            self.passes, self.kept, self.trying = self.passes + 1, set(), 0
            return {0}
        if not wrong:
            self.kept.add(self.trying)
        self.trying += 1
        return self.kept | ({self.trying} if self.trying < self.count else set())


@dataclass(slots=True)
class _Rewriting:
    documents: Documents
    fresh: str
    words: Occurrences
    known: Mapping[str, str]
    places: dict[tuple[str, str, Path], _Place] = field(default_factory=dict)

    def step(self, pointer: str, findings: Iterable[Finding]) -> bool:
        """Try the next choice at a place that does not check; False when there is none."""
        spot = pointers.spot_of(self.documents, self.known, pointer)
        if spot is None or spot.kind == "app" or len(spot.path) != len(pointers.steps_of(pointer)) - 2:
            return False
        spot, place = self._around(spot)
        if place is None:
            place = self.places[self._name(spot)] = self._place(spot)
            chosen = set(range(place.count)) or None
        else:
            chosen = place.next(wrong=any(self.fresh in each.message["en"] for each in findings))
        if chosen is not None:
            key, value, _ = self.words.replaced(place.key, place.value, self.fresh, chosen=chosen)
            self._put(spot, key, value)
        return chosen is not None

    def _around(self, spot: Spot) -> tuple[Spot, _Place | None]:
        """The place that is being rewritten at or around a spot."""
        for depth in range(len(spot.path), -1, -1):
            outer = Spot(spot.kind, spot.key, spot.path[:depth])
            if (place := self.places.get(self._name(outer))) is not None and place.count:
                return outer, place
        return spot, None

    def _name(self, spot: Spot) -> tuple[str, str, Path]:
        return spot.kind, spot.key, tuple(map(self._as_it_was, spot.path))

    def _as_it_was(self, step: str | int) -> str | int:
        return step.replace(self.fresh, self.words.old) if isinstance(step, str) else step

    def _place(self, spot: Spot) -> _Place:
        last = spot.path[-1] if spot.path else None
        key, value = last if isinstance(last, str) else None, pointers.value_at(self.documents, spot)
        return _Place(key, value, self.words.replaced(key, value, "", chosen=())[2])

    def _put(self, spot: Spot, key: str | None, value: Any) -> None:
        document = self.documents[spot.kind][spot.key]
        if key is None:
            document = pointers.replaced(document, spot.path, value)
        else:
            above = pointers.value_at(self.documents, Spot(spot.kind, spot.key, spot.path[:-1]))
            entries = {(key if name == spot.path[-1] else name): each for name, each in above.items()}
            document = pointers.replaced(document, spot.path[:-1], entries | {key: value})
        self.documents = pointers.with_document(self.documents, spot.kind, spot.key, document)


def rewrite(
    documents: Documents, old: str, new: str, registries: Registries, *, fresh: str, literal: bool = False
) -> Documents:
    """The documents with `new` wherever they name the part that is called `fresh` in them and was called `old`.

    `fresh` is a word that occurs nowhere else; `literal` says that the part is an option, whose key is compared
    with. Raises CannotRewrite with the findings that remain.
    """
    words = Occurrences(old, literal)
    state = _Rewriting(documents, fresh, words, pointers.folders(kinds(registries)))
    wrong: list[Finding] = []
    for _round in range(ROUNDS):
        wrong = [each for each in check_app(state.documents, registries).findings if each.level == "error"]
        if not wrong:
            return settled(state.documents, fresh, new)
        by_pointer: dict[str, list[Finding]] = {}
        for finding in wrong:
            by_pointer.setdefault(finding.pointer, []).append(finding)
        tried = [state.step(pointer, found) for pointer, found in by_pointer.items()]
        if not any(tried):
            break
    raise CannotRewrite(details={"findings": [finding.as_json() for finding in wrong]})


def fresh_word(documents: Documents, like: str) -> str:
    """A word that occurs nowhere in the documents and may be a key."""
    taken = "\n".join(strings(documents))
    return next(word for number in range(1_000) if (word := f"{like[:20]}_fresh{number}") not in taken)


def settled(documents: Documents, fresh: str, new: str) -> Documents:
    """The documents with the word nothing else has turned into the name it stands for."""
    return {
        kind: {key.replace(fresh, new): _renamed(each, fresh, new) for key, each in objects.items()}
        for kind, objects in documents.items()
    }


def _renamed(value: Any, fresh: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key.replace(fresh, new): _renamed(each, fresh, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, fresh, new) for each in value]
    return value.replace(fresh, new) if isinstance(value, str) else value
