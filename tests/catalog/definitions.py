"""Small definitions to answer."""

from typing import Any

from bot.catalog import Definition

EVERY_KIND: list[dict[str, Any]] = [
    {"key": "rubrik", "kind": "text", "label": "Rubrik", "max_length": 40},
    {"key": "kod", "kind": "text", "label": "Kod", "pattern": "[A-Z]{3}", "pattern_help": "Tre bokstäver."},
    {"key": "beskrivning", "kind": "long_text", "label": "Beskrivning"},
    {"key": "antal", "kind": "number", "label": "Antal", "min": 0, "max": 5000},
    {"key": "start", "kind": "date", "label": "Start", "min": "2020-01-01", "max": "2030-12-31"},
    {
        "key": "omrade",
        "kind": "choice",
        "label": "Område",
        "choices": [{"key": "norr", "label": "Norr"}, {"key": "syd", "label": "Syd"}],
    },
    {
        "key": "dagar",
        "kind": "choices",
        "label": "Dagar",
        "choices": [{"key": "man", "label": "Måndag"}, {"key": "tis", "label": "Tisdag"}],
    },
    {"key": "ombud", "kind": "yes_no", "label": "Ombud"},
    {"key": "epost", "kind": "email", "label": "E-post"},
    {"key": "telefon", "kind": "phone", "label": "Telefon"},
    {"key": "person", "kind": "personnummer", "label": "Personnummer"},
    {"key": "org", "kind": "organisation_number", "label": "Organisationsnummer"},
    {"key": "adress", "kind": "address", "label": "Adress"},
    {"key": "fastighet", "kind": "property", "label": "Fastighet"},
    {"key": "bilagor", "kind": "file", "label": "Bilagor", "max_files": 2},
    {"key": "platser", "kind": "number", "label": "Platser", "whole": True},
    {"key": "text", "kind": "info", "label": "Bra att veta"},
]


def create_definition(*fields: dict[str, Any]) -> Definition:
    return Definition.model_validate({"service": "prov", "name": "Prov", "fields": list(fields)})


def definition_of_every_kind() -> Definition:
    return create_definition(*EVERY_KIND)
