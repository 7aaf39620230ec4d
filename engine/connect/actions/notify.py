"""The action `notify`: tell people, in their inbox here and by mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from engine.connect.names import namer
from engine.connect.notifications import Notice, notify
from engine.connect.recipients import Recipient, RecipientEntry, Source, compile_entries, resolve
from engine.connect.templates import Template, TemplateText, compile_both
from engine.connect.values import Reader
from engine.findings import text
from engine.jobs import enqueue
from engine.protocols import Action, ActionContext, ActionScope, Document

Channel = Literal["inbox", "mail"]


class NotifyParams(Document):
    """`subject` and `body` are templates; without `body` the subject says it all."""

    to: list[RecipientEntry] = Field(min_length=1, max_length=50)
    channels: list[Channel] = Field(default=["inbox"], min_length=1, max_length=2)
    subject: TemplateText
    body: TemplateText | None = None


@dataclass(frozen=True, slots=True)
class Notify(Action):
    """Writes inbox entries and mail jobs in the transaction at hand; one mail per person."""

    type = "notify"
    Params = NotifyParams

    slot: str
    to: tuple[Source, ...]
    channels: frozenset[Channel]
    subject: Mapping[str, Template]
    body: Mapping[str, Template]

    @classmethod
    def compile(cls, params: NotifyParams, scope: ActionScope) -> Notify | None:
        context = scope.context
        names = context.scope(scope.shape, variables=scope.variables, row=scope.row)
        to = compile_entries(params.to, f"{scope.pointer}/to", names, context)
        subject = compile_both(params.subject, f"{scope.pointer}/subject", names, context)
        body = compile_both(params.body, f"{scope.pointer}/body", names, context) if params.body else subject
        if to is None or subject is None or body is None:
            return None
        told = [name for each in (*subject.values(), *body.values()) for name in each.sealed]
        if told:
            _refuse_encrypted(list(dict.fromkeys(told)), scope)
            return None
        if "mail" not in params.channels and any(
            source.expression is not None and source.expression.type.kind == "text" for source in to
        ):
            context.warn(
                "address_needs_mail",
                f"{scope.pointer}/channels",
                text(
                    "邮箱地址只能通过邮件通知，但渠道中没有 mail。",
                    "A mail address is only reached by mail, which is not among the channels.",
                ),
                text("请在 channels 中加入 mail。", "Add mail to channels."),
            )
        return cls(scope.pointer, to, frozenset(params.channels), subject, body)

    def run(self, context: ActionContext) -> dict[str, Any]:
        """Summary: who is told in the inbox, by mail, and who could not be reached."""
        people = resolve(context.work, context.app, self.to, context.record, context.env)
        words = {person.locale: self._words(context, person.locale) for person in people}
        told = [person for person in people if "inbox" in self.channels and person.user is not None]
        mailed = [person for person in people if "mail" in self.channels and person.address]
        self._put_in_inbox(context, told, words)
        self._post(context, mailed, words)
        missed = [person.user or person.address for person in people if person not in (*told, *mailed)]
        return {
            "inbox": [person.user for person in told],
            "mail": [person.address for person in mailed],
            "unreachable": missed,
        }

    def _words(self, context: ActionContext, locale: str) -> tuple[str, str]:
        reader = Reader(locale, context.app.tz, namer(context.work, context.app, context.env, locale))
        return (
            self.subject[locale].render(context.record, context.env, reader),
            self.body[locale].render(context.record, context.env, reader),
        )

    def _put_in_inbox(
        self, context: ActionContext, people: Iterable[Recipient], words: Mapping[str, tuple[str, str]]
    ) -> None:
        notices = [
            Notice(
                user=person.user or "",
                title=words[person.locale][0],
                body=words[person.locale][1],
                app=context.app.key,
                form=context.form,
                record=context.record["id"],
                source=context.key,
            )
            for person in people
        ]
        notify(context.work, notices)

    def _post(
        self, context: ActionContext, people: Iterable[Recipient], words: Mapping[str, tuple[str, str]]
    ) -> None:
        for person in people:
            subject, body = words[person.locale]
            enqueue(
                context.work,
                "mail",
                {"to": person.address, "subject": subject, "text": body},
                unique=f"{context.key}:{self.slot}:{person.address}",
                app=context.app.key,
            )


def _refuse_encrypted(names: list[str], scope: ActionScope) -> None:
    """A message rests as it is read, in the inbox and in the mail of others."""
    scope.context.error(
        "tells_encrypted",
        scope.pointer,
        text(
            f"通知不能写出加密字段的值：{'、'.join(names)}。",
            f"A message cannot tell the values of encrypted fields: {', '.join(names)}.",
        ),
        text("请去掉它；收到通知的人可在记录中查看。", "Leave it out; who is told can look at the record."),
    )
