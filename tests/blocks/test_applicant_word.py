"""Where an e-service calls its applicants something else, everything about its cases does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given

from bot.catalog.base import Text
from bot.catalog.services import words_for
from bot.catalog.templates import TAGS, fill_tags
from bot.text import words
from bot.text.applicant_word import inflect
from tests.blocks.all_views import build_all
from tests.blocks.generated_cases import GeneratedCase, one_of_each_state
from tests.blocks.rendered import read_text
from tests.generated.strategies import examples
from tests.scope import pick

USUAL = {"sv": "sökand", "en": "applicant"}

NAMED_BY_THEMSELVES = (
    "card.",
    "case_modal.",
    "case_list.",
    "search_results.",
    "notice.",
    "thread.thread",
)
"""Drawn without a request that is about one case, or about several cases at once."""


@pytest.mark.long
@examples(pick(1, 2))
@given(generated=one_of_each_state())
@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_screen_has_the_usual_word_for_a_case_with_another(
    language: str, generated: tuple[GeneratedCase, ...]
) -> None:
    for case in generated:
        if case.known_service is None:
            continue
        for name, text in _texts(case, language):
            assert USUAL[language] not in text.lower(), f"{name}: {text}"


def _texts(generated: GeneratedCase, language: str) -> Iterator[tuple[str, str]]:
    """The text of each screen; what people wrote is left out, and the names of the tags that they may write."""
    word = Text(sv="anmälare", en="reporter")
    services = {
        key: one.model_copy(update={"applicant_word": word})
        for key, one in generated.catalog.services.items()
    }
    catalog = generated.catalog.model_copy(update={"services": services})
    service = services[generated.case.service]
    plain = replace(generated, catalog=catalog, service=service, texts=["x"], words=words(language))
    named = replace(plain, words=words_for(service, words(language)))
    for case, wanted in ((named, ("",)), (plain, NAMED_BY_THEMSELVES)):
        for name, picture in build_all(case):
            if name.startswith(wanted):
                yield name, fill_tags(read_text(picture), dict.fromkeys(TAGS, "x"))


@pytest.mark.parametrize(
    ("word", "definite", "genitive"),
    [
        ("sökande", "sökanden", "sökandens"),
        ("anmälare", "anmälaren", "anmälarens"),
        ("vårdnadshavare", "vårdnadshavaren", "vårdnadshavarens"),
        ("förälder", "föräldern", "förälderns"),
        ("elev", "eleven", "elevens"),
        ("granne", "grannen", "grannens"),
    ],
)
def test_the_forms_follow_from_the_word(word: str, definite: str, genitive: str) -> None:
    found = inflect(word, "sv")
    assert (found.definite, found.genitive) == (definite, genitive)


def test_in_english_too() -> None:
    assert inflect("reporter", "en").genitive == "the reporter’s"


def test_an_irregular_form_is_given() -> None:
    found = inflect("barn", "sv", definite="barnet")
    assert (found.definite, found.genitive, found.facts["The_applicant"]) == ("barnet", "barnets", "Barnet")
