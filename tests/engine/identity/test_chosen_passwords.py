"""What may be a password, and when it must be changed."""

from __future__ import annotations

import json

import pytest

from engine.identity import chosen_passwords, service
from engine.identity.chosen_passwords import LinkNotValid, Policy, check_choice, policy
from engine.identity.passwords import WeakPassword, hash_password
from engine.identity.principal import SYSTEM

HASH = hash_password("correct horse")


@pytest.mark.parametrize(
    "chosen",
    [
        "short",
        "x" * 257,
        "Password123",
        "P@ssw0rd",
        "aaaaaaaaaa",
        "abababab",
        "12345678901",
        "hgfedcba",
        "lina-2026!",
        "MyLiNaPassword",
    ],
)
def test_weak_choices_are_refused(chosen):
    with pytest.raises(WeakPassword) as refused:
        check_choice(chosen, Policy(), ["lina", "li"])
    assert refused.value.pointer == "/password"


@pytest.mark.parametrize("chosen", ["correct horse", "雨后的青石板路很滑", "Tr0ub4dor&3", "liberal arts"])
def test_good_choices_pass(chosen):
    check_choice(chosen, Policy(), ["lina", "li"])


def test_an_installation_asks_for_more(runtime, settings):
    runtime.settings = settings.model_copy(update={"password_length": 14})
    with runtime.reading(SYSTEM) as work:
        asked = policy(work)
    with pytest.raises(WeakPassword) as refused:
        check_choice("correct horse", asked, [])
    assert "14" in refused.value.message["zh"]


def test_password_grows_too_old(runtime, settings, people, clock):
    runtime.settings = settings.model_copy(update={"password_days": 90})
    with runtime.unit_of_work(SYSTEM) as work:
        service.set_password_hash(work, "li", HASH)
        assert not chosen_passwords.must_change(work, "li")
    clock.advance(days=91)
    with runtime.reading(SYSTEM) as work:
        assert chosen_passwords.must_change(work, "li")


def test_link_works_once_and_not_for_long(runtime, people, clock):
    def ask():
        with runtime.unit_of_work(SYSTEM) as work:
            return "ffr_" + chosen_passwords.make_letter(work, "li")["text"].split("ffr_")[1][:43]

    secret = ask()
    with runtime.unit_of_work(SYSTEM) as work:
        assert chosen_passwords.use_link(work, secret, HASH) == "li"
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(LinkNotValid):
        chosen_passwords.use_link(work, secret, HASH)
    late = ask()
    clock.advance(hours=1)
    with runtime.unit_of_work(SYSTEM) as work, pytest.raises(LinkNotValid):
        chosen_passwords.use_link(work, late, HASH)


@pytest.mark.parametrize("username", ["nobody", "sun", "wu"])
def test_no_link_for_unknown_people_and_those_without_an_address(runtime, people, username):
    with runtime.unit_of_work(SYSTEM) as work:
        chosen_passwords.send_link(work, username)
        assert work.rows("SELECT id FROM ff_job") == []


def test_a_job_that_waits_to_mail_a_link_holds_none(runtime, people, clock):
    with runtime.unit_of_work(SYSTEM) as work:
        chosen_passwords.send_link(work, "li")
        [(kind, payload)] = work.rows("SELECT kind, payload FROM ff_job")
    assert (kind, payload if isinstance(payload, dict) else json.loads(payload)) == (
        "password_link", {"user": "li"},
    )  # fmt: skip


def test_who_left_meanwhile_gets_no_link(runtime, people, clock):
    with runtime.unit_of_work(SYSTEM) as work:
        chosen_passwords.send_link(work, "li")
        service.disable_user(work, "li")
        assert chosen_passwords.make_letter(work, "li") is None
