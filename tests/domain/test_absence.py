"""Who stands in for whom, and which absences there cannot be."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.absence import (
    MAX_ABSENCE_DAYS,
    Absence,
    AbsenceContext,
    AbsenceEndsBeforeItBegins,
    AbsenceIsOver,
    AbsenceTooLong,
    MayNotSetAbsence,
    OwnSubstitute,
    SubstituteIsAbsent,
    SubstituteLacksAccess,
    require_may_set_absence,
    services_not_covered,
    validate_absence,
)
from bot.domain.rules import Refused
from bot.domain.substitutes import Absences
from tests.municipality import TODAY, officer, small_catalog

CATALOG = small_catalog()
FRIDAY = date(2026, 11, 27)


def test_who_is_here_represents_themselves_and_nobody_else() -> None:
    assert Absences().find_present("anna") == "anna"
    assert Absences({"bo": ""}).represented_by("anna") == frozenset()


def test_a_substitute_who_is_absent_too_has_their_own_substitute_stand_in_for_both() -> None:
    absences = Absences({"anna": "bo", "bo": "carl"})
    assert absences.find_present("anna") == "carl"
    assert absences.represented_by("carl") == {"anna", "bo"}
    assert absences.represented_by("bo") == frozenset()


@pytest.mark.parametrize(
    "substitutes", [{"anna": "bo", "bo": ""}, {"anna": "bo", "bo": "anna"}, {"anna": ""}]
)
def test_where_nobody_is_here_nobody_stands_in(substitutes: dict[str, str]) -> None:
    assert Absences(substitutes).find_present("anna") == ""


@pytest.mark.parametrize(
    ("absence", "refusal"),
    [
        (Absence("anna", FRIDAY, TODAY), AbsenceEndsBeforeItBegins),
        (Absence("anna", TODAY - timedelta(9), TODAY - timedelta(1)), AbsenceIsOver),
        (Absence("anna", TODAY, TODAY + timedelta(MAX_ABSENCE_DAYS + 1)), AbsenceTooLong),
        (Absence("anna", TODAY, FRIDAY, "anna"), OwnSubstitute),
        (Absence("anna", TODAY, FRIDAY, "ute"), SubstituteLacksAccess),
        (Absence("anna", TODAY, FRIDAY, "borta"), SubstituteLacksAccess),
        (Absence("anna", TODAY, FRIDAY, "bo"), SubstituteIsAbsent),
    ],
)
def test_what_cannot_be_is_refused(absence: Absence, refusal: type[Refused]) -> None:
    of_bo = [Absence("bo", FRIDAY, FRIDAY)] if absence.substitute == "bo" else []
    with pytest.raises(refusal):
        validate_absence(absence, AbsenceContext(CATALOG, TODAY, of_substitute=of_bo))


def test_a_substitute_who_is_back_in_time_can_stand_in_and_one_day_is_an_absence() -> None:
    of_bo = [Absence("bo", TODAY - timedelta(3), TODAY - timedelta(1))]
    absence = Absence("anna", TODAY, TODAY, "bo")
    assert validate_absence(absence, AbsenceContext(CATALOG, TODAY, of_substitute=of_bo)) == absence


@pytest.mark.parametrize("day", [TODAY, FRIDAY])
def test_a_substitute_who_is_away_on_the_first_or_last_day_cannot_stand_in(day: date) -> None:
    with pytest.raises(SubstituteIsAbsent):
        context = AbsenceContext(CATALOG, TODAY, of_substitute=[Absence("bo", day, day)])
        validate_absence(Absence("anna", TODAY, FRIDAY, "bo"), context)


def test_who_comes_back_earlier_may_say_so_though_the_substitute_is_away_too() -> None:
    stored, of_bo = Absence("anna", TODAY, FRIDAY, "bo"), [Absence("bo", TODAY, FRIDAY)]
    context = AbsenceContext(CATALOG, TODAY, stored, of_bo)
    shorter = Absence("anna", TODAY, FRIDAY - timedelta(days=1), "bo")
    assert validate_absence(shorter, context) == shorter
    for longer in (
        Absence("anna", TODAY, FRIDAY + timedelta(days=1), "bo"),
        Absence("anna", TODAY, FRIDAY, "eva"),
    ):
        with pytest.raises(Refused):
            validate_absence(longer, context)


def test_the_longest_absence_is_allowed() -> None:
    longest = Absence("anna", TODAY, TODAY + timedelta(MAX_ABSENCE_DAYS))
    assert validate_absence(longest, AbsenceContext(CATALOG, TODAY)) == longest


def test_one_stands_in_only_where_one_has_access_oneself() -> None:
    left = services_not_covered(Absence("anna", TODAY, FRIDAY, "rut"), TODAY, CATALOG)
    assert [service.key for service in left] == ["oro"]


def test_nobody_but_a_coordinator_sets_a_colleagues_absence() -> None:
    bo = officer(CATALOG, "bo")
    assert require_may_set_absence(bo, "bo", CATALOG, TODAY).key == "bo"
    with pytest.raises(MayNotSetAbsence):
        require_may_set_absence(bo, "anna", CATALOG, TODAY)
    service = CATALOG.services["bygglov"]
    grants = tuple(
        one.model_copy(update={"coordinator": True}) if one.officer == "bo" else one
        for one in service.officers
    )
    services = {**CATALOG.services, "bygglov": service.model_copy(update={"officers": grants})}
    catalog = CATALOG.model_copy(update={"services": services})
    coordinator = officer(catalog, "bo")
    assert require_may_set_absence(coordinator, "anna", catalog, TODAY).key == "anna"
    for outside in ("ute", "finns-inte"):
        with pytest.raises(MayNotSetAbsence):
            require_may_set_absence(coordinator, outside, catalog, TODAY)
