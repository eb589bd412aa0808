"""The description of the API: the OpenAPI document, and the forms of e-services."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from bot.catalog.base import Text
from bot.catalog.fields import AnswerRule, Field, as_tuple
from bot.catalog.municipality import FileLimits
from bot.catalog.services import EService
from bot.intake.api.models import (
    ChoiceShown,
    ConditionShown,
    FieldShown,
    OpenedCase,
    ProblemReport,
    RuleShown,
    SaidText,
    SentCase,
    ServiceShown,
)
from bot.intake.api.problems import MEDIA_TYPE

_REF = "#/components/schemas/{model}"

_REFUSALS = {
    400: "The body is not JSON, or Idempotency-Key is not 1 to 200 visible ASCII characters.",
    401: "No token, or none of a source in the catalog.",
    403: "The source may not open cases of this e-service.",
    404: "There is no such e-service.",
    409: "The key or the external id was used before, with another body.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "Something in the body is wrong; `errors` names each field.",
    429: "Too many requests without a right token have come from this address. Wait a minute.",
    503: "The store is busy. Send again, with the same key.",
    507: "There is no room for files right now. Send again later, with the same key.",
}


def description(max_bytes: int) -> dict[str, Any]:
    """The OpenAPI document."""
    models: list[Any] = [
        (SentCase, "validation"),
        *((model, "serialization") for model in (OpenedCase, ProblemReport, ServiceShown)),
    ]
    schemas = models_json_schema(models, ref_template=_REF)[1]["$defs"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ärendebot",
            "version": "1",
            "description": f"Opens cases. A request may hold {max_bytes // 1024**2} MB. "
            "Send each case with an Idempotency-Key or an external_id: a repeat then opens nothing.",
        },
        "security": [{"token": []}],
        "paths": {"/api/v1/cases": {"post": _post()}, "/api/v1/services/{key}": {"get": _get()}},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "One token for each source."}
            },
        },
    }


def _post() -> dict[str, Any]:
    opened = {"id": "5f3c0d1e5f3c0d1e5f3c0d1e5f3c0d1e", "number": "2026-000123"}
    return {
        "operationId": "openCase",
        "summary": "Open a case",
        "parameters": [_key_header(), _language_header()],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("SentCase")}},
        },
        "responses": {
            "201": _answer("The case was opened.", "OpenedCase", opened),
            "200": _answer("The case was open already: the request is a repeat.", "OpenedCase", opened),
            **_refusals(400, 401, 403, 409, 413, 415, 422, 429, 503, 507),
        },
    }


def _get() -> dict[str, Any]:
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "example": "bygglov"}
    return {
        "operationId": "describeService",
        "summary": "The form of an e-service",
        "parameters": [key, _language_header()],
        "responses": {
            "200": _answer("The e-service.", "ServiceShown"),
            **_refusals(401, 403, 404, 429),
        },
    }


def _key_header() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Names the request. Needed where the body has no external_id.",
        "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"},
        "example": "8a5d9f2e-1",
    }


def _language_header() -> dict[str, Any]:
    return {
        "name": "Accept-Language",
        "in": "header",
        "required": False,
        "description": "The language of messages: sv or en.",
        "schema": {"type": "string", "enum": ["sv", "en"], "default": "sv"},
    }


def _ref(model: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=model)}


def _answer(text: str, model: str, example: Any = None) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": _ref(model)}
    if example is not None:
        content["example"] = example
    return {"description": text, "content": {"application/json": content}}


def _refusals(*statuses: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": _ref("ProblemReport")}}
    return {str(status): {"description": _REFUSALS[status], "content": content} for status in statuses}


def describe_service(service: EService, limits: FileLimits) -> ServiceShown:
    """The e-service's form, for systems that send cases to it."""
    return ServiceShown(
        key=service.key,
        name=_in_both_languages(service.name),
        anonymous=service.anonymous,
        several_applicants=service.several_applicants,
        fields=[_field(field) for field in service.fields if field.kind != "info"],
        file_kinds=list(limits.kinds),
        max_file_bytes=limits.max_bytes,
    )


def _field(field: Field) -> FieldShown:
    shown_if = field.shown_if
    return FieldShown(
        key=field.key,
        kind=field.kind,
        label=_in_both_languages(field.label),
        help=_in_both_languages(field.help) if field.help else None,
        required=field.required,
        choices=[
            ChoiceShown(key=choice.key, label=_in_both_languages(choice.label)) for choice in field.choices
        ],
        min=str(field.min) if field.min is not None else None,
        max=str(field.max) if field.max is not None else None,
        whole=field.whole,
        max_length=field.max_length,
        max_files=field.max_files,
        pattern=field.pattern,
        pattern_help=_in_both_languages(field.pattern_help) if field.pattern_help else None,
        shown_if=ConditionShown(field=shown_if.field, any_of=list(shown_if.values)) if shown_if else None,
        forbids=[_rule(rule) for rule in field.forbids],
        requires=[_rule(rule) for rule in field.requires],
        errors={way: _in_both_languages(text) for way, text in field.errors if text is not None},
    )


def _rule(rule: AnswerRule) -> RuleShown:
    return RuleShown(
        when=list(as_tuple(rule.when)),
        field=rule.field,
        any_of=None if rule.is_ is None else list(as_tuple(rule.is_)),
        text=_in_both_languages(rule.text) if rule.text else None,
    )


def _in_both_languages(text: Text) -> SaidText:
    return SaidText(sv=text.sv, en=text.en)
