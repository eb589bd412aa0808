"""The list of e-services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.portal.forms.form_drafts import DRAFT_COOKIE
from bot.portal.page_context import CurrentPage, PageContext
from bot.text import fold, sort_key

router = APIRouter()

Audience = Literal["external", "internal"]


@router.get("/")
async def on_opened_list(page: CurrentPage, q: str = "") -> Response:
    return _list_page(page, "external", q)


@router.get("/e-tjanster")
async def on_opened_old_address(page: CurrentPage) -> Response:
    return page.redirect("/")


@router.get("/internt")
async def on_opened_internal_list(page: CurrentPage, q: str = "") -> Response:
    return _list_page(page, "internal", q)


@router.get("/lamna-sidan")
async def on_left(page: CurrentPage) -> Response:
    """Lead to the other page. What was filled in is no longer shown to this browser, in whichever window."""
    response = page.redirect(page.catalog.municipality.leave_to)
    if page.request.headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        page.delete_cookie(response, DRAFT_COOKIE)
    return response


def _list_page(page: PageContext, audience: Audience, q: str) -> Response:
    return page.render(
        "services.html",
        q=q.strip(),
        groups=search_services(page.catalog, audience, q, page.language),
        internal=audience == "internal",
    )


def search_services(
    catalog: Catalog, audience: Audience, q: str, language: str
) -> list[tuple[str, list[EService]]]:
    """Published e-services that match every word of `q`, grouped by unit, in Swedish order."""
    found: dict[str, list[EService]] = {}
    for service in _find_matching(catalog.services.values(), audience, fold(q).split()):
        found.setdefault(service.unit.in_(language), []).append(service)
    return [
        (unit, sorted(services, key=lambda service: sort_key(service.name.in_(language))))
        for unit, services in sorted(found.items(), key=lambda pair: sort_key(pair[0]))
    ]


def _find_matching(
    services: Iterable[EService], audience: Audience, query_words: list[str]
) -> Iterable[EService]:
    for service in services:
        if not service.is_published or service.audience != audience:
            continue
        texts = [service.name, service.unit, *([service.description] if service.description else [])]
        words = fold(" ".join(f"{text.sv} {text.en}" for text in texts))
        if all(word in words for word in query_words):
            yield service
