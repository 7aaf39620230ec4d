"""The key ring: what it seals only it opens, in the same place, and not after it was altered."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sealing.ring import KeyRing, KeysMissing, KeyUnknown, SealBroken, key_of


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys.json", own=True)


@given(text=st.text())
def test_what_is_sealed_opens_again(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    ring = KeyRing(tmp_path_factory.getbasetemp() / "shared.json", own=True)
    try:
        sealed = ring.seal(text, "a.b")
    except UnicodeEncodeError:
        return  # lone surrogates are no text that a form takes
    assert ring.unseal(sealed, "a.b") == text
    assert key_of(sealed) == ring.current


def test_the_same_text_is_sealed_differently_and_found_alike(ring: KeyRing) -> None:
    assert ring.seal("x", "a") != ring.seal("x", "a")
    assert ring.blind("a", "x") == ring.blind("a", "x")
    assert ring.blind("a", "x") != ring.blind("b", "x")
    assert ring.blind("a", "x") != ring.blind("a", "y")


def test_a_value_that_was_moved_or_altered_does_not_open(ring: KeyRing) -> None:
    sealed = ring.seal("secret", "contract.id_no")
    with pytest.raises(SealBroken):
        ring.unseal(sealed, "contract.phone")
    swapped = "A" if sealed[-6] != "A" else "B"
    for altered in (sealed[:-6] + swapped + sealed[-5:], sealed[:20], "plain", sealed + "!"):
        with pytest.raises((SealBroken, KeyUnknown)):
            ring.unseal(altered, "contract.id_no")


def test_the_file_is_its_owners_alone(ring: KeyRing) -> None:
    ring.seal("x", "a")
    assert ring.path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in ring.path.parent.iterdir()] == ["keys.json"]


def test_a_rotated_ring_opens_old_values_and_tells_other_processes(ring: KeyRing) -> None:
    old, found = ring.current, ring.blind("a", "x")
    sealed = ring.seal("x", "a")
    other = KeyRing(ring.path, own=True)
    assert other.unseal(sealed, "a") == "x"
    new = ring.rotate()
    assert (key_of(sealed), key_of(other.seal("x", "a"))) == (old, new)
    assert other.unseal(sealed, "a") == "x"
    assert other.blind("a", "x") == found
    ring.retire({old, new})
    assert other.ids() == (new,)
    with pytest.raises(KeyUnknown):
        other.unseal(sealed, "a")


def test_a_named_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "given.json", own=False)
    with pytest.raises(KeysMissing):
        ring.seal("x", "a")
    assert not ring.path.exists()


def test_a_file_that_vanishes_is_not_replaced(ring: KeyRing) -> None:
    ring.seal("x", "a")
    ring.path.unlink()
    with pytest.raises(KeysMissing):
        ring.seal("x", "a")
    assert not ring.path.exists()


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"current": "k", "keys": {}, "index": ""}', "\xff"])
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(KeysMissing) as problem:
        KeyRing(path, own=True).seal("x", "a")
    assert problem.value.details == {"path": str(path)}
    assert path.read_text(encoding="latin-1") == content


def test_many_who_make_the_file_at_once_share_one_key(tmp_path: Path) -> None:
    rings = [KeyRing(tmp_path / "keys.json", own=True) for _ in range(8)]
    sealed: list[str] = []
    threads = [
        threading.Thread(target=lambda each=each: sealed.append(each.seal("x", "a"))) for each in rings
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {rings[0].unseal(each, "a") for each in sealed} == {"x"}
    assert len(json.loads(rings[0].path.read_text())["keys"]) == 1
