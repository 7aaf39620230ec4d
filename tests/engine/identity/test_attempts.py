"""The brake on guessing passwords, kept in the store."""

from __future__ import annotations

import threading

import pytest

from api.boot import build
from engine.errors import EngineError
from engine.identity import attempts, service
from engine.identity import sessions as sessions_module
from engine.identity.attempts import NETWORK, OWN, STRANGERS, attempt, network
from engine.identity.passwords import TooManyFailures, hash_password
from engine.identity.principal import SYSTEM
from engine.identity.sessions import Sessions, WrongCredentials

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)
HOME, AWAY = "198.51.100.4", "203.0.113.7"


@pytest.fixture
def sessions(runtime, people, monkeypatch):
    with runtime.unit_of_work(SYSTEM) as work:
        service.set_password_hash(work, "li", HASH)
    # what is counted is tried here, not the hash: it costs tens of milliseconds
    monkeypatch.setattr(sessions_module, "verify_password", lambda given, _: given == PASSWORD)
    return Sessions(runtime)


def guess(sessions, times, name="li", peer=AWAY):
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            sessions.check_password(name, "wrong", peer)


def guess_from_everywhere(runtime, name, times):
    with runtime.unit_of_work(SYSTEM) as work:
        for number in range(times):
            attempts.begin(work, attempt(name, f"192.0.{number // 250}.{number % 250}"))


def test_many_failures_close_the_door_for_a_while(sessions, clock):
    guess(sessions, OWN.most)
    with pytest.raises(TooManyFailures) as refused:
        sessions.check_password("li", PASSWORD, AWAY)
    assert refused.value.details["retry_after"] == 300
    clock.advance(minutes=5)
    assert sessions.check_password("li", PASSWORD, AWAY) == "li"


def test_all_processes_count_together_and_a_restart_forgets_nothing(settings, clock, sessions):
    guess(sessions, OWN.most - 1)
    other = build(settings, clock=clock)
    guess(Sessions(other), 1)
    other.close()
    with pytest.raises(TooManyFailures):
        sessions.check_password("li", PASSWORD, AWAY)


def test_failures_count_by_name_and_address(sessions):
    guess(sessions, OWN.most)
    for peer in (AWAY, f"::ffff:{AWAY}"):
        with pytest.raises(TooManyFailures):
            sessions.check_password("li", PASSWORD, peer)
    assert sessions.check_password("li", PASSWORD, HOME) == "li"
    guess(sessions, 1, name="sun")


def test_guesses_from_everywhere_close_the_door_to_strangers_only(runtime, sessions, clock):
    assert sessions.check_password("li", PASSWORD, HOME) == "li"
    guess_from_everywhere(runtime, "li", STRANGERS.most)
    with pytest.raises(TooManyFailures):
        sessions.check_password("li", PASSWORD, AWAY)
    assert sessions.check_password("li", PASSWORD, HOME) == "li"
    clock.advance(minutes=15)
    assert sessions.check_password("li", PASSWORD, AWAY) == "li"


def test_known_network_has_its_own_limit_all_the_same(sessions):
    assert sessions.check_password("li", PASSWORD, HOME) == "li"
    guess(sessions, OWN.most, peer=HOME)
    with pytest.raises(TooManyFailures):
        sessions.check_password("li", PASSWORD, HOME)


def test_trying_many_names_from_one_network_is_stopped(runtime, sessions):
    assert sessions.check_password("li", PASSWORD, AWAY) == "li"
    with runtime.unit_of_work(SYSTEM) as work:
        for number in range(NETWORK.most):
            attempts.begin(work, attempt(f"name{number}", AWAY))
    with pytest.raises(TooManyFailures):
        sessions.check_password("sun", "wrong", AWAY)
    assert sessions.check_password("li", PASSWORD, AWAY) == "li"  # who is known there is not kept out


def test_success_forgets_failures(sessions):
    for _ in range(2):
        guess(sessions, OWN.most - 3)
        assert sessions.check_password("li", PASSWORD, AWAY) == "li"


def test_administrator_opens_the_door_again(runtime, sessions):
    guess(sessions, OWN.most)
    with runtime.unit_of_work(SYSTEM) as work:
        attempts.open_again(work, "li")
    assert sessions.check_password("li", PASSWORD, AWAY) == "li"


def test_guesses_at_the_same_moment_do_not_slip_past_the_limit(sessions, monkeypatch):
    together = threading.Barrier(7)
    outcomes, verified = [], []

    def all_look_first(work, asked):
        together.wait(20)

    def verify(given, stored):
        verified.append(given)
        return False

    looks = iter([all_look_first] * 7)
    refuse = attempts.refuse

    def look(work, asked):
        next(looks, refuse)(work, asked)

    def guess_once():
        try:
            sessions.check_password("li", "wrong", AWAY)
        except EngineError as refused:
            outcomes.append(type(refused))

    guess(sessions, OWN.most - 4)
    # seven pass the first look before anybody is counted; what counts is the second one
    monkeypatch.setattr(attempts, "refuse", look)
    monkeypatch.setattr(sessions_module, "verify_password", verify)
    threads = [threading.Thread(target=guess_once) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(verified) == 4
    assert outcomes.count(TooManyFailures) == 3


def test_names_are_not_stored_as_they_were_typed(runtime, sessions):
    guess(sessions, 1, name="my secret, in the wrong field")
    with runtime.reading(SYSTEM) as work:
        rows = work.rows("SELECT name, network FROM ff_login_failure")
    assert "secret" not in str(rows)


def test_old_failures_and_networks_are_forgotten(runtime, sessions, clock):
    sessions.check_password("li", PASSWORD, HOME)
    guess(sessions, 2)
    clock.advance(days=91)
    with runtime.unit_of_work(SYSTEM) as work:
        attempts.drop_old(work)
        assert work.rows("SELECT id FROM ff_login_failure") == []
        assert work.rows("SELECT name FROM ff_known_network") == []


@pytest.mark.parametrize(
    ("peer", "counted_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8::1:2", "2001:db8::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_what_counts_as_one_sender(peer, counted_as):
    assert network(peer) == counted_as
