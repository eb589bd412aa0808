"""The ends of sentences: one stop, whatever is filled in before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_ENDED_BY = {".": ".?!…", "!": "!?", "?": "?"}
"""By the mark that a sentence would get, the marks after which it needs none."""

_STOP_AFTER_TAG = re.compile(r"\}[.!?]")

_EMPHASIS = "*_~"
"""Slack's marks around a word, within which its stop may stand."""


def end_once(text: str, tag: re.Pattern[str], value: Callable[[str], str]) -> str:
    """The text without the stop after a tag whose value ends in one, as "4 dec." and "AB Ek & Co." do.

    `tag` matches a tag in braces, and its first group the name, of which `value` is what will be filled in. A question
    keeps its question mark after an abbreviation.
    """
    if not _STOP_AFTER_TAG.search(text):
        return text
    pieces, at, end = [], 0, ""
    for found in tag.finditer(text):
        if found.start() > at:
            end = ""
        pieces.append(text[at : found.end()])
        end, at = _last_mark(value(found[1])) or end, found.end()
        if end and end in _ENDED_BY.get(text[at : at + 1], "") and not _is_in_word(text[at + 1 : at + 2]):
            at += 1
    return "".join([*pieces, text[at:]])


def end_sentence(text: str) -> str:
    """The text with a full stop, unless it ends in a stop of its own."""
    return text if _last_mark(text) in tuple(_ENDED_BY["."]) else f"{text}."


def join_sentences(sentences: Sequence[str]) -> str:
    """The sentences with one stop after each but the last."""
    return " ".join([*(end_sentence(one) for one in sentences[:-1]), *sentences[-1:]])


def _last_mark(text: str) -> str:
    return text.rstrip().rstrip(_EMPHASIS)[-1:]


def _is_in_word(following: str) -> bool:
    return following.isalnum() or following == "_"
