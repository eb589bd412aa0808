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
from sandbox.acts import Scene, act
from sandbox.api import file_endpoints, hooks, web_api
from sandbox.inputs import Unfit
from sandbox.outbound.event_delivery import EventDelivery
from sandbox.shapes import Json
from sandbox.snapshot import everything, seen_by
from sandbox.stage import Config, Stage

PAGES = Path(__file__).parent / "pages"
HOST = "127.0.0.1"
# Everything a page may load is its own; mails are drawn in a frame that may run nothing.
POLICY = (
    "default-src 'self'; frame-src 'self' data:; img-src 'self' data:; object-src 'none'; base-uri 'none'"
)

LETTER_POLICY = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Endpoints:
    """The control API's handlers."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.scene = Scene(stage)

    async def do(self, request: Request) -> Response:
        return await self._done(request, partial(act, self.scene))

    async def app(self, request: Request) -> Response:
        return JSONResponse(app_settings.shown(self.stage))

    async def set_app(self, request: Request) -> Response:
        return await self._done(request, partial(app_settings.act, self.stage))

    async def _done(self, request: Request, doing: Callable[[str, Json], Awaitable[Json]]) -> Response:
        if not _is_own_page(request, self.stage):
            return JSONResponse({"ok": False, "refused": "from another site"}, 403)
        try:
            payload = json.loads(await request.body() or b"{}")
            return JSONResponse(await doing(request.path_params["act"], payload))
        except Unfit as unfit:
            return JSONResponse({"ok": False, "refused": str(unfit)}, 409)
        except ValueError:
            return JSONResponse({"ok": False, "refused": "no JSON"}, 400)

    async def state(self, request: Request) -> Response:
        return JSONResponse(everything(self.stage))

    async def see(self, request: Request) -> Response:
        user = request.query_params.get("user", "")
        if user not in self.stage.workspace.users:
            return JSONResponse({"ok": False, "refused": "no such person"}, 404)
        return JSONResponse(seen_by(self.stage, user))

    async def mails(self, request: Request) -> Response:
        return JSONResponse([mail.to_json() for mail in reversed(self.stage.mailbox.mails)])

    async def letter(self, request: Request) -> Response:
        """A mail's HTML, for a frame where nothing of it may run or load."""
        number = request.path_params["number"]
        found = next((mail for mail in self.stage.mailbox.mails if mail.number == number), None)
        return HTMLResponse(found.html if found else "", headers={"Content-Security-Policy": LETTER_POLICY})

    async def live(self, request: Request) -> Response:
        return StreamingResponse(self._ticks(), media_type="text/event-stream")

    async def _ticks(self) -> AsyncIterator[str]:
        version = -1
        while not self.stage.feed.closed:
            version = await self.stage.feed.after(version, 15)
            yield f"data: {version}\n\n"

    async def faults(self, request: Request) -> Response:
        return JSONResponse(self.stage.faults.to_json())

    async def settings(self, request: Request) -> Response:
        """Change settings: the clock, the request URL, refused mailboxes, sockets and faults."""
        if not _is_own_page(request, self.stage):
            return JSONResponse({"ok": False, "refused": "from another site"}, 403)
        try:
            payload = json.loads(await request.body() or b"{}")
            await self._set(payload)
        except (ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"ok": False, "refused": str(error)}, 400)
        self.stage.changed()
        return JSONResponse(
            {"ok": True, "now": self.stage.clock.now(), "faults": self.stage.faults.to_json()}
        )

    async def _set(self, payload: Json) -> None:
        stage = self.stage
        self._order(payload)
        stage.clock.advance(float(payload.get("advance", 0)))
        stage.request_url = payload.get("request_url", stage.request_url)
        if payload.get("verify_url") and await self.scene.dispatch.is_verified(str(payload["verify_url"])):
            stage.request_url = str(payload["verify_url"])
        stage.options_url = payload.get("options_url", stage.options_url)
        stage.mailbox.refused.update(payload.get("refuse_mail", {}))
        workspace = stage.workspace
        workspace.team |= payload.get("team", {})
        workspace.has_groups = workspace.team.get("plan") != "free"
        workspace.message_limit_reached = bool(payload.get("message_limit", workspace.message_limit_reached))
        workspace.app.token_error = str(payload.get("token_error", workspace.app.token_error))
        if payload.get("disconnect"):
            await stage.sockets.disconnect(payload["disconnect"])
        if payload.get("cut"):
            await stage.sockets.cut()

    def _order(self, payload: Json) -> None:
        """`faults` switches on, all or none; `faults_off` off: a list of numbers, or "all"."""
        faults, off = self.stage.faults, payload.get("faults_off", [])
        made = [
            faults.make(fault.pop("what", "*"), fault.pop("kinds", None) or fault.pop("kind", ()), **fault)
            for fault in payload.get("faults", [])
        ]
        faults.off(None if off == "all" else off)
        faults.injections.extend(made)


def _is_own_page(request: Request, stage: Stage) -> bool:
    """Whether the request is not from another site's page in the same browser; programs send no Origin."""
    origin = request.headers.get("origin", stage.base_url)
    return origin.removeprefix("http://") == request.headers["host"]


def page(name: str) -> Route:
    async def show(request: Request) -> Response:
        return FileResponse(
            PAGES / name, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        )

    return Route("/" if name == "index.html" else f"/{name.removesuffix('.html')}", show)


@contextlib.asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[None]:
    """Run the mail server and the delivery of events."""
    smtp: asyncio.Server | None = None
    if stage.config.smtp_port is not None:
        smtp = await asyncio.get_running_loop().create_server(
            stage.mailbox.protocol, HOST, stage.config.smtp_port
        )
        stage.mailbox.port = smtp.sockets[0].getsockname()[1]
    stage.later(EventDelivery(stage).run())
    try:
        yield
    finally:
        tasks = list(stage.background)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await stage.sockets.close()
        await stage.http.close()
        if smtp is not None:
            smtp.close()


class Program(Starlette):
    """Lets a handler reach the connection itself, to cut it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


def create(config: Config | None = None) -> Starlette:
    """The program; its stage is `app.state.stage`."""
    stage = Stage(config or Config())
    endpoints = Endpoints(stage)

    async def api(request: Request) -> Response:
        return await web_api.answer(stage, request)

    async def hook(request: Request) -> Response:
        return await hooks.answer(stage, request)

    async def link(socket: WebSocket) -> None:
        await stage.sockets.serve(socket)

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
        *file_endpoints.routes(stage),
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
        async with running(stage):
            yield

    app = Program(routes=routes, middleware=guard, lifespan=lifespan)
    app.state.stage = stage
    return app
