"""Comments for people: who sees a record reads them; who may comment writes them, and changes his own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.changes.operations import note
from engine.connect.notifications import Notice, notify
from engine.definitions.app import CompiledApp
from engine.errors import Conflict, Forbidden, Invalid
from engine.findings import Finding, error, text
from engine.identity.service import principal_of
from engine.ids import new_id
from engine.storage.unit_of_work import UnitOfWork
from forms.access import Access
from forms.comments import repository
from forms.comments.repository import Comment
from forms.compiled import Form
from forms.records import RecordNotFound, load
from forms.values import moment_json

LONGEST = 4000
MOST_MENTIONS = 20
EXCERPT = 120


class CommentRemoved(Conflict):
    """This comment has been removed."""

    code = "comment_removed"
    zh = "该评论已删除。"
    fix_zh = "请另写一条评论。"
    fix_en = "Write another comment."


def list_json(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, *, after: str | None, limit: int
) -> dict[str, Any]:
    """{"items", "next"}, the oldest first. Raises RecordNotFound."""
    _seen(Access(work, app), form, record)
    found = repository.of_record(work, record, after=after, limit=limit + 1)
    more = len(found) > limit
    return {
        "items": [as_json(each) for each in found[:limit]],
        "next": found[limit - 1].id if more else None,
    }


def add(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    record: str,
    *,
    body: str,
    mentions: Sequence[str] = (),
    answers: str | None = None,
) -> dict[str, Any]:
    """Say something; those mentioned who may see the record are told. Raises RecordNotFound, Forbidden, Invalid,
    CommentNotFound.
    """
    _may_comment(Access(work, app), form, record)
    said = _body(body)
    told = _mentioned(work, app, form, record, mentions)
    if answers is not None:
        repository.get(work, record, answers)
    made = Comment(
        new_id(), app.key, form.key, record, work.principal.user, work.now, said, list(told), answers
    )
    repository.add(work, made)
    _note(work, "comment_added", made)
    _tell(work, form, made, told)
    return as_json(made)


def edit(
    work: UnitOfWork,
    app: CompiledApp,
    form: Form,
    record: str,
    comment: str,
    *,
    body: str,
    mentions: Sequence[str] = (),
) -> dict[str, Any]:
    """Say it differently; who is mentioned for the first time is told. Raises as `add`, CommentRemoved."""
    _may_comment(Access(work, app), form, record)
    before = _own(work, record, comment, admin=False)
    said, told = _body(body), _mentioned(work, app, form, record, mentions)
    after = replace(before, body=said, mentions=list(told), edited_at=work.now)
    repository.change(work, comment, body=after.body, mentions=after.mentions, edited_at=after.edited_at)
    _note(work, "comment_edited", after)
    _tell(work, form, after, [user for user in told if user not in before.mentions])
    return as_json(after)


def remove(work: UnitOfWork, app: CompiledApp, form: Form, record: str, comment: str) -> None:
    """Take a comment back: its author, or an administrator. Raises as `edit`."""
    _seen(Access(work, app), form, record)
    taken = _own(work, record, comment, admin=True)
    repository.change(work, comment, body="", mentions=[], removed_at=work.now)
    _note(work, "comment_removed", taken)


def _note(work: UnitOfWork, action: str, comment: Comment) -> None:
    """Log that it was said, not what: the comment itself is where it can be taken back."""
    details = {"record": comment.record, "comment": comment.id}
    note(work, action, comment.form, app=comment.app, details=details)


def as_json(comment: Comment) -> dict[str, Any]:
    """The comment as it leaves; a removed one without its text."""
    return {
        "id": comment.id,
        "author": comment.author,
        "at": moment_json(comment.at),
        "body": None if comment.removed_at else comment.body,
        "mentions": comment.mentions,
        "answers": comment.answers,
        "edited_at": moment_json(comment.edited_at) if comment.edited_at else None,
        "removed_at": moment_json(comment.removed_at) if comment.removed_at else None,
    }


def _seen(access: Access, form: Form, record: str) -> None:
    if not access.sees(form, record):
        raise RecordNotFound()
    load(access.work, form, record)


def _may_comment(access: Access, form: Form, record: str) -> None:
    """Who sees a record only because a task shows it to him may comment too."""
    _seen(access, form, record)
    if not access.seen(form.key):
        return
    grants = access.demand(form.key, "comment")
    if not grants.unlimited and not any(access.flags(form, grants, record) or []):
        raise Forbidden()


def _own(work: UnitOfWork, record: str, comment: str, *, admin: bool) -> Comment:
    found = repository.get(work, record, comment)
    if found.author != work.principal.user and not (admin and work.principal.is_admin):
        raise Forbidden()
    if found.removed_at is not None:
        raise CommentRemoved()
    return found


def _body(body: str) -> str:
    said = body.strip()
    if 0 < len(said) <= LONGEST:
        return said
    message = text(f"应为 1 到 {LONGEST} 个字符。", f"1 to {LONGEST} characters are expected.")
    raise Invalid([error("wrong_length", "/body", message)])


def _mentioned(
    work: UnitOfWork, app: CompiledApp, form: Form, record: str, users: Sequence[str]
) -> list[str]:
    """The users to be told. Somebody who may not see the record cannot be called to it."""
    if len(users) > MOST_MENTIONS:
        message = text(f"最多提及 {MOST_MENTIONS} 人。", f"At most {MOST_MENTIONS} people can be mentioned.")
        raise Invalid([error("too_many", "/mentions", message)])
    findings: list[Finding] = []
    for index, user in enumerate(users):
        principal = principal_of(work, user)
        if principal is None or not _sees(work, app, form, record, principal):
            findings.append(
                error(
                    "not_found",
                    f"/mentions/{index}",
                    text(
                        "没有该用户，或其无权查看该记录。",
                        "There is no such user, or they may not see the record.",
                    ),
                )
            )
    if findings:
        raise Invalid(findings)
    return list(dict.fromkeys(users))


def _sees(work: UnitOfWork, app: CompiledApp, form: Form, record: str, principal: Any) -> bool:
    with work.acting(principal, work.source):
        return Access(work, app).sees(form, record)


def _tell(work: UnitOfWork, form: Form, comment: Comment, users: Sequence[str]) -> None:
    label = form.label["zh"]
    notify(
        work,
        [
            Notice(
                user=user,
                title=f"{comment.author} 在“{label}”中提到了您 / mentioned you in {form.label['en']}",
                body=comment.body[:EXCERPT],
                app=comment.app,
                form=comment.form,
                record=comment.record,
                source=f"comment:{comment.id}",
            )
            for user in users
            if user != comment.author
        ],
    )
