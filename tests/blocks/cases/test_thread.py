"""The thread, and the private notice."""

from __future__ import annotations

from typing import Any

import pytest

from bot.blocks.cases.thread import opening_message, thread_message
from bot.blocks.notice import officer_notice
from bot.blocks.values import CaseRef, encode
from bot.domain.views import HistoryLine
from tests.blocks.rendered import assert_within_limits, button_texts, find_button, read_text
from tests.blocks.sample_catalog import CATALOG, EN, NOW, SV


def history_entry(event: str, by: str = "officer:o0", **facts: Any) -> HistoryLine:
    return HistoryLine(seq=2, at=NOW, by=by, event=event, facts=facts)


STATUS = {
    "status": "in_progress",
    "status_name": "Under behandling",
    "was": "gone",
    "was_name": "Mottaget",
}


@pytest.mark.parametrize(
    ("line", "wording"),
    [
        (history_entry("CaseTaken", officer="o0", replaced=()), "Anna Berg tog ärendet."),
        (
            history_entry("CaseTaken", officer="o0", replaced=("o1",)),
            "Anna Berg tog över ärendet från Björn Ek.",
        ),
        (history_entry("CaseReleased", officer="o0"), "Anna Berg lämnade tillbaka ärendet."),
        (
            history_entry("StatusSet", **STATUS),
            "Status ändrad från Mottaget till Under behandling av Anna Berg.",
        ),
        (history_entry("MessageReceived", "applicant"), "Nytt meddelande från sökanden."),
        (history_entry("InformationAdded", "applicant"), "Sökanden har kompletterat."),
    ],
)
def test_what_happens_is_told_in_a_line(line: HistoryLine, wording: str) -> None:
    result = thread_message((line,), CATALOG, CATALOG.service("bygglov"), SV, "c1")
    assert read_text(result).startswith(wording)
    assert result.text == wording
    assert_within_limits(result)


def test_several_events_become_one_message_with_one_button() -> None:
    result = thread_message(
        (history_entry("CaseTaken", officer="o0"), history_entry("MessageReceived", "applicant")),
        CATALOG,
        CATALOG.service("bygglov"),
        SV,
        "c1",
    )
    assert result.text == "Anna Berg tog ärendet.\nNytt meddelande från sökanden."
    assert find_button(result, "Läs")["value"] == encode(CaseRef("c1"))


def test_in_a_strict_eservice_one_reads_on_the_case_page() -> None:
    result = thread_message(
        (history_entry("MessageReceived", "applicant"),), CATALOG, CATALOG.service("oro"), SV, "c1"
    )
    assert button_texts(result) == ["Öppna ärendesidan"]


def test_a_thread_begins_with_what_becomes_of_what_is_written_there() -> None:
    opening = opening_message("notes", SV).text
    assert "sparas som minnesanteckning och tas bort när ärendet avslutas" in opening
    assert "Gör tjänsteanteckning" in opening, "and how it is made more of"
    assert opening_message("page", EN).text == "Do not write in the thread. Use the button Open case page."
    assert_within_limits(opening_message("notes", EN))


def test_an_officer_is_told_privately_that_there_is_something_to_read() -> None:
    result = officer_notice("2026-000123", CATALOG.service("bygglov"), ("message",), "c1", SV)
    assert result.text == "Nytt meddelande i 2026-000123 · Ansökan om bygglov"
    assert button_texts(result) == ["Läs", "Skriv till sökanden"]
    assert_within_limits(result)


def test_a_strict_notice_names_no_eservice() -> None:
    result = officer_notice("2026-000123", CATALOG.service("oro"), ("added", "message"), "c1", SV)
    assert result.text == "Sökanden har kompletterat 2026-000123. Nytt meddelande i 2026-000123"
    assert button_texts(result) == ["Öppna ärendesidan"]
    assert_within_limits(result)
