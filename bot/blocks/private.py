"""Private responses, which only the acting person sees."""

from __future__ import annotations

from bot.blocks.block_kit.elements import EMPTY_TEXT, Element, actions, button, section
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.mrkdwn import escape_within
from bot.blocks.values import CaseRef, encode
from bot.text import Words

MAX_WORD_SHOWN = 60
"""Characters that are repeated of words that were not understood."""


def private_message(text: str, *buttons: Element) -> Message:
    """A sentence, and a button for the next step where there is one."""
    blocks = [section(text), *([actions(buttons)] if buttons else [])]
    return Message(escape_within(text, 3_000) or EMPTY_TEXT, blocks)


def personal_link(url: str, words: Words) -> Message:
    """A message with a link to a page, which is personal and valid for a minute."""
    return private_message(
        words("page.door"),
        button(words("btn.opennow"), "link:open", url=url, style="primary"),
    )


def case_button(key: str, case_id: str, words: Words) -> Element:
    """A button for the case, by the key of its text, such as `btn.show`."""
    return button(words(key), CASE_BUTTONS[key], encode(CaseRef(case_id)))


CASE_BUTTONS = {
    "btn.unflag": "case:unflag",
    "btn.take": "case:take",
    "btn.release": "case:release",
    "btn.show": "case:show",
    "btn.page": "case:page",
    "btn.status": "case:status",
    "btn.flag": "case:flag",
    "btn.write": "case:message",
    "btn.note": "case:note",
}
