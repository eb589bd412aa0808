"""The summary (sammanställning): one printable view of a case, the same on its page and as a PDF."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from bot.catalog.models import Catalog
from bot.catalog.services import EService, words_for
from bot.domain.actors import actor_name, officer_name
from bot.domain.answer_formatting import format_answer, format_phone
from bot.domain.assignment import assignee_labels
from bot.domain.document_list import DOCUMENT_HEADINGS, describe_documents, direction_text
from bot.domain.documents import CaseDocument, document_number, find_unregistered
from bot.domain.due_days import DUE_LABELS, due_days
from bot.domain.event_wording import EventWording
from bot.domain.link_wording import describe_links
from bot.domain.retention_plan import disposal_line
from bot.domain.status import current_status_name
from bot.domain.submission import FileRef, Person, arrival_text
from bot.domain.views import ApplicantCaseView, CaseView, MessageLine, NoteLine
from bot.text import Words
from bot.text.isolation import isolate

SummaryPart = Literal["answers", "messages", "notes", "files", "history"]

SUMMARY_PARTS: tuple[SummaryPart, ...] = get_args(SummaryPart)

DEFAULT_PARTS: frozenset[SummaryPart] = frozenset({"answers", "messages", "files"})
"""What is included until something else is chosen: what the applicant may know too."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A message or a note: a heading, lines about it, and its text."""

    heading: str
    about: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section of rows under two headings, of a table, or of entries; without any, `empty` says so.

    `widths` are those of the table's columns, in shares of the page.
    """

    title: str
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    widths: tuple[int, ...] = ()
    entries: tuple[Entry, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A printable view of a case; `author` is the municipality, and `facts` are labels with what they say."""

    title: str
    author: str
    language: str
    made_at: datetime
    number: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    page: str
    """How pages are numbered, with {page} and {pages}."""

    def as_document(self) -> dict[str, Any]:
        """The summary as JSON, for typesetting."""
        utc = self.made_at.astimezone(UTC)  # as which a PDF's own dates are read
        return {
            "title": self.title,
            "author": self.author,
            "language": self.language,
            "date": [utc.year, utc.month, utc.day, utc.hour, utc.minute],
            "footer": self.number,
            "page": self.page,
            "facts": self.facts,
            "sections": [asdict(one) for one in self.sections],
        }


@dataclass(frozen=True, slots=True)
class SummaryContext:
    """What a summary is made of besides the case: its documents, and by whom and when it is made."""

    catalog: Catalog
    words: Words
    documents: Sequence[CaseDocument]
    made_by: str
    now: datetime


def create_summary(view: CaseView, parts: Collection[SummaryPart], context: SummaryContext) -> Summary:
    """The summary with the chosen parts, which the view is to have."""
    service = context.catalog.service(view.case.service)
    writer = _SummaryWriter(view, service, context)
    sections = {
        "answers": writer.answers,
        "messages": writer.messages,
        "notes": writer.notes,
        "files": writer.files,
        "history": writer.history,
    }
    chosen = [part for part in SUMMARY_PARTS if part in parts]
    w = writer.words
    return Summary(
        title=w("summary.of", number=view.case.number),
        author=context.catalog.municipality.name.in_(w.language),
        language=w.language,
        made_at=context.now,
        number=view.case.number,
        facts=writer.facts(chosen),
        sections=tuple(section for part in chosen for section in sections[part]()),
        page=w("summary.pages", page="{page}", pages="{pages}"),
    )


def create_sent_summary(view: ApplicantCaseView, context: SummaryContext) -> Summary:
    """What the applicants sent: the answers as they were submitted, their files, and what they have written since.

    With the contact details of who reads, and not those of others in the case.
    """
    case, w = view.case, words_for(context.catalog.service(view.case.service), context.words)
    sent = CaseView(
        case=case,
        definition=view.definition,
        answers=view.answers if view.submitted is None else view.submitted,
        people=view.people,
        messages=tuple(one for one in view.messages if one.from_applicant),
    )
    writer = _SentWriter(sent, context.catalog.service(case.service), context)
    facts = {
        w("summary.service"): view.definition.name.in_(w.language),
        w("page.number"): case.number,
        w("label.received"): arrival_text(case, w),
        w("summary.made"): w.moment(context.now),
    }
    return Summary(
        title=w("summary.sent.title", number=case.number),
        author=context.catalog.municipality.name.in_(w.language),
        language=w.language,
        made_at=context.now,
        number=case.number,
        facts=tuple(facts.items()),
        sections=(*writer.submission(), *(writer.messages() if sent.messages else ())),
        page=w("summary.pages", page="{page}", pages="{pages}"),
    )


class _SummaryWriter:
    """Writes the sections of a case's summary."""

    def __init__(self, view: CaseView, service: EService | None, context: SummaryContext) -> None:
        self._view = view
        self._service = service
        self._context = context
        self.words = words_for(service, context.words.isolating())
        self._documents = {one.id: one for one in context.documents}
        self._unregistered = find_unregistered(context.documents, view, service)

    def facts(self, parts: Iterable[SummaryPart]) -> tuple[tuple[str, str], ...]:
        w, case, catalog = self.words, self._view.case, self._context.catalog
        place = self._service.classification if self._service is not None else None
        assignees = w.list(assignee_labels(case.assignee_refs, catalog, w))
        known = {
            w("summary.service"): self._view.definition.name.in_(w.language),
            w("summary.classification"): f"{place.code} ({place.scheme})" if place is not None else "",
            w("label.status"): current_status_name(self._service, case, w),
            w("label.officers"): assignees or w("label.none"),
            w("label.received"): arrival_text(case, w),
            **{w(DUE_LABELS[kind]): w.day(day) for kind, day in due_days(case).items()},
            w("summary.closed"): w.moment(case.closed_at) if case.closed_at else "",
            w("link.title"): "; ".join(self._links()),
            w("summary.made"): w("summary.by", time=self._context.now, name=self._context.made_by),
            w("summary.includes"): w.list(w(f"summary.part.{part}") for part in parts) or w("label.none"),
        }
        return tuple((label, text) for label, text in known.items() if text)

    def answers(self) -> list[Section]:
        w, view = self.words, self._view
        ended = (row for person in view.ended_people for row in self._person(person, "summary.ended"))
        sections = [
            self._people_section(w("page.officer.applicants"), ended),
            self._answer_section(w("casetab.case.title"), view.answers),
        ]
        if view.submitted is not None:
            sections.append(self._answer_section(w("page.edit.submitted"), view.submitted))
        return sections

    def _people_section(self, title: str, ended: Iterable[tuple[str, str]] = ()) -> Section:
        w = self.words
        rows = (*(row for person in self._view.people for row in self._person(person)), *ended)
        return Section(
            title=title,
            headings=(w("summary.fact"), w("summary.answer")),
            rows=() if self._view.case.disposed_at else rows,
            empty=self._nothing("page.officer.anonymous"),
        )

    def _nothing(self, key: str) -> str:
        """That there is nothing, by the key of its text; of a case that was disposed of, that it was."""
        return disposal_line(self._view, self.words) or self.words(key)

    def _links(self) -> Iterator[str]:
        """The linked cases, of which one that the officer may not see is not named."""
        for link in describe_links(self._view, self._context.catalog, self.words):
            yield f"{link.kind} {link.case.number if link.case is not None else self.words('link.hidden')}"

    def _person(self, person: Person, role: str = "") -> list[tuple[str, str]]:
        """The rows about a person; `role` is the key of what they are in the case, where it is not that they have."""
        w = self.words
        return [
            (w(role or f"page.person.role.{person.role}"), person.name or "–"),
            (w("page.person.email"), person.email or w("page.officer.nomail")),
            *([(w("page.person.phone"), format_phone(person.phone))] if person.phone else []),
        ]

    def _answer_section(self, title: str, answers: Mapping[str, Any]) -> Section:
        w = self.words
        rows = tuple(
            (field.label.in_(w.language), format_answer(field, answers.get(field.key), w) or "–")
            for field in self._view.definition.visible_fields(dict(answers))
            if field.kind != "info"
        )
        headings = w("summary.question"), w("summary.answer")
        shown = () if self._view.case.disposed_at else rows
        return Section(
            title=title, headings=headings, rows=shown, empty=self._nothing("page.officer.noanswers")
        )

    def messages(self) -> list[Section]:
        w = self.words
        entries = tuple(self._message(one) for one in self._view.messages)
        return [
            Section(
                title=w("casetab.messages"), entries=entries, empty=self._nothing("casetab.messages.empty")
            )
        ]

    def _message(self, line: MessageLine) -> Entry:
        w = self.words
        about = [
            self._document_line(line.id),
            w(f"message.kind.{line.kind}") if line.kind != "information" else "",
            f"{w('label.answerby')} {w.day(line.answer_by)}" if line.answer_by else "",
            self._receipt(line),
            self._file_names(line.files),
        ]
        return self._entry(self._sender(line), line.at, about, line.text)

    def _sender(self, line: MessageLine) -> str:
        people = {one.id: one.name for one in (*self._view.people, *self._view.ended_people)}
        return people.get(line.applicant) or _capitalized(self._actor(line.by))

    def _receipt(self, line: MessageLine) -> str:
        w = self.words
        if line.receipted_at is not None:
            return w("label.receipted", date=w.moment(line.receipted_at))
        return w("label.receipt.wanted") if line.receipt else ""

    def notes(self) -> list[Section]:
        w = self.words
        entries = tuple(self._note(one) for one in self._view.notes)
        return [
            Section(title=w("casetab.notes"), entries=entries, empty=self._nothing("casetab.notes.empty"))
        ]

    def _note(self, note: NoteLine) -> Entry:
        w = self.words
        about = [
            self._document_line(note.id),
            w(f"note.kind.{note.kind}"),
            w("note.edited", time=w.moment(note.edited_at)) if note.edited_at else "",
            self._file_names(note.files),
        ]
        return self._entry(_capitalized(self._actor(note.by)), note.at, about, note.text)

    def _entry(self, sender: str, at: datetime, about: Iterable[str], text: str | None) -> Entry:
        w = self.words
        shown = w("label.gone") if text is None else text
        return Entry(f"{isolate(sender)}, {w.moment(at)}", tuple(line for line in about if line), shown)

    def files(self) -> list[Section]:
        w = self.words
        table = tuple(
            (
                self._number(line.file.id),
                line.file.name,
                w.size(line.file.size),
                w.moment(line.at),
                self._direction(line.file.id),
            )
            for line in sorted(self._view.file_lines, key=lambda one: (one.at, self._position(one.file.id)))
        )
        headings = ("document.number", "summary.file", "summary.size", "summary.when", "document.direction")
        return [
            Section(
                title=w("casetab.files"),
                headings=tuple(w(key) for key in headings),
                table=table,
                widths=(4, 6, 2, 4, 3),
                empty=self._nothing("casetab.files.empty"),
            ),
            self._document_list(),
        ]

    def _document_list(self) -> Section:
        w = self.words
        rows = describe_documents(self._context.documents, self._view, self._unregistered, w)
        return Section(
            title=w("casetab.documents"),
            headings=tuple(w(key) for key in DOCUMENT_HEADINGS),
            table=tuple((one.number, one.what, one.direction, w.day(one.at)) for one in rows),
            widths=(4, 8, 3, 3),
        )

    def history(self) -> list[Section]:
        w = self.words
        wording = EventWording(self._context.catalog, self._service, w, self._view.definition)
        lines = tuple(
            (w.moment(line.at), wording.log_line(line, is_on_page=True)) for line in self._view.history
        )
        headings = w("summary.when"), w("summary.what")
        return [Section(title=w("casetab.history"), headings=headings, table=lines, widths=(1, 3))]

    def _document_line(self, document_id: str) -> str:
        number = self._number(document_id)
        return f"{number} · {self._direction(document_id)}" if number else ""

    def _number(self, document_id: str) -> str:
        found = self._documents.get(document_id)
        return document_number(self._view.case.number, found.position) if found else ""

    def _position(self, document_id: str) -> int:
        found = self._documents.get(document_id)
        return found.position if found else 0

    def _direction(self, document_id: str) -> str:
        found = self._documents.get(document_id)
        if found is None:
            return ""
        return direction_text(found, self._unregistered, self.words)

    def _file_names(self, files: Iterable[FileRef]) -> str:
        names = [f"{isolate(one.name)} ({self._number(one.id)})" for one in files]
        return f"{self.words('casetab.files')}: {', '.join(names)}" if names else ""

    def _actor(self, ref: str) -> str:
        return officer_name(ref, self._context.catalog) or actor_name(ref, self._context.catalog, self.words)


class _SentWriter(_SummaryWriter):
    """Writes what applicants sent, for one of them: the others are not named."""

    def submission(self) -> list[Section]:
        """The reader's contact details, and the answers in the words of their applicant."""
        w = self.words
        answers = self._answer_section(w("page.case.sent"), self._view.answers)
        return [self._people_section(w("summary.sent.contact")), answers] if self._view.people else [answers]

    def _sender(self, line: MessageLine) -> str:
        for person in self._view.people:
            if person.id == line.applicant:
                return person.name or self.words("page.case.you")
        return self.words("page.case.other")


def _capitalized(name: str) -> str:
    return name[:1].upper() + name[1:]
