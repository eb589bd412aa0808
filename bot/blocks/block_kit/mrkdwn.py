"""Text that Slack shows as it stands: nothing in it is a mention, a link or a style."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Slack reads a sign as a style's beginning only when a letter follows it directly; in a code span that is no help.
_STYLES = re.compile(r"[*_~]")
_GRAVE = "\u02cb"
# Within a word it is an address, which people copy.
_CALLS = re.compile(r"(?<!\w)[@#](?=\S)")
_EMOJI = re.compile(r":(?=[\w+'-]*[^\W\d][\w+'-]*:)")
_NOTHING = "\u200b"


def escaped(text: str) -> str:
    """The three signs that Slack's own markup is written with, and no more; for text that we wrote."""
    return "".join(_SIGNS.get(letter, letter) for letter in text)


def literal(text: str) -> str:
    """Text that others wrote, as mrkdwn: it pings nobody, links nowhere and has no style."""
    quiet = text.replace("`", _GRAVE)
    for dangerous in (_STYLES, _CALLS, _EMOJI):
        quiet = dangerous.sub(lambda found: found[0] + _NOTHING, quiet)
    return escaped(quiet)


def literal_within(text: str, most: int) -> str:
    """`literal` in at most so many characters; what is cut is people's text, never a sign of ours."""
    shown = literal(text)
    while len(shown) > most:
        text = shortened(text, len(text) - max(1, (len(shown) - most) // 6))
        shown = literal(text)
    return shown


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters, and it shows that something was left out."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def split(text: str, most: int = 2_900) -> list[str]:
    """The text in pieces of at most `most` characters, cut at line ends or spaces where there are any."""
    pieces = []
    while len(text) > most:
        cut = max(text.rfind("\n", most // 2, most), 0) or text.rfind(" ", most // 2, most) + 1 or most
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text] if text else pieces


# What Slack writes for mentions, channels, links and dates in a message: <@U1|name>, <#C1|name>, <https://…|label>.
_MARK = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_SCHEMES = ("mailto:", "tel:")


def mentioned(text: str) -> list[str]:
    """The ids of the people who are mentioned in what Slack sent, in their order."""
    return list(dict.fromkeys(found[2] for found in _MARK.finditer(text) if found[1] == "@"))


def as_written(text: str, names: Mapping[str, str]) -> str:
    """What a person wrote, as they saw it while writing; `names` are those of the mentioned, by their ids."""
    plain = _MARK.sub(lambda found: _unmarked(found[1], found[2], found[3] or "", names), text)
    for letter, sign in reversed(_SIGNS.items()):
        plain = plain.replace(sign, letter)
    return plain


def _unmarked(sign: str, target: str, label: str, names: Mapping[str, str]) -> str:
    if sign == "@":
        return "@" + (names.get(target) or label or target)
    if sign == "#":
        return f"#{label or target}"
    if sign == "!":
        return label or f"@{target.partition('^')[0]}"
    if target.startswith(_SCHEMES):
        return label or target.partition(":")[2]
    return f"{label} ({target})" if label and label not in target else target
