"""Links between two cases: see also, duplicate of, follow-up of. Each case of the two has its own end of the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bot.catalog.services import EService
from bot.catalog.statuses import Status
from bot.domain.access import require_officer
from bot.domain.actors import Officer
from bot.domain.automatic_assignment import assign_on_status
from bot.domain.case import Case, Link, LinkKind, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notes import NoteAdded
from bot.domain.notices import CARD_AND_THREAD
from bot.domain.rules import CaseCommand, Context, Event, Refused
from bot.domain.status import allowed_statuses, create_status_event
from bot.text import words

OFFERED_KINDS: tuple[LinkKind, ...] = ("related", "duplicate_of", "follows")
"""The kinds that an officer chooses from; the other case gets the inverse."""

INVERSES: dict[LinkKind, LinkKind] = {
    "related": "related",
    "duplicate_of": "has_duplicate",
    "has_duplicate": "duplicate_of",
    "follows": "followed_by",
    "followed_by": "follows",
}

MAX_LINKS = 20
"""Links of one case."""


class LinkedToItself(Refused):
    """A case cannot be linked to itself."""

    key = "no.link.self"


class AlreadyLinked(Refused):
    """The two cases are linked already."""

    key = "no.link.already"


class NotLinked(Refused):
    """The two cases are not linked, or no longer."""

    key = "no.link.none"


class LinkedCaseHidden(Refused):
    """The officer may not see the other case, and so not remove the link. It is not named."""

    key = "no.link.hidden"


class TooManyLinks(Refused):
    """One of the cases has `n` links, which is the most."""

    key = "no.link.many"


class AlreadyDuplicate(Refused):
    """The case `number` is a duplicate already, and can neither be one of another too nor have any."""

    key = "no.link.duplicate"


class NotClosableAsDuplicate(Refused):
    """The chosen status cannot be that of a duplicate, or no longer."""

    key = "no.link.close"


_FACTS = {"kind": Fact("link", "kind"), "other": Fact("linked_case", "other")}
_THREAD_FACTS = {"kind": Fact("link", "kind")}


@dataclass(frozen=True, kw_only=True)
class CaseLinked(Event):
    """The case was linked to the case with the id `other`.

    `status_before` is the status that it was closed from because it is a duplicate; empty where it was not.
    """

    other: str
    kind: LinkKind
    status_before: str = ""

    # Who reads the thread may have no access to the other case, so that it is not named there.
    log = (Sentence("history.linked", _FACTS),)
    thread = (Sentence("thread.linked", _THREAD_FACTS),)
    notices = CARD_AND_THREAD

    def change(self, case: Case) -> Case:
        link = Link(self.other, self.kind, self.at, self.by, self.status_before)
        return with_changes(case, links=(*case.links, link))


@dataclass(frozen=True, kw_only=True)
class CaseUnlinked(Event):
    """The case is no longer linked to the case with the id `other`."""

    other: str
    kind: LinkKind

    log = (Sentence("history.unlinked", _FACTS),)
    thread = (Sentence("thread.unlinked", _THREAD_FACTS),)
    notices = CARD_AND_THREAD

    def change(self, case: Case) -> Case:
        return with_changes(case, links=tuple(one for one in case.links if one.other != self.other))


@dataclass(frozen=True, kw_only=True)
class LinkCase(CaseCommand):
    """Make this case's end of a link to the case with the id `other`.

    `closing_status` is what the officer chose for an open duplicate (`duplicate_statuses`); with none it stays open.
    """

    other: str
    kind: LinkKind
    closing_status: str = ""

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        _require_linkable(case, self.other, self.kind)
        target = self._find_closing_status(case, officer, ctx.service)
        linked = CaseLinked(
            at=ctx.now,
            by=officer.ref,
            other=self.other,
            kind=self.kind,
            status_before=case.status if target is not None else "",
        )
        if target is None:
            return [linked]
        note = [_closing_note(ctx)] if target.requires == "note" else []
        closed = create_status_event(case, target, ctx)
        return [linked, *note, closed, *assign_on_status(case, target.key, ctx)]

    def _find_closing_status(self, case: Case, officer: Officer, service: EService) -> Status | None:
        """The chosen status; None where none is chosen, or the case is closed already."""
        if self.kind != "duplicate_of" or not self.closing_status or case.closed_at is not None:
            return None
        for status in duplicate_statuses(case, officer, service):
            if status.key == self.closing_status:
                return status
        raise NotClosableAsDuplicate

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, other="x", kind="related")


@dataclass(frozen=True, kw_only=True)
class UnlinkCase(CaseCommand):
    """Remove this case's end of the link. A duplicate that the link has closed gets the status that it had.

    That is undoing what the link did, not a reopening, which is a right: where the status was set anew since, it stays.
    """

    other: str

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        link = find_link(case, self.other)
        if link is None:
            raise NotLinked
        unlinked = CaseUnlinked(at=ctx.now, by=officer.ref, other=self.other, kind=link.kind)
        earlier = ctx.service.status(link.status_before) if case.status_since == link.at else None
        if earlier is None:
            return [unlinked]
        reason = words(ctx.catalog.municipality.language)("ok.unlinked")
        return [unlinked, create_status_event(case, earlier, ctx, reason=reason)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        link = Link("x", "related", ctx.now, "officer:x")
        return with_changes(case, links=(link,)), cls(case_id=case.id, other="x")


def link_both(
    case_id: str, other: str, kind: LinkKind, closing_status: str = ""
) -> tuple[LinkCase, LinkCase]:
    """The commands that link two cases, one for each; the first is closed where it is a duplicate with a status."""
    return (
        LinkCase(case_id=case_id, other=other, kind=kind, closing_status=closing_status),
        LinkCase(case_id=other, other=case_id, kind=INVERSES[kind]),
    )


def unlink_both(case_id: str, other: str) -> tuple[UnlinkCase, UnlinkCase]:
    """The commands that remove the link of two cases, one for each."""
    return UnlinkCase(case_id=case_id, other=other), UnlinkCase(case_id=other, other=case_id)


def duplicate_statuses(case: Case, officer: Officer, service: EService) -> list[Status]:
    """The statuses that the officer may choose among if the case, which is open, is a duplicate.

    That of duplicates, which alone is known to be true; where the catalog has none that may be set now, all closed ones
    that require no message.
    """
    if case.closed_at is not None:
        return []
    closed = [one for one in allowed_statuses(case, officer, service) if one.kind == "closed"]
    possible = [one for one in closed if one.requires != "message"]
    return [one for one in possible if one.for_duplicates] or possible


def find_link(case: Case, other: str) -> Link | None:
    """The case's link to the case with that id."""
    return next((one for one in case.links if one.other == other), None)


def _require_linkable(case: Case, other: str, kind: LinkKind) -> None:
    if other == case.id:
        raise LinkedToItself
    if find_link(case, other) is not None:
        raise AlreadyLinked
    if len(case.links) >= MAX_LINKS:
        raise TooManyLinks(n=MAX_LINKS)
    is_duplicate = any(one.kind == "duplicate_of" for one in case.links)
    if is_duplicate and kind in ("duplicate_of", "has_duplicate"):
        raise AlreadyDuplicate(number=case.number)


def _closing_note(ctx: Context) -> NoteAdded:
    """The note that the status requires. It does not name the other case, which its reader may not see."""
    text = words(ctx.catalog.municipality.language)("link.note")
    return NoteAdded(at=ctx.now, by=ctx.actor.ref, note_id=ctx.new_id(), text=text)
