"""The sandbox as an ASGI program."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from sandbox import app_settings
from sandbox.actions import ActionContext, act
from sandbox.api import file_endpoints, hooks, web_api
from sandbox.inputs import Unfit
from sandbox.outbound.event_delivery import EventDelivery
from sandbox.payload_schema import Json
from sandbox.shared_state import Config, SharedState
from sandbox.snapshot import everything, seen_by

PAGES = Path(__file__).parent / "pages"
HOST = "127.0.0.1"
# Everything a page may load is its own; mails are drawn in a frame that may run nothing.
POLICY = (
    "default-src 'self'; frame-src 'self' data:; img-src 'self' data:; object-src 'none'; base-uri 'none'"
)

LETTER_POLICY = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Endpoints:
    """The control API's handlers."""

    def __init__(self, shared: SharedState) -> None:
        self.shared = shared
        self.context = ActionContext(shared)

    async def do(self, request: Request) -> Response:
        return await self._done(request, partial(act, self.context))

    async def app(self, request: Request) -> Response:
        return JSONResponse(app_settings.shown(self.shared))

    async def set_app(self, request: Request) -> Response:
        return await self._done(request, partial(app_settings.act, self.shared))

    async def _done(self, request: Request, doing: Callable[[str, Json], Awaitable[Json]]) -> Response:
        if not _is_own_page(request, self.shared):
            return JSONResponse({"ok": False, "refused": "from another site"}, 403)
        try:
            payload = json.loads(await request.body() or b"{}")
            return JSONResponse(await doing(request.path_params["act"], payload))
        except Unfit as unfit:
            return JSONResponse({"ok": False, "refused": str(unfit)}, 409)
        except ValueError:
            return JSONResponse({"ok": False, "refused": "no JSON"}, 400)

    async def state(self, request: Request) -> Response:
        return JSONResponse(everything(self.shared))

    async def see(self, request: Request) -> Response:
        user = request.query_params.get("user", "")
        if user not in self.shared.workspace.users:
            return JSONResponse({"ok": False, "refused": "no such person"}, 404)
        return JSONResponse(seen_by(self.shared, user))

    async def mails(self, request: Request) -> Response:
        return JSONResponse([mail.to_json() for mail in reversed(self.shared.mailbox.mails)])

    async def letter(self, request: Request) -> Response:
        """A mail's HTML, for a frame where nothing of it may run or load."""
        number = request.path_params["number"]
        found = next((mail for mail in self.shared.mailbox.mails if mail.number == number), None)
        return HTMLResponse(found.html if found else "", headers={"Content-Security-Policy": LETTER_POLICY})

    async def live(self, request: Request) -> Response:
        return StreamingResponse(self._ticks(), media_type="text/event-stream")

    async def _ticks(self) -> AsyncIterator[str]:
        version = -1
        while not self.shared.feed.closed:
            version = await self.shared.feed.after(version, 15)
            yield f"data: {version}\n\n"

    async def faults(self, request: Request) -> Response:
        return JSONResponse(self.shared.faults.to_json())

    async def settings(self, request: Request) -> Response:
        """Change settings: the clock, the request URL, refused mailboxes, sockets and faults."""
        if not _is_own_page(request, self.shared):
            return JSONResponse({"ok": False, "refused": "from another site"}, 403)
        try:
            payload = json.loads(await request.body() or b"{}")
            await self._set(payload)
        except (ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"ok": False, "refused": str(error)}, 400)
        self.shared.changed()
        return JSONResponse(
            {"ok": True, "now": self.shared.clock.now(), "faults": self.shared.faults.to_json()}
        )

    async def _set(self, payload: Json) -> None:
        shared = self.shared
        self._order(payload)
        shared.clock.advance(float(payload.get("advance", 0)))
        shared.request_url = payload.get("request_url", shared.request_url)
        if payload.get("verify_url") and await self.context.dispatch.is_verified(str(payload["verify_url"])):
            shared.request_url = str(payload["verify_url"])
        shared.options_url = payload.get("options_url", shared.options_url)
        shared.mailbox.refused.update(payload.get("refuse_mail", {}))
        workspace = shared.workspace
        workspace.team |= payload.get("team", {})
        workspace.has_groups = workspace.team.get("plan") != "free"
        workspace.message_limit_reached = bool(payload.get("message_limit", workspace.message_limit_reached))
        workspace.app.token_error = str(payload.get("token_error", workspace.app.token_error))
        if payload.get("disconnect"):
            await shared.sockets.disconnect(payload["disconnect"])
        if payload.get("cut"):
            await shared.sockets.cut()

    def _order(self, payload: Json) -> None:
        """`faults` switches on, all or none; `faults_off` off: a list of numbers, or "all"."""
        faults, off = self.shared.faults, payload.get("faults_off", [])
        made = [
            faults.make(fault.pop("what", "*"), fault.pop("kinds", None) or fault.pop("kind", ()), **fault)
            for fault in payload.get("faults", [])
        ]
        faults.off(None if off == "all" else off)
        faults.injections.extend(made)


def _is_own_page(request: Request, shared: SharedState) -> bool:
    """Whether the request is not from another site's page in the same browser; programs send no Origin."""
    origin = request.headers.get("origin", shared.base_url)
    return origin.removeprefix("http://") == request.headers["host"]


def page(name: str) -> Route:
    async def show(request: Request) -> Response:
        return FileResponse(
            PAGES / name, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        )

    return Route("/" if name == "index.html" else f"/{name.removesuffix('.html')}", show)


@contextlib.asynccontextmanager
async def running(shared: SharedState) -> AsyncIterator[None]:
    """Run the mail server and the delivery of events."""
    smtp: asyncio.Server | None = None
    if shared.config.smtp_port is not None:
        smtp = await asyncio.get_running_loop().create_server(
            shared.mailbox.protocol, HOST, shared.config.smtp_port
        )
        shared.mailbox.port = smtp.sockets[0].getsockname()[1]
    shared.later(EventDelivery(shared).run())
    try:
        yield
    finally:
        tasks = list(shared.background)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await shared.sockets.close()
        await shared.http.close()
        if smtp is not None:
            smtp.close()


class Program(Starlette):
    """Lets a handler reach the connection itself, to cut it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


def create(config: Config | None = None) -> Starlette:
    """The program; its shared state is `app.state.shared`."""
    shared = SharedState(config or Config())
    endpoints = Endpoints(shared)

    async def api(request: Request) -> Response:
        return await web_api.answer(shared, request)

    async def hook(request: Request) -> Response:
        return await hooks.answer(shared, request)

    async def link(socket: WebSocket) -> None:
        await shared.sockets.serve(socket)

    async def archive(request: Request) -> Response:
        return FileResponse(PAGES / "index.html", headers={"Content-Security-Policy": POLICY})

    routes = [
        page("index.html"),
        page("mail.html"),
        page("apps.html"),
        Route("/archives/{channel}/{message}", archive),
        Mount("/pages", StaticFiles(directory=PAGES)),
        Route("/api/{method}", api, methods=["GET", "POST"]),
        *(
            Route(f"/{kind}/{{team}}/{{number}}/{{secret}}", hook, methods=["POST"])
            for kind in ("actions", "commands", "app")
        ),
        *file_endpoints.routes(shared),
        WebSocketRoute("/link/", link),
        Route("/_do/{act:path}", endpoints.do, methods=["POST"]),
        Route("/_app", endpoints.app),
        Route("/_app/{act}", endpoints.set_app, methods=["POST"]),
        Route("/_state", endpoints.state),
        Route("/_see", endpoints.see),
        Route("/_mails", endpoints.mails),
        Route("/_mails/{number:int}/html", endpoints.letter),
        Route("/_live", endpoints.live),
        Route("/_faults", endpoints.faults),
        Route("/_set", endpoints.settings, methods=["POST"]),
    ]

    # Another site in the same browser must not press buttons here.
    guard = [Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])]

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(shared):
            yield

    app = Program(routes=routes, middleware=guard, lifespan=lifespan)
    app.state.shared = shared
    return app
