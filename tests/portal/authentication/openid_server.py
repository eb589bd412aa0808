"""A provider that answers whatever a test wants, over real HTTP: to forge tokens with, and to have faults."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from joserfc import jwk, jwt

CLIENT, SECRET = "arendebot", "en hemlighet/med+tecken"
KEY = jwk.generate_key("RSA", 2048, {"kid": "1", "use": "sig"})
STRANGERS_KEY = jwk.generate_key("RSA", 2048, {"kid": "1", "use": "sig"})


@dataclass
class OpenIdServer:
    """What it says, and what it was asked. `make_answer` makes the token endpoint's answer out of the right claims."""

    clock: Callable[[], datetime]
    issuer: str = ""
    keys: list[Any] = field(default_factory=lambda: [KEY.as_dict(private=False)])
    metadata: dict[str, Any] = field(default_factory=dict)
    """What the discovery document says otherwise; None takes a line away."""
    account: dict[str, Any] = field(
        default_factory=lambda: {"email": "anna@byn.example", "email_verified": True}
    )
    userinfo: dict[str, Any] | None = None
    make_answer: Callable[[dict[str, Any]], Any] = lambda claims: answer(sign(claims))
    status: int = 200
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    nonce: str = ""
    challenge: str = ""

    def sign_in(self, authorization_url: str) -> str:
        """Someone signs in at the address. Returns the query that their browser comes back with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        self.nonce, self.challenge = query["nonce"], query["code_challenge"]
        return f"code=x&state={query['state']}"

    def claims(self) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        return {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "17",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            **self.account,
        }

    async def on_discovery(self, _request: web.Request) -> web.Response:
        endpoints = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
        endpoints |= {"end_session_endpoint": "ut"} | (
            {"userinfo_endpoint": "me"} if self.userinfo is not None else {}
        )
        document = {"issuer": self.issuer} | {
            name: f"{self.issuer}/{path}" for name, path in endpoints.items()
        }
        document |= self.metadata
        return self._answer({name: value for name, value in document.items() if value is not None})

    async def on_keys(self, _request: web.Request) -> web.Response:
        return self._answer({"keys": self.keys})

    async def on_token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.forms.append(form | {"authorization": request.headers.get("authorization", "")})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge
        return self._answer(self.make_answer(self.claims()))

    async def on_userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["authorization"] == "Bearer access"
        return self._answer(self.userinfo)

    def _answer(self, body: Any) -> web.Response:
        return web.Response(text=body if isinstance(body, str) else json.dumps(body), status=self.status)


def answer(id_token: Any, access_token: Any = "access") -> dict[str, Any]:
    return {"id_token": id_token, "access_token": access_token, "token_type": "Bearer", "expires_in": 300}


def sign(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    return jwt.encode(
        {"alg": "RS256", "kid": "1"} | header, claims, key, algorithms=[header.get("alg", "RS256")]
    )


@contextlib.asynccontextmanager
async def running_openid(
    clock: Callable[[], datetime], sock: socket.socket | None = None
) -> AsyncIterator[OpenIdServer]:
    """The provider, at the bound socket where one is given."""
    server = OpenIdServer(clock)

    @web.middleware
    async def record(request: web.Request, handler: Any) -> web.StreamResponse:
        server.asked.append(request.path)
        response: web.StreamResponse = await handler(request)
        return response

    app = web.Application(middlewares=[record])
    app.router.add_get("/.well-known/openid-configuration", server.on_discovery)
    app.router.add_get("/jwks", server.on_keys)
    app.router.add_post("/token", server.on_token)
    app.router.add_get("/me", server.on_userinfo)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.SockSite(runner, sock) if sock is not None else web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()
