"""Who writes their first e-service is told of a slip once, on its own line, and with what to write instead."""

from pathlib import Path

import pytest

from bot.catalog import load
from bot.catalog.files.problems import Problem
from bot.text import words
from tests.catalog.catalog_files import write_catalog
from tests.catalog.test_faults import problems

WRITTEN = """\
key: bygglov
name: {sv: Bygglov, en: Building permit}
unit: Bygg
channel: "#bygglov"
privacy: standard
retention: {months: 24, basis: "Plan 2026, punkt 2"}
fields:
  - key: dag
    kind: date
    label: {sv: Vilken dag?, en: Which day?}
    min: 2026-01-01
  - key: yta
    kind: number
    label: {sv: Yta, en: Area}
    required: true
    max: 12
statuses:
  - {key: inkommen, name: Inkommen, kind: submitted}
  - {key: provas, name: Prövas, kind: in_progress}
  - {key: klar, name: Klar, kind: closed}
templates:
  - key: hej
    name: Hej
    for: message
    kind: decision
    statuses: [inkommen, provas]
    text: Hej om {ärende.nummer}
presets:
  decision: {status: klar, template: hej}
officers:
  - {officer: anna}
protected_officers: [anna]
"""


def told(folder: Path, *changes: tuple[str, str]) -> tuple[Problem, ...]:
    written = WRITTEN
    for old, new in changes:
        assert old in written
        written = written.replace(old, new, 1)
    return problems(write_catalog(folder, written))


def test_what_the_slips_are_made_in_is_right(tmp_path: Path) -> None:
    load(write_catalog(tmp_path, WRITTEN))


@pytest.mark.parametrize(
    ("old", "new", "line", "swedish"),
    [
        ('"#bygglov"', '"#bygglov', 4, "är inte YAML: ett citattecken saknar sitt slut"),
        ('"#bygglov"', "#bygglov", 4, "inget efter # läses: sätt texten inom raka citattecken"),
        ('"#bygglov"', "„#bygglov“", 4, "„ är inget citattecken för YAML"),
        ("sv: Bygglov,", "sv: ”Bygglov”,", 2, "name.sv: ” är inget citattecken för YAML"),
        ("unit: Bygg", "unit: ”Bygg”", 3, "” är inget citattecken för YAML"),
        ("    max: 12", "\tmax: 12", 16, "dra in med mellanslag, inte med tabb"),
        ("    max: 12", "\u00a0   max: 12", 16, "dra in med vanliga mellanslag"),
        ("kind: number", "kind:number", 13, "efter ordet saknas kolon och mellanslag"),
        ("max: 12", "max: 12,5", 16, "måste vara ett tal, som 12.5, eller ett datum, som 2026-11-22"),
        ("min: 2026-01-01", "min: 2026-02-30", 11, "dagen 2026-02-30 finns inte"),
        ("required: true", "required: ja", 15, "måste vara true (ja) eller false (nej)"),
        ("officer: anna", "officer: Anna Berg", 31, "måste vara nyckeln (key) i municipality.yaml, inte namnet"),
        ("{sv: Yta, en: Area}", "", 14, "måste vara en text på båda språken, som {sv: Hund, en: Dog}"),
        ("{ärende.nummer}", "{ärendenummer}", 27, "menade du {ärende.nummer}?"),
        ("{ärende.nummer}", "{ärende.nr}", 27, "menade du {ärende.nummer}?"),
        ("{ärende.nummer}", "{det som saknas}", 27, "skriv luckan utan mellanslag, som {det_som_saknas}"),
        ("{ärende.nummer}", "{ärende.nummer", 27, "{ har ingen motsvarande klammer"),
        ("{ärende.nummer}", "{ärende.nr}", 27, "skrivs också i gaps); menade du {ärende.nummer}?"),
        ("key: yta", "key: våningsyta", 12, "börja med en bokstav a–z; menade du vaningsyta?"),
        ("status: klar,", "status: klår,", 29, "börja med en bokstav a–z; menade du klar?"),
        ("[anna]", "[kalle]", 32, "det finns ingen handläggare kalle i municipality.yaml"),
        ("{officer: anna}", "{group: bygg}", 31, "det finns ingen grupp bygg i municipality.yaml"),
        ("  - key: yta", "    key: yta", 12, "eller skriv ett streck (-) där nästa börjar"),
        ("    required: true", "    required: true\n    required: true", 16, "required finns två gånger"),
        ("statuses: [inkommen, provas]", "statuses: [inkommen]", 29, "lägg till dem i mallens statuses"),
    ],
)  # fmt: skip
def test_a_slip_is_told_on_its_line_with_what_to_write(
    tmp_path: Path, old: str, new: str, line: int, swedish: str
) -> None:
    (problem,) = told(tmp_path, (old, new))
    assert swedish in problem.in_words(words("sv"))
    assert problem.line == line


def test_a_slip_is_not_told_of_again_where_others_refer_to_it(tmp_path: Path) -> None:
    whole = WRITTEN[WRITTEN.index("  - {key: inkommen") : WRITTEN.index("templates:")]
    assert [one.key for one in told(tmp_path, (whole, ""))] == ["statuses"]
    assert [one.key for one in told(tmp_path, ("  - {officer: anna}", "  officer: anna"))] == ["officers"]
    asked_after = (
        "    max: 12\n",
        "  - {key: var, kind: text, label: Var, shown_if: {field: valj, is: true}}\n",
    )
    misspelt = ("  - key: yta\n    kind: number", "  - key: välj\n    kind: yes_no")
    assert [one.key for one in told(tmp_path, asked_after, misspelt)] == ["fields.välj.key"]
    without_dash = ("  - key: var", "    key: var")
    last = (
        "    max: 12\n",
        "    max: 12\n  - key: var\n    kind: text\n    label: Var\n    shown_if: {field: dag, is: true}\n",
    )
    assert [one.key for one in told(tmp_path, last, without_dash)] == ["fields.1.key"]


def test_an_e_service_that_is_there_twice_is_told_of_with_both_files(tmp_path: Path) -> None:
    (problem,) = problems(write_catalog(tmp_path, WRITTEN, WRITTEN))
    assert problem.place == "services/1.yaml:1"
    assert "services/0.yaml" in problem.in_words(words("sv"))


@pytest.mark.parametrize(
    "right",
    [
        'unit: "”Bygg”"',
        "unit: ”Bygg” och ”mark”",
        "unit: |\n  ”Bygg”",
        "unit: Bygg # och mark",
        "description: # kommer sedan",
    ],
)
def test_quotation_marks_and_comments_that_are_meant_are_no_slips(tmp_path: Path, right: str) -> None:
    other_unit = WRITTEN.replace("unit: Bygg\n", "") if right.startswith("unit") else WRITTEN
    load(write_catalog(tmp_path, other_unit + right + "\n"))
