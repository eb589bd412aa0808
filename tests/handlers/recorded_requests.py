"""A tour of the office: every button, dialog, word and event once, each kept as Slack sent it.

With each stands the store as it was before, so that any of them can be played again, by anyone, however changed.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import handlers
from bot.blocks.block_kit.elements import actions, button, option, overflow
from bot.blocks.values import CaseRef, InvalidValue, MenuChoice, decode, encode
from bot.clients.slack import SlackClient
from bot.handlers.commands.parser import parse
from bot.handlers.transport.payload_validation import parse_request
from bot.service import CommandResult
from sandbox.default_workspace import app_from_manifest, default_workspace
from sandbox.default_workspace import person as account
from sandbox.person import Person as Colleague
from tests.handlers.slack_harness import MANIFEST, SlackHarness
from tests.people import BY_KEY, ROLES, TODAY, Role
from tests.store_snapshots import StoreSnapshots

ANNA = BY_KEY["anna"].user
BYGG_CHANNEL, ORO_CHANNEL, PARK_CHANNEL = "C0BYGGET01", "C0ORON0001", "C0PARKEN01"
SECRET = "kanariefågel"
"""Stands in everything that people have written, and in nothing else."""

Json = dict[str, Any]


def make_workspace() -> Json:
    result = default_workspace()
    result["app"] = app_from_manifest(MANIFEST)
    bot = result["app"]["bot_user"]
    result["users"] = [_account(role) for role in ROLES]
    everyone = [role.user for role in ROLES]
    staff = [role.user for role in ROLES if role.is_member]
    result["channels"] = [
        {"id": BYGG_CHANNEL, "name": "bygg", "members": [*everyone, bot], "is_ext_shared": True},
        {"id": ORO_CHANNEL, "name": "oro", "members": [*staff, bot], "is_private": True},
        {"id": PARK_CHANNEL, "name": "park", "members": [*everyone, bot], "is_ext_shared": True},
    ]
    return result


def _account(role: Role) -> Json:
    email = f"{role.key}@roller.example"
    return account(role.user, role.key, role.key.title(), **{"email": email, **dict(role.account)})


# --- what is told to Slack ---


class RecordingClient(SlackClient):
    """The real client, that also keeps what it was asked to show."""

    payloads: list[str]

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.payloads = []

    async def _call(self, method: str, **asked: Any) -> Mapping[str, Any]:
        if method not in ("users.info", "auth.test"):
            self.payloads.append(json.dumps(asked, ensure_ascii=False, default=str))
        return await super()._call(method, **asked)

    async def respond(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]], thread_ts: str = ""
    ) -> None:
        self.payloads.append(json.dumps([text, list(blocks)], ensure_ascii=False))
        await super().respond(response_url, text, blocks, thread_ts)

    async def replace_message(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]]
    ) -> None:
        self.payloads.append(json.dumps({"replaced": [text, list(blocks)]}, ensure_ascii=False))
        await super().replace_message(response_url, text, blocks)


# --- what listens ---


class ListenerRegistry:
    """Stands where Bolt's app does, and hears what is listened for."""

    def __init__(self) -> None:
        self.registered: list[tuple[str, str | re.Pattern[str]]] = []

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def listen(identifier: str | re.Pattern[str]) -> Callable[[Any], Any]:
            self.registered.append((kind, identifier))
            return lambda listener: listener

        return listen


def registered_listeners(deps: handlers.Dependencies) -> list[tuple[str, str | re.Pattern[str]]]:
    """(kind, id or pattern) of everything the program listens for, but for what catches the rest."""
    registry = ListenerRegistry()
    handlers.register(registry, deps)  # type: ignore[arg-type]
    return [
        (kind, identifier)
        for kind, identifier in registry.registered
        if getattr(identifier, "pattern", "") != ".*"
    ]


# --- the tour ---


@dataclass(frozen=True)
class RecordedRequest:
    """One request as Slack sent it, and the store before it."""

    kind: str
    identifier: str
    body: Json = field(repr=False)
    store_before: sqlite3.Connection = field(repr=False)

    @cached_property
    def name(self) -> str:
        """`action case:more note`, `command /arende show`."""
        return f"{self.kind} {self.identifier} {self._more}".strip()

    @property
    def _more(self) -> str:
        if self.kind == "command":
            return self.command_word
        if self.kind == "action":
            chosen = (self.body["actions"][0].get("selected_option") or {}).get("value", "")
            return _choice(str(chosen))
        return str((self.body.get("event") or {}).get("subtype") or "")

    @property
    def command_word(self) -> str:
        parsed = parse(self.body.get("text", ""), TODAY)
        return f"list {parsed.rest}".strip() if parsed.word == "list" else parsed.word


def _choice(value: str) -> str:
    """What a menu's option does, or else what was chosen."""
    try:
        return decode(value, MenuChoice).action
    except InvalidValue:
        return value


KINDS_BY_TYPE: dict[str, tuple[str, Callable[[Json], str]]] = {
    "event_callback": ("event", lambda body: body["event"]["type"]),
    "block_actions": ("action", lambda body: body["actions"][0]["action_id"]),
    "view_submission": ("view", lambda body: body["view"]["callback_id"]),
    "view_closed": ("view_closed", lambda body: body["view"]["callback_id"]),
    "block_suggestion": ("options", lambda body: body["action_id"]),
    "shortcut": ("shortcut", lambda body: body["callback_id"]),
    "message_action": ("shortcut", lambda body: body["callback_id"]),
}
"""How each type of request is listened for, and by what; a command has no type."""


def kind_and_identifier(body: Json) -> tuple[str, str]:
    if "command" in body:
        return "command", body["command"]
    kind, identifier = KINDS_BY_TYPE[body["type"]]
    return kind, identifier(body)


class ControlledSleep:
    """How long one waits: not at all, or until it is said."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.released.set()

    async def __call__(self, seconds: float) -> None:
        await self.released.wait()


@dataclass(frozen=True)
class ReplayResult:
    """What came of a request: the acknowledgement, what Slack was asked to show, and which tables changed."""

    body: Json = field(repr=False)
    answer: BoltResponse
    payloads: tuple[str, ...]
    changed_tables: frozenset[str]

    @property
    def shown(self) -> str:
        """All that anyone could see of it."""
        return "\n".join((str(self.answer.body), *self.payloads))


@dataclass
class Recording:
    """The office, and what has been asked of it so far."""

    harness: SlackHarness
    snapshots: StoreSnapshots
    sleep: ControlledSleep
    requests: list[RecordedRequest] = field(default_factory=list)
    cases: dict[str, CommandResult] = field(default_factory=dict)
    is_over: bool = False

    @cached_property
    def anna(self) -> Colleague:
        return self.harness.person(ANNA)

    @property
    def unique_requests(self) -> list[RecordedRequest]:
        """The first of each name."""
        return list({request.name: request for request in reversed(self.requests)}.values())[::-1]

    @property
    def slack(self) -> RecordingClient:
        assert isinstance(self.harness.deps.slack, RecordingClient)
        return self.harness.deps.slack

    async def record(self, body: Json, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        """Bolt's middleware: each request is kept before it is heard."""
        if not self.is_over:
            self.requests.append(RecordedRequest(*kind_and_identifier(body), body, self.snapshots.save()))
        return await next()

    async def replay(self, request: RecordedRequest, role: Role, body: Json | None = None) -> ReplayResult:
        """The request once more, in the store as it was, by someone else; or with another body."""
        self.snapshots.restore(request.store_before)
        self.slack.payloads.clear()
        result = self.body_as(role, body or request.body)
        answer = await self.harness.app.async_dispatch(parse_request(result, {}))
        await self.harness.wait_until_idle()
        changed = self.snapshots.changed(request.store_before)
        return ReplayResult(result, answer, tuple(self.slack.payloads), changed)

    def body_as(self, role: Role, body: Json) -> Json:
        """The body as Slack sends it when the role does the same in a view of their own that shows nothing yet."""
        text = json.dumps(body, ensure_ascii=False).replace(SECRET, "x")
        if view_id := (body.get("view") or {}).get("id"):
            text = text.replace(view_id, f"V{uuid.uuid4().hex[:10].upper()}")
        for who in (ANNA, BY_KEY["parkare"].user, BY_KEY["samordnare"].user):
            text = text.replace(who, role.user)
        result: Json = json.loads(text)
        shared, team = self.harness.sandbox.shared, dict(role.account).get("team_id")
        if "trigger_id" in result:
            result["trigger_id"] = shared.new_trigger(role.user).id
        if "response_url" in result:
            kind = "commands" if "command" in result else "actions"
            result["response_url"] = shared.new_hook(kind, role.user, BYGG_CHANNEL)
        for person in (result.get("user"), result.get("event")):
            if team and isinstance(person, dict):
                person |= {"team_id": team, "team": team, "user_team": team}
        return result

    # --- steps ---

    async def wait_until_idle(self) -> None:
        await self.harness.sandbox.settle()
        await self.harness.wait_until_idle()

    async def press(self, element: Json, value: str = "", by: Colleague | None = None) -> None:
        """Anna, or another, presses something in a message in the channel."""
        app = self.harness.sandbox.app
        client = AsyncWebClient(app.bot_token, base_url=self.harness.sandbox.api_url)
        result = await client.chat_postMessage(channel=BYGG_CHANNEL, text="x", blocks=[actions([element])])
        self.close_views()
        await (by or self.anna).press(BYGG_CHANNEL, str(result["ts"]), element["action_id"], value or None)
        await self.wait_until_idle()

    def close_views(self) -> None:
        self.harness.sandbox.shared.workspace.close_all(ANNA)

    async def press_in_app_home(self, action_id: str, value: Any = None) -> None:
        self.close_views()
        found, block_id = find_action(self.anna.home, action_id)
        result = await self.anna.press_at_home(found, block_id=block_id, value=value)
        assert result["ok"], result
        await self.wait_until_idle()

    async def press_button(self, action_id: str, case: CommandResult) -> None:
        seq = (await self.harness.load_case(case)).seq
        await self.press(button("x", action_id, encode(CaseRef(case.case_id, seq))))

    async def choose_in_menu(self, action: str, case: CommandResult) -> None:
        value = encode(MenuChoice(action, case.case_id, (await self.harness.load_case(case)).seq))
        await self.press(overflow("case:more", [option("x", value), option("y", "y")]), value)

    async def submit(self, **values: Any) -> None:
        result = await self.anna.fill_and_submit(values)
        assert result["ok"] and not result["errors"], result
        await self.wait_until_idle()

    async def press_in_view(self, action_id: str, value: Any = None) -> None:
        """Anna presses something in the view she has before her; the first, where there are several."""
        found, block_id = find_action(self.anna.view, action_id)
        result = await self.anna.press_in_view(found, value, block_id)
        assert result["ok"], result
        await self.wait_until_idle()

    async def run_command(self, text: str, command: str = "/arende") -> None:
        self.close_views()
        await self.anna.slash(BYGG_CHANNEL, command, text)
        await self.wait_until_idle()


def find_action(view: Json | None, action_id: str) -> tuple[str, str]:
    """The first action whose id fits the pattern, and its block's id."""
    assert view is not None
    matches = [(re.search(f"'({action_id})'", str(block)), block) for block in view["blocks"]]
    found = [(match[1], str(block["block_id"])) for match, block in matches if match]
    assert found, (action_id, re.findall("'action_id': '([^']*)'", str(view["blocks"])))
    return found[0]
