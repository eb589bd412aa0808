"""The app in Slack: its tokens and its scopes."""

from __future__ import annotations

from bot.clients.errors import Permanent, Temporary
from bot.doctor.kit import DoctorKit
from bot.doctor.signs import Sign, note, right, slack_is_down, token_is_refused, wrong

SCOPES = frozenset(
    {
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:write",
        "reactions:write",
        "users:read",
        "users:read.email",
    }
)
"""What the app must be allowed. `manifest.yml` asks for the same (a test holds them together), and is not installed."""


async def look(kit: DoctorKit) -> list[Sign]:
    try:
        who = await kit.slack.who_am_i()
        held = await kit.slack.scopes()
    except Temporary as failed:
        return [token_is_refused() if failed.trouble == "slack_token" else slack_is_down()]
    except Permanent:
        return [token_is_refused()]
    return [right("doctor.token.right", team=who.team), _scopes(held), await _socket(kit)]


def _scopes(held: frozenset[str]) -> Sign:
    if not held:
        return note("doctor.scopes.unknown")
    missing, more = sorted(SCOPES - held), sorted(held - SCOPES)
    if missing:
        return wrong("doctor.scopes.missing", scopes=missing)
    return note("doctor.scopes.more", scopes=more) if more else right("doctor.scopes", n=len(SCOPES))


async def _socket(kit: DoctorKit) -> Sign:
    """The way in: Socket Mode is tried, but what comes over HTTP only Slack can see."""
    if not kit.app_token:
        return note("doctor.http")
    try:
        await kit.slack.opens_socket(kit.app_token)
    except Temporary as failed:
        return wrong("doctor.socket") if failed.trouble == "slack_token" else slack_is_down()
    except Permanent:
        return wrong("doctor.socket")
    return right("doctor.socket.right")
