"""The card's thread: events in short lines."""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks.block_kit.elements import button, context, section
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.mrkdwn import escape_within
from bot.blocks.values import CaseRef, encode
from bot.catalog.models import Catalog
from bot.catalog.services import EService, words_for
from bot.domain.event_wording import EventWording
from bot.domain.notes import ThreadUse
from bot.domain.views import HistoryLine
from bot.text import Words

OPENING_KEYS: dict[ThreadUse, str] = {
    "notes": "thread.opening",
    "nothing": "thread.opening.nothing",
    "page": "thread.opening.strict",
}


def opening_message(use: ThreadUse, words: Words) -> Message:
    """The first line of each thread: how replies in it are used."""
    sentence = words(OPENING_KEYS[use])
    return Message(escape_within(sentence, 3_900), [context(sentence)])


def thread_message(
    entries: Sequence[HistoryLine],
    catalog: Catalog,
    service: EService | None,
    words: Words,
    case_id: str,
) -> Message:
    """Several events in one message, with a button where there is something to read."""
    words = words_for(service, words)
    wording = EventWording(catalog, service, words)
    text = "\n".join(wording.thread_line(entry) for entry in entries)
    is_readable = any(entry.event in READABLE_EVENTS for entry in entries)
    return Message(
        escape_within(text, 3_900),
        [section(text, _read_button(case_id, service, words) if is_readable else None)],
    )


def _read_button(case_id: str, service: EService | None, words: Words) -> dict[str, object]:
    if service is None or service.strict:
        return button(words("btn.page"), "case:page", encode(CaseRef(case_id)))
    return button(words("btn.read"), "case:read", encode(CaseRef(case_id)))


READABLE_EVENTS = frozenset({"MessageReceived", "InformationAdded"})
