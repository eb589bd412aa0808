"""Any text in any field, under any catalog that passes the check: every picture fits into Slack and pings nobody."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks.forms.cases import assign
from bot.blocks.view_ids import decode_view_ids
from bot.handlers import Dependencies
from bot.letters import LetterFacts, LetterKind, compose_letter
from bot.text import clean, words
from sandbox.limits import validate_suggestions
from tests.blocks.all_views import BUILDERS, ELEMENT_BUILDERS, build_all, builder_names, element_ids
from tests.blocks.generated_cases import GeneratedCase, generated_cases, one_of_each_state
from tests.blocks.rendered import assert_within_limits
from tests.generated.strategies import NASTY, examples
from tests.handlers.recorded_requests import registered_listeners
from tests.scope import pick


def test_every_picture_is_tried() -> None:
    assert set(builder_names()) == set(BUILDERS) | ELEMENT_BUILDERS


@pytest.fixture(scope="module")
def pictures() -> list[tuple[str, Any]]:
    """Every picture, by its name, of made-up cases in every state under made-up catalogs; those alike once."""
    result: dict[str, tuple[str, Any]] = {}

    @examples(pick(2, 4))
    @given(generated_cases_of_each=one_of_each_state())
    def build(generated_cases_of_each: tuple[GeneratedCase, ...]) -> None:
        for generated in generated_cases_of_each:
            for name, picture in build_all(generated):
                result.setdefault(repr(picture), (name, picture))

    build()
    return list(result.values())


@pytest.mark.long
def test_whatever_is_listened_for_is_in_some_picture(pictures: list[tuple[str, Any]]) -> None:
    """A button or dialog that no picture shows was not tried either."""
    received = registered_listeners(
        Dependencies(service=None, batches=None, slack=None, files=None, page_link=None)
    )  # type: ignore[arg-type]
    shown = {name for _, picture in pictures for name in element_ids(picture)}
    patterns = {
        getattr(what, "pattern", what) for kind, what in received if kind in ("action", "view", "options")
    }
    unseen = {one for one in patterns if not any(re.match(one, name) for name in shown)}
    assert not unseen, (
        f"{', '.join(sorted(unseen))} is in no picture: draw its button, in Verktyg by bot/blocks/cases/tools.py or "
        "marks.py, or let tests/blocks/generated_cases.py make a case that has it"
    )


@pytest.mark.long
def test_every_view_remembers_declared_ids_only(pictures: list[tuple[str, Any]]) -> None:
    for name, picture in pictures:
        text = picture.get("private_metadata", "") if isinstance(picture, dict) else ""
        assert decode_view_ids(text) == (json.loads(text) if text else {}), name


@pytest.mark.long
def test_whatever_people_write_every_picture_fits_and_pings_nobody(pictures: list[tuple[str, Any]]) -> None:
    for name, picture in pictures:
        try:
            assert_within_limits(picture)
        except AssertionError as wrong:
            raise AssertionError(f"{name}: {wrong}") from None


@examples(25)
@given(generated=generated_cases("held"))
def test_whoever_there_is_to_choose_among_can_be_offered(generated: GeneratedCase) -> None:
    municipality = generated.catalog.municipality
    offered = assign.suggestions(municipality.officers, municipality.groups, generated.words)
    assert validate_suggestions({"option_groups": offered}) == []


@examples(60)
@given(name=NASTY, kind=st.sampled_from(get_args(LetterKind)), language=st.sampled_from(["sv", "en"]))
def test_a_letter_has_one_line_for_its_subject_and_no_link_that_is_not_ours(
    name: str, kind: Any, language: str
) -> None:
    facts = LetterFacts(
        municipality=name.strip() or "x",
        public_url="https://arenden.example/",
        number="2026-000001",
        link="https://arenden.example/m/x",
        service=name,
        code="123456",
        reason="message",
    )
    rendered = compose_letter(kind, facts, words(language))
    assert rendered.subject.strip() and not {"\n", "\r"} & set(rendered.subject)
    assert rendered.html.count("<a ") == rendered.html.count('<a href="https://arenden.example/')
    assert "<script" not in rendered.html and "<!channel>" not in rendered.html


def test_what_is_cleaned_can_be_stored_and_sent() -> None:
    for text in ("\ud800x", "a\x00b", "\u202egnp", "x\r\ny"):
        cleaned = clean(text)
        cleaned.encode()
        assert not {"\x00", "\r", "\u202e"} & set(cleaned)
