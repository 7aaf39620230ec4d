"""Sentences about flows, for people who draw them."""

from __future__ import annotations

from collections.abc import Sequence

from engine.findings import Finding, error, text
from flows.nodes.node import Node
from flows.state import Chosen, Decided, Event


def named(node: Node) -> str:
    """How a finding names a node: its label and its key."""
    return f"{node.label['zh']}({node.key})" if node.label["zh"] != node.key else node.key


def named_en(node: Node) -> str:
    """`named` in English."""
    return f"{node.label['en']} ({node.key})" if node.label["en"] != node.key else node.key


def about(node: Node, code: str, pointer: str, zh: str, en: str, *, fix_zh: str, fix_en: str) -> Finding:
    """An error about `node`; `{}` in the sentences stands for its name."""
    return error(
        code,
        pointer,
        text(zh.replace("{}", f"“{named(node)}”"), en.replace("{}", f"'{named_en(node)}'")),
        text(fix_zh, fix_en),
    )


def story_zh(story: Sequence[Event]) -> str:
    """The decisions that lead to a trouble, in Chinese."""
    parts = [_event_zh(event) for event in story]
    return "、".join(part for part in parts if part) or "提交"


def story_en(story: Sequence[Event]) -> str:
    """The decisions that lead to a trouble, in English."""
    parts = [_event_en(event) for event in story]
    return ", ".join(part for part in parts if part) or "submission"


def _event_zh(event: Event) -> str:
    if isinstance(event, Decided):
        return f"{event.node} {'同意' if event.choice == 'approve' else '驳回'}"
    return f"{event.node} 选择第 {event.edge + 1} 条边" if isinstance(event, Chosen) else ""


def _event_en(event: Event) -> str:
    if isinstance(event, Decided):
        return f"{event.node} {'approves' if event.choice == 'approve' else 'rejects'}"
    return f"{event.node} takes edge {event.edge + 1}" if isinstance(event, Chosen) else ""
