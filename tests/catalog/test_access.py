"""Who may do what, in which e-service, on which day."""

from datetime import date
from pathlib import Path

from bot.catalog import Access, Catalog, Status
from tests.catalog.catalog_files import MUNICIPALITY, load_catalog, service_yaml

DAY = date(2026, 11, 22)


def catalog_with_grants(folder: Path, *grants: str) -> Catalog:
    return load_catalog(folder, service_yaml(f"officers: [{', '.join(grants)}]"))


def test_an_officer_without_a_grant_has_no_access(tmp_path: Path) -> None:
    catalog = catalog_with_grants(tmp_path, "{officer: anna}")
    assert catalog.access("bo", "bygglov", DAY) is None
    assert catalog.access("nobody", "bygglov", DAY) is None
    assert catalog.access("anna", "annan", DAY) is None


def test_a_member_has_the_access_of_the_group(tmp_path: Path) -> None:
    catalog = catalog_with_grants(tmp_path, "{group: byggarna}")
    assert catalog.access("anna", "bygglov", DAY) == Access(level="full")
    assert [officer.key for officer in catalog.officers_with_access("bygglov", DAY)] == ["anna"]
    assert [group.key for group in catalog.groups_with_access("bygglov", DAY)] == ["byggarna"]


def test_the_widest_of_several_grants_holds(tmp_path: Path) -> None:
    catalog = catalog_with_grants(
        tmp_path,
        "{group: byggarna, access: restricted, may_reassign: false}",
        "{officer: anna, coordinator: true}",
    )
    assert catalog.access("anna", "bygglov", DAY) == Access(level="full", coordinator=True, may_reassign=True)


def test_a_grant_holds_from_its_first_day_to_its_last(tmp_path: Path) -> None:
    catalog = catalog_with_grants(tmp_path, "{officer: anna, from: 2026-11-22, until: 2026-11-23}")
    days = [date(2026, 11, day) for day in (21, 22, 23, 24)]
    assert [bool(catalog.access("anna", "bygglov", day)) for day in days] == [False, True, True, False]


def test_a_narrow_grant_is_not_widened_by_one_that_has_ended(tmp_path: Path) -> None:
    catalog = catalog_with_grants(
        tmp_path, "{group: byggarna, access: restricted}", "{officer: anna, until: 2026-01-01}"
    )
    assert catalog.access("anna", "bygglov", DAY) == Access(level="restricted")


def test_an_officer_is_found_by_their_address_however_it_is_written(tmp_path: Path) -> None:
    catalog = load_catalog(tmp_path)
    found = catalog.officer_by_email(" ANNA.berg@Storbyn.example ")
    assert found and found.key == "anna"
    assert catalog.officer_by_email("anna@storbyn.example") is None


def test_an_officer_speaks_the_municipalitys_language_until_they_choose(tmp_path: Path) -> None:
    catalog = load_catalog(tmp_path, municipality=MUNICIPALITY.replace("key: bo,", "key: bo, language: en,"))
    assert [catalog.language_of(officer) for officer in catalog.municipality.officers] == ["sv", "en"]


def test_the_least_access_of_a_status_is_asked_for() -> None:
    def status(set_by: str) -> Status:
        return Status.model_validate({"key": "a", "name": "A", "kind": "in_progress", "set_by": set_by})

    levels = [
        Access(level="restricted"),
        Access(level="full"),
        Access(level="full", coordinator=True),
    ]
    may = {by: [access.may_set(status(by)) for access in levels] for by in
           ("restricted", "full", "coordinator", "applicant")}  # fmt: skip
    assert may == {
        "restricted": [True, True, True],
        "full": [False, True, True],
        "coordinator": [False, False, True],
        "applicant": [False, False, False],
    }
