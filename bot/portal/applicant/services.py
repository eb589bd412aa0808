"""The list of e-services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.portal.visit import Here, Visit
from bot.text import fold, sort_key

router = APIRouter()

Audience = Literal["external", "internal"]


@router.get("/")
async def on_opened_list(visit: Here, q: str = "") -> Response:
    return _list(visit, "external", q)


@router.get("/e-tjanster")
async def on_opened_old_list(visit: Here) -> Response:
    return visit.go("/")


@router.get("/internt")
async def on_opened_internal_list(visit: Here, q: str = "") -> Response:
    return _list(visit, "internal", q)


def _list(visit: Visit, audience: Audience, q: str) -> Response:
    return visit.page(
        "services.html",
        q=q.strip(),
        groups=listed(visit.catalog, audience, q, visit.language),
        internal=audience == "internal",
    )


def listed(catalog: Catalog, audience: Audience, q: str, language: str) -> list[tuple[str, list[EService]]]:
    """Published e-services that match every word of `q`, by unit, in Swedish order."""
    found: dict[str, list[EService]] = {}
    for service in _matching(catalog.services.values(), audience, fold(q).split()):
        found.setdefault(service.unit.in_(language), []).append(service)
    return [
        (unit, sorted(services, key=lambda one: sort_key(one.name.in_(language))))
        for unit, services in sorted(found.items(), key=lambda pair: sort_key(pair[0]))
    ]


def _matching(services: Iterable[EService], audience: Audience, asked: list[str]) -> Iterable[EService]:
    for service in services:
        if not service.published or service.audience != audience:
            continue
        texts = [service.name, service.unit, *([service.description] if service.description else [])]
        words = fold(" ".join(f"{text.sv} {text.en}" for text in texts))
        if all(word in words for word in asked):
            yield service
