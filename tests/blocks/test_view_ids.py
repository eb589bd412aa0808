"""What a view remembers: ids only, each of the kind that its name says, and none that a stranger has put there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.block_kit.view import metadata_of, modal, with_metadata
from bot.blocks.values import InvalidValue
from bot.blocks.view_ids import VIEW_IDS, decode_view_ids, encode_view_ids

ID = "0f8fad5bd9cb469fa16570867728950e"
SAMPLES: dict[str, Any] = {
    "case": ID,
    "seq": 7,
    "was": "in_progress",
    "over": True,
    "tab": "messages",
    "page": 0,
    "begun": ["", "|2026-11-22T10:00:00+00:00|2026-000001"],
    "turns": ["", ""],
    "list": ["search", 3, ID],
    "shown": ID,
    "from": "mine",
    "view": ID,
    "note": ID,
    "batch": ID,
    "hits": "",
    "home": True,
    "gives_place": True,
    "draft": ID,
    "form": ID,
    "n": 2,
    "message": ID,
    "ticking": ID,
    "officer": "anna-berg",
    "service": "bestallning-it",
    "do": "colour",
}
SPOILT = [None, 5.5, -1, 10**400, "a b", "a\x00", "x" * 65, "å", [], {}, [ID, "3", ""], {"a": 1}, False]


def test_each_name_has_a_sample() -> None:
    assert set(SAMPLES) == set(VIEW_IDS)


def test_what_a_view_was_drawn_with_comes_back() -> None:
    assert metadata_of(modal("x", "Titel", [], SAMPLES)) == SAMPLES
    assert metadata_of(with_metadata(modal("x", "Titel", [], {"case": ID}), seq=3)) == {"case": ID, "seq": 3}


@pytest.mark.parametrize("seen", ["", "red", ["anna-berg", "bjorn-ek"], []])
def test_what_the_person_saw_may_be_a_status_a_colour_or_officers(seen: Any) -> None:
    assert decode_view_ids(encode_view_ids({"was": seen}))["was"] == seen


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "was"])
@pytest.mark.parametrize("value", SPOILT, ids=lambda value: repr(value)[:20])
def test_an_id_that_is_none_is_as_if_it_were_not_there(name: str, value: Any) -> None:
    ids = decode_view_ids(json.dumps({**SAMPLES, name: value}))
    assert set(ids) == set(SAMPLES) - {name}
    with pytest.raises(InvalidValue):
        ids[name]


@given(
    st.dictionaries(
        st.sampled_from([*SAMPLES, "annat"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=80),
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
            ),
        ),
    )
)
def test_whatever_comes_back_is_of_the_kind_its_name_says(ids: dict[str, Any]) -> None:
    read = decode_view_ids(json.dumps(ids))
    assert set(read) <= set(ids) & set(VIEW_IDS)
    assert all(VIEW_IDS[name](value) for name, value in read.items())
    assert decode_view_ids(encode_view_ids(read)) == read


@pytest.mark.parametrize("text", ["[]", "5", "{", '"case"'])
def test_what_is_no_object_has_no_ids(text: str) -> None:
    with pytest.raises(ValueError):
        decode_view_ids(text)
