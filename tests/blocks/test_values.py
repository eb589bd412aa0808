"""What buttons carry: a button drawn years ago leads where it led, and what nobody ever drew leads nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.block_kit.mrkdwn import shorten
from bot.blocks.values import (
    CaseInList,
    CaseRef,
    DraftRef,
    InvalidValue,
    MenuChoice,
    NoteAsSeen,
    NoteRef,
    PageNumber,
    decode,
    decode_case,
    encode,
)
from bot.domain.views import ListPosition

ID = "0f8fad5bd9cb469fa16570867728950e"

OLD_VALUES: list[tuple[str, Any]] = [
    (f"{ID}:7", CaseRef(ID, 7)),  # cards, the case's modal, questions
    (ID, CaseRef(ID)),  # private notices, private answers, threads
    (f"officers:{ID}:7", MenuChoice("officers", ID, 7)),  # the card's menu
    (f"unflag:{ID}:12", MenuChoice("unflag", ID, 12)),  # the modal's menu
    (f"tomorrow:{ID}:0", MenuChoice("tomorrow", ID)),  # the menu of a reminder
    (f"{ID}@mine:3:", CaseInList(ID, "mine", 3)),  # answers to /arende lista, and Home
    (f"{ID}@search:10:{ID}", CaseInList(ID, "search", 10, ID)),  # what a search found
    ("0", PageNumber(0)),
    ("17", PageNumber(17)),
    (ID, DraftRef(ID)),
    (ID, NoteRef(ID)),
]

WRITTEN_NOW: list[tuple[str, Any]] = [
    (f"v2/case/{ID}/7", CaseRef(ID, 7)),
    (f"v2/case/{ID}/0", CaseRef(ID)),
    (f"v2/menu/officers/{ID}/7", MenuChoice("officers", ID, 7)),
    (f"v2/listed/{ID}/mine/3/", CaseInList(ID, "mine", 3)),
    (f"v2/listed/{ID}/search/10/{ID}", CaseInList(ID, "search", 10, ID)),
    ("v2/page/17", PageNumber(17)),
    (f"v2/draft/{ID}", DraftRef(ID)),
    (f"v2/note/{ID}", NoteRef(ID)),
    (f"v2/noteseen/{ID}/7", NoteAsSeen(ID, 7)),
]

KINDS = (CaseRef, CaseInList, MenuChoice, PageNumber, DraftRef, NoteRef, NoteAsSeen)
ids = st.from_regex(r"\A[A-Za-z0-9_-]{1,64}\Z")
numbers = st.integers(0, 999_999_999)
values = st.one_of(
    st.builds(CaseRef, ids, numbers),
    st.builds(CaseInList, ids, ids, numbers, st.just("") | ids),
    st.builds(MenuChoice, ids, ids, numbers),
    st.builds(PageNumber, numbers),
    st.builds(DraftRef, ids),
    st.builds(NoteAsSeen, ids, numbers),
    st.builds(NoteRef, ids),
)


@pytest.mark.parametrize(("text", "value"), [*OLD_VALUES, *WRITTEN_NOW])
def test_whatever_was_ever_written_into_a_button_is_read(text: str, value: Any) -> None:
    assert decode(text, type(value)) == value
    if isinstance(value, CaseRef | CaseInList | MenuChoice):
        assert decode_case(text) == value


@pytest.mark.parametrize(("text", "value"), WRITTEN_NOW)
def test_what_is_written_now_stays_as_it_is(text: str, value: Any) -> None:
    assert encode(value) == text


@given(values)
def test_what_was_written_is_what_is_read(value: Any) -> None:
    assert decode(encode(value), type(value)) == value


@given(values, st.sampled_from(KINDS))
def test_a_button_is_never_taken_for_one_of_another_kind(value: Any, kind: type[Any]) -> None:
    if kind is not type(value):
        with pytest.raises(InvalidValue):
            decode(encode(value), kind)


MARKS = st.sampled_from(
    ["v2", "/", ":", "@", "case", "listed", "menu", "page", ID, "7", "²", "٣", "\x00", "å", "9" * 5_000]
)


@given(st.text() | st.lists(MARKS).map("".join), st.sampled_from(KINDS))
def test_what_nobody_wrote_is_no_value_or_a_harmless_one(text: str, kind: type[Any]) -> None:
    for read in (lambda: decode(text, kind), lambda: decode_case(text)):
        try:
            value = read()
        except InvalidValue as invalid:
            assert len(text) < 12 or text not in str(invalid)
        else:
            assert decode(encode(value), type(value)) == value


@pytest.mark.parametrize("case_id", ["", "a/b", "a:b", "x" * 65, "å", "a\n", "a\x00"])
def test_an_id_that_could_not_be_read_again_is_not_written(case_id: str) -> None:
    with pytest.raises(InvalidValue):
        CaseRef(case_id)


@pytest.mark.parametrize("position", [ListPosition("todo", 3), ListPosition("search", 0, "a1b2")])
def test_a_button_of_a_list_remembers_the_list(position: ListPosition) -> None:
    assert decode(encode(CaseInList.at("c1", position)), CaseInList).position == position


def test_what_is_too_long_is_cut_between_words_where_that_leaves_half_of_it() -> None:
    assert shorten("Ansök innan du bygger, river eller gräver", 20) == "Ansök innan du…"
    assert shorten("Ansök innan du bygger", 15) == "Ansök innan du…"
    assert shorten("Ansök innan du", 14) == "Ansök innan du"
    assert shorten("A https://kommunen.example/en/lang/adress", 20) == "A https://kommunen.…"
    assert all(len(shorten("Ansök innan du bygger" * 3, n)) <= n for n in range(1, 60))
