"""Internal notes, written in a dialog or in the card's thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Self

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.access import require_machine, require_officer
from bot.domain.case import Case, Reply, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.mentions import validate_mentions
from bot.domain.notices import Notice, OfficerNotice, ReplyMark
from bot.domain.rules import CaseCommand, Context, Event, Refused, row_field, validate_text
from bot.domain.scanning import require_not_infected
from bot.domain.submission import FileRef
from bot.text.personnummer import contains_personnummer
from bot.text.working_days import local_day

NoteKind = Literal["official", "working"]
"""`official`: tjänsteanteckning, stored with the case. `working`: minnesanteckning, deleted when the case closes."""

ThreadUse = Literal["notes", "nothing", "page"]
"""What replies become: notes, nothing, or nothing since the case is handled on its page only (`page`)."""


class OnlyOnCasePage(Refused):
    """Notes of a strict or protected case cannot be written in the thread."""

    key = "no.thread.page"


class ThreadNotesDisabled(Refused):
    """Replies in the e-service's threads do not become notes."""

    key = "no.thread.notes"


class ContainsPersonnummer(Refused):
    """A reply that seems to contain a personnummer does not become a note."""

    key = "no.thread.personnummer"


class NotANote(Refused):
    """The message in the thread, or the note, is none in the case that could become official."""

    key = "no.thread.notanote"


class NoteDisposed(Refused):
    """The working note was deleted when the case closed."""

    key = "no.thread.disposed"


class ReplyEdited(Refused):
    """The note does not hold the reply as the person saw it: it was edited just now."""

    key = "no.thread.edited"


class OfficialNoteStays(Refused):
    """A reply that is an official note was edited; the note stays as it is, and is corrected by another."""

    key = "no.thread.official"


@dataclass(frozen=True, slots=True)
class ReplySource:
    """The reply that a note is made from: its place in Slack (channel:ts), and the ts of its edit, empty for none."""

    place: str
    edited: str = ""


@dataclass(frozen=True, kw_only=True)
class NoteAdded(Event):
    """An officer added a note, which only officers see; `source` is the reply that it was written as, if any.

    `mentions` are keys of the officers who are notified. `may_become_official` is said of working notes from a form;
    those of older versions may not.
    """

    note_id: str
    kind: NoteKind = "official"
    source: str = ""
    edited: str = ""
    mentions: tuple[str, ...] = ()
    may_become_official: bool = False
    text: str = row_field()
    files: tuple[FileRef, ...] = row_field(default=())

    log = (Sentence("history.noted.thread", only_with="source"), Sentence("history.noted"))
    log_details = (
        Sentence("history.mentions", {"names": Fact("officers", "mentions")}, only_with="mentions"),
    )

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        return [OfficerNotice(key, "mentioned") for key in self.mentions]

    def change(self, case: Case) -> Case:
        place = self.source or (form_note_place(self.note_id) if self.may_become_official else "")
        own = (Reply(place, self.note_id, self.edited, kind=self.kind),) if place else ()
        return with_changes(case, replies=(*case.replies, *own))


@dataclass(frozen=True, kw_only=True)
class NoteRevised(Event):
    """The reply that the note was written as was edited; the earlier text is stored too."""

    note_id: str
    revision_id: str
    edited: str
    text: str = row_field()

    log = (Sentence("history.revised"),)
    notices = ()

    def change(self, case: Case) -> Case:
        return _with_changed_reply(case, self.note_id, edited=self.edited)


@dataclass(frozen=True, kw_only=True)
class NoteMadeOfficial(Event):
    """An officer made an official note of a working note: that of a reply (`is_reply`), or one written in a form."""

    note_id: str
    is_reply: bool = True

    log = (Sentence("history.official", only_with="is_reply"), Sentence("history.official.note"))

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        return [ReplyMark(self.note_id)] if self.is_reply else []

    def change(self, case: Case) -> Case:
        return _with_changed_reply(case, self.note_id, kind="official")


@dataclass(frozen=True, kw_only=True)
class ReplyRemoved(Event):
    """The reply was deleted from the thread; its note remains."""

    note_id: str

    log = (Sentence("history.unthreaded"),)
    notices = ()

    def change(self, case: Case) -> Case:
        return _with_changed_reply(case, self.note_id, removed=True)


def form_note_place(note_id: str) -> str:
    """What stands for a reply's place where the working note was written in a form."""
    return f"note:{note_id}"


def _with_changed_reply(case: Case, note_id: str, **changes: Any) -> Case:
    """The case with the changes to the reply that became that note."""
    replies = tuple(replace(one, **changes) if one.note == note_id else one for one in case.replies)
    return with_changes(case, replies=replies)


def dispose_working_notes(replies: tuple[Reply, ...]) -> tuple[Reply, ...]:
    """The replies after the case has closed, when the texts of working notes are deleted."""
    return tuple(replace(one, kind="disposed") if one.kind == "working" else one for one in replies)


@dataclass(frozen=True, kw_only=True)
class AddNote(CaseCommand):
    """Add an internal note of text, files or both.

    A reply in the thread (`source`) becomes one working note, however often it is received.
    """

    text: str
    kind: NoteKind = "official"
    source: ReplySource | None = None
    mentions: tuple[str, ...] = ()
    files: tuple[FileRef, ...] = ()

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        source = self.source or ReplySource("")
        if self.source is not None:
            if case.find_reply(source.place) is not None:
                return []
            validate_thread_reply(case, self.text, ctx)
        require_not_infected(self.files)
        return [
            NoteAdded(
                at=ctx.now,
                by=officer.ref,
                note_id=ctx.new_id(),
                kind="working" if self.source is not None else self.kind,
                may_become_official=self.source is None and self.kind == "working",
                source=source.place,
                edited=source.edited,
                mentions=validate_mentions(self.mentions, case, ctx),
                text=validate_text(self.text, allow_empty=bool(self.files)),
                files=self.files,
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return case, cls(case_id=case.id, text="x")


@dataclass(frozen=True, kw_only=True)
class ReviseNote(CaseCommand):
    """The reply was edited. An edit received before the reply creates the note; one older than the last is ignored.
    An official note stays as it is.

    As in Slack, an edit notifies nobody whom it mentions, and an existing note retains its files: `mentions` and
    `files` are for a note that it creates. `has_files` says that the reply has files, and so may be without text.
    """

    text: str
    source: ReplySource
    mentions: tuple[str, ...] = ()
    files: tuple[FileRef, ...] = ()
    has_files: bool = False

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        reply = case.find_reply(self.source.place)
        if reply is None:
            first = AddNote(
                case_id=self.case_id,
                text=self.text,
                source=self.source,
                mentions=self.mentions,
                files=self.files,
            )
            return first.decide(case, ctx)
        if self.source.edited <= reply.edited:
            return []
        if reply.kind == "official":
            raise OfficialNoteStays
        validate_thread_reply(case, self.text, ctx)
        return [
            NoteRevised(
                at=ctx.now,
                by=officer.ref,
                note_id=reply.note,
                revision_id=ctx.new_id(),
                edited=self.source.edited,
                text=validate_text(self.text, allow_empty=self.has_files),
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return _with_reply(case), cls(case_id=case.id, text="x", source=ReplySource("C:1", "2"))


@dataclass(frozen=True, kw_only=True)
class MakeNoteOfficial(CaseCommand):
    """Make the working note of the reply at `place` official, or one from a form, whose place is `form_note_place`.

    No event where it is official already.

    `expected` is the ts of the reply's edit that the person saw, empty for none.
    """

    place: str
    expected: str = ""

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        reply = case.find_reply(self.place)
        if reply is None:
            raise NotANote
        if reply.kind == "official":
            return []
        if reply.kind == "disposed":
            raise NoteDisposed
        if reply.edited != self.expected:
            raise ReplyEdited
        is_reply = reply.place != form_note_place(reply.note)
        return [NoteMadeOfficial(at=ctx.now, by=officer.ref, note_id=reply.note, is_reply=is_reply)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return _with_reply(case), cls(case_id=case.id, place="C:1")


def may_become_official(case: Case, note_id: str) -> bool:
    """Whether the note is a working note that may be made official."""
    reply = case.find_reply_of_note(note_id)
    return reply is not None and reply.kind == "working"


@dataclass(frozen=True, kw_only=True)
class MarkReplyRemoved(CaseCommand):
    """The reply at `place` was deleted in Slack, by a person or by retention. No event where it is no note."""

    place: str

    audience = "machine"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        reply = require_machine(case, ctx).find_reply(self.place)
        if reply is None or reply.removed:
            return []
        return [ReplyRemoved(at=ctx.now, by=ctx.actor.ref, note_id=reply.note)]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        return _with_reply(case), cls(case_id=case.id, place="C:1")


def _with_reply(case: Case) -> Case:
    """The case with a working note from a reply at C:1."""
    return with_changes(case, replies=(Reply("C:1", "n", kind="working"),))


def thread_use(case: Case, service: EService, catalog: Catalog, day: date) -> ThreadUse:
    """What replies in the card's thread become.

    Everyone in the channel can read a thread, so in e-services where some officers may see assigned cases only, replies
    do not become notes.
    """
    if service.strict or case.protected:
        return "page"
    return (
        "notes" if service.thread_notes and not _has_restricted_officers(service, catalog, day) else "nothing"
    )


def _has_restricted_officers(service: EService, catalog: Catalog, day: date) -> bool:
    granted = (
        catalog.access(officer.key, service.key, day)
        for officer in catalog.officers_with_access(service.key, day)
    )
    return any(access is not None and access.level == "restricted" for access in granted)


def validate_thread_reply(case: Case, text: str, ctx: Context) -> None:
    """Raise OnlyOnCasePage, ThreadNotesDisabled or ContainsPersonnummer for a reply that may not become a note."""
    match thread_use(case, ctx.service, ctx.catalog, local_day(ctx.now)):
        case "page":
            raise OnlyOnCasePage
        case "nothing":
            raise ThreadNotesDisabled
    require_no_personnummer(text)


def require_no_personnummer(text: str) -> None:
    """Raise ContainsPersonnummer where the text seems to contain one."""
    if contains_personnummer(text):
        raise ContainsPersonnummer
