"""What happened to a case, one plain line an event."""

from __future__ import annotations

from bot.blocks.cases.case_words import actor_name, colour_words, group_name
from bot.blocks.cases.event_sentences import (
    DescribeEvent,
    actor_sentence,
    assignees_sentence,
    fixed_sentence,
    overdue_sentence,
    status_names,
    taken_sentence,
)
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import officer_name
from bot.domain.views import HistoryLine
from bot.text import Words


def history_line(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    """22 nov. 2026 14:10 Anna Berg ändrade status från Inskickat till Under behandling."""
    describe = SENTENCES.get(entry.event, _other_event)
    return words("history.line", time=words.moment(entry.at), said=describe(entry, catalog, service, words))


_REASSIGNED = assignees_sentence("history.officers")


def _other_event(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("history.other")


def _assigned(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    """By itself; a group is named in the reader's language."""
    key = entry.facts["key"]
    group = entry.facts["kind"] == "group"
    name = group_name(key, catalog, words) if group else officer_name(f"officer:{key}", catalog)
    return words("history.assigned", name=name)


def _assignees(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return _with_reason(_REASSIGNED(entry, catalog, service, words), entry, words)


def _with_reason(sentence: str, entry: HistoryLine, words: Words) -> str:
    reason = entry.content.get("reason")
    return f"{sentence} {words('history.reason', reason=reason)}" if reason else sentence


def _status(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    name, status_change = officer_name(entry.by, catalog), status_names(entry, service, words)
    sentence = (
        words("history.status", name=name, **status_change)
        if name
        else words("history.status.auto", **status_change)
    )
    return _with_reason(sentence, entry, words)


def _noted(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    key = "history.noted.thread" if entry.facts.get("source") else "history.noted"
    sentence = words(key, name=actor_name(entry.by, catalog, words))
    mentioned_names = [officer_name(f"officer:{key}", catalog) for key in entry.facts.get("mentions", ())]
    return (
        f"{sentence} {words('history.mentions', names=words.list(mentioned_names))}"
        if mentioned_names
        else sentence
    )


def _coloured(entry: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    name, colour = actor_name(entry.by, catalog, words), colour_words(entry.facts["colour"], words)
    return (
        words("history.coloured", name=name, colour=colour)
        if colour
        else words("history.uncoloured", name=name)
    )


SENTENCES: dict[str, DescribeEvent] = {
    "CaseSubmitted": fixed_sentence("history.submitted"),
    "CaseAssigned": _assigned,
    "CaseTaken": taken_sentence("history.taken", takeover_key="history.takenover"),
    "AssigneesChanged": _assignees,
    "CaseReleased": actor_sentence("history.released"),
    "ApplicantNotReached": fixed_sentence("history.notreached"),
    "CaseProtected": actor_sentence("history.protected"),
    "ProtectionLifted": actor_sentence("history.unprotected"),
    "StatusSet": _status,
    "MessageSent": actor_sentence("history.sent"),
    "MessageUndone": actor_sentence("history.undone"),
    "MessageReceived": fixed_sentence("history.received"),
    "InformationAdded": fixed_sentence("history.added"),
    "MessageReceipted": fixed_sentence("history.receipted"),
    "NoteAdded": _noted,
    "NoteRevised": actor_sentence("history.revised"),
    "ReplyRemoved": fixed_sentence("history.unthreaded"),
    "CaseColoured": _coloured,
    "CaseOverdue": overdue_sentence("history.overdue"),
}
"""Every event has its line; a test holds it complete."""
