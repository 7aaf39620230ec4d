"""Why a publish that was under way ends without its flip."""

from __future__ import annotations

from collections.abc import Sequence

from engine.findings import Finding, Text
from engine.jobs.worker import PermanentFailure

NAMED = 3
"""Findings named in one sentence."""


class PublishOvertaken(PermanentFailure):
    """What is stored, or another app, changed while this publish was under way; nothing of it was published."""

    code = "publish_overtaken"
    zh = "发布进行期间，已存数据或其他应用发生了变化；本次发布未生效。"
    fix_zh = "请重新发布。"
    fix_en = "Publish it anew."

    def __init__(self, findings: Sequence[Finding] = ()) -> None:
        super().__init__()
        named = findings[:NAMED]
        zh = "".join([self.message["zh"], *(each.message["zh"] for each in named)])
        en = " ".join([self.message["en"], *(f"{each.message['en']} ({each.pointer})" for each in named)])
        self.message = Text(zh=zh, en=en)
        # whoever asked for it reads this, not the answer to a request
        self.args = (f"{self.message['zh']}{self.fix['zh']} / {self.message['en']} {self.fix['en']}",)
