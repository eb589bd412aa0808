"""A tour of the office: every button, dialog, word and event once, each kept as Slack sent it.

With each stands the store as it was before, so that any of them can be played again, by anyone, however changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import handlers
from bot.blocks.elements import actions, button, option, overflow
from bot.blocks.forms.note import MENTIONS
from bot.blocks.home import ROWS
from bot.clients.slack import SlackClient
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.correspondence import ReceiveMessage
from bot.domain.flags import Flag
from bot.domain.intake import Person
from bot.domain.notes import AddNote
from bot.handlers.command_words import understood
from bot.service import Done
from bot.store import Database, flags
from sandbox.person import Person as Colleague
from sandbox.scenery import app_from_manifest, default_workspace
from sandbox.scenery import person as account
from tests.conftest import Clock
from tests.handlers.office import MANIFEST, Office, open_office
from tests.people import BY_KEY, BYGG, GROUP, ORO, PARK, ROLES, TODAY, Role, catalog_of_people

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


# --- what stands in the store ---


class Archive:
    """Copies of the store, to go back to."""

    IGNORED = ("receipt", "account", "destination")
    """What a refusal leaves behind too: its receipt, and whose account it was."""

    def __init__(self, database: Database) -> None:
        self._live = sqlite3.connect(str(database.url.database))
        self._live.execute("PRAGMA synchronous=OFF")
        self._is_as: tuple[sqlite3.Connection | None, int] = (None, 0)
        found = self._live.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        self._tables = [name for (name,) in found if name not in self.IGNORED and "sqlite" not in name]

    def keep(self) -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        self._live.backup(copy)
        return copy

    def bring_back(self, copy: sqlite3.Connection) -> int:
        """Returns the store's version, another one after every write."""
        if self._is_as != (copy, self.version()):
            copy.backup(self._live)
            self._is_as = (copy, self.version())
        return self._is_as[1]

    def close(self) -> None:
        self._live.close()

    def version(self) -> int:
        (version,) = self._live.execute("PRAGMA data_version").fetchone()
        return int(version)

    def changed(self, since: sqlite3.Connection) -> frozenset[str]:
        """The tables that differ."""
        return frozenset(one for one in self._tables if self._rows(self._live, one) != self._rows(since, one))

    @staticmethod
    def _rows(of: sqlite3.Connection, table: str) -> list[Any]:
        return of.execute(f'SELECT * FROM "{table}"').fetchall()


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
        await self.anna.press_at_home(action_id, block_id=_place(self.anna.home, action_id))
        await self.settled()

    async def button(self, action_id: str, case: Done, *, before: str = "") -> None:
        seq = (await self.office.case(case)).seq
        await self.press(button("x", action_id, f"{before}{case.case_id}:{seq}"))

    async def menu(self, deed: str, case: Done) -> None:
        value = f"{deed}:{case.case_id}:{(await self.office.case(case)).seq}"
        await self.press(overflow("case:more", [option("x", value), option("y", "y")]), value)

    async def submit(self, **values: Any) -> None:
        told = await self.anna.fill_and_submit(values)
        assert told["ok"] and not told["errors"], told
        await self.settled()

    async def within(self, action_id: str, value: Any = None) -> None:
        """Anna presses something in the view she has before her; the first, where there are several."""
        await self.anna.press_in_view(action_id, value, _place(self.anna.view, action_id))
        await self.settled()

    async def types(self, text: str, command: str = "/arende") -> None:
        self.forget_views()
        await self.anna.slash(BYGG_CHANNEL, command, text)
        await self.settled()


def _place(view: Json | None, action_id: str) -> str:
    """The block_id of the first with that action."""
    assert view is not None
    return next(str(one["block_id"]) for one in view["blocks"] if f"'{action_id}'" in str(one))


async def _opened(tour: Tour, service: str, **given: Any) -> Done:
    """A case with something of everything that only those who work with it may read."""
    office = tour.office
    eva = Person(id=uuid.uuid4().hex, name=f"Eva {SECRET}", email="eva@ek.example")
    case = await office.submits(service, people=(eva,), values={"vad": SECRET, "typ": "till"}, **given)
    anna = "parkare" if service == PARK else "anna"
    for n in range(12 if not tour.cases else 1):  # the first has a second page to turn to
        await office.does(anna, AddNote(case_id=case.case_id, text=f"{SECRET} {n}"))
    if service == BYGG:
        who = await office.applicant(case)
        await office.service.perform(ReceiveMessage(case_id=case.case_id, text=SECRET), who)
        await office.does(anna, ChangeAssignees(case_id=case.case_id, holders=(f"group:{GROUP}",), was=()))
    return case


async def _reads(tour: Tour) -> None:
    case = tour.cases["bygg"]
    await tour.button("case:show", case)
    for tab in ("messages", "files", "history", "case", "notes"):
        await tour.within(f"case:tab:{tab}")
    await tour.within("case:turn:next")
    await tour.within("case:turn:back")
    await tour.button("case:read", case)
    await tour.button("case:page", case)
    await tour.press(button("x", "link:open", url="https://arenden.example/"))
    await tour.press(button("x", "ask:no"))
    await tour.press(button("x", "case:of-old", case.case_id))


async def _decides_who(tour: Tour) -> None:
    case, held = tour.cases["bygg"], tour.cases["held"]
    await tour.button("case:take", case)
    await tour.button("case:release", case)
    await tour.button("case:officers", case)
    await tour.menu("officers", case)
    await tour.anna.suggest("holders", "")
    holders = ["officer:anna", "officer:begransad", "officer:namngiven", f"group:{GROUP}"]
    await tour.submit(holders=holders, reason="x")
    await tour.office.does("full", TakeCase(case_id=held.case_id))
    await tour.button("case:take", held)
    await tour.submit(mode="together")


async def _works(tour: Tour) -> None:
    case = tour.cases["bygg"]
    await tour.button("case:status", case)
    await tour.within("status", "working")
    await tour.submit(status="working")
    await tour.button("case:reopen", case)
    await tour.button("case:note", case)
    await tour.menu("note", case)
    await tour.anna.suggest(MENTIONS, "")
    await tour.submit(text="Antecknat")
    await tour.button("case:colour", case)
    await tour.menu("colour", case)
    await tour.submit(colour="red")


async def _flags(tour: Tour) -> None:
    case = tour.cases["bygg"]
    await tour.button("case:flag", case)
    await tour.menu("flag", case)
    await tour.submit(note="Egen stjärna")
    await tour.button("case:unflag", case)
    await _flagged(tour)
    await tour.button("case:show", case)
    await tour.within("case:more", f"unflag:{case.case_id}:{(await tour.office.case(case)).seq}")
    await _flagged(tour)
    snooze = {**_select("flag:snooze"), "options": [option("x", f"hour:{case.case_id}:0")]}
    await tour.press(snooze, f"hour:{case.case_id}:0")
    await tour.button("flag:done", case)
    await _flagged(tour)


def _select(action_id: str) -> Json:
    return {"type": "static_select", "action_id": action_id}


async def _flagged(tour: Tour) -> None:
    """Anna has the flag again."""
    office, anna = tour.office, tour.office.officer("anna")
    flag = Flag(tour.cases["bygg"].case_id, "Egen stjärna")
    await office.service.database.write(lambda tx: flags.keep(tx, anna, flag, office.clock()))


async def _writes(tour: Tour) -> None:
    case = tour.cases["bygg"]
    await tour.button("case:message", case)
    await tour.within("template", "mall")
    await tour.submit(text="Hej från enheten")
    await tour.button("case:show", case)
    await tour.within("case:tab:messages")
    await tour.within("case:draft:drop")
    await tour.button("case:message", case)
    await tour.submit(text="Hej från enheten")
    tour.resting.over.clear()
    await tour.anna.submit()
    await tour.anna.press_in_view("case:message:undo")
    tour.resting.over.set()
    await tour.settled()


async def _hears(tour: Tour) -> None:
    case, parkare = tour.cases["park"], tour.office.person(BY_KEY["parkare"].user)
    channel, thread = await tour.office.thread(case, PARK_CHANNEL)
    ts = await parkare.say(channel, f"Ringde {SECRET}", thread)
    await tour.settled()
    await parkare.edit(channel, ts, f"Ringde igen {SECRET}")
    await tour.settled()
    await tour.press(button("x", "case:show", case.case_id), by=parkare)
    for action_id in ("case:tab:notes", "note:versions"):
        await parkare.press_in_view(action_id)
        await tour.settled()
    await parkare.delete(channel, ts)
    await tour.settled()
    await parkare.say(channel, f"850709-9805 {SECRET}", thread)
    await tour.settled()
    kept = parkare.ephemerals()[-1]
    await parkare.press(channel, kept["ts"], "note:draft")
    await tour.settled()
    await tour.office.sandbox.person(ANNA).say(PARK_CHANNEL, "hej")
    bot = tour.office.sandbox.app.bot_user
    tour.office.sandbox.stage.events.emit(
        "member_joined_channel", {"type": "member_joined_channel", "user": bot, "channel": BYGG_CHANNEL}
    )
    await tour.settled()


async def _commands(tour: Tour) -> None:
    """Each word with the case's number, and lists."""
    number, held = tour.cases["bygg"].number, tour.cases["held"].number
    for text in (
        f"ta {tour.cases['free'].number}",
        f"lämna {number}",
        f"visa {number}",
        f"färg {number} blå",
    ):
        await tour.types(text)
    for text in (f"tilldela {held} anna full", f"status {held} under behandling", f"notera {number} Hej"):
        await tour.types(text)
    for text in (f"meddela {number} Hej", f"flagga {number} Egen", f"avflagga {number}", "hjälp", "xyzzy"):
        await tour.types(text)
    for text in ("", "lista alla", "lista obehandlade", "lista flaggade", "lista avslutade"):
        await tour.types(text)
    await tour.types(f"show {number}", "/case")
    await tour.types(f"historik {number}")
    await tour.types("inställningar")
    await tour.submit(told=[])


async def _at_home(tour: Tour) -> None:
    """Home, with a list of more than one page."""
    for _ in range(ROWS):
        await _opened(tour, BYGG)
    await tour.anna.open_home()
    await tour.settled()
    for action_id in ("home:tab:todo", "home:tab:mine", "home:tab:unhandled", "home:turn:next"):
        await tour.at_home(action_id)
    for action_id in ("home:turn:back", "home:refresh", "case:show"):
        await tour.at_home(action_id)
    await tour.within("case:step:next")
    await tour.within("case:step:back")
    tour.forget_views()
    await tour.at_home("home:settings")
    await tour.submit(told=[])
    await tour.press(button("x", "home:look:unhandled"))


async def _searches(tour: Tour) -> None:
    await tour.types("sök eva")
    tour.forget_views()
    await tour.anna.shortcut("shortcut:mine")
    await tour.settled()
    tour.forget_views()
    await tour.anna.shortcut("shortcut:search")
    await tour.settled()
    await tour.submit(text="eva")
    await tour.within("hits:turn:next")
    await tour.within("hits:turn:back")
    await tour.within("case:show")
    await tour.within("hits:back")
    await tour.button("case:notes", tour.cases["bygg"])
    channel, ts = await tour.office.thread(tour.cases["bygg"], BYGG_CHANNEL)
    for shortcut in ("shortcut:show", "shortcut:note"):
        tour.forget_views()
        await tour.anna.shortcut(shortcut, channel, ts)
        await tour.settled()


async def _uses_tools(tour: Tour) -> None:
    case, last = tour.cases["bygg"], tour.cases["last"]
    await tour.menu("tools", case)
    await tour.button("case:handover", tour.cases["held"])
    await tour.anna.suggest("holders", "")
    await tour.submit(holders=["officer:begransad"], reason="x")
    await tour.button("case:protect", last)
    await tour.submit(reason="x")


STEPS = (_reads, _decides_who, _works, _flags, _writes, _hears, _commands, _uses_tools, _at_home, _searches)


@contextlib.asynccontextmanager
async def taken(database: Database, clock: Clock) -> AsyncIterator[Tour]:
    """The office after the tour, with all that was asked of it."""
    archive, resting = Archive(database), Resting()
    async with open_office(
        database, catalog_of_people(), clock, people=workspace(), client=Overheard, sleep=resting
    ) as office:
        tour = Tour(office, archive, resting)
        office.app.use(tour.tape)
        for name, service, more in (
            ("bygg", BYGG, {}),
            ("held", BYGG, {}),
            ("free", BYGG, {}),
            ("last", BYGG, {}),
            ("oro", ORO, {}),
            ("protected", BYGG, {"protected": True}),
            ("park", PARK, {}),
        ):
            tour.cases[name] = await _opened(tour, service, **more)
        for step in STEPS:
            await step(tour)
        tour.over = True
        yield tour
    archive.close()
