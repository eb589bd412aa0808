"""What happened to a case, one plain line an event."""

from __future__ import annotations

from bot.blocks.cases.case_words import by_name, colour_words, group_name
from bot.blocks.cases.event_sentences import Tell, by, overdue, plainly, reassigned, statuses, taken
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import name_of
from bot.domain.views import HistoryLine
from bot.text import Words


def line(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    """22 nov. 2026 14:10 Anna Berg ändrade status från Inskickat till Under behandling."""
    tell = LINES.get(one.event, _other)
    return words("history.line", time=words.moment(one.at), said=tell(one, catalog, service, words))


_REASSIGNED = reassigned("history.officers")


def _other(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("history.other")


def _assigned(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    """By itself; a group is named in the reader's language."""
    key = one.facts["key"]
    group = one.facts["kind"] == "group"
    name = group_name(key, catalog, words) if group else name_of(f"officer:{key}", catalog)
    return words("history.assigned", name=name)


def _assignees(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return _with_reason(_REASSIGNED(one, catalog, service, words), one, words)


def _with_reason(said: str, one: HistoryLine, words: Words) -> str:
    reason = one.content.get("reason")
    return f"{said} {words('history.reason', reason=reason)}" if reason else said


def _status(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    name, both = name_of(one.by, catalog), statuses(one, service, words)
    said = words("history.status", name=name, **both) if name else words("history.status.auto", **both)
    return _with_reason(said, one, words)


def _noted(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    key = "history.noted.thread" if one.facts.get("source") else "history.noted"
    said = words(key, name=by_name(one.by, catalog, words))
    mentioned = [name_of(f"officer:{key}", catalog) for key in one.facts.get("mentions", ())]
    return f"{said} {words('history.mentions', names=words.list(mentioned))}" if mentioned else said


def _coloured(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    name, colour = by_name(one.by, catalog, words), colour_words(one.facts["colour"], words)
    return (
        words("history.coloured", name=name, colour=colour)
        if colour
        else words("history.uncoloured", name=name)
    )


LINES: dict[str, Tell] = {
    "CaseSubmitted": plainly("history.submitted"),
    "CaseAssigned": _assigned,
    "CaseTaken": taken("history.taken", over="history.takenover"),
    "AssigneesChanged": _assignees,
    "CaseReleased": by("history.released"),
    "ApplicantNotReached": plainly("history.notreached"),
    "CaseProtected": by("history.protected"),
    "ProtectionLifted": by("history.unprotected"),
    "StatusSet": _status,
    "MessageSent": by("history.sent"),
    "MessageUndone": by("history.undone"),
    "MessageReceived": plainly("history.received"),
    "InformationAdded": plainly("history.added"),
    "MessageReceipted": plainly("history.receipted"),
    "NoteAdded": _noted,
    "NoteRevised": by("history.revised"),
    "ReplyRemoved": plainly("history.unthreaded"),
    "CaseColoured": _coloured,
    "CaseOverdue": overdue("history.overdue"),
}
"""Every event has its line; a test holds it complete."""
