"""The thread, and the private notice."""

from __future__ import annotations

from typing import Any

import pytest

from bot.blocks.cases.thread import lines, opening_line
from bot.blocks.notice import officer_notice
from bot.domain.views import HistoryLine
from tests.blocks.seen import assert_fits, button, buttons, read
from tests.blocks.town import EN, NOW, SV, TOWN


def happened(event: str, by: str = "officer:o0", **facts: Any) -> HistoryLine:
    return HistoryLine(seq=2, at=NOW, by=by, event=event, facts=facts)


STATUS = {
    "status": "in_progress",
    "status_name": "Under behandling",
    "was": "gone",
    "was_name": "Mottaget",
}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (happened("CaseTaken", officer="o0", replaced=()), "Anna Berg tog ärendet."),
        (
            happened("CaseTaken", officer="o0", replaced=("o1",)),
            "Anna Berg tog över ärendet från Björn Ek.",
        ),
        (happened("CaseReleased", officer="o0"), "Anna Berg lämnade tillbaka ärendet."),
        (
            happened("StatusSet", **STATUS),
            "Status ändrad från Mottaget till Under behandling av Anna Berg.",
        ),
        (happened("MessageReceived", "applicant"), "Nytt meddelande från sökanden."),
        (happened("InformationAdded", "applicant"), "Sökanden har kompletterat."),
    ],
)
def test_what_happens_is_told_in_a_line(line: HistoryLine, said: str) -> None:
    told = lines((line,), TOWN, TOWN.service("bygglov"), SV, "c1")
    assert read(told).startswith(said)
    assert told.text == said
    assert_fits(told)


def test_several_events_become_one_message_with_one_button() -> None:
    told = lines(
        (happened("CaseTaken", officer="o0"), happened("MessageReceived", "applicant")),
        TOWN,
        TOWN.service("bygglov"),
        SV,
        "c1",
    )
    assert told.text == "Anna Berg tog ärendet.\nNytt meddelande från sökanden."
    assert button(told, "Läs")["value"] == "c1"


def test_in_a_strict_eservice_one_reads_on_the_case_page() -> None:
    told = lines((happened("MessageReceived", "applicant"),), TOWN, TOWN.service("oro"), SV, "c1")
    assert buttons(told) == ["Öppna ärendesidan"]


def test_a_thread_begins_with_what_becomes_of_what_is_written_there() -> None:
    assert "sparas som intern notering" in opening_line("notes", SV).text
    assert opening_line("page", EN).text == "Do not write in the thread. Use Open case page."
    assert_fits(opening_line("notes", EN))


def test_an_officer_is_told_privately_that_there_is_something_to_read() -> None:
    told = officer_notice("2026-000123", TOWN.service("bygglov"), ("message",), "c1", SV)
    assert told.text == "Nytt meddelande i 2026-000123 · Ansökan om bygglov"
    assert buttons(told) == ["Läs", "Skriv till sökanden"]
    assert_fits(told)


def test_a_strict_notice_names_no_eservice() -> None:
    told = officer_notice("2026-000123", TOWN.service("oro"), ("added", "message"), "c1", SV)
    assert told.text == "Sökanden har kompletterat 2026-000123. Nytt meddelande i 2026-000123"
    assert buttons(told) == ["Öppna ärendesidan"]
    assert_fits(told)
