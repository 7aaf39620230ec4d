"""Identifiers: alone, many at once, and in a process that was split in two."""

from __future__ import annotations

import os
import uuid

from engine.ids import DRAWN, new_id, new_ids


def test_ids_are_uuids_of_version_7_and_sort_in_the_order_they_were_made():
    made = [new_id() for _ in range(3 * DRAWN)] + new_ids(100) + [new_id()]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {(uuid.UUID(each).version, uuid.UUID(each).variant) for each in made} == {(7, uuid.RFC_4122)}
    assert len({each[-12:] for each in made}) == len(made)


def test_a_forked_process_draws_random_bytes_of_its_own():
    new_id()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, "".join(new_id() for _ in range(DRAWN)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)
    tails = {theirs[at : at + 36][-12:] for at in range(0, len(theirs), 36)}
    assert len(tails) == DRAWN
    assert tails.isdisjoint(new_id()[-12:] for _ in range(DRAWN))
