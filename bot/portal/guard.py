"""What every answer says to the browser, and which requests are turned away at the door."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "x-robots-tag": "noindex",
    "cache-control": "no-store",
}
INDEXED = ("/", "/e-tjanster")


class Guard:
    """Adds the headers, and refuses forms that another site sends.

    Browsers say where a form comes from in Sec-Fetch-Site. Origin would not do: with `no-referrer` it is "null".
    """

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.headers = HEADERS | ({"strict-transport-security": "max-age=31536000"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(message, scope["path"])
            await send(message)

        if _from_elsewhere(scope):
            await PlainTextResponse("Forbidden", status_code=403)(scope, receive, answer)
            return
        await self.app(scope, receive, answer)

    def _mark(self, message: Message, path: str) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self.headers.items():
            if name not in headers:
                headers[name] = value
        if path in INDEXED:
            del headers["x-robots-tag"]


def _from_elsewhere(scope: Scope) -> bool:
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    return Headers(scope=scope).get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
