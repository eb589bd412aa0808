"""The card's thread: what happens to the case, in short lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.blocks.case_words import by_name, changed_holders, names, status_name
from bot.blocks.elements import button, context, section
from bot.blocks.message import Message
from bot.blocks.mrkdwn import literal_within
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


def _taken(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    name = name_of(f"officer:{one.facts['officer']}", catalog)
    replaced = [name_of(f"officer:{key}", catalog) for key in one.facts.get("replaced", ())]
    if replaced:
        return words("thread.takenover", name=name, names=names(replaced, words))
    return words("thread.taken", name=name)


def _assignees(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    changes = changed_holders(one, catalog, words)
    return words("thread.officers", name=by_name(one.by, catalog, words), changes=changes)


def _released(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("thread.released", name=name_of(f"officer:{one.facts['officer']}", catalog))


def _status(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words(
        "thread.status",
        a=status_name(service, one.facts["was"], words, one.facts["was_name"]),
        b=status_name(service, one.facts["status"], words, one.facts["status_name"]),
        name=by_name(one.by, catalog, words),
    )


def _message(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("thread.message")


def _added(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("thread.added")


def _read(case_id: str, service: EService | None, words: Words) -> dict[str, object]:
    if service is None or service.strict:
        return button(words("btn.page"), "case:page", case_id)
    return button(words("btn.read"), "case:read", case_id)


def _overdue(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("thread.overdue", date=words.day(one.facts["due_on"]))


def _not_reached(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("thread.notreached")


Line = Callable[[HistoryLine, Catalog, EService | None, Words], str]

NEWS = frozenset({"MessageReceived", "InformationAdded"})

LINES: dict[str, Line] = {
    "CaseTaken": _taken,
    "AssigneesChanged": _assignees,
    "CaseReleased": _released,
    "StatusSet": _status,
    "MessageReceived": _message,
    "InformationAdded": _added,
    "CaseOverdue": _overdue,
    "ApplicantNotReached": _not_reached,
}
