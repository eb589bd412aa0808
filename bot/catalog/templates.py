"""Templates for messages, notes and mailings, and their tags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field as Given

from bot.catalog.base import Key, Model, Text
from bot.text.sentences import end_once

Purpose = Literal["message", "note", "mailing"]
MessageKind = Literal["information", "completion", "communication", "decision", "delay", "refusal"]

ANSWER_BY = "answer.by"
"""The day by which the applicant is asked to answer; filled in when the message is previewed."""

TODAY = "today"
"""The day on which the template is filled in, such as that of a decision."""

# Tags that the program fills in. Anything else between braces is a gap, which the officer fills in.
TAGS = (
    "case.number",
    "case.service",
    "officer.name",
    "officer.title",
    "officer.unit",
    "municipality.name",
    "applicant.name",
    TODAY,
    ANSWER_BY,
)

SWEDISH_TAGS: Mapping[str, str] = {
    "case.number": "ärende.nummer",
    "case.service": "ärende.etjänst",
    "officer.name": "handläggare.namn",
    "officer.title": "handläggare.titel",
    "officer.unit": "handläggare.enhet",
    "municipality.name": "kommun.namn",
    "applicant.name": "sökande.namn",
    TODAY: "dagens.datum",
    ANSWER_BY: "svara.senast",
}
"""What the tags are also called: officers who read Swedish see and write these."""

_TAG_OF_SWEDISH = {swedish: tag for tag, swedish in SWEDISH_TAGS.items()}

_TAG = re.compile(r"\{([^\W\d][\w.]*)\}")


_MISFORMED = re.compile(r"\{[^{}\n]*\}|[{}]")


class Template(Model):
    """A text that a message, a note or a mailing begins with."""

    key: Key
    """The name by which presets know it."""
    name: Text
    """What officers read in the list."""
    for_: Purpose = Given(alias="for")
    """What is begun with it: a message to an applicant, a note, or a mailing to many."""
    text: Text
    """The text. The tags {case.number}, {case.service}, {officer.name}, {officer.title}, {officer.unit},
    {municipality.name}, {applicant.name}, {today} and {answer.by} are filled in, and their Swedish names:
    {ärende.nummer}, {ärende.etjänst}, {handläggare.namn}, {handläggare.titel}, {handläggare.enhet}, {kommun.namn},
    {sökande.namn}, {dagens.datum} and {svara.senast}. Officers fill in other gaps in braces.
    """
    kind: MessageKind | None = None
    """The kind of a message written from it, which the officer may change."""
    statuses: tuple[Key, ...] | None = None
    """Keys of the e-service's own statuses in which it is offered; all, where it is left out. Where it
    defines no statuses they are `submitted`, `completed`, `in_progress`, `waiting` and `closed`.
    """
    gaps: tuple[str, ...] = ()
    """The gaps of the texts in both languages."""


def default_delay_template() -> Template:
    """The message about a delay of an e-service that has no template of that kind (förvaltningslagen 11 §)."""
    return Template.model_validate(
        {
            "key": "delay",
            "name": {"sv": "Underrättelse om försening", "en": "Notice of delay"},
            "for": "message",
            "kind": "delay",
            "text": {
                "sv": "Handläggningen av ditt ärende {case.number} har blivit försenad.\n\n"
                "Anledningen är: {anledning}\n\n"
                "Om ärendet inte har avgjorts inom sex månader från det att det kom in kan du skriftligen begära "
                "att vi avgör det. Inom fyra veckor avgör vi då ärendet, eller avslår din begäran i ett särskilt "
                "beslut, som du kan överklaga.",
                "en": "Your case {case.number} is delayed.\n\n"
                "The reason is: {anledning}\n\n"
                "If your case has not been decided within six months of when we received it, you may ask us in "
                "writing to decide it. Within four weeks we then decide it, or reject your request in a decision, "
                "which you may appeal.",
            },
            "gaps": ["anledning"],
        }
    )


def fill_tags(text: str, facts: Mapping[str, str]) -> str:
    """The text with the tags filled in, in one pass: a value that looks like a tag is not filled in again.

    `facts` have the tags' English names, and those of gaps. A sentence gets one stop where a value ends in one.
    """
    text = end_once(text, _TAG, lambda name: facts.get(english_tag(name), ""))
    return _TAG.sub(lambda tag: facts.get(english_tag(tag[1]), tag[0]), text)


def find_tags(text: str) -> tuple[str, ...]:
    """The tags, by their English names, and gaps of a text in order, without duplicates; of a filled-in text, what is
    still missing."""
    return tuple(dict.fromkeys(english_tag(name) for name in find_typed_tags(text)))


def find_typed_tags(text: str) -> tuple[str, ...]:
    """The same as they are typed there, in whichever language, so that they can be found in the text."""
    return tuple(dict.fromkeys(_TAG.findall(text)))


def find_misformed(text: str) -> tuple[str, ...]:
    """Braces that are no tag's and no gap's, such as {two words}, without duplicates: nobody would fill them in."""
    return tuple(dict.fromkeys(_MISFORMED.findall(_TAG.sub("", text))))


def tag_name(tag: str, language: str) -> str:
    """What the tag is called in that language; a gap has one name."""
    return SWEDISH_TAGS.get(tag, tag) if language == "sv" else tag


def translate_tags(text: str, language: str) -> str:
    """The text with its tags called as in that language."""
    return _TAG.sub(lambda tag: f"{{{tag_name(english_tag(tag[1]), language)}}}", text)


def english_tag(name: str) -> str:
    """The English name of a tag that is typed in either language; a gap as it is."""
    return _TAG_OF_SWEDISH.get(name, name)


def default_refusal_template() -> Template:
    """The refusal of a request for a decision, of an e-service that has no template of that kind (12 §)."""
    return Template.model_validate(
        {
            "key": "refusal",
            "name": {"sv": "Avslag på begäran om avgörande", "en": "Refusal of a request for a decision"},
            "for": "message",
            "kind": "refusal",
            "text": {
                "sv": "Vi avslår din begäran att ärende {case.number} ska avgöras nu (12 § förvaltningslagen).\n\n"
                "Skälen är: {skälen}\n\n"
                "Beslutsdatum: {today}\nBeslutat av: {officer.name}, {officer.unit}\n\n"
                "Så överklagar du: skriv till oss inom tre veckor från den dag du tog del av beslutet. Ange ärendets "
                "nummer och varför du tycker att vi ska avgöra ärendet nu. Vi skickar överklagandet till "
                "{överinstansen}, som prövar det.",
                "en": "We refuse your request that case {case.number} be decided now (section 12 of the "
                "Administrative Procedure Act).\n\n"
                "The reasons are: {skälen}\n\n"
                "Date of the decision: {today}\nDecided by: {officer.name}, {officer.unit}\n\n"
                "How to appeal: write to us within three weeks of the day you received the decision. State the number "
                "of the case and why you think that we should decide it now. We send your appeal to {överinstansen}, "
                "which will try it.",
            },
            "gaps": ["skälen", "överinstansen"],
        }
    )
