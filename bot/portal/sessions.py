"""Who is signed in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.responses import Response

from bot.portal.visit import Visit
from bot.store import Tx, doors
from bot.store.doors import Kind

COOKIES: dict[Kind, str] = {"applicant": "mina-sidor", "officer": "handlaggare"}


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: `who` is a mailbox's key or an officer's key."""

    kind: Kind
    id: str
    who: str


async def session_of(visit: Visit, kind: Kind) -> Session | None:
    """The session of the request, which counts as seen now. Looked up once in a request."""
    looked_up: dict[Kind, Session | None] = visit.request.scope.setdefault("sessions", {})
    if kind not in looked_up:
        looked_up[kind] = await _session_of(visit, kind)
    return looked_up[kind]


async def _session_of(visit: Visit, kind: Kind) -> Session | None:
    token = visit.cookie(COOKIES[kind])
    if not token:
        return None
    hashed = visit.kit.keys.token_hash(token)
    who = await visit.kit.service.database.write(lambda tx: doors.session(tx, hashed, kind, visit.now))
    return Session(kind, hashed, who) if who is not None else None


def open_in(tx: Tx, visit: Visit, kind: Kind, who: str) -> str:
    """Open a session in the caller's transaction. Returns the token for its cookie."""
    token = secrets.token_urlsafe(32)
    doors.open_session(tx, visit.kit.keys.token_hash(token), kind, who, visit.now)
    return token


def give(visit: Visit, response: Response, kind: Kind, token: str) -> None:
    """The cookie lives as long as the browser; the store says when the session is over."""
    visit.set_cookie(response, COOKIES[kind], token)


async def close(visit: Visit, response: Response, kind: Kind) -> None:
    token = visit.cookie(COOKIES[kind])
    if token:
        hashed = visit.kit.keys.token_hash(token)
        await visit.kit.service.database.write(lambda tx: doors.close_session(tx, hashed))
    visit.drop_cookie(response, COOKIES[kind])
