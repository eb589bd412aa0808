"""Templates for messages, notes and mailings, and their tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field as Given

from bot.catalog.base import Key, Model, Text

Purpose = Literal["message", "note", "mailing"]
MessageKind = Literal["information", "completion", "communication", "decision"]

ANSWER_BY = "answer.by"
"""The day that the officer asks the applicant to answer by; it is filled in when the message is previewed."""

# What the program fills in. Everything else between braces is a gap that the officer fills in.
TAGS = (
    "case.number",
    "case.service",
    "officer.name",
    "officer.unit",
    "municipality.name",
    "applicant.name",
    ANSWER_BY,
)

_TAG = re.compile(r"\{([^\W\d][\w.]*)\}")


class Template(Model):
    key: Key
    name: Text
    for_: Purpose = Given(alias="for")
    text: Text
    # What a message written from it is about; the officer may choose another.
    kind: MessageKind | None = None
    # Offered in these statuses; in all, where it is left out.
    statuses: tuple[Key, ...] | None = None
    # The gaps that either language's text leaves to the officer, such as besöksdatum.
    gaps: tuple[str, ...] = ()

    def fill(self, facts: Mapping[str, str], language: str) -> str:
        """The text with the tags in `facts` filled in; gaps and missing facts stay as they are."""
        return fill_tags(self.text.in_(language), facts)


def fill_tags(text: str, facts: Mapping[str, str]) -> str:
    """Fills in once: a name that itself looks like a tag is not filled in again."""
    return _TAG.sub(lambda tag: facts.get(tag[1], tag[0]), text)


def find_tags(text: str) -> tuple[str, ...]:
    """The tags and gaps of a text, each once, in order; of a filled-in text, what is still missing."""
    return tuple(dict.fromkeys(_TAG.findall(text)))
