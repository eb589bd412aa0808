"""The case in a modal, drawn."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.block_kit.view import View, metadata_of
from bot.blocks.cases.case_modal import (
    TABS,
    CaseModalState,
    Tab,
    UnfinishedDraft,
    case_loading_modal,
    case_modal,
)
from bot.blocks.values import CaseRef, NoteRef, encode
from bot.catalog import Catalog, create_definition
from bot.catalog.people import Access
from bot.domain.actors import Officer
from bot.domain.submission import FileRef, Person
from bot.domain.views import (
    CaseView,
    FileLine,
    HistoryLine,
    ListPosition,
    MessageLine,
    Neighbours,
    NoteLine,
    NoteVersion,
)
from bot.text.personal_data import MAX_LENGTH
from tests.blocks.cases.test_card import NASTY
from tests.blocks.rendered import assert_within_limits, button_texts, find_button, read_text
from tests.blocks.sample_catalog import CATALOG, EN, NOW, SV, assigned_officers, create_catalog, make_case
from tests.generated.strategies import examples

PDF = FileRef(id="f1", name="ritning.pdf", size=10, kind="application/pdf", sha256="")


def make_case_view(
    catalog: Catalog = CATALOG, answers: dict[str, Any] | None = None, **more: Any
) -> CaseView:
    names = ("people", "messages", "notes", "history", "file_lines")
    parts = {name: more.pop(name) for name in names if name in more}
    shown = make_case(**more)
    service = catalog.service(shown.service)
    assert service is not None
    return CaseView(case=shown, definition=create_definition(service), answers=answers or {}, **parts)


def render(shown: CaseView, tab: Tab = "case", catalog: Catalog = CATALOG, **more: Any) -> View:
    """The modal of the officer `o0`, with that `access`."""
    words, access = more.pop("words", SV), more.pop("access", Access(level="full"))
    officer = Officer("o0", "O", access={shown.case.service: access})
    ids = {"case": shown.case.id, "tab": tab}
    return case_modal(
        CaseModalState(shown, officer, catalog, date(2026, 11, 23), tab=tab, metadata=ids, **more), words
    )


def make_message(text: str | None, n: int = 0, **more: Any) -> MessageLine:
    at = NOW + timedelta(minutes=n)
    return MessageLine(
        **{
            "id": f"m{n}",
            "by": "officer:o0",
            "applicant": "",
            "at": at,
            "visible_at": at,
            "kind": "information",
            "text": text,
            **more,
        }
    )


ANSWERS = {
    "kind": "ext",
    "what": "En altan med <!channel> *tak*",
    "pnr": "198112189876",
    "drawing": [{"id": "f1", "name": "ritning.pdf", "size": 10, "kind": "application/pdf"}],
}


def test_answers_that_may_pass_through_slack_are_shown_and_others_are_counted_and_named_first() -> None:
    text = read_text(render(make_case_view(answers=ANSWERS, people=(Person(id="p1", name="Eva Ek"),))))
    assert "Sökande\n\nEva Ek" in text
    assert "Slag\n\nTillbyggnad" in text
    assert "En altan med <!channel> *tak*" in text
    assert (
        "*Uppgifter i ärendet*\n2 uppgifter visas på ärendesidan.\nÖppna\nPersonnummer · Ritning\nSökande"
        in text
    )
    assert "1218" not in text
    assert "ritning.pdf" not in text


def test_a_case_whose_answers_are_all_on_the_case_page_is_not_said_to_be_empty() -> None:
    text = read_text(render(make_case_view(answers={"pnr": "198112189876"})))
    assert "1 uppgift visas på ärendesidan." in text and "Inget är ifyllt." not in text
    assert "Inget är ifyllt." in read_text(render(make_case_view()))


def test_actions_tabs_and_entries_are_apart() -> None:
    """One row of actions, the tabs in a row of their own, and a line between one entry and the next."""
    notes = tuple(NoteLine(f"n{n}", "officer:o0", NOW, "official", f"Text {n}") for n in range(3))
    blocks = render(make_case_view(notes=notes), "notes")["blocks"]
    kinds = [block["type"] for block in blocks]
    assert kinds[:6] == ["header", "context", "actions", "divider", "actions", "section"]
    assert len(blocks[2]["elements"]) <= 4
    assert [one["action_id"] for one in blocks[4]["elements"]] == [f"case:tab:{tab}" for tab in TABS]
    entry = ["context", "rich_text"]
    assert kinds[6:] == [*entry, "divider", *entry, "divider", *entry, "divider", "actions"]


def test_what_was_not_asked_or_not_answered_is_left_out() -> None:
    hidden = [
        {"key": "own", "kind": "yes_no", "label": "Äger du?", "in_slack": True},
        {
            "key": "who",
            "kind": "text",
            "label": "Vem äger?",
            "in_slack": True,
            "shown_if": {"field": "own", "is": False},
        },
        {"key": "more", "kind": "text", "label": "Något mer?", "in_slack": True},
    ]
    catalog = create_catalog(fields=hidden)
    text = read_text(render(make_case_view(catalog, {"own": True, "who": "Karl"}), catalog=catalog))
    assert "Äger du?\n\nJa" in text
    assert "Karl" not in text
    assert "Något mer" not in text


@pytest.mark.parametrize("tab", TABS)
def test_the_tab_one_is_in_is_the_primary_button_and_the_only_one(tab: Tab) -> None:
    shown = render(make_case_view(), tab)
    primary = [
        element["action_id"]
        for block in shown["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
        if element.get("style") == "primary"
    ]
    assert primary == [f"case:tab:{tab}"]
    assert_within_limits(shown)


def test_new_messages_and_notes_are_counted_on_the_tabs() -> None:
    counts = {"messages": 5, "notes": 3, "files": 4, "unread": 2}
    shown = button_texts(render(make_case_view(), counts=counts))
    assert shown[3:7] == ["Ärende", "Meddelanden (2 nya)", "Noteringar (3)", "Filer (4)"]
    assert "Meddelanden (5)" in button_texts(render(make_case_view(), "messages", counts=counts))


def test_a_message_says_where_it_went_and_what_was_asked() -> None:
    sent = make_message(
        "Hej", answer_by=date(2026, 12, 6), receipt=True, receipted_at=NOW, kind="completion", files=(PDF,)
    )
    text = read_text(render(make_case_view(messages=(sent,)), "messages"))
    assert (
        "Till sökanden · Anna Berg · 22 nov. 2026 14:03 · Begäran om komplettering · Svara senast 6 dec. 2026 · "
        "Kvitterat 22 nov. 2026 14:03"
    ) in text
    assert "1 fil" in text


def test_a_text_that_was_disposed_of_is_said_to_be() -> None:
    gone = NoteLine(id="n1", by="officer:o0", at=NOW, kind="official", text=None)
    assert "Texten är gallrad." in read_text(render(make_case_view(notes=(gone,)), "notes"))


def test_a_file_says_how_large_it_is_from_whom_when_and_where() -> None:
    drawing = FileRef(**{**asdict(PDF), "field": "drawing", "name": "*plan* <!here>.pdf", "size": 1_300_000})
    lines = (FileLine(PDF, NOW, "officer:o0", "messages"), FileLine(drawing, NOW, "applicant", "answers"))
    shown = render(make_case_view(file_lines=lines), "files")
    assert "ritning.pdf\n10 B · Anna Berg · 22 nov. 2026 14:03 · I ett meddelande" in read_text(shown)
    assert "*plan* <!here>.pdf\n1,2 MB · Från sökanden · 22 nov. 2026 14:03 · Ritning" in read_text(shown)
    assert "Filerna öppnar du på ärendesidan." in read_text(shown)
    assert_within_limits(shown)


def test_the_name_of_a_sensitive_file_stays_on_the_case_page() -> None:
    catalog = create_catalog(fields=[{"key": "cert", "kind": "file", "label": "Intyg", "sensitive": True}])
    file = FileRef(**{**asdict(PDF), "field": "cert", "name": "Eva Ek diagnos.pdf"})
    shown = render(
        make_case_view(catalog, file_lines=(FileLine(file, NOW, "applicant", "answers"),)), "files", catalog
    )
    assert "Visas på ärendesidan\n10 B · Från sökanden · 22 nov. 2026 14:03 · Intyg" in read_text(shown)
    assert "diagnos" not in str(shown)


def test_many_files_are_turned_by_pages() -> None:
    lines = tuple(
        FileLine(FileRef(**{**asdict(PDF), "name": f"fil {n}."}), NOW, "applicant", "answers")
        for n in range(45)
    )
    turned = all_pages(make_case_view(file_lines=lines), "files")
    assert len(turned) == 3
    text = "".join(read_text(page) for page in turned)
    assert [n for n in range(45) if f"fil {n}." not in text] == []


def test_a_file_says_what_the_virus_scanner_has_not_cleared() -> None:
    held = FileRef(**{**asdict(PDF), "scan": "waiting"})
    lines = (FileLine(held, NOW, "applicant", "messages"), FileLine(PDF, NOW, "applicant", "messages"))
    text = read_text(render(make_case_view(file_lines=lines), "files"))
    assert text.count("granskas") == 1


def test_what_an_edited_note_said_before_is_a_press_away() -> None:
    first = NoteVersion(NOW, "officer:o0", "Fyra meter")
    note = NoteLine(
        "n1", "officer:o0", NOW, "official", "Fem meter", NOW + timedelta(minutes=5), earlier=(first,)
    )
    shown = make_case_view(notes=(note,))
    assert find_button(render(shown, "notes"), "Tidigare versioner")["value"] == encode(NoteRef("n1"))
    versions = render(shown, "versions", note_id="n1")
    assert (
        "Anna Berg · 22 nov. 2026 14:08\nFem meter\nAnna Berg · 22 nov. 2026 14:03\nFyra meter"
        in read_text(versions)
    )
    assert "Tillbaka till noteringarna" in button_texts(versions)
    assert_within_limits(versions)
    assert "Noteringen finns inte längre." in read_text(render(shown, "versions", note_id="n2"))


def test_what_can_be_done_follows_from_who_has_the_case() -> None:
    assert "Ta ärendet" in button_texts(render(make_case_view()))
    mine = button_texts(render(make_case_view(assignees=assigned_officers(1))))
    assert "Lämna tillbaka" in mine
    assert "Ta ärendet" not in mine
    closed = button_texts(render(make_case_view(status="closed", closed_at=NOW)))
    assert "Återöppna" in closed
    assert "Ändra status" not in closed


def test_a_strict_case_shows_one_button() -> None:
    strict = make_case_view(service="oro", answers=ANSWERS, messages=(make_message("Hemligt"),))
    for tab in TABS:
        shown = render(strict, tab)
        assert button_texts(shown) == ["Öppna ärendesidan"]
        assert "Hemligt" not in str(shown)
        assert "Oros" not in str(shown)
        assert_within_limits(shown)


def test_a_draft_is_offered_with_what_goes_on_with_it() -> None:
    shown = render(make_case_view(), "messages", draft=UnfinishedDraft(NOW, "case:message", "c1"))
    assert "Du har ett utkast från 22 nov. 2026 14:03." in read_text(shown)
    assert find_button(shown, "Fortsätt")["action_id"] == "case:message"


def test_a_colleague_who_has_begun_a_reply_is_named() -> None:
    assert "Anna Berg skriver ett svar, påbörjat 22 nov. 2026 14:03" in read_text(
        render(make_case_view(), writers=[("o0", NOW)])
    )


def test_its_ids_are_all_it_remembers() -> None:
    shown = render(make_case_view(answers=ANSWERS, people=(Person(id="p1", name="Eva Ek"),)), page=0)
    assert metadata_of(shown) == {"case": "c1", "tab": "case"}


def test_it_is_there_at_once_while_the_case_is_fetched() -> None:
    waiting = case_loading_modal("2026-000123", {"case": "c1"}, EN)
    assert read_text(waiting) == "Fetching the case …"
    assert_within_limits(waiting)


def catalog_with_long_form(count: int) -> Catalog:
    fields = [
        {"key": f"q{n}", "kind": "long_text", "label": f"Fråga {n}", "in_slack": True} for n in range(count)
    ]
    return create_catalog(fields=fields)


def all_pages(shown: CaseView, tab: Tab, catalog: Catalog = CATALOG) -> list[View]:
    first = render(shown, tab, catalog)
    count = 1
    for block in first["blocks"]:
        text = read_text({"blocks": [block]})
        if block["type"] == "context" and text.startswith("Sida 1 av "):
            count = int(text.removeprefix("Sida 1 av "))
    return [render(shown, tab, catalog, page=n) for n in range(count)]


def test_a_long_form_is_turned_by_pages_of_forty() -> None:
    catalog = catalog_with_long_form(90)
    answers = {f"q{n}": f"svar nummer {n}." for n in range(90)}
    turned = all_pages(make_case_view(catalog, answers), "case", catalog)
    assert len(turned) == 3
    text = "".join(read_text(page) for page in turned)
    assert [n for n in range(90) if f"svar nummer {n}." not in text] == []
    for page in turned:
        assert_within_limits(page)


@pytest.mark.parametrize("letter", ["å", "x", "ж", "👩‍👩‍👧", "`"])
def test_the_longest_answer_is_whole_and_every_page_is_within_slacks_size(letter: str) -> None:
    catalog = catalog_with_long_form(2)
    whole = letter * (MAX_LENGTH // len(letter))
    turned = all_pages(make_case_view(catalog, {"q0": whole, "q1": whole}), "case", catalog)
    text = "".join(read_text(page) for page in turned)
    assert text.count(letter) >= 2 * len(whole) // len(letter)
    for page in turned:
        assert_within_limits(page)


def test_turning_past_the_last_page_stays_there() -> None:
    assert "Inget är ifyllt." in read_text(render(make_case_view(), page=7))


def history_entry(event: str, by: str = "officer:o0", **facts: Any) -> HistoryLine:
    return HistoryLine(seq=1, at=NOW, by=by, event=event, facts=facts)


@pytest.mark.parametrize(
    ("line", "wording"),
    [
        (history_entry("CaseSubmitted", "machine:form"), "Ärendet kom in."),
        (
            history_entry("CaseTaken", officer="o1", replaced=("o0",)),
            "Björn Ek tog över ärendet från Anna Berg.",
        ),
        (
            history_entry("StatusSet", status="x", status_name="Klart", was="y", was_name="Nytt"),
            "Anna Berg ändrade status från Nytt till Klart.",
        ),
        (
            history_entry(
                "StatusSet", "applicant", status="x", status_name="Klart", was="y", was_name="Nytt"
            ),
            "Status ändrades från Nytt till Klart.",
        ),
        (
            history_entry("CaseOverdue", "machine:clock", due_on=date(2026, 12, 4)),
            "skulle ha varit klart senast 4 dec. 2026",
        ),
    ],
)
def test_the_history_is_in_plain_words(line: HistoryLine, wording: str) -> None:
    text = read_text(render(make_case_view(history=(line,)), "history"))
    assert f"22 nov. 2026 14:03 {wording}" in text or wording in text


@examples(60)
@given(
    texts=st.lists(st.one_of(NASTY, st.text(max_size=5_000)), max_size=4),
    tab=st.sampled_from(TABS),
    language=st.sampled_from([SV, EN]),
)
def test_any_text_draws_within_limits_and_pings_nobody(texts: list[str], tab: Tab, language: Any) -> None:
    shown = make_case_view(
        answers={"kind": "ext", "what": texts[0] if texts else ""},
        people=tuple(Person(id=f"p{n}", name=text) for n, text in enumerate(texts)),
        messages=tuple(make_message(text, n) for n, text in enumerate(texts)),
        notes=tuple(
            NoteLine(id=f"n{n}", by="officer:o0", at=NOW, kind="working", text=text)
            for n, text in enumerate(texts)
        ),
        history=(history_entry("NoteAdded"),) * 35,
        assignees=assigned_officers(30),
    )
    assert_within_limits(render(shown, tab, words=language))


def test_its_buttons_carry_ids_only() -> None:
    shown = render(make_case_view(answers=ANSWERS, seq=4))
    assert find_button(shown, "Ta ärendet")["value"] == encode(CaseRef("c1", 4))


def test_the_cases_before_and_after_in_the_list_are_a_press_away() -> None:
    place = ListPosition("mine", 1)
    both = render(make_case_view(), neighbours=Neighbours(("c0", place), ("c2", place)))
    assert [one for one in button_texts(both) if "ärende" in one.split()] == [
        "Föregående ärende",
        "Nästa ärende",
    ]
    last = render(make_case_view(service="oro"), neighbours=Neighbours(before=("c0", place)))
    assert button_texts(last) == ["Föregående ärende", "Öppna ärendesidan"]
    assert_within_limits(both)
