"""What happened to a case reads alike in Slack and on the case page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.declarations import event_kinds
from bot.domain.event_wording import EventWording
from bot.domain.views import HistoryLine
from bot.text import LANGUAGES, words
from tests.municipality import small_catalog

SWEDISH = EventWording(small_catalog(), None, words("sv"))
FACTS: dict[str, Any] = {
    **{"was": "x", "was_name": "Nytt", "status": "y", "status_name": "Klart", "due_on": date(2026, 12, 4)},
    "decide_by": date(2027, 5, 24),
    "other": "0" * 32,
    "answer_by": date(2026, 12, 4),
    **{"officer": "anna", "replaced": ("bo",), "kind": "officer", "key": "anna", "colour": "red"},
    **{"target": "working", "target_name": "Under behandling", "platform": "annat", "external_id": "1"},
    **{"deletion_ground": "test", "send_at": datetime(2026, 12, 4, 9, tzinfo=UTC), "why": "closed"},
    **{"hold": "appeal", "hold_until": date(2026, 12, 4), "basis": "Planens 3 §."},
    **{"added": ("officer:bo",), "removed": ("officer:anna",), "mentions": ("bo",), "source": "C1:1"},
}

KINDS = {"CaseLinked": "related", "CaseUnlinked": "related"}
"""Kinds of events whose kind is not one of assignees."""

GIVEN = ("hold", "hold_until", "basis", "deletion_ground", "decide_by", "answer_by", "send_at", "why")
ALWAYS_GIVEN = {name: FACTS[name] for name in GIVEN}


def line(event: str, by: str = "officer:anna", reason: str = "", **facts: Any) -> HistoryLine:
    return HistoryLine(1, datetime(2026, 11, 22, tzinfo=UTC), by, event, facts, {"reason": reason})


@pytest.mark.parametrize("event", sorted(event_kinds()))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_reads_as_a_sentence_in_the_log_and_in_the_thread(event: str, language: str) -> None:
    wording = EventWording(small_catalog(), None, words(language))
    for facts in (
        FACTS,
        dict.fromkeys(FACTS, "") | ALWAYS_GIVEN | {"due_on": date(2026, 12, 4), "added": (), "removed": ()},
    ):
        facts |= {"kind": KINDS.get(event, facts["kind"])}
        for by in ("officer:anna", "applicant", "machine:clock", "officer:someone.who.left"):
            for text in (
                wording.log_line(line(event, by, **facts)),
                wording.thread_line(line(event, by, **facts)),
            ):
                assert text.endswith(".") and "{" not in text


@pytest.mark.parametrize(
    ("colour", "wording"),
    [("red", "Anna Berg färgmarkerade ärendet: Röd."), ("", "Anna Berg tog bort färgmarkeringen.")],
)
def test_a_colour_is_told_by_its_name(colour: str, wording: str) -> None:
    assert SWEDISH.log_line(line("CaseColoured", colour=colour)) == wording


def test_why_a_case_was_protected_is_told_on_its_page_and_not_in_slack() -> None:
    for event in ("CaseProtected", "ProtectionLifted"):
        told = line(event, reason="Hotad av en granne")
        assert "Anledning: Hotad av en granne" in SWEDISH.log_line(told, is_on_page=True)
        assert "granne" not in SWEDISH.log_line(told) + SWEDISH.thread_line(told)


def test_why_a_case_was_given_to_another_is_in_the_log_and_not_in_the_thread() -> None:
    given = line("AssigneesChanged", reason="Semester", added=("officer:bo",), removed=())
    assert SWEDISH.log_line(given).endswith("Bo Berg lades till. Anledning: Semester")
    assert "Semester" not in SWEDISH.thread_line(given)


def test_who_is_mentioned_in_a_note_of_the_thread_is_named_in_the_log() -> None:
    noted = line("NoteAdded", source="C1:1", mentions=("bo",))
    assert SWEDISH.log_line(noted) == "Anna Berg skrev en intern notering i tråden. Omnämnda: Bo Berg."


def test_a_case_taken_from_several_names_them_all() -> None:
    taken = line("CaseTaken", officer="anna", replaced=("bo", "rut"))
    assert SWEDISH.log_line(taken).startswith("Anna Berg tog över ärendet från Bo Berg och Rut Snäv")


def test_a_status_that_no_officer_set_names_nobody() -> None:
    statuses = {"was": "x", "was_name": "Nytt", "status": "y", "status_name": "Klart"}
    assert (
        SWEDISH.log_line(line("StatusSet", "applicant", **statuses))
        == "Status ändrades från Nytt till Klart."
    )
