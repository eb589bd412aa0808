"""The card's thread: what happens to the case, in short lines."""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks.block_kit.elements import button, context, section
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.mrkdwn import literal_within
from bot.blocks.cases.case_words import by_name
from bot.blocks.cases.event_sentences import Tell, overdue, plainly, reassigned, statuses, taken
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import name_of
from bot.domain.notes import ThreadUse
from bot.domain.views import HistoryLine
from bot.text import Words

OPENINGS: dict[ThreadUse, str] = {
    "notes": "thread.opening",
    "nothing": "thread.opening.nothing",
    "page": "thread.opening.strict",
}


def opening_line(use: ThreadUse, words: Words) -> Message:
    """The bot's first line in each thread: what becomes of what is written there."""
    said = words(OPENINGS[use])
    return Message(said, [context(said)])


def lines(
    happened: Sequence[HistoryLine],
    catalog: Catalog,
    service: EService | None,
    words: Words,
    case_id: str,
) -> Message:
    """What has happened lately, gathered; with a button where there is something to read."""
    told = [said for one in happened if (said := line(one, catalog, service, words))]
    text = "\n".join(told)
    readable = any(one.event in NEWS for one in happened)
    return Message(
        literal_within(text, 3_900), [section(text, _read(case_id, service, words) if readable else None)]
    )


def line(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    """One event in words, empty for what a thread does not tell."""
    tell = LINES.get(one.event)
    return tell(one, catalog, service, words) if tell is not None else ""


def _released(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("thread.released", name=name_of(f"officer:{one.facts['officer']}", catalog))


def _status(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("thread.status", name=by_name(one.by, catalog, words), **statuses(one, service, words))


def _read(case_id: str, service: EService | None, words: Words) -> dict[str, object]:
    if service is None or service.strict:
        return button(words("btn.page"), "case:page", case_id)
    return button(words("btn.read"), "case:read", case_id)


NEWS = frozenset({"MessageReceived", "InformationAdded"})

LINES: dict[str, Tell] = {
    "CaseTaken": taken("thread.taken", over="thread.takenover"),
    "AssigneesChanged": reassigned("thread.officers"),
    "CaseReleased": _released,
    "StatusSet": _status,
    "MessageReceived": plainly("thread.message"),
    "InformationAdded": plainly("thread.added"),
    "CaseOverdue": overdue("thread.overdue"),
    "ApplicantNotReached": plainly("thread.notreached"),
}
