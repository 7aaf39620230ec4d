"""Passwords, tokens and the principal behind a token."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from api.boot import build
from engine.errors import NotFound
from engine.identity import service, tokens
from engine.identity.changed import identity_changes
from engine.identity.passwords import WeakPassword, hash_password, verify_password
from engine.identity.principal import SYSTEM
from engine.identity.sessions import (
    NotAuthenticated,
    Sessions,
    WrongCredentials,
    create_first_administrator,
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


def test_token_taken_back_in_another_process_ends_here_within_a_minute(
    settings, runtime, sessions, session, clock
):
    find(runtime, sessions, session.secret)
    elsewhere = build(settings, clock=clock)
    changes = identity_changes.current
    with elsewhere.unit_of_work(SYSTEM) as work:
        tokens.revoke_secret(work, session.secret)
    elsewhere.close()
    identity_changes.current = changes  # another process counts for itself
    assert sessions.remembered(session.secret).user == "li"
    clock.advance(seconds=59)
    assert sessions.remembered(session.secret) is None
    with pytest.raises(NotAuthenticated):
        find(runtime, sessions, session.secret)


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
