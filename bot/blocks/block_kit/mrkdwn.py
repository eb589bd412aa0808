"""Escaping of text in mrkdwn, so that nothing in it becomes a mention, a link or a style."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Slack starts a style only where a letter follows the sign directly, except for code spans.
_STYLE_SIGNS = re.compile(r"[*_~]")
_GRAVE_ACCENT = "\u02cb"
# Within a word it is part of an address, which people copy.
_MENTION_SIGNS = re.compile(r"(?<!\w)[@#](?=\S)")
_EMOJI = re.compile(r":(?=[\w+'-]*[^\W\d][\w+'-]*:)")
_LAST_WORD = re.compile(r"\s\S*\Z")
_TRAILING_SIGNS = " \t\n\r\u00a0,;:\u2013-"
_ZERO_WIDTH_SPACE = "\u200b"


def escape(text: str) -> str:
    """Escape Slack's three control characters only; for text of the program's own."""
    return "".join(_ENTITIES.get(letter, letter) for letter in text)


def escape_literally(text: str) -> str:
    """Text that others wrote, as mrkdwn without mentions, links and styles."""
    result = text.replace("`", _GRAVE_ACCENT)
    for dangerous in (_STYLE_SIGNS, _MENTION_SIGNS, _EMOJI):
        result = dangerous.sub(lambda found: found[0] + _ZERO_WIDTH_SPACE, result)
    return escape(result)


def escape_within(text: str, max_length: int) -> str:
    """`escape_literally` in at most `max_length` characters, never cut within an escape sequence."""
    escaped_text = escape_literally(text)
    while len(escaped_text) > max_length:
        text = shorten(text, len(text) - max(1, (len(escaped_text) - max_length) // 6))
        escaped_text = escape_literally(text)
    return escaped_text


def shorten(text: str, max_length: int) -> str:
    """The text in at most `max_length` characters, with an ellipsis where it is cut: between words.

    Where that would leave less than half, as of an address or in a cell of a few characters, it is cut within a word.
    """
    if len(text) <= max_length:
        return text
    start = text[: max_length - 1]
    whole = start if text[max_length - 1].isspace() else _LAST_WORD.sub("", start)
    return (whole if len(whole) * 2 >= max_length else start).rstrip(_TRAILING_SIGNS) + "…"


def split_text(text: str, max_length: int = 2_900) -> list[str]:
    """The text in pieces of at most `max_length` characters, cut at line ends or spaces where possible."""
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


# Slack's references to people, channels, links and dates in a message: <@U1|name>, <#C1|name>, <https://…|label>.
_REFERENCE = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_SCHEMES = ("mailto:", "tel:")


def mentioned_ids(text: str) -> list[str]:
    """The ids of mentioned people in a text from Slack, in order."""
    return list(dict.fromkeys(found[2] for found in _REFERENCE.finditer(text) if found[1] == "@"))


def unescape(text: str, names: Mapping[str, str]) -> str:
    """The plain text of a message from Slack, as its writer saw it; `names` are those of mentioned people, by id."""
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
