"""Where files come in and go out: the private addresses, and those that uploads are sent to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.api.answers import failed, too_fast
from sandbox.api.web_api import note_call
from sandbox.faults import DOWNLOAD, TO_FILES, TO_SLACK, UPLOAD, Strike, cut
from sandbox.payload_schema import Json
from sandbox.shared_state import SharedState
from sandbox.town.file_forms import is_seen_by
from sandbox.town.files import File

SIGN_IN = """<!DOCTYPE html><html lang="en"><head><title>Sign in | Slack</title></head>
<body><h1>Sign in to your workspace</h1></body></html>"""

UNHEARD_SECONDS = 5.0

ABLE = {
    DOWNLOAD: [
        *(kind for kind in TO_SLACK if kind not in ("lost_ephemeral", "status_after", "refused")),
        *TO_FILES,
    ],
    UPLOAD: [kind for kind in TO_SLACK if kind not in ("lost_ephemeral", "refused")],
}
"""The faults that each can suffer."""


async def _struck(shared: SharedState, request: Request, name: str) -> tuple[Strike | None, Response | None]:
    """The fault that applies, and its response where it prevents the work."""
    strike = shared.faults.next(name, ABLE[name])
    if strike is None:
        return None, None
    match strike.kind:
        case "ratelimited":
            return strike, too_fast(max(1, round(strike.seconds))).response
        case "status":
            return strike, failed(strike).response
        case "redirect":
            return strike, RedirectResponse(strike.to, 302)
        case "cut_before":
            cut(request.scope)
            return strike, Response(status_code=500)
        case "slow":
            await asyncio.sleep(strike.seconds)
    return strike, None


def _note(shared: SharedState, name: str, error: str, started: float) -> None:
    payload: Json = {"ok": not error, **({"error": error} if error else {})}
    note_call(shared, name, {}, payload, started)


async def download(shared: SharedState, request: Request) -> Response:
    """The file, for requests with the app's token; for all others a sign-in page with status 200, as Slack does."""
    started = time.perf_counter()
    strike, answer = await _struck(shared, request, DOWNLOAD)
    kind = strike.kind if strike is not None else ""
    file = None if answer is not None or kind == "error" else _requested_file(shared, request)
    _note(
        shared, DOWNLOAD, kind if answer is not None else "" if file is not None else "not_allowed", started
    )
    if answer is not None:
        return answer
    if file is None:
        return HTMLResponse(SIGN_IN)
    if file.deleted:
        return PlainTextResponse("", 404)
    return _sent(file, _half(file, request) if kind == "cut_after" else _whole(file))


def _requested_file(shared: SharedState, request: Request) -> File | None:
    workspace, app = shared.workspace, shared.workspace.app
    file = workspace.files.get(request.path_params["file"].rpartition("-")[2])
    shown = request.headers.get("authorization", "") == f"Bearer {app.bot_token}"
    if file is None or not shown or "files:read" not in app.scopes:
        return None
    return file if is_seen_by(file, app.bot_user, workspace) else None


async def _whole(file: File) -> AsyncIterator[bytes]:
    yield file.data


async def _half(file: File, request: Request) -> AsyncIterator[bytes]:
    yield file.data[: len(file.data) // 2]
    cut(request.scope)
    # Ended here when the cut is heard of; else the server would complain that the rest is missing.
    await asyncio.sleep(UNHEARD_SECONDS)


def _sent(file: File, chunks: AsyncIterator[bytes]) -> Response:
    name = f"attachment; filename*=UTF-8''{quote(file.name)}"
    # Uploads must not be executed on this origin.
    headers = {"Content-Disposition": name, "Content-Length": str(file.size)}
    headers |= {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(chunks, media_type=file.mimetype, headers=headers)


async def shown(shared: SharedState, request: Request) -> Response:
    """The file for the sandbox's own page, if the person can see it."""
    file = shared.workspace.files.get(request.path_params["file"])
    user = request.query_params.get("user", "")
    if file is None or file.deleted or not is_seen_by(file, user, shared.workspace):
        return PlainTextResponse("", 404)
    return _sent(file, _whole(file))


async def upload(shared: SharedState, request: Request) -> Response:
    """The bytes of an upload that was begun; as many as were announced."""
    started = time.perf_counter()
    strike, answer = await _struck(shared, request, UPLOAD)
    if answer is not None:
        _note(shared, UPLOAD, strike.kind if strike is not None else "", started)
        return answer
    data = await _body(request)
    why = _took(shared, request.path_params["secret"], data)
    _note(shared, UPLOAD, why, started)
    if strike is not None and strike.kind == "cut_after":
        cut(request.scope)
    if strike is not None and strike.kind in ("error", "status_after"):
        return failed(strike).response
    return PlainTextResponse("", 400) if why else PlainTextResponse(f"OK - {len(data)}")


def _took(shared: SharedState, secret: str, data: bytes) -> str:
    """Why the bytes are refused; empty where they are accepted."""
    ticket = shared.tickets.get(secret)
    if ticket is None:
        return "no_such_url"
    if len(data) != ticket.length:
        return "another_length"
    ticket.file.data, ticket.arrived = data, True
    return ""


async def _body(request: Request) -> bytes:
    """Raw, or the first file of a form."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    async with request.form() as form:
        parts = [part for part in form.values() if not isinstance(part, str)]
        return await parts[0].read() if parts else b""


def routes(shared: SharedState) -> list[Route]:
    async def on_download(request: Request) -> Response:
        return await download(shared, request)

    async def on_upload(request: Request) -> Response:
        return await upload(shared, request)

    async def on_shown(request: Request) -> Response:
        return await shown(shared, request)

    return [
        Route("/files-pri/{file}/download/{name:path}", on_download),
        Route("/files-pri/{file}/{name:path}", on_download),
        Route("/upload/v1/{secret}", on_upload, methods=["POST"]),
        Route("/_file/{file}", on_shown),
    ]
