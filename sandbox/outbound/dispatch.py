"""Dispatch of a person's action to the app, and the effects of the acknowledgement."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.api.hooks import Refusal, publish
from sandbox.api.methods.views import accepted, check_view_size, stack
from sandbox.faults import TO_APP, Strike
from sandbox.limits import validate_suggestions
from sandbox.outbound import payloads
from sandbox.payload_schema import Json
from sandbox.shared_state import ApiError, Hook, SharedState
from sandbox.town.entities import Channel, Message, User, View
from sandbox.town.values import stateful_elements
from sandbox.transport.app_requests import AppRequest, Reply

USER_WORDS = {
    "http_timeout": "operation_timeout",
    "connection_failed": "dispatch_failed",
    "http_error": "dispatch_failed",
}


@dataclass
class Outcome:
    """The result for the person: the time it took, the error shown, and the options with their headings."""

    ms: float
    error: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    options: list[Json] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


class Dispatch:
    """Sends requests to the app."""

    def __init__(self, shared: SharedState) -> None:
        self.shared = shared

    @property
    def able(self) -> list[str]:
        """The kinds of faults that are possible with this transport."""
        by_socket = self.shared.config.mode == "socket"
        return [kind for kind in TO_APP if kind != "late" and (kind != "dropped_socket" or by_socket)]

    async def _send(
        self, request: AppRequest, about: Json, strike: Strike | None = None
    ) -> tuple[Reply, Outcome]:
        started = time.perf_counter()
        reply = await self._struck(request, strike or self.shared.faults.next(request.kind, self.able))
        outcome = Outcome(round((time.perf_counter() - started) * 1000, 1), USER_WORDS.get(reply.reason))
        self.shared.record.acks.append(
            {
                "at": self.shared.clock.now(),
                "kind": request.kind,
                **about,
                "ok": reply.ok,
                "error": reply.reason or None,
                "ms": outcome.ms,
                "retry": request.retry,
            }
        )
        self.shared.changed()
        return reply, outcome

    async def _carry(self, request: AppRequest) -> Reply:
        shared, seconds = self.shared, self.shared.config.ack_seconds
        if shared.config.mode == "socket":
            return await shared.sockets.send(request, seconds)
        url = shared.options_url if request.kind == "options" and shared.options_url else shared.request_url
        return await shared.http.send(url, request, seconds)

    async def _carry_again(self, request: AppRequest) -> None:
        await self._carry(request)

    async def _struck(self, request: AppRequest, strike: Strike | None) -> Reply:
        """Send the request, with the fault applied."""
        kind = strike.kind if strike else ""
        if kind == "lost":
            return Reply(reason="http_timeout")
        if strike and kind in ("slow", "late"):
            await asyncio.sleep(strike.seconds)
        if kind == "duplicate":
            self.shared.later(self._carry_again(request))
        if kind == "dropped_socket":
            return await self.shared.sockets.send_and_drop(request)
        reply = await self._carry(request)
        return Reply(reason="http_timeout") if kind == "ack_lost" else reply

    async def is_verified(self, url: str) -> bool:
        """Whether a request URL answers Slack's challenge with the challenge, and takes its probe."""
        payload = {"token": self.shared.workspace.app.verification_token, "type": "url_verification"}
        challenge, seconds = secrets.token_urlsafe(24), self.shared.config.ack_seconds
        challenge_request = AppRequest("url_verification", {**payload, "challenge": challenge})
        reply = await self.shared.http.send(url, challenge_request, seconds)
        probe = await self.shared.http.send(
            url, AppRequest("ssl_check", {"ssl_check": 1, **payload}), seconds
        )
        answers = reply.body.values() if isinstance(reply.body, dict) else [reply.body]
        return challenge in answers and probe.ok

    async def send_event(
        self, payload: Json, retry: int = 0, reason: str = "", strike: Strike | None = None
    ) -> Reply:
        about = {"what": payload.get("event", payload)["type"], "event_id": payload.get("event_id")}
        reply, _ = await self._send(AppRequest("events_api", payload, retry, reason), about, strike)
        return reply

    async def _interact(self, payload: Json, what: str, answers: bool = False) -> tuple[Reply, Outcome]:
        about = {"what": what, "type": payload["type"], "user": payload["user"]["id"]}
        about["trigger_id"] = payload.get("trigger_id", "")
        if hook := self.shared.hook_at(payload.get("response_url", "")):
            about["said"] = hook.said  # the app answers there by and by
        return await self._send(AppRequest("interactive", payload, accepts_answer=answers), about)

    async def _plain(self, payload: Json, what: str) -> Outcome:
        """An act whose acknowledgement carries nothing; a body is Slack's to ignore and ours to show."""
        reply, outcome = await self._interact(payload, what)
        if reply.ok and reply.body not in (None, "", {}):
            outcome.warnings.append("acknowledgement had a body, which Slack ignores here")
            self.shared.warn("ignored acknowledgement body", what=what)
        return outcome

    # --- acts without an answer ---

    async def press_in_message(self, user: User, message: Message, action: Json) -> Outcome:
        payload = payloads.pressed_in_message(self.shared, user, message, action)
        return await self._plain(payload, action["action_id"])

    async def press_in_view(self, user: User, view: View, action: Json) -> Outcome:
        return await self._plain(
            payloads.pressed_in_view(self.shared, user, view, action), action["action_id"]
        )

    async def shortcut(self, user: User, callback_id: str, message: Message | None = None) -> Outcome:
        if message is None:
            payload = payloads.shortcut(self.shared, user, callback_id)
        else:
            payload = payloads.message_shortcut(self.shared, user, message, callback_id)
        return await self._plain(payload, callback_id)

    async def view_closed(self, user: User, view: View, cleared: bool) -> Outcome:
        return await self._plain(
            payloads.closed(self.shared, user, view, cleared), view.body.get("callback_id", "")
        )

    # --- slash commands ---

    async def command(self, user: User, channel: Channel, command: str, text: str) -> Outcome:
        payload = payloads.commanded(self.shared, user, channel, command, text)
        request = AppRequest("slash_commands", payload, accepts_answer=True)
        reply, outcome = await self._send(request, {"what": command, "user": user.id, "channel": channel.id})
        if reply.ok and reply.body not in (None, "", {}):
            self._answer_command(user, channel, f"{command} {text}".strip(), reply.body, outcome)
        return outcome

    def _answer_command(self, user: User, channel: Channel, typed: str, body: Any, outcome: Outcome) -> None:
        body = {"text": body} if isinstance(body, str) else body
        hook = Hook("", "commands", user.id, channel.id, self.shared.clock.now())
        try:
            if body.get("response_type") == "in_channel":
                self.shared.workspace.keep(self.shared.person_message(channel.id, user.id, typed))
            publish(self.shared, hook, body)
        except Refusal as refusal:
            outcome.error = refusal.code
            self.shared.warn(
                "command answer refused",
                command=typed.split(maxsplit=1)[0],
                error=refusal.code,
                why=refusal.why,
            )

    # --- modals ---

    async def submit(self, user: User, view: View) -> Outcome:
        payload = payloads.submitted(self.shared, user, view)
        reply, outcome = await self._interact(payload, view.body.get("callback_id", ""), answers=True)
        if not reply.ok:
            return outcome
        view.errors = {}
        try:
            self._answer_submission(view, reply.body, outcome)
        except ApiError as refusal:
            outcome.error = refusal.code
            self.shared.warn("submission answer refused", error=refusal.code, **refusal.more)
        return outcome

    def _answer_submission(self, view: View, body: Any, outcome: Outcome) -> None:
        if body in (None, "", {}):
            self.shared.workspace.close_view(view)
            return
        if not isinstance(body, dict):
            raise ApiError("invalid_response", why="the body is no object")
        action = body.get("response_action")
        allowed = {"errors": {"errors"}, "update": {"view"}, "push": {"view"}, "clear": set[str]()}
        if action not in allowed or set(body) - {"response_action"} != allowed[action]:
            raise ApiError("invalid_response", why=f"response_action {action} with {sorted(body)}")
        if action == "errors":
            view.errors = outcome.errors = _errors_of(view, body["errors"])
        elif action == "clear":
            self.shared.workspace.close_all(view.user)
        else:
            self._answer_with_view(view, action, body["view"])

    def _answer_with_view(self, view: View, action: str, payload: Any) -> None:
        body = accepted(payload)
        if action == "push":
            check_view_size(self.shared, body)
            stack(self.shared, view, body)
        else:
            check_view_size(self.shared, body, view)
            self.shared.workspace.replace_view(view, body)

    # --- keystrokes in external selects ---

    async def suggest(self, user: User, place: Message | View, ids: tuple[str, str], query: str) -> Outcome:
        action_id = ids[1]
        payload = payloads.suggestion(self.shared, user, place, ids, query)
        request = AppRequest("options", payload, accepts_answer=True)
        reply, outcome = await self._send(
            request, {"what": action_id, "type": "block_suggestion", "user": user.id}
        )
        if not reply.ok:
            return outcome
        faults = validate_suggestions(reply.body)
        if faults:
            outcome.error = "invalid_options"
            self.shared.warn(
                "suggestions refused", action_id=action_id, errors=[str(fault) for fault in faults]
            )
            return outcome
        groups = reply.body.get("option_groups") or [{"options": reply.body.get("options", [])}]
        outcome.options = [option for group in groups for option in group["options"]]
        outcome.groups = {
            option["value"]: group["label"]["text"]
            for group in groups
            if "label" in group
            for option in group["options"]
        }
        return outcome


def _errors_of(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        raise ApiError("invalid_response", why="errors must be an object with at least one block_id")
    foreign = sorted(set(errors) - inputs)
    if foreign:
        raise ApiError("invalid_response", why=f"errors for blocks that are no inputs: {foreign}")
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise ApiError("invalid_response", why="an error must be a text")
    return errors


def input_elements(view: View) -> list[tuple[str, Json, Json]]:
    return [found for found in stateful_elements(view.body["blocks"]) if found[2]["type"] == "input"]
