"""What a coordinator is told of a change of the catalog before it is made."""

from datetime import date
from pathlib import Path

import pytest

from bot.catalog import Catalog
from bot.domain.catalog_changes import CatalogChanges, OpenCases
from bot.text import words
from tests.catalog.catalog_files import MUNICIPALITY, load_catalog, service_yaml

TODAY = date(2026, 11, 30)
STATUSES = """
statuses:
  - {key: inskickat, name: Inskickat, kind: submitted}
  - {key: granskning, name: Granskning, kind: in_progress}
  - {key: klart, name: Klart, kind: closed}
"""
REMISS = "  - {key: remiss, name: Remiss, kind: in_progress}\n"
TEMPLATE = "templates: [{key: tack, name: Tack, for: message, text: Hej}]"
FIELD = "fields: [{key: hus, kind: yes_no, label: Ett hus?, in_slack: %s}]"
CASES = OpenCases({("bygglov", "remiss"): 2, ("bygglov", "granskning"): 1}, {("officer", "bo"): 3})
WITHOUT_BO = "\n".join(line for line in MUNICIPALITY.splitlines() if "bo.ek" not in line)


def catalog(folder: Path, more: str = "", municipality: str = MUNICIPALITY) -> Catalog:
    folder.mkdir()
    return load_catalog(folder, service_yaml(more), municipality=municipality)


def changes(old: Catalog, new: Catalog, cases: OpenCases = CASES) -> list[str]:
    return CatalogChanges(old, new, cases, TODAY, words("sv")).lines()


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (STATUSES + REMISS, STATUSES, ["Statusen Remiss tas bort. Det berör 2 öppna ärenden."]),
        (
            STATUSES + REMISS,
            STATUSES + REMISS.replace("in_progress", "waiting_for_completion"),
            ["Statusen Remiss får en annan statustyp. Det berör 2 öppna ärenden."],
        ),
        (STATUSES, STATUSES + REMISS, ["Statusen Remiss är ny."]),
        (
            STATUSES + REMISS,
            STATUSES + REMISS.replace("name: Remiss", "name: Hos andra"),
            ["Statusen Remiss kommer att heta Hos andra. Det berör 2 öppna ärenden."],
        ),
        (
            STATUSES + REMISS.replace("name: Remiss", "name: {sv: Remiss, en: Referred}"),
            STATUSES + REMISS.replace("name: Remiss", "name: {sv: Remiss, en: With others}"),
            ["Statusen Referred kommer att heta With others. Det berör 2 öppna ärenden."],
        ),
        (TEMPLATE, "", ["Mallen Tack tas bort."]),
        (TEMPLATE, TEMPLATE.replace("Hej", "Hallå"), ["Mallen Tack ändras."]),
        ("", 'channel: "#plan"', ["Nya ärendekort kommer i kanalen plan i stället för bygglov."]),
        (
            "privacy: strict",
            "privacy: standard",
            ["Sekretessen är inte längre strikt: svar kan visas i Slack. Det berör 3 öppna ärenden."],
        ),
        (
            FIELD % "false",
            FIELD % "true",
            [
                "Frågorna ändras för nya ärenden; de som finns behåller sina.",
                "Svaret på frågan ”Ett hus?” börjar visas i Slack.",
            ],
        ),
        (
            "officers: [{group: byggarna}]",
            "officers: [{officer: bo}, {group: byggarna, until: 2026-12-31}]",
            [
                "Anna Berg förlorar sin behörighet den 1 jan. 2027.",
                "Bo Ek får behörighet den 30 nov. 2026.",
            ],
        ),
        (
            "officers: [{officer: bo}]",
            "officers: [{officer: bo, access: restricted}]",
            ["Bo Ek får en annan behörighet den 30 nov. 2026."],
        ),
        (STATUSES, STATUSES, []),
    ],
)
def test_each_change_is_told_with_the_open_cases_that_it_concerns(
    tmp_path: Path, before: str, after: str, told: list[str]
) -> None:
    found = changes(catalog(tmp_path / "old", before), catalog(tmp_path / "new", after))
    assert found == [f"Bygglov: {one}" for one in told]


def test_an_officer_who_is_taken_away_leaves_their_cases(tmp_path: Path) -> None:
    new = catalog(tmp_path / "new", municipality=WITHOUT_BO)
    assert changes(catalog(tmp_path / "old"), new) == [
        "Bo Ek är inte längre handläggare. Det berör 3 öppna ärenden."
    ]


def test_another_retention_rule_is_told_beside_the_one_before(tmp_path: Path) -> None:
    rule = "retention: {months: 24, basis: Plan 2.6}"
    (line,) = changes(catalog(tmp_path / "old"), catalog(tmp_path / "new", rule))
    assert line.startswith(
        "Bygglov: Gallringsregeln ändras, även för ärenden som finns, när en samordnare har godkänt den. Nu: "
    )
    assert "2 år" in line


def test_e_services_that_come_and_go_are_told_of(tmp_path: Path) -> None:
    old, new = catalog(tmp_path / "old"), catalog(tmp_path / "new", "key: rivningslov")
    assert changes(old, new) == [
        "Bygglov: E-tjänsten tas bort. Det berör 3 öppna ärenden.",
        "Bygglov: E-tjänsten är ny.",
    ]
