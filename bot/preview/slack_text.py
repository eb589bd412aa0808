"""Slack's mrkdwn as HTML."""

from __future__ import annotations

import re
from html import escape, unescape

from markupsafe import Markup

_TOKEN = re.compile(r"<([^<>]*)>")
_BOLD = re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])")


def mrkdwn(text: str) -> Markup:
    """The text with bold words and line breaks; of a link or a date, what Slack shows of it. All else is escaped."""
    parts = _TOKEN.split(text)
    shown = "".join(
        _plain(part) if number % 2 == 0 else f"<u>{_plain(part.rpartition('|')[2])}</u>"
        for number, part in enumerate(parts)
    )
    return Markup(_BOLD.sub(r"<strong>\1</strong>", shown).replace("\n", "<br>"))  # noqa: S704 (escaped above)


def _plain(text: str) -> str:
    """Text in which the program has escaped &, < and > already."""
    return escape(unescape(text))
