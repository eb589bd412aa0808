"""Thousands of officers are found as fast as three."""

from __future__ import annotations

from datetime import date

from bot.catalog.people import Officer
from bot.domain.actors import find_officer
from bot.domain.name_search import AssigneeNames, find_groups, find_officers
from tests.municipality import small_catalog

TODAY = date(2026, 11, 23)


def test_of_five_thousand_officers_a_hundred_are_offered_at_once() -> None:
    catalog = small_catalog(officers=5_000)
    offered = find_officers(catalog, "bygglov", TODAY, "", 100)
    found = find_officers(catalog, "bygglov", TODAY, "officer4999", 100)
    called = AssigneeNames(catalog, "bygglov", TODAY).find("Officer4999 Berg")
    acting = find_officer(catalog, "officer4999", TODAY)
    assert (len(offered), [one.key for one in found], [one.key for one in called]) == (
        100,
        ["officer4999"],
        ["officer4999"],
    )
    assert acting is not None and acting.may_see_all("bygglov")


def test_who_may_not_work_with_the_eservice_is_not_found() -> None:
    catalog = small_catalog()
    assert find_officers(catalog, "bygglov", TODAY, "ute", 100) == []
    names = AssigneeNames(catalog, "bygglov", TODAY)
    assert names.find("ute") == names.find_by_part("ute") == []
    assert find_groups(catalog, "bygglov", TODAY, "") == []


def test_two_of_the_same_name_are_both_found_so_that_nobody_guesses() -> None:
    catalog = small_catalog()
    twin = Officer(key="anna2", name="Anna Berg", email="anna2@staden.example", unit="Bygg")  # type: ignore[arg-type]
    people = catalog.municipality.model_copy(update={"officers": (*catalog.municipality.officers, twin)})
    grants = (*catalog.services["bygglov"].officers, *catalog.services["bygglov"].officers[:1])
    second = grants[-1].model_copy(update={"officer": "anna2"})
    service = catalog.services["bygglov"].model_copy(update={"officers": (*grants[:-1], second)})
    # A copy with other people or e-services has a directory of its own, also when the first has been used.
    assert catalog.officer("anna2") is None
    copy = catalog.model_copy(update={"municipality": people, "services": {"bygglov": service}})
    assert copy.officer("anna2") == twin
    names = AssigneeNames(copy, "bygglov", TODAY)
    for found in (names.find("anna berg"), names.find_by_part("anna"), names.find_by_part("Berg Anna")):
        assert [one.key for one in found] == ["anna", "anna2"]
    assert catalog.officer("anna2") is None


def test_a_catalog_that_has_been_searched_equals_one_that_has_not() -> None:
    searched, fresh = small_catalog(), small_catalog()
    searched.officer("anna")
    assert searched == fresh
