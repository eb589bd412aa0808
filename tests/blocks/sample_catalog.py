"""A small town for pictures: its catalog, and cases in every state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from bot.catalog import Catalog, create_definition
from bot.domain.case import Assignee, Case
from bot.domain.views import CardView
from bot.text import words

NOW = datetime(2026, 11, 22, 13, 3, tzinfo=UTC)
SV, EN = words("sv"), words("en")

FIELDS = [
    {
        "key": "kind",
        "kind": "choice",
        "label": "Slag",
        "on_card": True,
        "in_slack": True,
        "choices": [{"key": "ext", "label": "Tillbyggnad"}, {"key": "new", "label": "Nybyggnad"}],
    },
    {"key": "what", "kind": "long_text", "label": "Vad ska byggas?", "in_slack": True},
    {"key": "pnr", "kind": "personnummer", "label": "Personnummer"},
    {"key": "drawing", "kind": "file", "label": "Ritning"},
]
TEMPLATES = [
    {
        "key": "visit",
        "name": "Besök",
        "for": "message",
        "text": "Hej {applicant.name}! Vi kommer {besöksdatum}. {officer.name}, {municipality.name}",
        "gaps": ["besöksdatum"],
    },
    {"key": "thanks", "name": "Tack", "for": "message", "text": "Tack för {case.number}, {case.service}."},
]


def make_service(key: str = "bygglov", name: str = "Ansökan om bygglov", **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "name": {"sv": name, "en": "Building permit" if key == "bygglov" else name},
        "unit": "Bygglovsenheten",
        "channel": key,
        "privacy": "standard",
        "retention": "keep",
        "fields": FIELDS,
        "templates": TEMPLATES,
        "officers": [{"group": "bygglovsgruppen"}],
        **more,
    }


def make_officer(number: int, name: str = "") -> dict[str, Any]:
    return {
        "key": f"o{number}",
        "name": name or f"Handläggare Nummer{number}",
        "email": f"o{number}@sandkoping.example",
        "unit": "Bygglovsenheten",
    }


def create_catalog(**more: Any) -> Catalog:
    people = [
        make_officer(0, "Anna Berg"),
        make_officer(1, "Björn Ek"),
        *(make_officer(n) for n in range(2, 31)),
    ]
    plain = {"fields": [], "templates": []}
    services = [
        make_service(**more),
        make_service("oro", "Orosanmälan", privacy="strict", applicant_follows=False, **plain),
    ]
    return Catalog.model_validate(
        {
            "municipality": {
                "name": "Sandköpings kommun",
                "short_name": "Sandköping",
                "contact": {"name": "Kontaktcenter", "email": "kontakt@sandkoping.example"},
                "support": {"name": "Systemförvaltningen", "email": "stod@sandkoping.example"},
                "officers": people,
                "groups": [{"key": "bygglovsgruppen", "name": "Bygglovsgruppen", "members": ["o0", "o1"]}],
            },
            "services": {one["key"]: one for one in services},
        }
    )


CATALOG = create_catalog()


def assigned_officers(count: int, *groups: str) -> tuple[Assignee, ...]:
    people = [Assignee("officer", f"o{n}", NOW, f"officer:o{n}") for n in range(count)]
    return (*people, *(Assignee("group", key, NOW, "machine:x") for key in groups))


def make_case(**more: Any) -> Case:
    return Case(
        **{
            "id": "c1",
            "number": "2026-000123",
            "service": "bygglov",
            "origin": "web",
            "received_at": NOW,
            "status": "submitted",
            "status_since": NOW,
            "status_by": "applicant",
            "applicants": ("p1",),
            "seq": 1,
            **more,
        }
    )


def make_card_view(
    catalog: Catalog = CATALOG,
    answers: dict[str, Any] | None = None,
    *,
    news: Literal["", "message", "added"] = "",
    **more: Any,
) -> CardView:
    shown = make_case(**more)
    service = catalog.service(shown.service)
    assert service is not None
    return CardView(case=shown, definition=create_definition(service), answers=answers or {}, news=news)
