"""What happened to a case, one plain line an event."""

from __future__ import annotations

from collections.abc import Callable

from bot.blocks.case_words import by_name, changed_holders, colour_words, group_name, names, status_name
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import name_of
from bot.domain.views import HistoryLine
from bot.text import Words


def line(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    """22 nov. 2026 14:10 Anna Berg ändrade status från Inskickat till Under behandling."""
    tell = LINES.get(one.event, _other)
    return words("history.line", time=words.moment(one.at), said=tell(one, catalog, service, words))


def _other(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("history.other")


def _by(key: str) -> Tell:
    def tell(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        return words(key, name=by_name(one.by, catalog, words))

    return tell


def _plainly(key: str) -> Tell:
    def tell(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
        return words(key)

    return tell


def _assigned(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    """By itself; a group is named in the reader's language."""
    key = one.facts["key"]
    group = one.facts["kind"] == "group"
    name = group_name(key, catalog, words) if group else name_of(f"officer:{key}", catalog)
    return words("history.assigned", name=name)


def _taken(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    name = name_of(f"officer:{one.facts['officer']}", catalog)
    replaced = [name_of(f"officer:{key}", catalog) for key in one.facts.get("replaced", ())]
    if replaced:
        return words("history.takenover", name=name, names=names(replaced, words))
    return words("history.taken", name=name)


def _assignees(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    changes = changed_holders(one, catalog, words)
    said = words("history.officers", name=by_name(one.by, catalog, words), changes=changes)
    return _with_reason(said, one, words)


def _with_reason(said: str, one: HistoryLine, words: Words) -> str:
    reason = one.content.get("reason")
    return f"{said} {words('history.reason', reason=reason)}" if reason else said


def _status(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    both = {
        "a": status_name(service, one.facts["was"], words, one.facts["was_name"]),
        "b": status_name(service, one.facts["status"], words, one.facts["status_name"]),
    }
    name = name_of(one.by, catalog)
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


def _overdue(one: HistoryLine, catalog: Catalog, service: EService | None, words: Words) -> str:
    return words("history.overdue", date=words.day(one.facts["due_on"]))


Tell = Callable[[HistoryLine, Catalog, EService | None, Words], str]

LINES: dict[str, Tell] = {
    "CaseSubmitted": _plainly("history.submitted"),
    "CaseAssigned": _assigned,
    "CaseTaken": _taken,
    "AssigneesChanged": _assignees,
    "CaseReleased": _by("history.released"),
    "ApplicantNotReached": _plainly("history.notreached"),
    "CaseProtected": _by("history.protected"),
    "ProtectionLifted": _by("history.unprotected"),
    "StatusSet": _status,
    "MessageSent": _by("history.sent"),
    "MessageUndone": _by("history.undone"),
    "MessageReceived": _plainly("history.received"),
    "InformationAdded": _plainly("history.added"),
    "MessageReceipted": _plainly("history.receipted"),
    "NoteAdded": _noted,
    "NoteRevised": _by("history.revised"),
    "ReplyRemoved": _plainly("history.unthreaded"),
    "CaseColoured": _coloured,
    "CaseOverdue": _overdue,
}
"""Every event has its line; a test holds it complete."""
