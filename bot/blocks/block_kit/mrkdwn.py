"""Text that Slack shows as it stands: nothing in it is a mention, a link or a style."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Slack reads a sign as a style's beginning only when a letter follows it directly; in a code span that is no help.
_STYLE_SIGNS = re.compile(r"[*_~]")
_GRAVE_ACCENT = "\u02cb"
# Within a word it is an address, which people copy.
_MENTION_SIGNS = re.compile(r"(?<!\w)[@#](?=\S)")
_EMOJI = re.compile(r":(?=[\w+'-]*[^\W\d][\w+'-]*:)")
_ZERO_WIDTH_SPACE = "\u200b"


def escape(text: str) -> str:
    """The three signs that Slack's own markup is written with, and no more; for text that we wrote."""
    return "".join(_ENTITIES.get(letter, letter) for letter in text)


def escape_literally(text: str) -> str:
    """Text that others wrote, as mrkdwn: it pings nobody, links nowhere and has no style."""
    result = text.replace("`", _GRAVE_ACCENT)
    for dangerous in (_STYLE_SIGNS, _MENTION_SIGNS, _EMOJI):
        result = dangerous.sub(lambda found: found[0] + _ZERO_WIDTH_SPACE, result)
    return escape(result)


def escape_within(text: str, max_length: int) -> str:
    """`escape_literally` in at most so many characters; what is cut is people's text, never a sign of ours."""
    escaped_text = escape_literally(text)
    while len(escaped_text) > max_length:
        text = shorten(text, len(text) - max(1, (len(escaped_text) - max_length) // 6))
        escaped_text = escape_literally(text)
    return escaped_text


def shorten(text: str, max_length: int) -> str:
    """The text in at most so many characters, and it shows that something was left out."""
    return text if len(text) <= max_length else text[: max_length - 1].rstrip() + "…"


def split_text(text: str, max_length: int = 2_900) -> list[str]:
    """The text in pieces of at most `max_length` characters, cut at line ends or spaces where there are any."""
    pieces = []
    while len(text) > max_length:
        cut = (
            max(text.rfind("\n", max_length // 2, max_length), 0)
            or text.rfind(" ", max_length // 2, max_length) + 1
            or max_length
        )
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text] if text else pieces


# What Slack writes for mentions, channels, links and dates in a message: <@U1|name>, <#C1|name>, <https://…|label>.
_REFERENCE = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_SCHEMES = ("mailto:", "tel:")


def mentioned_ids(text: str) -> list[str]:
    """The ids of the people who are mentioned in what Slack sent, in their order."""
    return list(dict.fromkeys(found[2] for found in _REFERENCE.finditer(text) if found[1] == "@"))


def unescape(text: str, names: Mapping[str, str]) -> str:
    """What a person wrote, as they saw it while writing; `names` are those of the mentioned, by their ids."""
    plain = _REFERENCE.sub(lambda found: _plain_reference(found[1], found[2], found[3] or "", names), text)
    for letter, sign in reversed(_ENTITIES.items()):
        plain = plain.replace(sign, letter)
    return plain


def _plain_reference(sign: str, target: str, label: str, names: Mapping[str, str]) -> str:
    if sign == "@":
        return "@" + (names.get(target) or label or target)
    if sign == "#":
        return f"#{label or target}"
    if sign == "!":
        return label or f"@{target.partition('^')[0]}"
    if target.startswith(_SCHEMES):
        return label or target.partition(":")[2]
    return f"{label} ({target})" if label and label not in target else target
