"""Internal notes, written in a dialog or in the card's thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.case import Case, Reply
from bot.domain.intake import FileRef
from bot.domain.mentions import checked_mentions
from bot.domain.rules import Context, Event, Refused, body, checked_text, machine_on, officer_on
from bot.text.personnummer import holds_personnummer
from bot.text.working_days import local_day

NoteKind = Literal["official", "working"]
"""`official`: tjänsteanteckning, kept with the case. `working`: minnesanteckning, gone when the case closes."""

ThreadUse = Literal["notes", "nothing", "page"]
"""What becomes of replies: notes, nothing, or nothing because the case is worked with on its page alone."""


class OnlyOnPage(Refused):
    """Of a strict or protected case nothing is written in a thread."""

    key = "no.thread.page"


class NoThreadNotes(Refused):
    """The e-service keeps nothing of its threads."""

    key = "no.thread.notes"


class HoldsPersonnummer(Refused):
    """A reply with what looks like a personnummer is not kept as it stands."""

    key = "no.thread.personnummer"


@dataclass(frozen=True, slots=True)
class Source:
    """The reply a note is made of: its place in Slack (channel:ts), and the ts of its edit, empty for none."""

    place: str
    edited: str = ""


@dataclass(frozen=True, kw_only=True)
class NoteAdded(Event):
    """An officer noted something that only officers see; `source` is the reply it was written as, if any.

    `mentions` are keys of the officers who are told of it.
    """

    note_id: str
    kind: NoteKind = "official"
    source: str = ""
    edited: str = ""
    mentions: tuple[str, ...] = ()
    text: str = body()
    files: tuple[FileRef, ...] = body(default=())

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        own = (Reply(self.source, self.note_id, self.edited),) if self.source else ()
        return replace(case, replies=(*case.replies, *own), seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class NoteRevised(Event):
    """The reply that the note was written as has been edited; what it said before is kept."""

    note_id: str
    revision_id: str
    edited: str
    text: str = body()

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        replies = tuple(
            replace(one, edited=self.edited) if one.note == self.note_id else one for one in case.replies
        )
        return replace(case, replies=replies, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class ReplyRemoved(Event):
    """The reply is gone from the thread; its note stays."""

    note_id: str

    def apply(self, case: Case | None) -> Case:
        assert case is not None
        replies = tuple(
            replace(one, removed=True) if one.note == self.note_id else one for one in case.replies
        )
        return replace(case, replies=replies, seq=case.seq + 1)


@dataclass(frozen=True, kw_only=True)
class AddNote:
    """Add an internal note, with files or of files alone.

    Of a reply in the thread (`source`) there is one note, however often it is told of.
    """

    case_id: str
    text: str
    kind: NoteKind = "official"
    source: Source | None = None
    mentions: tuple[str, ...] = ()
    files: tuple[FileRef, ...] = ()

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = officer_on(case, ctx)
        source = self.source or Source("")
        if self.source is not None:
            if case.reply(source.place) is not None:
                return []
            refuse_in_thread(case, self.text, ctx)
        return [
            NoteAdded(
                at=ctx.now,
                by=officer.ref,
                note_id=ctx.new_id(),
                kind=self.kind,
                source=source.place,
                edited=source.edited,
                mentions=checked_mentions(self.mentions, case, ctx),
                text=checked_text(self.text, with_files=bool(self.files)),
                files=self.files,
            )
        ]


@dataclass(frozen=True, kw_only=True)
class ReviseNote:
    """The reply was edited. An edit that comes first makes the note; one older than the last does nothing.

    As in Slack, whom an edit mentions is not told; `mentions` and `files` are for the note that it may make, and a note
    keeps the files it has. `with_files` says that the reply holds some, and so may be left without words.
    """

    case_id: str
    text: str
    source: Source
    mentions: tuple[str, ...] = ()
    files: tuple[FileRef, ...] = ()
    with_files: bool = False

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = officer_on(case, ctx)
        known = case.reply(self.source.place)
        if known is None:
            first = AddNote(
                case_id=self.case_id,
                text=self.text,
                source=self.source,
                mentions=self.mentions,
                files=self.files,
            )
            return first.decide(case, ctx)
        if self.source.edited <= known.edited:
            return []
        refuse_in_thread(case, self.text, ctx)
        return [
            NoteRevised(
                at=ctx.now,
                by=officer.ref,
                note_id=known.note,
                revision_id=ctx.new_id(),
                edited=self.source.edited,
                text=checked_text(self.text, with_files=self.with_files),
            )
        ]


@dataclass(frozen=True, kw_only=True)
class MarkRemovedFromThread:
    """The reply at `place` was deleted in Slack, by a person or by its retention. What never was a note is let be."""

    case_id: str
    place: str

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        known = machine_on(case, ctx).reply(self.place)
        if known is None or known.removed:
            return []
        return [ReplyRemoved(at=ctx.now, by=ctx.actor.ref, note_id=known.note)]


def thread_use(case: Case, service: EService, catalog: Catalog, on: date) -> ThreadUse:
    """What becomes of replies under the card.

    Everyone in the channel reads a thread. Where an officer may see only the cases they are given, that is more than
    they may, so nothing is gathered there.
    """
    if service.strict or case.protected:
        return "page"
    return "notes" if service.thread_notes and not _some_restricted(service, catalog, on) else "nothing"


def _some_restricted(service: EService, catalog: Catalog, on: date) -> bool:
    granted = (
        catalog.access(officer.key, service.key, on) for officer in catalog.officers_of(service.key, on)
    )
    return any(access is not None and access.level == "restricted" for access in granted)


def refuse_in_thread(case: Case, text: str, ctx: Context) -> None:
    """OnlyOnPage, NoThreadNotes or HoldsPersonnummer for a reply that may not become a note."""
    match thread_use(case, ctx.service, ctx.catalog, local_day(ctx.now)):
        case "page":
            raise OnlyOnPage
        case "nothing":
            raise NoThreadNotes
    refuse_personnummer(text)


def refuse_personnummer(text: str) -> None:
    """HoldsPersonnummer for a reply that seems to hold one."""
    if holds_personnummer(text):
        raise HoldsPersonnummer
