"""The endpoint of the Web API, which validates every call."""

from __future__ import annotations

import json
import time
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.answers import Answer, through_faults, too_fast
from sandbox.api.methods import admin, chat, conversations, files, people, usergroups, views
from sandbox.api.methods.table import Call, Method
from sandbox.payload_schema import Json
from sandbox.shared_state import ApiError, SharedState


def open_connection(call: Call) -> Json:
    if call.shared.config.mode != "socket":
        raise ApiError("not_allowed_token_type")
    return {"url": call.shared.sockets.new_url()}


METHODS: dict[str, Method] = {
    **admin.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **people.METHODS,
    **usergroups.METHODS,
    **views.METHODS,
    "apps.connections.open": Method(open_connection, "3", token="app"),
}


async def read_arguments(request: Request) -> tuple[Json, str | None]:
    """The arguments and the token, from all places where Slack's clients put them."""
    raw: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            raise ApiError("invalid_json") from None
        if not isinstance(body, dict):
            raise ApiError("json_not_object")
        raw |= body
    elif request.method == "POST":
        raw |= dict(await request.form())
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    in_body = raw.pop("token", None)
    return raw, token if scheme.lower() == "bearer" else in_body


def check_token(shared: SharedState, method: Method, token: str | None) -> None:
    app = shared.workspace.app
    if method.token == "none":
        return
    if not token:
        raise ApiError("not_authed")
    held = {"bot": app.bot_token, "app": app.app_token, "admin": app.admin_token}
    if token not in held.values():
        raise ApiError("invalid_auth")
    if token == app.bot_token and app.token_error:
        raise ApiError(app.token_error)
    if token != held[method.token]:
        raise ApiError("not_allowed_token_type")


def check_scopes(shared: SharedState, method: Method) -> None:
    held = shared.workspace.app.scopes
    if method.scopes and not held.intersection(method.scopes):
        raise ApiError("missing_scope", needed=method.scopes[0], provided=",".join(sorted(held)))


class Refused(Exception):
    """The call is rate limited; holds the seconds to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def validate_call(shared: SharedState, name: str, raw: Json, token: str | None) -> Json:
    """Check the call in Slack's order, then perform it. Returns its response."""
    method = METHODS.get(name)
    if method is None:
        raise ApiError("unknown_method", req_method=name)
    check_token(shared, method, token)
    channel = str(raw.get("channel", "")) if method.by_channel else None
    seconds = shared.pace.refusal(name, method.tier, channel)
    if seconds:
        raise Refused(seconds)
    check_scopes(shared, method)
    return {"ok": True, **method.handler(Call(shared, method.read(raw)))}


async def answer(shared: SharedState, request: Request) -> Response:
    started, name = time.perf_counter(), request.path_params["method"]
    raw = Json()
    try:
        raw, token = await read_arguments(request)
        where = str(raw.get("channel")) if name == "chat.postEphemeral" else None
        work = partial(validated_call, shared, name, raw, token)
        reached = await through_faults(shared, request, name, work, where)
    except ApiError as refusal:
        reached = Answer({"ok": False, "error": refusal.code, **refusal.more})
    except Refused as refusal:
        reached = too_fast(refusal.seconds)
    note_call(shared, name, raw, reached.payload, started)
    if reached.payload["ok"]:
        reached.headers["X-OAuth-Scopes"] = ",".join(sorted(shared.workspace.app.scopes))
    return reached.response


def validated_call(shared: SharedState, name: str, raw: Json, token: str | None) -> Answer:
    return Answer(validate_call(shared, name, raw, token))


def note_call(shared: SharedState, name: str, raw: Json, payload: Json, started: float) -> None:
    ms = round((time.perf_counter() - started) * 1000, 2)
    shown: Json = {
        key: raw[key] for key in ("channel", "ts", "user", "thread_ts", "view_id", "user_id") if key in raw
    }
    entry: Json = {
        "at": shared.clock.now(),
        "method": name,
        "ok": payload["ok"],
        "error": payload.get("error"),
        "ms": ms,
        **shown,
    }
    if payload.get("errors"):
        entry["errors"] = payload["errors"]
    shared.record.calls.append(entry)
    shared.record.counts[name if payload["ok"] else f"{name}:{payload['error']}"] += 1
    shared.changed()
