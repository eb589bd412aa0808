"""Security headers of all responses, and the rejection of cross-site forms."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self' data:"
)
RESPONSE_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "x-robots-tag": "noindex",
    "cache-control": "no-store",
}
INDEXED_PATHS = ("/", "/e-tjanster")


class SecurityHeaders:
    """Middleware that adds the headers, and rejects forms posted from other sites.

    It uses Sec-Fetch-Site, since Origin is "null" with the referrer policy `no-referrer`.
    """

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self.app = app
        self.headers = RESPONSE_HEADERS | (
            {"strict-transport-security": "max-age=31536000"} if secure else {}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(message, scope["path"])
            await send(message)

        if _is_cross_site(scope):
            await PlainTextResponse("Forbidden", status_code=403)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)

    def _add_headers(self, message: Message, path: str) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self.headers.items():
            if name not in headers:
                headers[name] = value
        if path in INDEXED_PATHS:
            del headers["x-robots-tag"]


def _is_cross_site(scope: Scope) -> bool:
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return False
    return Headers(scope=scope).get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
