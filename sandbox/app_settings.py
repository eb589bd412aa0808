"""Slack's app settings: creating an app from a manifest, installing it, and its tokens."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.default_workspace import app_from_manifest
from sandbox.inputs import Unfit
from sandbox.manifest import NotReadable, read, request_url, validate_manifest
from sandbox.payload_schema import Fault, Json
from sandbox.shared_state import SharedState
from sandbox.town.entities import App, User, app_from, new_id
from sandbox.transport.app_requests import AppRequest
from sandbox.transport.signed_http import SignedHttp

APP_SCOPE = "connections:write"
CHALLENGE_SECONDS = 3.0


class Faulty(Exception):
    """The manifest is invalid; `faults` says where and why."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


def shown(shared: SharedState) -> Json:
    """GET /_app: all settings, including the secrets, which are fake."""
    app, settings = shared.workspace.app, shared.workspace.app.manifest.get("settings", {})
    return {
        "id": app.id,
        "name": app.name,
        "team": shared.workspace.team["name"],
        "api_url": f"{shared.base_url}/api/",
        "smtp_port": shared.mailbox.port,
        "is_given": shared.config.app_is_given,
        "installed": app.installed,
        "must_be_installed": not app.installed or requested_scopes(app) != app.scopes,
        "mode": shared.config.mode,
        "connections": len(shared.sockets.connections),
        "request_url": shared.request_url,
        "options_url": shared.options_url,
        "bot_token": app.bot_token,
        "app_token": app.app_token,
        "signing_secret": app.signing_secret,
        "scopes": sorted(requested_scopes(app)),
        "events": settings.get("event_subscriptions", {}).get("bot_events", sorted(app.events)),
        "commands": app.commands,
        "shortcuts": app.shortcuts,
        "home_tab": app.home_tab,
        "messages_tab": app.messages_tab,
        "manifest": app.manifest,
    }


def requested_scopes(app: App) -> frozenset[str]:
    """The manifest's scopes, which are granted when the app is installed."""
    scopes = app.manifest.get("oauth_config", {}).get("scopes", {})
    return frozenset(scopes["bot"]) if "bot" in scopes else app.scopes


def _validated_manifest(payload: Json) -> Json:
    """The manifest that was pasted. Raises Faulty."""
    try:
        manifest = read(str(payload.get("manifest", "")))
    except NotReadable as error:
        raise Faulty([Fault("", str(error))]) from None
    faults = validate_manifest(manifest)
    if faults:
        raise Faulty(faults)
    found: Json = manifest
    return found


async def validate(shared: SharedState, payload: Json) -> None:
    """Looks whether a manifest would be taken. Raises Faulty."""
    _validated_manifest(payload)


async def create(shared: SharedState, payload: Json) -> None:
    """Replace the workspace's only app by another; the old one's tokens are revoked, and its bot is removed."""
    manifest = _validated_manifest(payload)
    if shared.config.app_is_given:
        raise Unfit("the demo's own bot runs with this app; start python -m sandbox serve to make one")
    await _dismiss(shared)
    app_id = new_id("A")
    bot = User(new_id("U"), "", "", shared.workspace.team["id"], is_bot=True)
    made = {
        **app_from_manifest(manifest),
        "id": app_id,
        "bot_id": new_id("B"),
        "bot_user": bot.id,
        "bot_token": "",
        "app_token": "",
        "signing_secret": secrets.token_hex(16),
        "verification_token": secrets.token_urlsafe(18),
        "installed": False,
    }
    shared.workspace.app = app_from(made)
    shared.workspace.users[bot.id] = bot
    await _set_up(shared)


async def update(shared: SharedState, payload: Json) -> None:
    """The same app by another manifest; new scopes count from the next installation."""
    manifest = _validated_manifest(payload)
    if shared.config.app_is_given:
        raise Unfit("the demo's own bot runs with this app")
    app = shared.workspace.app
    stored = ("id", "bot_id", "bot_user", "bot_token", "app_token", "signing_secret", "verification_token")
    payload = {**app_from_manifest(manifest), **{name: getattr(app, name) for name in stored}}
    shared.workspace.app = app_from({**payload, "scopes": app.scopes, "installed": app.installed})
    await _set_up(shared)


async def _dismiss(shared: SharedState) -> None:
    """Remove the current app with its connections, memberships and views."""
    workspace = shared.workspace
    await shared.sockets.disconnect("link_disabled")
    workspace.bot().deleted = True
    for channel in workspace.channels.values():
        if workspace.app.bot_user in channel.members and not channel.is_im:
            channel.members.remove(workspace.app.bot_user)
    workspace.homes.clear()
    for user in list(workspace.stacks):
        workspace.close_all(user)


async def _set_up(shared: SharedState) -> None:
    """The bot's name, and the way to the app."""
    app, bot = shared.workspace.app, shared.workspace.bot()
    payload = app.manifest.get("features", {}).get("bot_user", {})
    bot.real_name = payload.get("display_name", app.name)
    bot.name = bot.real_name.lower().replace(" ", "")
    is_socket = bool(app.manifest.get("settings", {}).get("socket_mode_enabled"))
    shared.config = replace(shared.config, mode="socket" if is_socket else "http")
    shared.request_url = request_url(app.manifest)
    shared.options_url = (
        app.manifest.get("settings", {}).get("interactivity", {}).get("message_menu_options_url")
    )
    await shared.http.close()
    shared.http = SignedHttp(app.signing_secret)


async def install(shared: SharedState, payload: Json) -> None:
    """The bot gets its token, with what the manifest asks for."""
    app = shared.workspace.app
    number = secrets.randbelow(10**12)
    app.bot_token = app.bot_token or f"xoxb-{number}-{secrets.randbelow(10**12)}-{secrets.token_hex(12)}"
    app.scopes, app.installed = requested_scopes(app), True


async def make_app_token(shared: SharedState, payload: Json) -> None:
    """A token of the app's own, which opens Socket Mode's connections."""
    app = shared.workspace.app
    if payload.get("scopes") != [APP_SCOPE]:
        raise Unfit(f"an app-level token needs the scope {APP_SCOPE}")
    if not app.app_token:
        app.app_token = f"xapp-1-{app.id}-{secrets.randbelow(10**13)}-{secrets.token_hex(32)}"


async def verify(shared: SharedState, payload: Json) -> None:
    """Verify the request URL by a challenge, as Slack does before it sends events there."""
    challenge = secrets.token_urlsafe(40)
    requested = {
        "type": "url_verification",
        "challenge": challenge,
        "token": shared.workspace.app.verification_token,
    }
    reply = await shared.http.send(shared.request_url, AppRequest("events_api", requested), CHALLENGE_SECONDS)
    body = reply.body if isinstance(reply.body, dict) else {}
    if challenge not in (body.get("challenge"), str(body.get("text", "")).strip()):
        why = reply.reason or "the answer is not the challenge"
        raise Unfit(f"your URL didn't respond with the value of the challenge parameter ({why})")


ACTIONS: Mapping[str, Callable[[SharedState, Json], Awaitable[None]]] = {
    "judge": validate,
    "create": create,
    "update": update,
    "install": install,
    "app_token": make_app_token,
    "verify": verify,
}


async def act(shared: SharedState, name: str, payload: Any) -> Json:
    """What `POST /_app/…` answers: `{ok, app}`, or `{ok: false, faults}`. Raises Unfit."""
    if name not in ACTIONS or not isinstance(payload, dict):
        raise Unfit(f"no such act: {name}")
    try:
        await ACTIONS[name](shared, payload)
    except Faulty as faulty:
        listed = [{"pointer": fault.pointer, "message": fault.message} for fault in faulty.faults]
        return {"ok": False, "faults": listed}
    shared.changed()
    return {"ok": True, "app": shown(shared)}
