"""The tour's steps: what is pressed, written and asked for on it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Any

from bot.blocks.block_kit.elements import button, option
from bot.blocks.forms.note import MENTIONS
from bot.blocks.lists.home import ROWS
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.correspondence import ReceiveMessage
from bot.domain.flags import Flag
from bot.domain.intake import Person
from bot.domain.notes import AddNote
from bot.service import Done
from bot.store import Database
from bot.store.officers import flags
from tests.archive import Archive
from tests.conftest import Clock
from tests.handlers.office import open_office
from tests.handlers.tour import (
    ANNA,
    BYGG_CHANNEL,
    PARK_CHANNEL,
    SECRET,
    Json,
    Overheard,
    Resting,
    Tour,
    workspace,
)
from tests.people import BY_KEY, BYGG, GROUP, ORO, PARK, catalog_of_people


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
    await tour.anna.suggest("template", "")
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
    for action_id in ("home:turn:back", "home:refresh", "case:(show|read)"):
        await tour.at_home(action_id)
    await tour.within("case:step:next")
    await tour.within("case:step:back")
    await tour.at_home("home:search")
    await tour.at_home("home:settings")
    await tour.submit(told=[])
    await tour.press(button("x", "home:look:unhandled"))
    await tour.press(button("x", "home:list:unhandled"))


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
    await tour.within("case:(show|read)")
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
