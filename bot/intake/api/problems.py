"""The API's errors, as problem+json with the fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.responses import JSONResponse

from bot.intake.api.models import FieldError, ProblemReport
from bot.text import Words

MEDIA_TYPE = "application/problem+json"

_MISSING = frozenset({"missing"})
_UNKNOWN = frozenset({"extra_forbidden"})
_TOO_LONG = frozenset({"string_too_long", "too_long"})
_NOT_WHOLE = frozenset({"not_whole"})
_NO_TIME_ZONE = frozenset({"timezone_aware"})


class ApiError(Exception):
    """The request is refused, with the HTTP status, the key of the reason's text, and the errors by field."""

    def __init__(self, status: HTTPStatus, key: str, errors: Sequence[FieldError] = (), **facts: Any) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.errors = list(errors)
        self.facts = facts

    def response(self, words: Words) -> JSONResponse:
        """The response to the source."""
        report = ProblemReport(
            type=f"urn:arendebot:{self.key.removeprefix('api.').replace('.', '-')}",
            title=self.status.phrase,
            status=self.status,
            detail=words(self.key, **self.facts),
            errors=self.errors,
        )
        return JSONResponse(
            report.model_dump(mode="json"),
            status_code=self.status,
            media_type=MEDIA_TYPE,
            headers=_HEADERS.get(self.status, {}),
        )


_HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "60"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "2"},
    HTTPStatus.INSUFFICIENT_STORAGE: {"Retry-After": "600"},
}


def invalid(errors: Iterable[FieldError]) -> ApiError:
    """The error for a request whose content is invalid."""
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "api.invalid", tuple(errors))


def shape_errors(validation_error: ValidationError, words: Words) -> list[FieldError]:
    """The errors in the request's structure, without any of its content but field names."""
    return [
        FieldError(field=field_path(error["loc"]), message=words(_key(error["type"]), **_facts(error)))
        for error in validation_error.errors(include_input=False, include_url=False)
    ]


def _facts(error: ErrorDetails) -> dict[str, Any]:
    """Which sign an id may not have, and where; nothing of other errors, whose context may quote what was sent."""
    return error.get("ctx", {}) if error["type"] in _NOT_WHOLE else {}


def field_path(place: Sequence[int | str]) -> str:
    """`people[0].email`"""
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part[:60]}" if path else part[:60]
    return path or "(body)"


def _key(kind: str) -> str:
    if kind in _MISSING:
        return "api.field.missing"
    if kind in _UNKNOWN:
        return "api.field.unknown"
    if kind in _TOO_LONG:
        return "api.field.long"
    if kind in _NOT_WHOLE:
        return "api.field.whole"
    return "api.field.zone" if kind in _NO_TIME_ZONE else "api.field.kind"
