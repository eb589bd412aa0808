"""A refusal is stored under its request's key, and is shown again where the first one was, in the same words."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bot.domain.protection import OpeningReasonRequired
from bot.domain.retention import HoldEndRequired, HoldKindRequired
from bot.domain.rules import ReasonTooLong, Refused, RefusedInSeveral, SeveralRefusals, UnknownCase
from bot.text import words


def store_and_restore(refusal: Refused) -> Refused:
    return Refused.from_json(json.loads(json.dumps(refusal.to_json())))


def subclasses(rule: type[Refused]) -> Iterator[type[Refused]]:
    for one in rule.__subclasses__():
        yield one
        yield from subclasses(one)


def test_a_stored_refusal_is_of_its_class_with_its_sentence_and_the_texts_and_numbers_among_its_facts() -> (
    None
):
    restored = store_and_restore(OpeningReasonRequired(number="2026-000016"))
    assert type(restored) is OpeningReasonRequired and restored.is_repeated
    assert restored.facts["number"] == "2026-000016"
    assert store_and_restore(ReasonTooLong(n=7)).facts == {"n": 7}
    for language in ("sv", "en"):
        assert restored.in_words(words(language)) == OpeningReasonRequired(number="2026-000016").in_words(
            words(language)
        )


def test_several_refusals_stay_apart() -> None:
    several = SeveralRefusals((HoldKindRequired(), HoldEndRequired()))
    restored = store_and_restore(several)
    assert [type(one) for one in restored.parts] == [HoldKindRequired, HoldEndRequired]
    assert restored.is_repeated and restored.in_words(words("sv")) == several.in_words(words("sv"))


def test_a_refusal_of_an_earlier_version_or_by_a_rule_that_is_no_more_keeps_its_sentence() -> None:
    said = {"sv": "Det går inte.", "en": "That cannot be done."}
    for stored in (
        {"rule": "HoldEndRequired", "said": said},
        {"rule": "Gone", "said": said, "parts": [{"rule": "Gone", "said": said, "facts": {}}]},
    ):
        restored = Refused.from_json(stored)
        assert type(restored) is Refused and restored.is_repeated
        assert restored.in_words(words("sv")) == "Det går inte."


def test_no_two_refusals_share_a_name() -> None:
    names = [one.__name__ for one in set(subclasses(Refused))]
    assert len(names) == len(set(names)) and UnknownCase.__name__ in names


def test_a_stored_refusal_of_many_cases_reads_as_it_did() -> None:
    refused = RefusedInSeveral(OpeningReasonRequired(number="2026-000016"))
    sv = words("sv")
    assert store_and_restore(refused).in_words(sv) == refused.in_words(sv)
