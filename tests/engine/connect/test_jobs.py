"""Jobs that reach outside: retries, dead letters, what is unknown after a crash."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from engine.connect.calls import CallRefused
from engine.identity.principal import SYSTEM
from engine.jobs import enqueue, repository
from engine.jobs.worker import Worker


@pytest.fixture
def settings(database_url, tmp_path, smtp):
    from engine.settings import Settings

    return Settings(
        home=tmp_path,
        database_url=database_url,
        allow_private_hooks=True,
        smtp_host=smtp.host,
        smtp_port=smtp.port,
        smtp_sender="crm@qinghe.example",
    )


@pytest.fixture
def worker(runtime):
    return Worker(runtime, jitter=lambda: 0.0)


@pytest.fixture
def put(runtime):
    def add(kind, payload, **options):
        with runtime.unit_of_work(SYSTEM) as work:
            return enqueue(work, kind, payload, **options)

    return add


@pytest.fixture
def job(runtime):
    def find(identifier):
        with runtime.reading(SYSTEM) as work:
            return repository.get(work, identifier)

    return find


def mail(to="li@example.com"):
    return {"to": to, "subject": "提醒", "text": "内容"}


def hook(url):
    return {"url": url, "method": "POST", "headers": {}, "body": {"no": "SO-1"}}


def test_a_mail_goes_out_once_and_its_id_is_the_job(put, job, worker, smtp):
    made = put("mail", mail())
    worker.run_due()
    worker.run_due()
    [message] = smtp.messages
    assert (message.recipients, message.subject) == (["li@example.com"], "提醒")
    assert message.message["Message-ID"] == f"<{made}@qinghe.example>"
    assert job(made).state == "done"


def test_a_mail_for_good_refused_is_a_dead_letter_with_the_reason(put, job, worker, smtp):
    smtp.refuse = "554 no spam please"
    made = put("mail", mail())
    worker.run_due()
    assert job(made).state == "dead"
    assert "554 no spam please" in job(made).error


def test_a_delayed_mail_is_tried_again(put, job, clock, worker, smtp):
    smtp.refuse = "451 later"
    made = put("mail", mail())
    worker.run_due()
    assert job(made).state == "ready"
    smtp.refuse = None
    clock.advance(minutes=2)
    worker.run_due()
    assert len(smtp.messages) == 1
    assert job(made).state == "done"


def test_what_cannot_be_an_address_is_a_dead_letter(put, job, worker):
    made = put("mail", mail("nobody"))
    worker.run_due()
    assert job(made).state == "dead"


def test_killed_while_sending_it_becomes_unknown_and_a_person_may_send_it_again(
    put, job, runtime, clock, worker, smtp, monkeypatch
):
    class Killed(BaseException):
        """The process dies."""

    def die(*_):
        raise Killed

    monkeypatch.setattr("engine.connect.jobs.mail.send", die)
    made = put("mail", mail())
    with pytest.raises(Killed):
        worker.run_due()
    assert job(made).state == "sending"
    monkeypatch.undo()
    clock.advance(minutes=10)
    Worker(runtime).run_due()
    assert (job(made).state, len(smtp.messages)) == ("unknown", 0)
    with runtime.unit_of_work(SYSTEM) as work:
        repository.retry(work, made)
    worker.run_due()
    assert (job(made).state, len(smtp.messages)) == ("done", 1)


def test_sent_but_not_stored_is_unknown_and_not_sent_again(put, job, clock, worker, smtp, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("engine.connect.jobs.mail.Mail.run", fail)
    made = put("mail", mail())
    worker.run_due()
    monkeypatch.undo()
    clock.advance(days=1)
    worker.run_due()
    assert (job(made).state, len(smtp.messages)) == ("unknown", 1)


def test_a_slow_mail_server_does_not_hold_the_store(put, runtime, worker, monkeypatch):
    def writes_meanwhile(*_):
        with runtime.unit_of_work(SYSTEM) as work:
            enqueue(work, "mail", mail(), due=work.now + timedelta(days=1))

    monkeypatch.setattr("engine.connect.jobs.mail.send", writes_meanwhile)
    put("mail", mail())
    assert worker.run_due() == 1


def test_a_webhook_is_tried_after_one_and_five_minutes_with_the_same_key(put, job, clock, worker, http_stub):
    http_stub.answer(500).answer(500).answer(200)
    made = put("webhook", hook(f"{http_stub.url}/erp"))
    moments = []
    for _ in range(12):
        before = len(http_stub.requests)
        worker.run_due()
        if len(http_stub.requests) > before:
            moments.append(clock.now())
        clock.advance(minutes=1)
    assert [(moment - moments[0]) / timedelta(minutes=1) for moment in moments] == [0, 1, 6]
    assert {request.headers["idempotency-key"] for request in http_stub.requests} == {made}
    assert job(made).state == "done"


def test_a_webhook_that_never_works_is_a_dead_letter_that_can_be_run_again(
    put, job, runtime, clock, worker, http_stub
):
    for _ in range(6):
        http_stub.answer(503, {"error": "maintenance"})
    made = put("webhook", hook(http_stub.url))
    for _ in range(6):
        worker.run_due()
        clock.advance(hours=5)
    assert (job(made).state, len(http_stub.requests)) == ("dead", 6)
    assert "maintenance" in job(made).error
    with runtime.unit_of_work(SYSTEM) as work:
        repository.retry(work, made)
    worker.run_due()
    assert job(made).state == "done"


def test_a_refused_webhook_is_not_tried_again(put, job, worker, http_stub):
    http_stub.answer(422, {"error": "unknown customer"})
    made = put("webhook", hook(http_stub.url))
    worker.run_due()
    assert job(made).state == "dead"
    assert "unknown customer" in job(made).error


def test_killed_while_calling_it_is_called_again_with_the_same_key(
    put, job, runtime, clock, worker, http_stub, monkeypatch
):
    class Killed(BaseException):
        """The process dies."""

    def die(*_):
        raise Killed

    monkeypatch.setattr("engine.connect.jobs.webhook.Webhook.run", die)
    made = put("webhook", hook(http_stub.url))
    with pytest.raises(Killed):
        worker.run_due()
    monkeypatch.undo()
    clock.advance(minutes=10)
    Worker(runtime).run_due()
    assert [request.headers["idempotency-key"] for request in http_stub.requests] == [made, made]
    assert job(made).state == "done"


def test_a_hook_that_answers_byte_by_byte_does_not_stop_the_next_one(
    put, job, worker, http_stub, monkeypatch
):
    monkeypatch.setattr("engine.connect.calls.DEADLINE_SECONDS", 0.3)
    stopped = threading.Event()

    def drip():
        caller, _ = listening.accept()
        with caller, suppress(OSError):
            caller.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not stopped.wait(0.02):
                caller.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        slow = put("webhook", hook(f"http://127.0.0.1:{listening.getsockname()[1]}"))
        quick = put("webhook", hook(http_stub.url))
        worker.run_due()
        stopped.set()
        dripping.join()
    assert (job(slow).state, job(quick).state) == ("ready", "done")
    assert "in time" in job(slow).error


def test_a_refusal_with_a_zero_byte_can_be_stored(put, job, worker, monkeypatch):
    def refuse(*_, **__):
        raise CallRefused({"zh": "a\0b", "en": "a\0b"})

    monkeypatch.setattr("engine.connect.jobs.webhook.perform", refuse)
    made = put("webhook", hook("http://erp.example"))
    worker.run_due()
    assert (job(made).state, "a\ufffdb" in job(made).error) == ("dead", True)
