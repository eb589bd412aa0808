"""Every message, note and file has a number, by which an archivist finds it for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.catalog.base import Text
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.domain.declarations import event_kinds
from bot.domain.documents import DOCUMENT_EVENTS, find_unregistered, list_documents
from bot.domain.submission import CaseSubmitted, FileRef
from bot.domain.views import CaseView, FileLine, HistoryLine
from tests.portal.portal_catalog import portal_catalog

RECEIVED = datetime(2026, 11, 20, 7, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def line(seq: int, event: str, *files: str, **facts: object) -> HistoryLine:
    return HistoryLine(seq, NOW + timedelta(minutes=seq), "officer:anna", event, facts, files=files)


LOG = [
    line(1, "CaseSubmitted", "f1", "f2", received_at=RECEIVED),
    line(2, "CaseTaken"),
    line(3, "MessageSent", "f3", message_id="m1"),
    line(4, "NoteAdded", note_id="n1"),
    line(5, "MessageUndone", message_id="m1"),
    line(6, "NoteRevised", note_id="n1"),
    line(7, "InformationAdded", "f4", message_id="m2"),
    line(8, "CaseEdited", "f5", version=2),
]


def test_documents_are_numbered_in_the_order_of_the_events_that_brought_them() -> None:
    assert [(one.position, one.kind, one.id, one.direction) for one in list_documents(LOG)] == [
        (1, "submission", "1", "incoming"),
        (2, "file", "f1", "incoming"),
        (3, "file", "f2", "incoming"),
        (4, "message", "m1", "outgoing"),
        (5, "file", "f3", "outgoing"),
        (6, "note", "n1", "internal"),
        (7, "message", "m2", "incoming"),
        (8, "file", "f4", "incoming"),
        (9, "edit", "2", "internal"),
        (10, "file", "f5", "internal"),
    ]


def test_an_application_came_in_when_it_was_received() -> None:
    assert list_documents(LOG)[0].at == RECEIVED


def test_an_undone_message_keeps_its_number_so_that_no_other_gets_it() -> None:
    assert [one.position for one in list_documents(LOG) if one.undone] == [4, 5]


def test_what_happens_later_changes_no_number() -> None:
    for length in range(len(LOG)):
        numbers = {one.id: one.position for one in list_documents(LOG[:length])}
        assert numbers.items() <= {one.id: one.position for one in list_documents(LOG)}.items()


def test_no_event_brings_a_text_or_a_file_without_a_number() -> None:
    bring = {
        name
        for name, kind in event_kinds().items()
        if {"text", "files", "answers"} & set(kind.stored_fields("row"))
    }
    assert bring - {"NoteRevised"} == DOCUMENT_EVENTS  # an edited note has its number already


def test_the_catalog_says_which_messages_and_files_are_not_registered() -> None:
    log = [
        line(1, "CaseSubmitted", "f1", "f2", received_at=RECEIVED),
        line(2, "MessageSent", "f3", message_id="m1", kind="information"),
        line(3, "MessageSent", message_id="m2", kind="decision"),
        line(4, "InformationAdded", "f4", message_id="m3"),
    ]
    catalog = portal_catalog()
    service = catalog.services["altan"].model_copy(update={"registered_messages": ("decision", "added")})
    fields = (
        Field(key="foto", kind="file", label=Text(sv="Foto", en="Photo"), registered=False),
        Field(key="ritning", kind="file", label=Text(sv="Ritning", en="Drawing")),
    )
    definition = Definition(service="altan", name=service.name, fields=fields)
    files = [
        FileRef(id=key, name="a.pdf", size=1, kind="application/pdf", sha256="0", field=name)
        for key, name in (("f1", "foto"), ("f2", "ritning"), ("f3", ""), ("f4", ""))
    ]
    lines = tuple(FileLine(one, NOW, "applicant", "answers") for one in files)
    submitted = CaseSubmitted(
        at=NOW, by="machine:form", case_id="c", number="2026-000001", service="altan", origin="web",
        received_at=NOW, status="submitted", status_name="Inskickat", due_on=None, definition="", applicants=(),
        protected=False, external="", silent=False, people=(), answers={}, files=(),
    )  # fmt: skip
    view = CaseView(submitted.apply(None), definition, file_lines=lines)
    assert find_unregistered(list_documents(log), view, service) == {"f1", "m1", "f3"}
    assert find_unregistered(list_documents(log), view, catalog.services["altan"]) == {"f1"}
    assert find_unregistered(list_documents(log), view, None) == set()
