"""The API's routes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from bot.catalog.municipality import Source
from bot.catalog.services import EService
from bot.domain.actors import Machine
from bot.domain.rules import Refused
from bot.domain.submission import KeyReused
from bot.intake.api.description import describe_service, description
from bot.intake.api.limits import ApiLimits, authenticated_source
from bot.intake.api.models import FieldError, OpenedCase, SentCase, cleaned
from bot.intake.api.problems import ApiError, invalid, shape_errors
from bot.intake.api.requests import (
    ParsedBody,
    max_request_bytes,
    parse_json,
    read_body,
    request_words,
)
from bot.intake.api.validation import ValidationContext, validate_case
from bot.intake.dependencies import Dependencies
from bot.intake.files import store_until_attached
from bot.intake.idempotency_keys import make_api_key
from bot.service import CommandResult, OpenCaseRequest
from bot.store import DatabaseBusy, DiskFull
from bot.store.engine.keys import canonical_json
from bot.text import Words
from bot.web.post_limits import limited_by

log = structlog.get_logger()

_KEY = re.compile(r"[\x21-\x7e]{1,200}")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def router(deps: Dependencies) -> APIRouter:
    """The routes under /api/v1."""
    routes = APIRouter(prefix="/api/v1", include_in_schema=False, route_class=_ApiRoute)

    async def on_posted_case(request: Request) -> Response:
        return await _open_case(deps, request)

    async def on_requested_service(request: Request) -> Response:
        return _service_response(deps, request)

    async def on_requested_description(request: Request) -> Response:
        return JSONResponse(description(max_request_bytes(deps.service.catalog)))

    limits = limited_by(ApiLimits(deps))
    routes.add_api_route("/cases", on_posted_case, methods=["POST"], dependencies=limits)
    routes.add_api_route("/services/{key}", on_requested_service, methods=["GET"], dependencies=limits)
    routes.add_api_route("/openapi.json", on_requested_description, methods=["GET"])
    return routes


class UnknownPath(BaseRoute):
    """Answers every other path under /api, which the pages below would answer with a page."""

    methods = None
    path = ""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        is_apis = scope["type"] == "http" and scope["path"].startswith("/api/")
        return (Match.FULL if is_apis else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        words = request_words(Request(scope))
        await ApiError(HTTPStatus.NOT_FOUND, "api.path").response(words)(scope, receive, send)


class _ApiRoute(APIRoute):
    """A route of the API: every error is problem+json in the source's language."""

    def get_route_handler(self) -> Handler:
        return _with_error_responses(super().get_route_handler())


def _with_error_responses(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        words = request_words(request)
        try:
            return await handler(request)
        except ClientDisconnect:  # nobody can read a response
            return Response(status_code=400)
        except (ApiError, KeyReused, Refused, DiskFull, DatabaseBusy) as no:
            return _refusal(no, words).response(words)

    return handle


def _refusal(no: Exception, words: Words) -> ApiError:
    if isinstance(no, ApiError):
        log.info("api_refused", reason=no.key, status=int(no.status))
        return no
    if isinstance(no, KeyReused):
        return ApiError(HTTPStatus.CONFLICT, "no.keyreused")
    if isinstance(no, Refused):
        return invalid([FieldError(field="service", message=no.in_words(words))])
    if isinstance(no, DiskFull):
        log.warning("disk_full")
        return ApiError(HTTPStatus.INSUFFICIENT_STORAGE, "api.full")
    return ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "api.busy")


def _service_response(deps: Dependencies, request: Request) -> Response:
    catalog, source = deps.service.catalog, authenticated_source(request)
    service = catalog.service(request.path_params["key"])
    if service is None:
        raise ApiError(HTTPStatus.NOT_FOUND, "api.service")
    _require_service(source, service.key)
    return JSONResponse(describe_service(service, catalog.municipality.files).model_dump(mode="json"))


def _require_service(source: Source, service: str) -> None:
    if service not in source.services:
        raise ApiError(HTTPStatus.FORBIDDEN, "api.forbidden")


async def _open_case(deps: Dependencies, request: Request) -> Response:
    catalog, source = deps.service.catalog, authenticated_source(request)
    idempotency_key = request.headers.get("idempotency-key")
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise ApiError(HTTPStatus.BAD_REQUEST, "api.key")
    body = await read_body(request, max_request_bytes(catalog))
    parsed = await asyncio.to_thread(parse_json, body)
    sent = await asyncio.to_thread(_parse_case, parsed.json, request)
    service = _find_service(sent, source, deps, request)
    if idempotency_key is None and sent.external_id is None:
        raise invalid([FieldError(field="external_id", message=request_words(request)("api.field.once"))])
    context = ValidationContext(service, catalog, deps.service.clock(), request_words(request))
    validated = await asyncio.to_thread(validate_case, sent, source.key, context, parsed.decode)
    request_to_open = OpenCaseRequest(
        validated.command,
        context.definition,
        idempotency_key=make_api_key(source.key, idempotency_key) if idempotency_key is not None else None,
        content_hash=await asyncio.to_thread(_content_hash, deps, parsed),
    )
    async with store_until_attached(deps, validated.files):
        results = (await deps.service.open_cases([request_to_open], Machine(source.key)))[0]
    if isinstance(results, KeyReused):
        raise results
    return _opened_response(results)


def _parse_case(raw: Any, request: Request) -> SentCase:
    try:
        return SentCase.model_validate(raw)
    except ValidationError as error:
        raise invalid(shape_errors(error, request_words(request))) from None


def _find_service(sent: SentCase, source: Source, deps: Dependencies, request: Request) -> EService:
    service = deps.service.catalog.service(sent.service)
    if service is None:
        raise invalid([FieldError(field="service", message=request_words(request)("api.service"))])
    _require_service(source, service.key)
    return service


def _content_hash(deps: Dependencies, parsed: ParsedBody) -> str:
    """A keyed hash of the request, from which its content cannot be guessed."""
    digest = hmac.new(deps.service.database.keys.derive("api content"), digestmod=hashlib.sha256)
    for piece in parsed.pieces(canonical_json(cleaned(parsed.json))):
        digest.update(piece)
    return digest.hexdigest()


def _opened_response(result: CommandResult) -> Response:
    opened = OpenedCase(id=result.case_id, number=result.number)
    status = HTTPStatus.OK if result.is_repeated else HTTPStatus.CREATED
    return JSONResponse(opened.model_dump(mode="json"), status_code=status)
