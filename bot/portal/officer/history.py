"""A case's log in plain words."""

from __future__ import annotations

from typing import Any

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import officer_name
from bot.domain.views import HistoryLine
from bot.text import Words

SENTENCE_KEYS = {
    "CaseSubmitted": "page.history.submitted",
    "CaseAssigned": "page.history.assigned",
    "AssigneesChanged": "page.history.officers",
    "CaseTaken": "page.history.taken",
    "CaseReleased": "page.history.released",
    "StatusSet": "page.history.status",
    "NoteAdded": "page.history.noted",
    "NoteRevised": "page.history.revised",
    "ReplyRemoved": "page.history.unthreaded",
    "MessageSent": "page.history.sent",
    "MessageUndone": "page.history.undone",
    "MessageReceived": "page.history.received",
    "InformationAdded": "page.history.added",
    "MessageReceipted": "page.history.receipted",
    "CaseColoured": "history.coloured",
    "CaseOverdue": "page.history.overdue",
    "ApplicantNotReached": "page.history.notreached",
    "CaseProtected": "page.history.protected",
    "ProtectionLifted": "page.history.unprotected",
}


def sentence(line: HistoryLine, catalog: Catalog, service: EService | None, w: Words) -> str:
    """What happened: 'Anna Berg ändrade status från Inskickat till Under behandling.'"""
    name = actor_name(line.by, catalog, w)
    facts: dict[str, Any] = {"name": name}
    if line.event == "StatusSet":
        facts |= {
            "a": _status_name(service, line.facts, "was", w),
            "b": _status_name(service, line.facts, "status", w),
        }
    if line.event == "CaseAssigned":
        facts |= {"to": _assignee_name(line.facts["kind"], line.facts["key"], catalog, w)}
    if line.event == "CaseColoured":
        if not line.facts["colour"]:
            return w("history.uncoloured", **facts)
        facts |= {"colour": w(f"colour.{line.facts['colour']}")}
    if line.event == "AssigneesChanged":
        facts |= {"changes": _changes(line, catalog, w)}
    text = w(SENTENCE_KEYS.get(line.event, "page.history.other"), **facts)
    if mentioned_names := [
        actor_name(f"officer:{key}", catalog, w) for key in line.facts.get("mentions", ())
    ]:
        text = f"{text} {w('page.history.mentions', names=w.list(mentioned_names))}"
    reason = line.content.get("reason")
    return f"{text} {w('page.history.reason', reason=reason)}" if reason else text


def actor_name(ref: str, catalog: Catalog, w: Words) -> str:
    """Who did it: an officer's name, the applicant, or the system."""
    if ref == "applicant":
        return w("page.by.applicant")
    return officer_name(ref, catalog) or w("page.by.machine")


def _changes(line: HistoryLine, catalog: Catalog, w: Words) -> str:
    parts = []
    for change in ("added", "removed"):
        assignees = [
            _assignee_name(ref.partition(":")[0], ref.partition(":")[2], catalog, w)
            for ref in line.facts[change]
        ]
        parts += [w(f"page.officers.{change}", names=w.list(assignees))] if assignees else []
    return ", ".join(parts)


def _assignee_name(kind: str, key: str, catalog: Catalog, w: Words) -> str:
    if kind == "officer":
        return officer_name(f"officer:{key}", catalog)
    group = catalog.group(key)
    return group.name.in_(w.language) if group is not None else key


def _status_name(service: EService | None, facts: dict[str, Any], key: str, w: Words) -> str:
    found = service.status(str(facts[key])) if service else None
    return found.name.in_(w.language) if found else str(facts[f"{key}_name"])
