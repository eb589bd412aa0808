"""A case's log in plain words."""

from __future__ import annotations

from typing import Any

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import name_of
from bot.domain.views import HistoryLine
from bot.text import Words

KEYS = {
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
        facts |= {"a": _status(service, line.facts, "was", w), "b": _status(service, line.facts, "status", w)}
    if line.event == "CaseAssigned":
        facts |= {"to": _holder(line.facts["kind"], line.facts["key"], catalog, w)}
    if line.event == "CaseColoured":
        if not line.facts["colour"]:
            return w("history.uncoloured", **facts)
        facts |= {"colour": w(f"colour.{line.facts['colour']}")}
    if line.event == "AssigneesChanged":
        facts |= {"changes": _changes(line, catalog, w)}
    said = w(KEYS.get(line.event, "page.history.other"), **facts)
    if mentioned := [actor_name(f"officer:{key}", catalog, w) for key in line.facts.get("mentions", ())]:
        said = f"{said} {w('page.history.mentions', names=w.list(mentioned))}"
    reason = line.content.get("reason")
    return f"{said} {w('page.history.reason', reason=reason)}" if reason else said


def actor_name(ref: str, catalog: Catalog, w: Words) -> str:
    """Who did it: an officer's name, the applicant, or the system."""
    if ref == "applicant":
        return w("page.by.applicant")
    return name_of(ref, catalog) or w("page.by.machine")


def _changes(line: HistoryLine, catalog: Catalog, w: Words) -> str:
    told = []
    for change in ("added", "removed"):
        named = [
            _holder(ref.partition(":")[0], ref.partition(":")[2], catalog, w) for ref in line.facts[change]
        ]
        told += [w(f"page.officers.{change}", names=w.list(named))] if named else []
    return ", ".join(told)


def _holder(kind: str, key: str, catalog: Catalog, w: Words) -> str:
    if kind == "officer":
        return name_of(f"officer:{key}", catalog)
    group = catalog.group(key)
    return group.name.in_(w.language) if group is not None else key


def _status(service: EService | None, facts: dict[str, Any], key: str, w: Words) -> str:
    found = service.status(str(facts[key])) if service else None
    return found.name.in_(w.language) if found else str(facts[f"{key}_name"])
