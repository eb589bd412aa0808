"""Private notices to one officer."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from typing import Literal

from bot.blocks.block_kit.elements import Element, actions, button, option, plain, section
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.mrkdwn import literal_within
from bot.blocks.cases.case_words import title
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.flags import SNOOZES
from bot.text import Words

Reason = Literal["message", "added", "undelivered", "assigned", "removed", "reminder", "mentioned"]
TO_READ = frozenset({"message", "added", "undelivered"})


def officer_notice(
    number: str, service: EService | None, reasons: Collection[Reason], case_id: str, words: Words
) -> Message:
    """What an officer is told of a case: that there is something to read, never what; that it is theirs."""
    called = title(number, service, words)
    said = [words(f"notice.{reason}", case=called) for reason in dict.fromkeys(reasons)]
    if set(reasons) == {"removed"}:
        return Message(literal_within(". ".join(said), 3_900), [section("\n".join(said))])
    if service is None or service.strict:
        buttons = [button(words("btn.page"), "case:page", case_id)]
    else:
        buttons = _ways(set(reasons), case_id, words)
    if "reminder" in reasons:
        buttons += _about_reminder(case_id, words)
    return Message(literal_within(". ".join(said), 3_900), [section("\n".join(said)), actions(buttons)])


def _ways(reasons: AbstractSet[Reason], case_id: str, words: Words) -> list[Element]:
    """To what there is to read, and otherwise to the case."""
    ways = []
    if TO_READ & reasons:
        ways.append(button(words("btn.read"), "case:read", case_id))
    if "mentioned" in reasons:
        ways.append(button(words("btn.readnote"), "case:notes", case_id))
    if TO_READ & reasons:
        ways.append(button(words("btn.write"), "case:message", case_id))
    return ways or [button(words("btn.show"), "case:show", case_id)]


def _about_reminder(case_id: str, words: Words) -> list[Element]:
    later = [option(words(f"snooze.{how}"), f"{how}:{case_id}:0") for how in SNOOZES]
    snooze: Element = {
        "type": "static_select",
        "action_id": "flag:snooze",
        "placeholder": plain(words("btn.snooze"), 150),
        "options": later,
    }
    return [snooze, button(words("btn.done"), "flag:done", case_id)]


def channel_trouble(service: EService, catalog: Catalog, trouble: str, words: Words) -> Message:
    """To a coordinator: that the e-service's cards do not reach their channel, why, and what to do."""
    channel = catalog.channel_of(service) or "–"
    said = words("notice.trouble", service=service.name.in_(words.language), channel=f"#{channel}")
    told = f"{said} {what_to_do(trouble, words)}"
    return Message(literal_within(told, 3_900), [section(told)])


def what_to_do(trouble: str, words: Words) -> str:
    """The sentence for a delivery's trouble; one for all where Slack has a word that we have none for."""
    key = f"trouble.{trouble}"
    return words(key) if words.has(key) else words("trouble.other", trouble=trouble)
