"""Passwords, tokens and the principal behind a token."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
import sqlalchemy as sa

from engine.errors import EngineError, NotFound
from engine.identity import service, tokens
from engine.identity import sessions as sessions_module
from engine.identity.passwords import TooManyFailures, WeakPassword, hash_password, verify_password
from engine.identity.principal import SYSTEM
from engine.identity.sessions import (
    NotAuthenticated,
    Sessions,
    WrongCredentials,
    create_first_administrator,
    network,
    open_session,
)
from engine.identity.tables import token as token_table
from engine.settings import Settings

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)


@pytest.fixture
def sessions(runtime, people):
    with runtime.unit_of_work(SYSTEM) as work:
        service.set_password_hash(work, "li", HASH)
    return Sessions(runtime)


@pytest.fixture
def session(runtime, sessions):
    with runtime.unit_of_work(SYSTEM) as work:
        return open_session(work, "li")


def find(runtime, sessions, secret):
    with runtime.reading(SYSTEM) as work:
        return sessions.principal(work, secret)


def test_password_is_hashed_with_argon2id():
    assert HASH.startswith("$argon2id$")
    assert verify_password(PASSWORD, HASH)
    assert not verify_password("wrong", HASH)
    assert not verify_password(PASSWORD, None)


def test_short_password_is_refused():
    with pytest.raises(WeakPassword):
        hash_password("short")


def test_right_password_gives_the_user(sessions):
    assert sessions.check_password("li", PASSWORD) == "li"
    assert sessions.check_password(" li ", PASSWORD) == "li"


def test_wrong_password_unknown_user_and_disabled_user_look_the_same(sessions, runtime):
    with runtime.unit_of_work(SYSTEM) as work:
        service.set_password_hash(work, "sun", HASH)
        service.disable_user(work, "sun")
    for name, password in [("li", "wrong"), ("nobody", PASSWORD), ("sun", PASSWORD), ("wu", PASSWORD)]:
        with pytest.raises(WrongCredentials):
            sessions.check_password(name, password)


def test_many_failures_close_the_door_for_a_while(sessions, clock):
    for _ in range(8):
        with pytest.raises(WrongCredentials):
            sessions.check_password("li", "wrong")
    with pytest.raises(TooManyFailures) as refused:
        sessions.check_password("li", PASSWORD)
    assert refused.value.details["retry_after"] == 300
    clock.advance(minutes=5)
    assert sessions.check_password("li", PASSWORD) == "li"


def test_failures_count_by_name_and_address(sessions):
    for _ in range(8):
        with pytest.raises(WrongCredentials):
            sessions.check_password("li", "wrong", "203.0.113.7")
    for peer in ("203.0.113.7", "::ffff:203.0.113.7"):
        with pytest.raises(TooManyFailures):
            sessions.check_password("li", PASSWORD, peer)
    assert sessions.check_password("li", PASSWORD, "203.0.113.8") == "li"
    with pytest.raises(WrongCredentials):
        sessions.check_password("sun", "wrong", "203.0.113.7")


def test_guesses_at_the_same_moment_do_not_slip_past_the_limit(sessions, monkeypatch):
    together = threading.Barrier(20)
    outcomes = []
    verified = []
    check = sessions.brake.check

    def all_look_first(name):
        check(name)
        with suppress(threading.BrokenBarrierError):
            together.wait(5)

    def guess():
        try:
            sessions.check_password("li", "wrong")
        except EngineError as refused:
            outcomes.append(type(refused))

    def verify(*_):
        verified.append(1)
        return False

    looks = iter([all_look_first] * 20)

    def look(name):
        next(looks, check)(name)

    monkeypatch.setattr(sessions.brake, "check", look)
    monkeypatch.setattr(sessions_module, "verify_password", verify)
    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(verified) == 8
    assert outcomes.count(TooManyFailures) == 12


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


def test_success_forgets_failures(sessions):
    for _ in range(2):
        for _ in range(5):
            with pytest.raises(WrongCredentials):
                sessions.check_password("li", "wrong")
        assert sessions.check_password("li", PASSWORD) == "li"


def test_only_the_hash_of_a_token_is_stored(runtime, session):
    with runtime.reading(SYSTEM) as work:
        [row] = work.connection.execute(sa.select(token_table)).mappings()
    assert session.secret not in str(dict(row))
    assert row["hash"] == tokens.digest(session.secret)


def test_token_leads_to_its_principal(runtime, sessions, session):
    assert find(runtime, sessions, session.secret).user == "li"
    with pytest.raises(NotAuthenticated):
        find(runtime, sessions, "ffs_invented")


def test_principal_is_remembered_until_the_ttl_ends(runtime, sessions, session, clock):
    assert sessions.remembered(session.secret) is None
    find(runtime, sessions, session.secret)
    assert sessions.remembered(session.secret).user == "li"
    clock.advance(seconds=31)
    assert sessions.remembered(session.secret) is None


def test_committed_identity_change_shows_at_once(runtime, sessions, session):
    find(runtime, sessions, session.secret)
    with runtime.unit_of_work(SYSTEM) as work:
        service.update_user(work, "li", {"roles": ["sales_director"]})
    assert sessions.remembered(session.secret) is None
    assert find(runtime, sessions, session.secret).roles == ("sales_director",)


def test_rolled_back_identity_change_shows_nowhere(runtime, sessions, session):
    find(runtime, sessions, session.secret)
    with pytest.raises(RuntimeError), runtime.unit_of_work(SYSTEM) as work:
        service.update_user(work, "li", {"roles": ["sales_director"]})
        raise RuntimeError
    assert sessions.remembered(session.secret).roles == ("sales_rep",)


def test_session_ends_by_time_logout_and_disabling(runtime, sessions, session, clock):
    def issue():
        with runtime.unit_of_work(SYSTEM) as work:
            return open_session(work, "li").secret

    late, left, closed = session.secret, issue(), issue()
    for secret in (late, left, closed):
        find(runtime, sessions, secret)
    with runtime.unit_of_work(SYSTEM) as work:
        tokens.revoke_secret(work, left)
    assert sessions.remembered(left) is None
    with pytest.raises(NotAuthenticated):
        find(runtime, sessions, left)
    clock.advance(hours=runtime.settings.session_hours)
    with pytest.raises(NotAuthenticated):
        find(runtime, sessions, late)
    fresh = issue()
    with runtime.unit_of_work(SYSTEM) as work:
        service.disable_user(work, "li")
    with pytest.raises(NotAuthenticated):
        find(runtime, sessions, fresh)


def test_remembered_session_ends_at_its_expiry(runtime, sessions, session, clock):
    clock.advance(hours=runtime.settings.session_hours, seconds=-5)
    find(runtime, sessions, session.secret)
    clock.advance(seconds=6)
    assert sessions.remembered(session.secret) is None


def test_new_password_ends_all_sessions(runtime, sessions, session):
    with runtime.unit_of_work(SYSTEM) as work:
        service.set_password_hash(work, "li", HASH)
    with pytest.raises(NotAuthenticated):
        find(runtime, sessions, session.secret)


def test_api_tokens_are_listed_and_taken_back_by_their_owner(runtime, sessions, session):
    with runtime.unit_of_work(SYSTEM) as work:
        made = tokens.issue(work, "li", kind="api", label="ERP")
        [listed] = tokens.tokens_of(work, "li")
        assert listed["label"] == "ERP"
        assert "hash" not in listed
        with pytest.raises(NotFound):
            tokens.revoke(work, "sun", made.id)
        tokens.revoke(work, "li", made.id)
        assert tokens.tokens_of(work, "li") == []


def test_expired_tokens_are_dropped(runtime, session, clock):
    clock.advance(hours=13)
    with runtime.unit_of_work(SYSTEM) as work:
        assert tokens.drop_expired(work) == 1


def test_first_administrator_is_made_once_and_only_with_a_password(runtime, settings):
    assert not create_first_administrator(runtime)
    runtime.settings = settings.model_copy(
        update={"admin_password": Settings(admin_password=PASSWORD).admin_password}
    )
    assert create_first_administrator(runtime)
    assert not create_first_administrator(runtime)
    assert Sessions(runtime).check_password("root", PASSWORD) == "root"
