"""The JSON Schemas by which an editor helps who writes a catalog."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bot.catalog.files.schema import SCHEMA_COMMENTS, SCHEMAS, schema_text, write_schemas
from bot.catalog.files.yaml_file import read_yaml
from tests.catalog.catalog_files import load_catalog, service_yaml
from tests.conftest import SAMPLE

FILES = [SAMPLE / "municipality.yaml", *sorted((SAMPLE / "services").glob("*.yaml"))]
SERVICE = {"key": "bygglov", "name": "Bygglov", "unit": "Bygg", "privacy": "standard", "retention": "keep"}
FIELD = {"key": "yta", "kind": "number", "label": "Yta"}


def validator_for(path: Path) -> jsonschema_rs.Validator:
    """A validator by the schema that the file's first line names, found as an editor finds it."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first in SCHEMA_COMMENTS
    return validator((path.parent / first.partition("$schema=")[2]).read_text(encoding="utf-8"))


def validator(schema: str) -> jsonschema_rs.Validator:
    jsonschema_rs.meta.validate(json.loads(schema))
    return jsonschema_rs.validator_for(json.loads(schema), validate_formats=True)


def service_errors(**given: Any) -> list[str]:
    """What an editor underlines in an ordinary e-service with those keys."""
    found = validator(schema_text(SCHEMAS["service.schema.json"])).iter_errors(SERVICE | given)
    return [error.message for error in found]


def test_the_sample_has_the_schemas_that_the_models_give_now() -> None:
    for name, model in SCHEMAS.items():
        written = (SAMPLE / name).read_text(encoding="utf-8")
        assert written == schema_text(model), (
            "python -m bot catalog schema bot/catalog/sample writes them anew"
        )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_editor_finds_nothing_wrong_with_the_sample(path: Path) -> None:
    data = read_yaml(path, path.name).data
    assert [str(error) for error in validator_for(path).iter_errors(data)] == []


@pytest.mark.parametrize(
    "given",
    [
        {"retention": {"months": 24, "from": "year_end", "basis": "2.6"}},
        {"name": {"sv": "Bygglov", "en": "Building permit"}},
        {"fields": [FIELD | {"min": 0, "max": 2.5}]},
        {"fields": [FIELD | {"max": "2.5"}]},
        {"fields": [FIELD | {"kind": "date", "min": "2026-01-01"}]},
        {"fields": [FIELD | {"shown_if": {"field": "typ", "is": ["a", "b"]}}]},
        {"officers": [{"group": "byggarna", "from": "2026-01-01", "until": "2026-12-31"}]},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_the_program_takes_is_not_underlined(given: dict[str, Any]) -> None:
    assert service_errors(**given) == []


@pytest.mark.parametrize(
    "given",
    [
        {"privat": "strict"},
        {"privacy": "secret"},
        {"key": "Bygg Lov"},
        {"name": ""},
        {"name": {"sv": "Bygglov"}},
        {"retention": "forever"},
        {"retention": {"months": 0, "basis": "2.6"}},
        {"retention": {"months": 24}},
        {"fields": [FIELD | {"max": "12,5"}]},
        {"fields": [FIELD | {"kind": "date", "min": "1 november"}]},
        {"fields": [FIELD | {"kind": "nummer"}]},
        {"fields": [FIELD | {"label": None}]},
        {"officers": [{"officer": "anna", "access": "all"}]},
        {"templates": [{"key": "svar", "name": "Svar", "for": "letter", "text": "Hej"}]},
    ],
    ids=lambda given: json.dumps(given)[:40],
)
def test_a_slip_is_underlined_while_it_is_written(given: dict[str, Any]) -> None:
    assert service_errors(**given)


@pytest.mark.parametrize(
    ("opens", "is_right"), [("08:00", True), ("8", False), ("25:00", False), (990, False)]
)
def test_a_time_of_day_is_hours_and_minutes(opens: object, is_right: bool) -> None:
    municipality = read_yaml(SAMPLE / "municipality.yaml", "municipality.yaml").data | {
        "hours": {"opens": opens}
    }
    schema = schema_text(SCHEMAS["municipality.schema.json"])
    assert validator(schema).is_valid(municipality) == is_right


def test_schemas_in_a_catalogs_folder_are_no_part_of_the_catalog(tmp_path: Path) -> None:
    assert write_schemas(tmp_path) == list(SCHEMAS)
    assert load_catalog(tmp_path).services.keys() == {"bygglov"}


def test_limits_written_as_the_schema_says_are_read_as_numbers_and_dates(tmp_path: Path) -> None:
    fields = "fields: [{key: a, kind: number, label: A, min: 0.5}, {key: b, kind: date, label: B, min: 2026-01-01}]"
    number, day = load_catalog(tmp_path, service_yaml(fields)).services["bygglov"].fields
    assert (number.min, day.min) == (Decimal("0.5"), date(2026, 1, 1))
