"""Configuration of Bolt, which only dispatches requests to listeners."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.handlers.request.payload import Payload
from bot.web.request_trace import RequestKind, begin_trace

Listener = Callable[[AsyncAck, Payload], Awaitable[BoltResponse | None]]

IDENTIFIERS: Mapping[RequestKind, Callable[[Mapping[str, Any]], str]] = {
    "action": lambda body: str((body.get("actions") or [{}])[0].get("action_id", "")),
    "view": lambda body: str(body["view"].get("callback_id", "")),
    "options": lambda body: str(body.get("action_id", "")),
    "command": lambda body: str(body["command"]),
    "shortcut": lambda body: str(body["callback_id"]),
    "event": lambda body: str(body["event"]["type"]),
}
"""What a request of each kind is listened for by."""


class IndexedApp(AsyncApp):
    """A Bolt app that looks its listeners up by their identifiers.

    Bolt itself asks each listener in turn whether a request is for it: 0.1 ms of CPU for each of a hundred.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._exact: dict[tuple[str, str], Listener] = {}
        self._patterns: list[tuple[str, re.Pattern[str], Listener]] = []
        for kind in IDENTIFIERS:
            getattr(super(), kind)(re.compile(".*", re.DOTALL))(self._create_dispatcher(kind))

    def action(self, constraints: Any, *unused: Any, **more: Any) -> Any:
        return self._listen("action", constraints)

    def view(self, constraints: Any, *unused: Any, **more: Any) -> Any:
        return self._listen("view", constraints)

    def options(self, constraints: Any, *unused: Any, **more: Any) -> Any:
        return self._listen("options", constraints)

    def command(self, command: Any, *unused: Any, **more: Any) -> Any:
        return self._listen("command", command)

    def shortcut(self, constraints: Any, *unused: Any, **more: Any) -> Any:
        return self._listen("shortcut", constraints)

    def event(self, event: Any, *unused: Any, **more: Any) -> Any:
        return self._listen("event", event)

    def find_listener(self, kind: str, identifier: str) -> Listener | None:
        """The listener of exactly that identifier, or else the first whose pattern is found in it."""
        exact = self._exact.get((kind, identifier))
        if exact is not None:
            return exact
        return next(
            (one for k, pattern, one in self._patterns if k == kind and pattern.search(identifier)), None
        )

    def _listen(self, kind: str, identifier: str | re.Pattern[str]) -> Callable[[Listener], Listener]:
        def add(listener: Listener) -> Listener:
            if isinstance(identifier, str):
                self._exact.setdefault((kind, identifier), listener)
            else:
                self._patterns.append((kind, identifier, listener))
            return listener

        return add

    def _create_dispatcher(self, kind: RequestKind) -> Callable[..., Awaitable[BoltResponse | None]]:
        async def dispatch(
            ack: AsyncAck, body: dict[str, Any], payload_model: Payload
        ) -> BoltResponse | None:
            identifier = IDENTIFIERS[kind](body)
            listener = self.find_listener(kind, identifier)
            if listener is None:
                return BoltResponse(status=404)
            with begin_trace(kind, identifier):
                return await listener(ack, payload_model)

        return dispatch


def create_bolt_app(token: str, base_url: str, signing_secret: str | None) -> IndexedApp:
    """Create a Bolt app without listeners; `signing_secret` is for requests over HTTP.

    Its authorization is replaced: Bolt would call auth.test at the first request, and acknowledge that request without
    handling it where Slack does not respond. `Workspace` fetches the identity, and reports failures.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    return IndexedApp(
        name="arendebot",  # otherwise Bolt inspects the call stack to find one
        # The acknowledgement follows the commit, and the SDK adds no retries to the program's own.
        process_before_response=True,
        client=AsyncWebClient(base_url=base_url, retry_handlers=[]),
        authorize=authorize,
        # Bolt needs auth.test to recognise our own messages; `ThreadReplies` recognises them without.
        ignoring_self_events_enabled=False,
        signing_secret=signing_secret,
        request_verification_enabled=signing_secret is not None,
        logger=logging.getLogger("slack_bolt"),
    )
