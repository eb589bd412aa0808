"""The page of the preview, read anew from the catalog's files whenever it is reloaded."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import Message, Scope

from bot import portal
from bot.catalog import Catalog, CatalogError, EService, load
from bot.portal.applicant.submission import contacts
from bot.portal.applicant.submission.filled_form import ANSWER_PREFIX
from bot.portal.security_headers import CONTENT_SECURITY_POLICY
from bot.portal.signing import create_form_key
from bot.preview import example
from bot.preview.drawing import draw
from bot.preview.slack_text import mrkdwn
from bot.service import Service
from bot.service.batches import Batches
from bot.store import Database, Keys
from bot.store.engine import migrate
from bot.store.files.file_store import FileStore
from bot.text import LANGUAGES, words
from bot.text.working_days import local_day

HOST = "127.0.0.1"
DATABASE = "example-cases"
_FORM_TYPE = b"application/x-www-form-urlencoded"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; base-uri 'none'"


class Preview:
    """The e-service `key` of the catalog in `folder`, with a store of its own in `scratch`, an empty folder."""

    def __init__(self, folder: Path, key: str, scratch: Path) -> None:
        self._folder, self.key = folder, key
        self._catalog: Catalog | None = None
        self.database = Database(f"sqlite:///{scratch / DATABASE}", Keys(secrets.token_bytes(32)))
        migrate.upgrade(self.database)
        files = FileStore(scratch)
        self._service = Service(
            self.database, self._current_catalog, clock=lambda: datetime.now(UTC), wake=lambda: None
        )
        self._pages = FastAPI(openapi_url=None)
        deps = portal.PortalDependencies(
            self._service, files, self.database.keys, f"http://{HOST}", Batches(self._service, files)
        )
        portal.mount(self._pages, deps)
        self.app = self._create_app()

    def _create_app(self) -> FastAPI:
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        # Another site whose name leads here must not read what is in the catalog.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
        app.add_api_route("/", self._page, response_class=Response)
        app.add_api_route("/formular/{language}", self._form, response_class=Response)
        app.mount("", self._pages)
        return app

    def _current_catalog(self) -> Catalog:
        assert self._catalog is not None  # set before the pages are asked
        return self._catalog

    def _load(self) -> EService | None:
        """Read the files. Returns the e-service, or None where there is none of that key. Raises CatalogError."""
        self._catalog = load(self._folder)
        return self._catalog.service(self.key)

    async def _page(self) -> Response:
        try:
            service = self._load()
        except CatalogError as error:
            return _render(words(error.language), 422, key=self.key, problems=error)
        say = words(self._current_catalog().municipality.language)
        if service is None:
            text = say("preview.unknown", key=self.key, keys=say.list(self._current_catalog().services))
            return _render(say, 404, key=self.key, alert=text)
        alert = "" if service.is_published else say("preview.open_eplatform")
        drawings = await draw(service, self._service)
        return _render(say, 200, key=self.key, alert=alert, service=service, drawings=drawings)

    async def _form(self, request: Request, language: str) -> Response:
        """The form in that language with the example filled in, as the applicant's pages draw it."""
        try:
            service = self._load()
        except CatalogError:
            raise HTTPException(422) from None
        if service is None or not service.is_published or language not in LANGUAGES:
            raise HTTPException(404)
        today = local_day(datetime.now(UTC))
        fields = {
            **_posted(ANSWER_PREFIX, example.example_answers(service, language, today)),
            **_posted(contacts.PREFIX, {"who": "named", "p0_name": example.NAME, "p0_email": example.EMAIL}),
            "key": create_form_key(self.database.keys, ["form", service.key], datetime.now(UTC)),
            "do": "lang",
        }
        scope = dict(request.scope) | {
            "method": "POST",
            "path": f"/e-tjanster/{service.slug}",
            "raw_path": f"/e-tjanster/{service.slug}".encode(),
            "query_string": f"lang={language}".encode(),
            "headers": [(b"host", HOST.encode()), (b"content-type", _FORM_TYPE)],
        }
        return await _ask(self._pages, scope, urlencode(fields, doseq=True).encode())


def _posted(prefix: str, answers: dict[str, Any]) -> dict[str, Any]:
    """The answers as a form's fields."""
    fields: dict[str, Any] = {}
    for key, answer in answers.items():
        if isinstance(answer, dict):
            fields |= {f"{prefix}{key}.{part}": text for part, text in answer.items()}
        else:
            fields[prefix + key] = answer
    return fields


async def _ask(app: FastAPI, scope: Scope, body: bytes) -> Response:
    """The application's response, to be shown within a page of our own."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent)
    framed = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    return Response(
        content, sent[0]["status"], media_type="text/html", headers={"content-security-policy": framed}
    )


def _environment() -> Environment:
    templates = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=templates, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["mrkdwn"] = mrkdwn
    return environment


_TEMPLATES = _environment()


def _render(say: Any, status: int, **facts: Any) -> Response:
    shown = {"alert": "", "problems": None, "service": None, "drawings": []} | facts
    page = _TEMPLATES.get_template("preview.html").render(w=say, words=words, **shown)
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
    return Response(page, status, media_type="text/html", headers=headers)
