"""A catalog that hypothesis made up, a case in one of the ways it can stand, and what people have written there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, get_args

from hypothesis import strategies as st

from bot.blocks.forms.cases import message
from bot.blocks.forms.fields import MAX_TEXT_LENGTH
from bot.catalog.definition import create_definition
from bot.catalog.models import Catalog
from bot.catalog.people import Access
from bot.catalog.services import EService
from bot.domain.actors import Officer, find_officer
from bot.domain.case import Assignee, Case, Reply, ScheduledMessage
from bot.domain.declarations import event_kinds
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE
from bot.domain.log_sentences import Fact, FactKind
from bot.domain.rules import Event
from bot.domain.submission import FileRef, Person
from bot.domain.views import (
    CardView,
    CaseView,
    FileLine,
    HistoryLine,
    ListedCase,
    MessageLine,
    NoteLine,
    NoteVersion,
    OpeningLine,
    WaitReason,
)
from bot.text import Words, clean, words
from tests.blocks.sample_catalog import NOW
from tests.generated.reference_model import MARKS
from tests.generated.strategies import STANDARD, STRICT, TYPED, catalogs

TODAY = date(2026, 11, 23)
ID = "f" * 32

CaseState = Literal["held", "free", "closed", "protected", "strict", "gone"]
CASE_STATES: tuple[CaseState, ...] = get_args(CaseState)
"""Ways a case can stand: `free` is one that nobody has and nothing has happened to, `gone` one whose e-service is."""


@dataclass(frozen=True)
class GeneratedCase:
    """What pictures are drawn of."""

    catalog: Catalog
    service: EService
    case: Case
    texts: list[str]
    words: Words

    @property
    def is_new(self) -> bool:
        """Nothing has happened yet, and nothing was written."""
        return self.case.seq == 1

    @property
    def known_service(self) -> EService | None:
        """The case's e-service, as the catalog has it."""
        return self.catalog.service(self.case.service)

    @property
    def text(self) -> str:
        return self.texts[0]

    @property
    def short_text(self) -> str:
        """As much of it as Slack's own field takes."""
        return self.text[:MAX_TEXT_LENGTH]

    @property
    def assignee_refs(self) -> list[str]:
        return [one.ref for one in self.case.assignees]

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(Person(id=f"p{n}", name=text, email="e@e.example") for n, text in enumerate(self.texts))

    @property
    def files(self) -> tuple[FileRef, ...]:
        return tuple(
            FileRef(id=f"a{n}", name=text[:250] or "x", size=10, kind="application/pdf", sha256="")
            for n, text in enumerate(self.texts)
        )

    @property
    def answers(self) -> dict[str, Any]:
        """An answer of each field's kind, in words where it can be."""
        made: dict[str, Any] = {}
        for field in self.service.fields:
            keys = [choice.key for choice in field.choices]
            made[field.key] = {
                "number": "1234567.5",
                "date": "2026-11-23",
                "yes_no": True,
                "choice": keys[-1] if keys else "",
                "choices": keys,
                "file": [{"id": "a0", "name": self.text[:250], "size": 1, "kind": "application/pdf"}],
                "address": {"street": self.text, "postcode": "123 45", "city": self.text},
            }.get(field.kind, self.text)
        return made

    @property
    def card(self) -> CardView:
        on_card = {field.key for field in self.service.fields if field.on_card}
        answers = {key: value for key, value in self.answers.items() if key in on_card}
        news: Any = ("", "") if self.is_new else ("message", "applicant")
        return CardView(self.case, create_definition(self.service), answers, *news)

    @property
    def view(self) -> CaseView:
        empty = CaseView(case=self.case, definition=create_definition(self.service))
        if self.is_new:
            return empty
        files = tuple(FileLine(file, NOW, "applicant", "answers") for file in self.files)
        return replace(
            empty,
            answers=self.answers,
            people=self.people,
            messages=tuple(self._message(n, text) for n, text in enumerate(self.texts)),
            notes=tuple(self._note(n, text) for n, text in enumerate(self.texts)),
            history=tuple(self.events),
            files=self.files,
            file_lines=files,
            openings=(OpeningLine(NOW, "officer:o99", self.text[:500]),),
        )

    def _message(self, n: int, text: str) -> MessageLine:
        """The officer's, of which some have been confirmed, and between them the applicant's."""
        line = MessageLine(
            f"m{n}", "officer:o99", "", NOW, NOW, "decision", text, self.files, TODAY, receipt=True
        )
        answer = replace(line, by="applicant", applicant="p0", kind="added", unread=True)
        return (line, answer, replace(line, receipted_at=NOW))[n % 3]

    def _note(self, n: int, text: str) -> NoteLine:
        line = NoteLine(f"n{n}", "officer:o99", NOW, "working", text)
        versions = (NoteVersion(NOW, "officer:o99", text),) * 2
        return (
            replace(line, edited_at=NOW, removed_at=NOW, files=self.files, earlier=versions)
            if not n % 2
            else line
        )

    @property
    def events(self) -> Iterator[HistoryLine]:
        """Each event once, by someone there is and by someone there is not."""
        for n, (name, kind) in enumerate(event_kinds().items()):
            by = "officer:o99" if n % 2 else "officer:gone"
            yield HistoryLine(n + 1, NOW, by, name, self._facts(kind), {"reason": self.text})

    def _facts(self, kind: type[Event]) -> dict[str, Any]:
        """What the event's sentences ask for, by what they say that it is."""
        facts: dict[str, Any] = {"kind": "officer"}
        for sentence in (*kind.log, *kind.log_details, *kind.thread):
            facts.setdefault(sentence.only_with, True)
            for fact in sentence.facts.values():
                facts |= self._facts_of_kind(fact)
        return facts

    def _facts_of_kind(self, fact: Fact) -> dict[str, Any]:
        if fact.kind == "status":
            return {fact.field: "s1", f"{fact.field}_name": self.text}
        if fact.kind == "assignee_changes":
            return {"added": tuple(self.assignee_refs), "removed": ("group:g99", "officer:gone")}
        values: dict[FactKind, Any] = {
            "officers": ("o1", "gone"),
            "assignees": tuple(self.assignee_refs),
            "day": TODAY,
            "colour": "red",
            "choice": "round_robin",
            "moment": NOW,
            "stop": "protected",
            "hold": "appeal",
            "deletion_ground": "test",
            "origin": "phone",
            "link": "duplicate_of",
            "changes": ({"field": "f0", "before": None, "after": self.text},),
            "text": self.text,
        }
        return {fact.field: values.get(fact.kind, "o99")}

    def rows(self, count: int = DEFAULT_PAGE_SIZE) -> list[ListedCase]:
        """Cases in a list: such as wait and say why, and such as have news."""
        officers, groups = self.case.officers, self.case.groups
        due, step = self.case.due_on, self.case.step_due_on
        closed, protected = self.case.closed_at, self.case.protected
        row = ListedCase(
            ID,
            "",
            self.case.service,
            "s1",
            "",
            officers,
            groups,
            NOW,
            due,
            closed,
            step,
            NOW,
            "web",
            protected=protected,
            decide_by=self.case.decide_by,
        )
        why: tuple[WaitReason, ...] = ("message", "overdue", "noanswer")
        ways: list[dict[str, Any]] = [
            {"wait_reasons": why},
            {"news": True, "flagged": True, "colour": "red"},
            {"wait_reasons": ("delay",)},
        ]
        return [replace(row, number=f"2026-{n:06d}", **ways[n % len(ways)]) for n in range(count)]

    @property
    def officer(self) -> Officer:
        found = find_officer(self.catalog, "o99", TODAY)
        assert found is not None
        return found

    @property
    def access(self) -> Access | None:
        return self.officer.access.get(self.case.service)

    def message_form(self, **more: Any) -> message.MessageForm:
        sender = self.catalog.officer("o99")
        assert sender is not None
        return message.MessageForm(
            **{
                "case": self.case,
                "service": self.service,
                "sender": sender,
                "people": self.people,
                "templates": self.service.templates,
                "statuses": [self.service.status("s1")],
                "metadata": {"case": ID, "draft": ID},
                "values": self.message_values,
                "alert": self.text,
                "files": self.files,
                "limits": self.catalog.municipality.files,
                **more,
            }
        )

    @property
    def message_values(self) -> message.MessageValues:
        return message.MessageValues(
            text=self.short_text,
            kind="decision",
            said=self.short_text,
            answer_by="2026-12-01",
            options=("receipt",),
            status="s1",
        )


@st.composite
def generated_cases(draw: st.DrawFn, state: CaseState) -> GeneratedCase:
    """A world whose case stands that way."""
    catalog = draw(catalogs())
    key = {"strict": STRICT, "gone": "gone"}.get(state, STANDARD)
    people = [("officer", one.key) for one in catalog.municipality.officers]
    groups = [("group", one.key) for one in catalog.municipality.groups]
    assignees = (*people, *groups)[: draw(st.integers(1, 50))] if state != "free" else ()
    case = Case(
        id=ID,
        number="2026-000123",
        service=key,
        origin=draw(st.sampled_from(["web", "api", "open_eplatform", "slack"])),
        received_at=NOW,
        status=draw(st.sampled_from(["s0", "s1", "s3", "gone"])),
        status_since=NOW,
        status_by=draw(st.sampled_from(["applicant", "officer:o99", "machine:x", "officer:gone"])),
        applicants=("p0",),
        assignees=tuple(Assignee(kind, key, NOW, "officer:o99") for kind, key in assignees),  # type: ignore[arg-type]
        due_on=TODAY + timedelta(days=draw(st.sampled_from([-3, 3]))) if state != "free" else None,
        due_days_left=7 if state == "free" else None,
        decide_by=TODAY + timedelta(days=draw(st.sampled_from([-3, 3]))) if state != "free" else None,
        decision_requested_at=NOW if state == "held" else None,
        step_due_on=draw(st.sampled_from([None, TODAY - timedelta(days=1), TODAY])),
        closed_at=NOW if state == "closed" else None,
        protected=state == "protected",
        colour=draw(st.sampled_from(["", "red", "gone"])),
        **{name: state == "held" for name, value in MARKS.items() if isinstance(value, bool)},
        hold="appeal" if state == "held" else "",
        hold_until=TODAY if state == "held" else None,
        scheduled=tuple(ScheduledMessage(f"m{n}", "officer:o99", NOW) for n in range(6 * (state == "held"))),
        replies=(Reply("C1:1", "n0", kind="working"), Reply("note:n1", "n1", kind="working")),
        seq=1 if state == "free" else 5,
    )
    texts = [clean(text) for text in draw(st.lists(TYPED, min_size=1, max_size=4))]
    service = catalog.services.get(key, catalog.services[STANDARD])
    return GeneratedCase(catalog, service, case, texts, words(draw(st.sampled_from(["sv", "en"]))))


def one_of_each_state() -> st.SearchStrategy[tuple[GeneratedCase, ...]]:
    return st.tuples(*(generated_cases(state) for state in CASE_STATES))
