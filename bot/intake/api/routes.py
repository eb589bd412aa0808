"""The API's addresses."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.catalog.municipality import Source
from bot.catalog.services import EService
from bot.domain.actors import Machine
from bot.domain.intake import KeyReused
from bot.domain.rules import Refused
from bot.intake.api.checking import Judging, judge
from bot.intake.api.description import description, service_shown
from bot.intake.api.models import FieldError, OpenedCase, SentCase, cleaned
from bot.intake.api.problems import Refusal, errors_of, invalid
from bot.intake.api.reading import body_of, json_of, most_bytes, source_of, words_for
from bot.intake.files import held
from bot.intake.kit import Kit
from bot.service import Done, Opening
from bot.store import Busy, NoRoom
from bot.store.engine.keys import canonical
from bot.text import Words

log = structlog.get_logger()

_KEY = re.compile(r"[\x21-\x7e]{1,200}")

Answering = Callable[[Request], Awaitable[Response]]


def router(kit: Kit) -> APIRouter:
    """The API under /api/v1, for the program's web server."""
    routes = APIRouter(prefix="/api/v1", include_in_schema=False)

    async def on_posted_case(request: Request) -> Response:
        return await _open(kit, request)

    async def on_asked_for_service(request: Request) -> Response:
        return _service(kit, request)

    async def on_asked_for_description(request: Request) -> Response:
        return JSONResponse(description(most_bytes(kit.service.catalog)))

    routes.add_api_route("/cases", _answered(on_posted_case), methods=["POST"])
    routes.add_api_route("/services/{key}", _answered(on_asked_for_service), methods=["GET"])
    routes.add_api_route("/openapi.json", on_asked_for_description, methods=["GET"])
    return routes


def _answered(on: Answering) -> Answering:
    """With every refusal as problem+json in the source's language."""

    async def answering(request: Request) -> Response:
        words = words_for(request)
        try:
            return await on(request)
        except ClientDisconnect:  # nobody is there to read an answer
            return Response(status_code=400)
        except (Refusal, KeyReused, Refused, NoRoom, Busy) as no:
            return _refusal(no, words).response(words)

    return answering


def _refusal(no: Exception, words: Words) -> Refusal:
    if isinstance(no, Refusal):
        log.info("api_refused", reason=no.key, status=int(no.status))
        return no
    if isinstance(no, KeyReused):
        return Refusal(HTTPStatus.CONFLICT, "no.keyreused")
    if isinstance(no, Refused):
        return invalid([FieldError(field="service", message=no.said(words))])
    if isinstance(no, NoRoom):
        log.warning("disk_full")
        return Refusal(HTTPStatus.INSUFFICIENT_STORAGE, "api.full")
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "api.busy")


def _service(kit: Kit, request: Request) -> Response:
    catalog = kit.service.catalog
    source = source_of(request, catalog)
    service = catalog.service(request.path_params["key"])
    if service is None:
        raise Refusal(HTTPStatus.NOT_FOUND, "api.service")
    _may_open(source, service.key)
    return JSONResponse(service_shown(service, catalog.municipality.files).model_dump(mode="json"))


def _may_open(source: Source, service: str) -> None:
    if service not in source.services:
        raise Refusal(HTTPStatus.FORBIDDEN, "api.forbidden")


async def _open(kit: Kit, request: Request) -> Response:
    catalog = kit.service.catalog
    source = source_of(request, catalog)
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Refusal(HTTPStatus.BAD_REQUEST, "api.key")
    body = await body_of(request, most_bytes(catalog))
    raw = await asyncio.to_thread(json_of, body)
    sent = _sent(raw, request)
    service = _service_of(sent, source, kit, request)
    if key is None and sent.external_id is None:
        raise invalid([FieldError(field="external_id", message=words_for(request)("api.field.once"))])
    judging = Judging(service, catalog, kit.service.clock(), words_for(request))
    judged = await asyncio.to_thread(judge, sent, source.key, judging)
    opening = Opening(
        judged.command,
        judging.definition,
        once=f"external:{source.key}#{key}" if key is not None else None,
        content=await asyncio.to_thread(_content, kit, raw),
    )
    async with held(kit, judged.files):
        done = (await kit.service.open_all([opening], Machine(source.key)))[0]
    if isinstance(done, KeyReused):
        raise done
    return _opened(done)


def _sent(raw: Any, request: Request) -> SentCase:
    try:
        return SentCase.model_validate(raw)
    except ValidationError as wrong:
        raise invalid(errors_of(wrong, words_for(request))) from None


def _service_of(sent: SentCase, source: Source, kit: Kit, request: Request) -> EService:
    service = kit.service.catalog.service(sent.service)
    if service is None:
        raise invalid([FieldError(field="service", message=words_for(request)("api.service"))])
    _may_open(source, service.key)
    return service


def _content(kit: Kit, raw: Any) -> str:
    """A keyed hash: what was sent cannot be guessed from it."""
    key = kit.service.database.keys.derive("api content")
    return hmac.new(key, canonical(cleaned(raw)).encode(), hashlib.sha256).hexdigest()


def _opened(done: Done) -> Response:
    opened = OpenedCase(id=done.case_id, number=done.number)
    status = HTTPStatus.OK if done.repeated else HTTPStatus.CREATED
    return JSONResponse(opened.model_dump(mode="json"), status_code=status)
