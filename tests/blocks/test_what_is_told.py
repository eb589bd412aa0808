"""Small words that make a picture understood: labels, years, reasons, and what became of a note."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot.blocks.cases.card import card
from bot.blocks.cases.thread import opening_message, thread_message
from bot.blocks.forms.cases import message
from bot.blocks.notice import officer_notice, with_line
from bot.catalog.base import Text
from bot.domain.notice_reasons import NOTICE_REASONS
from bot.domain.views import HistoryLine, NoteLine
from tests.blocks.cases.test_case_modal import make_case_view, render
from tests.blocks.rendered import assert_within_limits, button_texts, read_text
from tests.blocks.sample_catalog import CATALOG, NOW, SV, create_catalog, make_card_view


def field(kind: str, label: str, **more: Any) -> dict[str, Any]:
    return {"key": "svar", "kind": kind, "label": label, "on_card": True, "in_slack": True, **more}


@pytest.mark.parametrize(
    ("kind", "card_label", "value", "wording"),
    [
        ("yes_no", "Risk för skada", True, "Risk för skada: Ja"),
        ("number", "{answer} m²", "24", "24 m²"),
        ("date", "Från {answer}", "2027-02-20", "Från 20 feb. 2027"),
        ("number", None, "140", "Antal platser: 140"),
    ],
)
def test_an_answer_stands_on_the_card_with_a_short_label(
    kind: str, card_label: str | None, value: Any, wording: str
) -> None:
    question = "Antal platser (ungefär)" if card_label is None else "Hur många gäller det?"
    catalog = create_catalog(fields=[field(kind, question, card_label=card_label)], templates=[])
    shown = card(make_card_view(catalog, {"svar": value}), catalog, SV)
    assert wording in read_text(shown).split("\n")
    assert_within_limits(shown)


def test_a_case_of_before_the_label_has_it_on_its_card() -> None:
    before = create_catalog(fields=[field("number", "Hur många kvadratmeter gäller det?")], templates=[])
    after = create_catalog(fields=[field("number", "Area?", card_label="{answer} m²")], templates=[])
    case = make_card_view(before, {"svar": "24"})
    assert "24 m²" in read_text(card(case, after, SV)).split("\n")
    assert "Hur många kvadratmeter gäller det? 24" in read_text(card(case, before, SV)).split("\n")
    other_kind = create_catalog(fields=[field("date", "Dag", card_label="Den {answer}")], templates=[])
    assert "Den 24" not in read_text(card(case, other_kind, SV))


def test_a_choice_stands_alone_on_the_card() -> None:
    assert "Tillbyggnad" in read_text(card(make_card_view(answers={"kind": "ext"}), CATALOG, SV)).split("\n")


def test_the_modals_head_has_the_year_as_the_card_has_it() -> None:
    assert "Klart senast 4 dec. 2026" in read_text(render(make_case_view(due_on=date(2026, 12, 4))))


def test_the_modals_head_has_both_days_each_by_its_name() -> None:
    text = read_text(render(make_case_view(step_due_on=date(2026, 11, 30), due_on=date(2026, 12, 4))))
    assert "Nästa steg senast 30 nov. 2026" in text and "Klart senast 4 dec. 2026" in text


def test_that_the_message_is_on_its_way_is_said_once() -> None:
    shown = message.sending({"case": "c1"}, NOW + timedelta(seconds=20), SV)
    assert shown["title"]["text"] == "Meddelandet skickas"
    assert "Meddelandet skickas" not in read_text(shown)
    assert (
        message.sent({"case": "c1"}, ["Meddelandet är skickat."], SV)["title"]["text"]
        != "Meddelandet skickas"
    )


STATUS = {"status": "x", "status_name": "Öppet", "was": "y", "was_name": "Avslutat"}


def test_the_reason_of_a_status_stands_in_the_history_and_in_no_thread() -> None:
    reopened = HistoryLine(
        2, NOW, "officer:o0", "StatusSet", STATUS, {"reason": "Ny ritning från Eva <!here>"}
    )
    shown = render(make_case_view(history=(reopened,)), "history")
    assert "från Avslutat till Öppet. Anledning: Ny ritning från Eva" in read_text(shown)
    assert_within_limits(shown)
    assert "Eva" not in str(thread_message([reopened], CATALOG, CATALOG.service("bygglov"), SV, "c1"))


def test_a_status_without_a_reason_says_nothing_of_one() -> None:
    plain = HistoryLine(2, NOW, "officer:o0", "StatusSet", STATUS, {"reason": ""})
    assert "Anledning" not in read_text(render(make_case_view(history=(plain,)), "history"))


def test_a_note_tells_that_it_was_edited_and_deleted_in_the_thread() -> None:
    later = NOW + timedelta(minutes=2)
    note = NoteLine("n1", "officer:o0", NOW, "official", "Fem meter", edited_at=later, removed_at=later)
    shown = render(make_case_view(notes=(note,)), "notes")
    assert "Redigerad 22 nov. 2026 14:05 · Borttagen ur tråden 22 nov. 2026 14:05" in read_text(shown)
    assert_within_limits(shown)


@pytest.mark.parametrize(
    ("mentions", "wording"),
    [((), "Anna Berg skrev en intern notering."), (("o1",), "skrev en intern notering. Omnämnda: Björn Ek.")],
)
def test_the_history_says_whom_a_note_mentions(mentions: tuple[str, ...], wording: str) -> None:
    noted = HistoryLine(2, NOW, "officer:o0", "NoteAdded", {"mentions": mentions})
    text = read_text(render(make_case_view(history=(noted,)), "history"))
    assert wording in text and ("Omnämnda" in text) == bool(mentions)


@pytest.mark.parametrize(
    ("reasons", "ways"),
    [
        (["assigned"], ["Visa ärende"]),
        (["mentioned"], ["Läs noteringen"]),
        (["assigned", "message"], ["Läs", "Skriv till sökanden"]),
        (["message", "mentioned"], ["Läs", "Läs noteringen", "Skriv till sökanden"]),
        (["reminder"], ["Visa ärende", "Klar"]),
        (["removed"], []),
    ],
)
def test_a_private_notice_leads_to_what_there_is_to_read(reasons: list[Any], ways: list[str]) -> None:
    result = officer_notice("2026-000123", CATALOG.service("bygglov"), reasons, "c1", SV)
    assert button_texts(result) == ways
    assert_within_limits(result)


def test_where_nothing_is_kept_the_thread_begins_by_saying_so() -> None:
    assert "sparas inte i ärendet" in opening_message("nothing", SV).text
    assert_within_limits(opening_message("nothing", SV))


def test_a_notice_of_all_reasons_with_two_lines_more_is_as_long_as_slack_takes() -> None:
    service = CATALOG.services["bygglov"]
    service = service.model_copy(update={"name": Text(sv="Bygglov " * 60, en="Permit " * 60)})
    result = officer_notice("2026-000123", service, tuple(NOTICE_REASONS), "c1", SV)
    for line in ("Du vikarierar för " + "Åsa, " * 300, "Björn " * 300):
        result = with_line(result, line)
    assert 3_000 < len(result.text) <= 4_000
