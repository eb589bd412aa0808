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

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import handlers
from bot.blocks.block_kit.elements import actions, button, option, overflow
from bot.clients.slack import SlackClient
from bot.handlers.commands.parser import understood
from bot.service import Done
from sandbox.person import Person as Colleague
from sandbox.scenery import app_from_manifest, default_workspace
from sandbox.scenery import person as account
from tests.archive import Archive
from tests.handlers.office import MANIFEST, Office
from tests.people import BY_KEY, ROLES, TODAY, Role

ANNA = BY_KEY["anna"].user
BYGG_CHANNEL, ORO_CHANNEL, PARK_CHANNEL = "C0BYGGET01", "C0ORON0001", "C0PARKEN01"
SECRET = "kanariefågel"
"""Stands in everything that people have written, and in nothing else."""

Json = dict[str, Any]


def workspace() -> Json:
    told = default_workspace()
    told["app"] = app_from_manifest(MANIFEST)
    bot = told["app"]["bot_user"]
    told["users"] = [_account(role) for role in ROLES]
    everyone = [role.user for role in ROLES]
    staff = [role.user for role in ROLES if role.of_the_house]
    told["channels"] = [
        {"id": BYGG_CHANNEL, "name": "bygg", "members": [*everyone, bot], "is_ext_shared": True},
        {"id": ORO_CHANNEL, "name": "oro", "members": [*staff, bot], "is_private": True},
        {"id": PARK_CHANNEL, "name": "park", "members": [*everyone, bot], "is_ext_shared": True},
    ]
    return told


def _account(role: Role) -> Json:
    email = f"{role.key}@roller.example"
    return account(role.user, role.key, role.key.title(), **{"email": email, **dict(role.account)})


# --- what is told to Slack ---


class Overheard(SlackClient):
    """The real client, that also keeps what it was asked to show."""

    said: list[str]

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.said = []

    async def _call(self, method: str, **asked: Any) -> Mapping[str, Any]:
        if method not in ("users.info", "auth.test"):
            self.said.append(json.dumps(asked, ensure_ascii=False, default=str))
        return await super()._call(method, **asked)

    async def answer(
        self, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]], thread_ts: str = ""
    ) -> None:
        self.said.append(json.dumps([text, list(blocks)], ensure_ascii=False))
        await super().answer(response_url, text, blocks, thread_ts)


# --- what listens ---


class Ear:
    """Stands where Bolt's app does, and hears what is listened for."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str | re.Pattern[str]]] = []

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def listen(what: str | re.Pattern[str]) -> Callable[[Any], Any]:
            self.heard.append((kind, what))
            return lambda listener: listener

        return listen


def listened_for(kit: handlers.Kit) -> list[tuple[str, str | re.Pattern[str]]]:
    """(kind, id or pattern) of everything the program listens for, but for what catches the rest."""
    ear = Ear()
    handlers.register(ear, kit)  # type: ignore[arg-type]
    return [(kind, what) for kind, what in ear.heard if getattr(what, "pattern", "") != ".*"]


# --- the tour ---


@dataclass(frozen=True)
class Request:
    """One request as Slack sent it, and the store before it."""

    kind: str
    what: str
    body: Json = field(repr=False)
    before: sqlite3.Connection = field(repr=False)

    @property
    def name(self) -> str:
        """`action case:more note`, `command /arende show`."""
        return f"{self.kind} {self.what} {self._more}".strip()

    @property
    def _more(self) -> str:
        if self.kind == "command":
            return self.word
        if self.kind == "action":
            chosen = (self.body["actions"][0].get("selected_option") or {}).get("value", "")
            return str(chosen).partition(":")[0]
        return str((self.body.get("event") or {}).get("subtype") or "")

    @property
    def word(self) -> str:
        said = understood(self.body.get("text", ""), TODAY)
        return f"list {said.rest}".strip() if said.word == "list" else said.word


IDS: dict[str, tuple[str, Callable[[Json], str]]] = {
    "event_callback": ("event", lambda body: body["event"]["type"]),
    "block_actions": ("action", lambda body: body["actions"][0]["action_id"]),
    "view_submission": ("view", lambda body: body["view"]["callback_id"]),
    "view_closed": ("view_closed", lambda body: body["view"]["callback_id"]),
    "block_suggestion": ("options", lambda body: body["action_id"]),
    "shortcut": ("shortcut", lambda body: body["callback_id"]),
    "message_action": ("shortcut", lambda body: body["callback_id"]),
}
"""How each type of request is listened for, and by what; a command has no type."""


def kind_of(body: Json) -> tuple[str, str]:
    if "command" in body:
        return "command", body["command"]
    kind, what = IDS[body["type"]]
    return kind, what(body)


class Resting:
    """How long one waits: not at all, or until it is said."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.over.set()

    async def __call__(self, seconds: float) -> None:
        await self.over.wait()


@dataclass(frozen=True)
class Played:
    """What came of a request: the acknowledgement, what Slack was asked to show, and which tables changed."""

    body: Json = field(repr=False)
    answer: BoltResponse
    said: tuple[str, ...]
    changed: frozenset[str]

    @property
    def shown(self) -> str:
        """All that anyone could see of it."""
        return "\n".join((str(self.answer.body), *self.said))


@dataclass
class Tour:
    """The office, and what has been asked of it so far."""

    office: Office
    archive: Archive
    resting: Resting
    taped: list[Request] = field(default_factory=list)
    cases: dict[str, Done] = field(default_factory=dict)
    over: bool = False

    @cached_property
    def anna(self) -> Colleague:
        return self.office.person(ANNA)

    @property
    def once(self) -> list[Request]:
        """The first of each name."""
        return list({request.name: request for request in reversed(self.taped)}.values())[::-1]

    @property
    def slack(self) -> Overheard:
        assert isinstance(self.office.kit.slack, Overheard)
        return self.office.kit.slack

    async def tape(self, body: Json, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        """Bolt's middleware: each request is kept before it is heard."""
        if not self.over:
            self.taped.append(Request(*kind_of(body), body, self.archive.keep()))
        return await next()

    async def play(self, request: Request, role: Role, body: Json | None = None) -> Played:
        """The request once more, in the store as it was, by someone else; or with another body."""
        before = self.archive.bring_back(request.before)
        self.slack.said.clear()
        told = self.by(role, body or request.body)
        answer = await self.office.app.async_dispatch(AsyncBoltRequest(body=told, mode="socket_mode"))
        await self.office.settled()
        changed = self.archive.changed(request.before) if self.archive.version() != before else frozenset()
        return Played(told, answer, tuple(self.slack.said), changed)

    def by(self, role: Role, body: Json) -> Json:
        """The body as Slack sends it when the role does the same in a view of their own that shows nothing yet."""
        text = json.dumps(body, ensure_ascii=False).replace(SECRET, "x")
        if view_id := (body.get("view") or {}).get("id"):
            text = text.replace(view_id, f"V{uuid.uuid4().hex[:10].upper()}")
        for who in (ANNA, BY_KEY["parkare"].user):
            text = text.replace(who, role.user)
        told: Json = json.loads(text)
        stage, team = self.office.sandbox.stage, dict(role.account).get("team_id")
        if "trigger_id" in told:
            told["trigger_id"] = stage.new_trigger(role.user).id
        if "response_url" in told:
            kind = "commands" if "command" in told else "actions"
            told["response_url"] = stage.new_hook(kind, role.user, BYGG_CHANNEL)
        for person in (told.get("user"), told.get("event")):
            if team and isinstance(person, dict):
                person |= {"team_id": team, "team": team, "user_team": team}
        return told

    # --- steps ---

    async def settled(self) -> None:
        await self.office.sandbox.settle()
        await self.office.settled()

    async def press(self, element: Json, value: str = "", by: Colleague | None = None) -> None:
        """Anna, or another, presses something in a message in the channel."""
        app = self.office.sandbox.app
        client = AsyncWebClient(app.bot_token, base_url=self.office.sandbox.api_url)
        told = await client.chat_postMessage(channel=BYGG_CHANNEL, text="x", blocks=[actions([element])])
        self.forget_views()
        await (by or self.anna).press(BYGG_CHANNEL, str(told["ts"]), element["action_id"], value or None)
        await self.settled()

    def forget_views(self) -> None:
        self.office.sandbox.stage.workspace.close_all(ANNA)

    async def at_home(self, action_id: str) -> None:
        self.forget_views()
        found, block_id = placed(self.anna.home, action_id)
        await self.anna.press_at_home(found, block_id=block_id)
        await self.settled()

    async def button(self, action_id: str, case: Done) -> None:
        seq = (await self.office.case(case)).seq
        await self.press(button("x", action_id, f"{case.case_id}:{seq}"))

    async def menu(self, deed: str, case: Done) -> None:
        value = f"{deed}:{case.case_id}:{(await self.office.case(case)).seq}"
        await self.press(overflow("case:more", [option("x", value), option("y", "y")]), value)

    async def submit(self, **values: Any) -> None:
        told = await self.anna.fill_and_submit(values)
        assert told["ok"] and not told["errors"], told
        await self.settled()

    async def within(self, action_id: str, value: Any = None) -> None:
        """Anna presses something in the view she has before her; the first, where there are several."""
        found, block_id = placed(self.anna.view, action_id)
        await self.anna.press_in_view(found, value, block_id)
        await self.settled()

    async def types(self, text: str, command: str = "/arende") -> None:
        self.forget_views()
        await self.anna.slash(BYGG_CHANNEL, command, text)
        await self.settled()


def placed(view: Json | None, action_id: str) -> tuple[str, str]:
    """The first action whose id fits the pattern, and its block's id."""
    assert view is not None
    found = ((re.search(f"'({action_id})'", str(block)), block) for block in view["blocks"])
    return next((match[1], str(block["block_id"])) for match, block in found if match)
