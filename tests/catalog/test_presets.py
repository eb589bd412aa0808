"""Presets: what a message opens filled in with, as the catalog says, or as its statuses and templates let one find."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalog import Catalog
from bot.domain.messages.template_gaps import fill_gaps
from tests.catalog.catalog_files import load_catalog, load_errors, service_yaml

STATUSES = """
statuses:
  - {key: ny, name: Ny, kind: submitted}
  - {key: gang, name: Pågår, kind: in_progress}
  - {key: kund, name: Väntar på kunden, kind: waiting_for_completion}
  - {key: vantar, name: Väntar, kind: waiting_for_completion, requires: message}
  - {key: gallrat, name: Makulerat, kind: closed, requires: note}
  - {key: klart, name: Klart, kind: closed, accepted_from: [gang]}
"""
TEMPLATES = """
templates:
  - {key: fraga, name: Fråga, for: message, kind: completion, text: Vad?, statuses: [ny]}
  - {key: brist, name: Brist, for: message, kind: completion, text: Något saknas.}
  - {key: beslut, name: Beslut, for: message, kind: decision, text: Beslutat., statuses: [gang]}
  - {key: anteckning, name: Anteckning, for: note, text: Ringt.}
"""


def test_without_a_word_in_the_catalog_they_are_found_by_the_kinds(tmp_path: Path) -> None:
    service = load_catalog(tmp_path, service_yaml(STATUSES + TEMPLATES)).services["bygglov"]
    waiting, closed = service.preset_status("completion"), service.preset_status("decision")
    assert waiting is not None and closed is not None
    assert (waiting.key, closed.key) == ("vantar", "klart")
    templates = [service.preset_template("completion", status) for status in ("ny", "gang")]
    assert [one.key for one in templates if one is not None] == ["fraga", "brist"]
    assert service.preset_template("decision", "ny") is None


def test_cases_are_closed_with_a_decision_only_where_there_is_a_template_for_it(tmp_path: Path) -> None:
    service = load_catalog(tmp_path, service_yaml(STATUSES)).services["bygglov"]
    assert service.preset_status("decision") is None
    assert service.preset_status("completion") is not None


def test_the_catalog_may_name_others(tmp_path: Path) -> None:
    presets = "presets: {completion: {status: kund, template: brist, working_days: 5}}"
    service = load_catalog(tmp_path, service_yaml(STATUSES + TEMPLATES + presets)).services["bygglov"]
    status, template = service.preset_status("completion"), service.preset_template("completion", "ny")
    assert status is not None and template is not None
    assert (status.key, template.key, service.presets.completion.working_days) == ("kund", "brist", 5)


@pytest.mark.parametrize(
    ("presets", "problem"),
    [
        ("completion: {status: vanta}", "completion.status: there is no status vanta; did you mean vantar?"),
        ("completion: {status: gang}",
         "completion.status: gang is a status of kind in_progress, not waiting_for_completion"),
        ("decision: {status: gallrat}",
         "decision.status: gallrat requires a note, so it cannot follow a message"),
        ("decision: {template: anteckning}",
         "decision.template: there is no template for messages called anteckning"),
        ("completion: {template: fraga}",
         "completion.template: fraga is not offered in gang and kund, "
         "from which vantar may follow"),
        ("completion: {working_days: 0}",
         "completion.working_days: must be at least 1"),
        ("decision: {working_days: 5}",
         "decision.working_days: working_days does not belong here"),
    ],
)  # fmt: skip
def test_what_a_preset_cannot_be_is_told(tmp_path: Path, presets: str, problem: str) -> None:
    written = service_yaml(f"{STATUSES}{TEMPLATES}presets: {{{presets}}}")
    (line,) = load_errors(tmp_path, written)
    assert line.split("  ", 1)[1].startswith(f"presets.{problem}")


def test_a_preset_needs_an_applicant_to_write_to(tmp_path: Path) -> None:
    written = service_yaml(
        f"applicant_follows: false{STATUSES.replace(', requires: message', '')}{TEMPLATES}"
        "presets: {completion: {status: vantar}}"
    )
    (line,) = load_errors(tmp_path, written)
    assert line.endswith("presets.completion: there is no applicant to write a message to")


def test_the_sample_towns_presets_open_filled_in(catalog: Catalog) -> None:
    filled = {
        (service.key, name): (status.key, template.key if template else "")
        for service in catalog.services.values()
        for name in ("completion", "decision")
        if service.applicant_follows and (status := service.preset_status(name)) is not None
        for template in [service.preset_template(name, _status_before(service, status))]
    }
    assert filled[("bygglov", "completion")] == ("vantar", "komplettering")
    assert filled[("bygglov", "decision")] == ("avslutat", "beslut")
    assert filled[("forskola", "completion")] == ("vantar", "komplettering")
    assert ("forskola", "decision") not in filled
    assert filled[("parkeringstillstand", "decision")] == ("closed", "beslut")
    assert filled[("serveringstillstand", "decision")] == ("avslutat", "beslut")


def _status_before(service: object, status: object) -> str:
    """A status that the preset's may follow."""
    before = [one.key for one in service.statuses if status in service.targets_from(one.key)]  # type: ignore[attr-defined]
    return str(before[0])


def test_a_gap_that_is_filled_in_with_a_whole_sentence_gets_no_second_stop() -> None:
    text = "Vi saknar {det_som_saknas}. Kan du skicka {fil}? Hör av dig till {sökande.namn}."
    filled = fill_gaps(text, {"det_som_saknas": "en ritning.", "fil": "ritningen?"})
    assert filled == "Vi saknar en ritning. Kan du skicka ritningen? Hör av dig till {sökande.namn}."
