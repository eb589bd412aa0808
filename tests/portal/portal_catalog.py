"""The village's catalog: one e-service for each thing a page can do."""

from __future__ import annotations

from typing import Any

from bot.catalog.models import Catalog
from tests.municipality import STATUSES

FIELDS: list[dict[str, Any]] = [
    {"key": "vad", "kind": "text", "label": "Vad vill du bygga?", "required": True, "in_slack": True},
    {
        "key": "typ",
        "kind": "choice",
        "label": "Typ",
        "choices": [{"key": "ny", "label": "Nybyggnad"}, {"key": "till", "label": "Tillbyggnad"}],
    },
    {"key": "agare", "kind": "yes_no", "label": "Äger du huset?"},
    {
        "key": "vem",
        "kind": "text",
        "label": "Vem äger huset?",
        "required": True,
        "shown_if": {"field": "agare", "is": False},
    },
    {"key": "adress", "kind": "address", "label": "Adress"},
    {"key": "pnr", "kind": "personnummer", "label": "Personnummer"},
    {"key": "start", "kind": "date", "label": "När vill du börja?", "help": "Tidigast i vår."},
    {"key": "mer", "kind": "long_text", "label": "Berätta mer", "max_length": 5000},
    {"key": "ritning", "kind": "file", "label": "Ritning", "max_files": 3},
]
REQUIRED_FIELDS: list[dict[str, Any]] = [
    {"key": "slag", "kind": "yes_no", "label": "Är det nytt?", "required": True},
    {
        "key": "dagar",
        "kind": "choices",
        "label": "Vilka dagar?",
        "required": True,
        "choices": [{"key": "lor", "label": "Lördag"}, {"key": "son", "label": "Söndag"}],
    },
    {"key": "adress", "kind": "address", "label": "Krogens adress", "required": True},
    {"key": "hem", "kind": "address", "label": "Din adress", "own": True},
    {"key": "min_telefon", "kind": "phone", "label": "Din telefon dagtid", "own": True},
    {"key": "krogens_telefon", "kind": "phone", "label": "Krogens telefon"},
    {"key": "ritning", "kind": "file", "label": "Ritning", "required": True},
]
ONE_FIELD: list[dict[str, Any]] = [
    {"key": "vad", "kind": "text", "label": "Vad gäller det?", "required": True}
]
DECIDED = {
    "key": "decided",
    "name": "Avslutat med beslut",
    "kind": "closed",
    "requires": "message",
    "accepted_from": ["working"],
}
TEMPLATES = [
    {
        "key": "besok",
        "name": "Tid för besök",
        "for": "message",
        "text": {
            "sv": "Hej {applicant.name}! Vi ses {dag}. {officer.name}",
            "en": "Hello {applicant.name}! {dag}",
        },
        "gaps": ["dag"],
    },
    {
        "key": "mer",
        "name": "Mer",
        "for": "message",
        "kind": "completion",
        "text": "Svara senast {answer.by}.",
    },
    {
        "key": "beslut",
        "name": "Beslut",
        "for": "message",
        "kind": "decision",
        "text": "Beslutsdatum {today}. Beslutat av {officer.name}, {officer.unit}. Så överklagar du: skriv till oss.",
    },
    {
        "key": "forsening",
        "name": "Försening",
        "for": "mailing",
        "kind": "communication",
        "text": "Hej {applicant.name}! Ärende {case.number} tar längre tid.",
    },
    {"key": "samtal", "name": "Samtal", "for": "note", "text": "Samtal i {case.number}."},
]


def portal_catalog() -> Catalog:
    """Bygg has altan, with everything; the others differ from it in one thing each."""
    officers = [{"officer": "anna"}, {"officer": "bo"}, {"officer": "rut", "access": "restricted"}]
    common = {
        "unit": "Bygg",
        "retention": "keep",
        "statuses": STATUSES,
        "officers": officers,
        "privacy": "standard",
        "protected_officers": ["anna", "rut"],
    }
    return Catalog.model_validate(
        {
            "municipality": {
                "name": {"sv": "Byns kommun", "en": "Village municipality"},
                "short_name": "Byn",
                "contact": {
                    "name": "Kontaktcenter",
                    "email": "kontakt@byn.example",
                    "phone": "010-123 45 67",
                },
                "support": {"name": "It-stöd", "email": "it@byn.example"},
                "officers": [
                    {"key": "anna", "name": "Anna Berg", "email": "anna@byn.example", "unit": "Byggenheten"},
                    {"key": "rut", "name": "Rut Snäv", "email": "rut@byn.example", "unit": "Bygg"},
                    {
                        "key": "bo",
                        "name": "Bo Ek",
                        "email": "bo@byn.example",
                        "unit": "Bygg",
                        "language": "en",
                    },
                    {"key": "ute", "name": "Ute Fors", "email": "ute@byn.example", "unit": "Skola"},
                ],
                "files": {"max_mb": 1, "max_files": 4},
            },
            "services": {
                one["key"]: common | one
                for one in (
                    {
                        "key": "altan",
                        "name": {"sv": "Bygga altan", "en": "Build a terrace"},
                        "fields": FIELDS,
                        "templates": TEMPLATES,
                        "statuses": [*STATUSES, DECIDED],
                    },
                    {
                        "key": "tips",
                        "name": "Lämna tips",
                        "fields": ONE_FIELD,
                        "anonymous": True,
                        "login": "none",
                        "applicant_follows": False,
                        "unit": "Miljö",
                    },
                    {"key": "krog", "name": "Öppna krog", "fields": ONE_FIELD, "several_applicants": True},
                    {
                        "key": "oro",
                        "name": "Orosanmälan",
                        "fields": ONE_FIELD,
                        "privacy": "strict",
                        "unit": "Social",
                    },
                    {
                        "key": "dator",
                        "name": "Beställ dator",
                        "fields": ONE_FIELD,
                        "audience": "internal",
                        "unit": "It",
                    },
                    {"key": "ansokan", "name": "Ansökan", "fields": REQUIRED_FIELDS, "audience": "internal"},
                    {
                        "key": "annan",
                        "name": "Finns på annat håll",
                        "fields": ONE_FIELD,
                        "record": "open_eplatform",
                    },
                )
            },
        }
    )
