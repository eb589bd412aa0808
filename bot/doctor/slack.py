"""Checks of the app in Slack: its tokens and its scopes."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from bot.clients.errors import PermanentFailure, TemporaryFailure
from bot.doctor.dependencies import DoctorDependencies
from bot.doctor.findings import Finding, note, ok, problem, slack_down, token_refused

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far the clock may be from Slack's, whose requests are refused when they seem five minutes old."""

REQUIRED_SCOPES = frozenset(
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
"""The scopes that the app needs. The same are in `manifest.yml`, which is not in the wheel; a test compares them."""


async def check_slack(deps: DoctorDependencies) -> list[Finding]:
    try:
        identity = await deps.with_retries(deps.slack.fetch_identity)
        granted = await deps.with_retries(deps.slack.fetch_scopes)
        slack_time = await deps.with_retries(deps.slack.fetch_time)
    except TemporaryFailure as error:
        return [token_refused() if error.trouble == "slack_token" else slack_down()]
    except PermanentFailure:
        return [token_refused()]
    return [
        ok("doctor.token.right", team=identity.team_name or identity.team_id),
        _scopes(granted),
        await _socket(deps),
        *_clock(deps.now(), slack_time),
    ]


def _clock(now: datetime, slack_time: datetime | None) -> list[Finding]:
    """Whether this machine's clock agrees with Slack's; nothing where Slack tells no time."""
    if slack_time is None:
        return []
    if abs(now - slack_time) <= CLOCK_TOLERANCE:
        return [ok("doctor.clock.right")]
    return [problem("doctor.clock", here=now, slack=slack_time)]


def _scopes(granted: frozenset[str]) -> Finding:
    if not granted:
        return note("doctor.scopes.unknown")
    missing, extra = sorted(REQUIRED_SCOPES - granted), sorted(granted - REQUIRED_SCOPES)
    if missing:
        return problem("doctor.scopes.missing", scopes=missing)
    return note("doctor.scopes.more", scopes=extra) if extra else ok("doctor.scopes", n=len(REQUIRED_SCOPES))


async def _socket(deps: DoctorDependencies) -> Finding:
    """Check Socket Mode. Whether requests over HTTP arrive only Slack can see."""
    if not deps.app_token:
        return note("doctor.http")
    try:
        await deps.with_retries(partial(deps.slack.check_socket_mode, deps.app_token))
    except TemporaryFailure as error:
        return problem("doctor.socket") if error.trouble == "slack_token" else slack_down()
    except PermanentFailure:
        return problem("doctor.socket")
    return ok("doctor.socket.right")
