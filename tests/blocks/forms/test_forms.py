"""Dialogs, drawn and read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.block_kit.form_errors import view_with_alert
from bot.blocks.block_kit.view import View, metadata_of
from bot.blocks.cases.confirmation import confirmation_question
from bot.blocks.forms import fields
from bot.blocks.forms.cases import message, note, status, take
from bot.blocks.forms.cases.message import MessageForm, MessageValues
from bot.blocks.forms.cases.status import StatusForm
from bot.blocks.help import command_help
from bot.blocks.lists.case_list import case_list
from bot.blocks.private import personal_link, private_message
from bot.catalog import Catalog
from bot.catalog.municipality import FileLimits
from bot.domain.assignment import TakeCase
from bot.domain.messages.correspondence import SendMessage
from bot.domain.notes import AddNote
from bot.domain.status import SetStatus
from bot.domain.submission import FileRef, Person
from bot.domain.views import ListedCase
from bot.store.files.file_kinds import safe_name
from tests.blocks.cases.test_card import NASTY
from tests.blocks.rendered import assert_within_limits, button_texts, read_text
from tests.blocks.sample_catalog import CATALOG, EN, NOW, SV, assigned_officers, make_case
from tests.generated.strategies import examples

BYGGLOV = CATALOG.services["bygglov"]
WAITING = BYGGLOV.status("waiting")


def as_submitted(view: View, **values: Any) -> View:
    """The view as Slack sends it back, filled in."""
    state: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        name, element = block["block_id"].partition("#")[0], block["element"]
        state[block["block_id"]] = {element["action_id"]: element_state(element, values.get(name))}
    return {**view, "state": {"values": state}}


def element_state(element: dict[str, Any], value: Any) -> dict[str, Any]:
    kind = element["type"]
    if kind == "checkboxes":
        chosen = [one for one in element["options"] if one["value"] in (value or ())]
        return {"type": kind, "selected_options": chosen}
    if kind in ("static_select", "radio_buttons"):
        chosen = [one for one in element["options"] if one["value"] == value]
        return {"type": kind, "selected_option": chosen[0] if chosen else None}
    if kind == "datepicker":
        return {"type": kind, "selected_date": value}
    if kind == "file_input":
        return {"type": kind, "files": value or []}
    return {"type": kind, "value": value}


def make_status_form(catalog: Catalog = CATALOG, **more: Any) -> View:
    service = catalog.services[more.pop("service", "bygglov")]
    typed = more.pop("typed", {})
    targets = [one for one in service.statuses if one.key not in ("submitted", "completed")]
    form = StatusForm(make_case(service=service.key, **more), service, targets, typed)
    return status.status_form(form, SV)


def test_a_status_is_read_as_it_was_filled_in() -> None:
    view = as_submitted(make_status_form(), status="waiting", note=" Ringt\r\nigen \x00")
    assert status.read(view) == SetStatus(
        case_id="c1", status="waiting", expected="submitted", note=" Ringt\nigen"
    )


def test_an_empty_dialog_reads_as_empty() -> None:
    assert status.read(as_submitted(make_status_form())).status == ""


def test_the_choice_shows_what_the_applicant_is_told() -> None:
    assert "Sökanden får läsa: ”Vi har avslutat ditt ärende.”" in read_text(
        make_status_form(typed={"status": "closed"})
    )
    assert "Sökanden får" not in read_text(make_status_form())


def test_reopening_asks_why() -> None:
    assert "Varför återöppnas ärendet?" in read_text(make_status_form(status="closed", closed_at=NOW))


def test_a_strict_dialog_has_no_field_for_text() -> None:
    view = make_status_form(service="oro")
    assert "plain_text_input" not in str(view)
    assert "Oros" not in str(view)
    assert_within_limits(view)


def test_a_choice_that_is_gone_is_not_kept() -> None:
    view = make_status_form(typed={"status": "gone", "note": "kvar"})
    assert "initial_option" not in str(view)
    assert "'initial_value': 'kvar'" in str(view)


def test_a_note_is_read_with_its_kind() -> None:
    noting = note.NoteForm(
        make_case(), BYGGLOV, FileLimits(), {"tab": "notes", "page": 2}, AddNote(case_id="c1", text="Början")
    )
    view = note.note_form(noting, SV)
    assert metadata_of(view) == {"tab": "notes", "page": 2, "case": "c1"}
    assert note.read(as_submitted(view, text="Hej", kind="working")) == AddNote(
        case_id="c1", text="Hej", kind="working"
    )
    assert_within_limits(view)


def test_taking_over_names_who_is_removed() -> None:
    view = take.take_form(make_case(assignees=assigned_officers(2)), CATALOG, {}, SV)
    assert "Anna Berg, Björn Ek är handläggare, den senaste sedan 22 nov." in read_text(view)
    assert "Anna Berg, Björn Ek tas bort som handläggare och meddelas" in read_text(view)
    command = take.read(as_submitted(view, mode="over"))
    assert command == TakeCase(case_id="c1", mode="over", expected=("o0", "o1"))
    assert_within_limits(view)


@pytest.mark.parametrize("count", [1, 30])
def test_however_many_have_the_case_the_dialog_fits(count: int) -> None:
    assert_within_limits(take.take_form(make_case(assignees=assigned_officers(count)), CATALOG, {}, EN))


def make_file(name: str, n: int = 0) -> FileRef:
    return FileRef(id=f"f{n}", name=safe_name(name), size=9, kind="application/pdf", sha256="0" * 64)


def test_files_of_an_earlier_time_stand_ticked_beside_the_field_for_new_ones() -> None:
    view = message.message_form(
        make_message_form(files=[make_file("plan.pdf"), make_file("karta.pdf", 1)]), SV
    )
    assert "Bifogat sedan tidigare" in read_text(view) and "Filerna går via Slack." in read_text(view)
    ticks = next(one["element"] for one in view["blocks"] if one.get("block_id") == "kept")
    assert ticks["initial_options"] == ticks["options"]
    assert message.read(as_submitted(view, kept=["f1"])).files == ("f1",)
    given = as_submitted(view, files=[{"id": "F1"}])
    assert (message.read(given).files, fields.uploaded_files(given)) == ((), [{"id": "F1"}])
    assert_within_limits(view)
    assert "Bifogat sedan tidigare" not in read_text(message.message_form(make_message_form(), SV))


def test_the_preview_names_the_files() -> None:
    view = message.preview(
        make_message_form(
            values=MessageValues(text="Hej"), files=[make_file("plan.pdf"), make_file("karta.pdf", 1)]
        ),
        SV,
    )
    assert "2 filer: plan.pdf, karta.pdf" in read_text(view)
    assert_within_limits(view)


def test_no_more_files_are_asked_for_than_slack_and_the_municipality_take() -> None:
    few = message.message_form(make_message_form(limits=FileLimits(max_files=3, kinds=("pdf",))), SV)
    element = next(one["element"] for one in few["blocks"] if one.get("block_id") == "files")
    assert element == {"type": "file_input", "action_id": "files", "max_files": 3, "filetypes": ["pdf"]}
    assert fields.max_files(FileLimits(max_files=50)) == 10


def make_message_form(**more: Any) -> MessageForm:
    sender = CATALOG.officer("o0")
    assert sender is not None
    return MessageForm(
        **{
            "case": make_case(),
            "service": BYGGLOV,
            "sender": sender,
            "people": (Person(id="p1", name="Eva Ek", email="eva@ek.example"),),
            "templates": BYGGLOV.templates,
            "statuses": [WAITING],
            "limits": FileLimits(),
            "metadata": {"case": "c1", "draft": "d1"},
            **more,
        }
    )


def test_a_message_is_read_and_becomes_a_command() -> None:
    view = message.message_form(make_message_form(), SV)
    assert_within_limits(view)
    given = message.read(
        as_submitted(
            view,
            text="Hej",
            kind="completion",
            answer_by="2026-12-06",
            options=["receipt"],
            status_after="waiting",
        )
    )
    assert given.command("c1", "submitted", [], None) == SendMessage(
        case_id="c1",
        text="Hej",
        kind="completion",
        answer_by=date(2026, 12, 6),
        receipt=True,
        status="waiting",
        expected="submitted",
    )
    assert message.values_from_draft(given.to_draft()) == given


def test_a_text_the_bot_put_in_makes_the_field_a_new_one() -> None:
    before = make_message_form()
    after = before.with_template("Ny text", before.templates[-1])
    ids = [
        next(
            b["block_id"]
            for b in message.message_form(one, SV)["blocks"]
            if b.get("block_id", "").startswith("text")
        )
        for one in (before, after)
    ]
    assert ids == ["text#0", "text#1"]
    assert after.metadata["n"] == 1


def test_no_status_is_offered_where_none_may_follow() -> None:
    assert "Status när" not in read_text(message.message_form(make_message_form(statuses=[]), SV))
    assert "Status när" in read_text(message.message_form(make_message_form(), SV))


@pytest.mark.parametrize(("chosen", "status"), [("-", ""), ("vantar-pa-svar", "vantar-pa-svar"), ("", "")])
def test_the_status_that_is_to_follow_is_read_as_it_was_chosen(chosen: str, status: str) -> None:
    assert WAITING is not None
    hyphenated = WAITING.model_copy(update={"key": "vantar-pa-svar"})
    view = message.message_form(make_message_form(statuses=[hyphenated]), SV)
    assert message.read(as_submitted(view, text="Hej", status_after=chosen)).status == status


def test_a_draft_of_before_a_status_could_follow_is_read() -> None:
    stored = {"text": "Hej", "options": ["receipt", "wait"], "files": []}
    assert message.values_from_draft(stored) == MessageValues(text="Hej", options=("receipt",))


def test_a_preview_shows_the_text_as_it_will_be_read() -> None:
    view = message.preview(
        make_message_form(values=MessageValues(text="Hej <@U1> *du*", status="waiting")), SV
    )
    assert "Hej <@U1> *du*" in read_text(view)
    assert "Status blir Väntar på komplettering" in read_text(view)
    assert metadata_of(view)["was"] == "submitted"
    assert_within_limits(view)


def test_what_was_sent_can_be_undone_until_a_time_that_is_told() -> None:
    ids = {"case": "c1", "message": "m1"}
    view = message.sending(ids, NOW + timedelta(seconds=20), SV)
    assert "Det skickas kl. 14:03:20. Fram till dess kan du ångra." in read_text(view)
    assert button_texts(view) == ["Ångra"]
    assert view["clear_on_close"] is True
    assert_within_limits(view)
    assert_within_limits(message.sent(ids, ["Meddelandet är skickat."], EN))
    assert "clear_on_close" not in message.undone(ids, EN)
    assert_within_limits(message.undone(ids, EN))


def test_a_form_comes_back_filled_in_beneath_the_reason() -> None:
    view = as_submitted(
        message.message_form(make_message_form(), SV),
        text="Halvfärdigt",
        kind="decision",
        options=["receipt"],
    )
    again = view_with_alert({**view, "id": "V1", "hash": "h"}, "Det gick inte. " * 30)
    assert again["blocks"][0]["type"] == "alert"
    assert "'initial_value': 'Halvfärdigt'" in str(again)
    assert "id" not in again
    assert_within_limits(again)
    once_more = view_with_alert({**as_submitted(again, text="Mer"), "id": "V1"}, "Nej.")
    assert read_text(once_more).count("Det gick inte.") == 0


def make_row(n: int, **more: Any) -> ListedCase:
    return ListedCase(
        **{
            "id": f"c{n}",
            "number": f"2026-{n:06d}",
            "service": "bygglov",
            "status": "submitted",
            "status_name": "",
            "officers": ("o0",),
            "groups": ("bygglovsgruppen",),
            "received_at": NOW,
            "due_on": None,
            "closed_at": None,
            **more,
        }
    )


def test_a_list_names_a_case_without_anything_personal() -> None:
    rendered = case_list("mine", [make_row(1, news=True), make_row(2, service="oro")], 12, CATALOG, SV)
    text = read_text(rendered)
    assert "Dina ärenden: 12" in text
    assert (
        "*2026-000001* · Ansökan om bygglov\nNytt från sökanden · Inskickat · Anna Berg, Bygglovsgruppen · "
        "Inkom 22 nov. 2026"
    ) in text
    assert "Oros" not in text
    assert "De 2 senaste visas." in text
    assert_within_limits(rendered)


@pytest.mark.parametrize("words", [SV, EN])
def test_private_answers_fit(words: Any) -> None:
    for answer in (
        command_help("/arende", words),
        personal_link("https://arenden.example/" + "x" * 200, words),
        case_list("closed", [], 0, CATALOG, words),
        confirmation_question("take", make_case(), BYGGLOV, words),
        private_message("<!channel>" * 400),
    ):
        assert_within_limits(answer)


@examples(60)
@given(text=st.one_of(NASTY, st.text(max_size=4_000)), name=NASTY, words=st.sampled_from([SV, EN]))
def test_any_text_draws_within_limits_and_pings_nobody(text: str, name: str, words: Any) -> None:
    people = (Person(id="p1", name=name), Person(id="p2", email="e@e.example"))
    files = [make_file(name, n) for n in range(10)]
    given = make_message_form(
        people=people, values=MessageValues(text=text, kind="decision"), alert=text, files=files
    )
    assert_within_limits(message.message_form(given, words))
    assert_within_limits(message.preview(given, words))
    assert_within_limits(
        note.note_form(
            note.NoteForm(make_case(), BYGGLOV, FileLimits(), {}, AddNote(case_id="c1", text=text)), words
        )
    )
    assert_within_limits(private_message(text))
    form = StatusForm(make_case(), BYGGLOV, BYGGLOV.statuses, {"note": text}, {}, text)
    assert_within_limits(status.status_form(form, words))
