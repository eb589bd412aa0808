"""The tour's steps: what is pressed, written and asked for on it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.blocks.block_kit.elements import button, option
from bot.blocks.forms.absence import SUBSTITUTE_FIELD
from bot.blocks.forms.cases.note import MENTIONS_FIELD, TEMPLATE_FIELD
from bot.blocks.values import BatchRef, CaseRef, ListRef, MenuChoice, case_value, encode
from bot.catalog.models import Catalog
from bot.domain.assignment import ChangeAssignees, TakeCase
from bot.domain.declarations import one_click_actions
from bot.domain.flags import Flag
from bot.domain.lists.batches import FlagCases, ReleaseCases
from bot.domain.lists.case_query import CaseFilter, CaseQuery
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE as PAGE_SIZE
from bot.domain.lists.saved_views import SavedView
from bot.domain.messages.correspondence import ReceiveMessage, SendMessage
from bot.domain.notes import AddNote
from bot.domain.submission import Person
from bot.service import CommandResult
from bot.store import Database, Tx
from bot.store.lists import saved_views
from bot.store.officers import flags
from bot.store.tables import CaseRow
from tests.conftest import Clock
from tests.handlers.recorded_requests import (
    ANNA,
    BYGG_CHANNEL,
    PARK_CHANNEL,
    SECRET,
    ControlledSleep,
    Json,
    Recording,
    RecordingClient,
    make_workspace,
)
from tests.handlers.slack_harness import open_harness
from tests.people import BY_KEY, BYGG, GROUP, ORO, PARK, catalog_of_people
from tests.store_snapshots import StoreSnapshots


async def _open_case(recording: Recording, service: str, **given: Any) -> CommandResult:
    """A case with something of everything that only those who work with it may read."""
    harness = recording.harness
    eva = Person(id=uuid.uuid4().hex, name=f"Eva {SECRET}", email="eva@ek.example", address_state="code")
    case = await harness.submit(service, people=(eva,), values={"vad": SECRET, "typ": "till"}, **given)
    anna = "parkare" if service == PARK else "anna"
    for n in range(12 if not recording.cases else 1):  # the first has a second page to turn to
        await harness.perform(anna, AddNote(case_id=case.case_id, text=f"{SECRET} {n}"))
    if service == BYGG:
        applicant = await harness.applicant(case)
        await harness.service.perform(ReceiveMessage(case_id=case.case_id, text=SECRET), applicant)
        await harness.perform(
            anna, ChangeAssignees(case_id=case.case_id, assignees=(f"group:{GROUP}",), expected=())
        )
    return case


async def _open_tabs(recording: Recording) -> None:
    case = recording.cases["bygg"]
    await recording.press_button("case:show", case)
    for tab in ("messages", "files", "history", "case", "notes"):
        await recording.press_in_view(f"case:tab:{tab}")
    await recording.press_in_view("case:turn:next")
    await recording.press_in_view("case:turn:back")
    await recording.press_button("case:read", case)
    await recording.press_button("case:page", case)
    await recording.press_button("case:summary", case)
    await recording.press(button("x", "link:open", url="https://arenden.example/"))
    await recording.press(button("x", "ask:no"))
    await recording.press(button("x", "case:of-old", case.case_id))


async def _assign(recording: Recording) -> None:
    case, held = recording.cases["bygg"], recording.cases["held"]
    await recording.press_button("case:take", case)
    await recording.press_button("case:release", case)
    await recording.press_button("case:officers", case)
    await recording.choose_in_menu("officers", case)
    await recording.anna.suggest("holders", "")
    assignees = ["officer:anna", "officer:begransad", "officer:namngiven", f"group:{GROUP}"]
    await recording.submit(holders=assignees, reason="x")
    await recording.harness.perform("full", TakeCase(case_id=held.case_id))
    await recording.choose_in_menu("take", held)
    await recording.submit(mode="together")


async def _change_case(recording: Recording) -> None:
    case = recording.cases["bygg"]
    await recording.press_button("case:status", case)
    await recording.press_in_view("status", "working")
    await recording.press_in_view("case:status:message")
    await recording.press_button("case:status", case)
    await recording.submit(status="waiting", note="Antecknat")
    await recording.press_in_view("case:note:keep")
    await recording.press_button("case:status", case)
    await recording.press_in_view("status", "working")
    await recording.submit(status="working")
    await recording.press_button("case:reopen", case)
    await recording.press_button("case:note", case)
    await recording.choose_in_menu("note", case)
    await recording.anna.suggest(MENTIONS_FIELD, "")
    await recording.anna.suggest(TEMPLATE_FIELD, "")
    await recording.press_in_view(TEMPLATE_FIELD, "notmall")
    await recording.submit(text="Antecknat")
    await recording.press_button("case:colour", case)
    await recording.choose_in_menu("colour", case)
    await recording.submit(colour="red")


async def _press_without_forms(recording: Recording) -> None:
    for action in one_click_actions().keys() - {"restore"}:  # which is for coordinators
        await recording.press_button(f"case:{action}", recording.cases["free"])


async def _flag_case(recording: Recording) -> None:
    case = recording.cases["bygg"]
    await recording.press_button("case:flag", case)
    await recording.choose_in_menu("flag", case)
    await recording.submit(note="Egen stjärna")
    await recording.press_button("case:unflag", case)
    await _set_flag(recording)
    await recording.press_button("case:show", case)
    await recording.press_in_view(
        "case:more", encode(MenuChoice("unflag", case.case_id, (await recording.harness.load_case(case)).seq))
    )
    await _set_flag(recording)
    snooze = {**_select("flag:snooze"), "options": [option("x", f"hour:{case.case_id}:0")]}
    await recording.press(snooze, f"hour:{case.case_id}:0")
    await recording.press_button("flag:done", case)
    await _set_flag(recording)


def _select(action_id: str) -> Json:
    return {"type": "static_select", "action_id": action_id}


async def _set_flag(recording: Recording) -> None:
    """Anna has the flag again."""
    harness, anna = recording.harness, recording.harness.officer("anna")
    flag = Flag(recording.cases["bygg"].case_id, "Egen stjärna")
    await harness.service.database.write(lambda tx: flags.save(tx, anna, flag, harness.clock()))


async def _send_message(recording: Recording) -> None:
    case = recording.cases["bygg"]
    await recording.choose_in_menu("completion", case)
    await recording.press_button("case:message", case)
    await recording.anna.suggest("template", "")
    await recording.press_in_view("template", "mall")
    await recording.submit(text="Hej från enheten")
    await recording.press_button("case:show", case)
    await recording.press_in_view("case:tab:messages")
    await recording.press_in_view("case:draft:drop")
    await recording.press_button("case:message", case)
    await recording.submit(text="Hej från enheten")
    recording.sleep.released.clear()
    await recording.anna.submit()
    await recording.anna.press_in_view("case:message:undo")
    recording.sleep.released.set()
    await recording.wait_until_idle()
    await recording.anna.close(all=True)
    await _schedule_message(recording)


async def _schedule_message(recording: Recording) -> None:
    """A message of tomorrow is cancelled in the case's modal."""
    case, harness = recording.cases["bygg"], recording.harness
    tomorrow = harness.clock() + timedelta(days=1)
    message = SendMessage(case_id=case.case_id, text="Hej i morgon", send_at=tomorrow)
    await harness.perform("anna", message)
    await recording.press_button("case:show", case)
    await recording.press_in_view("case:unschedule")


async def _reply_in_thread(recording: Recording) -> None:
    case, parkare = recording.cases["park"], recording.harness.person(BY_KEY["parkare"].user)
    channel, thread = await recording.harness.post_known_card(case, PARK_CHANNEL)
    ts = await parkare.say(channel, f"Ringde {SECRET}", thread)
    await recording.wait_until_idle()
    await parkare.edit(channel, ts, f"Ringde igen {SECRET}")
    await recording.wait_until_idle()
    await recording.press(button("x", "case:show", case.case_id), by=parkare)
    for action_id in ("case:tab:notes", "note:official", "note:versions"):
        await parkare.press_in_view(action_id)
        await recording.wait_until_idle()
    await parkare.close(all=True)
    await parkare.shortcut("shortcut:official", channel, ts)
    await recording.wait_until_idle()
    await parkare.delete(channel, ts)
    await recording.wait_until_idle()
    await parkare.say(channel, f"850709-9805 {SECRET}", thread)
    await recording.wait_until_idle()
    private_line = parkare.ephemerals()[-1]
    await parkare.press(channel, private_line["ts"], "note:draft")
    await recording.wait_until_idle()
    await recording.harness.sandbox.person(ANNA).say(PARK_CHANNEL, "hej")
    bot = recording.harness.sandbox.app.bot_user
    recording.harness.sandbox.shared.events.emit(
        "member_joined_channel", {"type": "member_joined_channel", "user": bot, "channel": BYGG_CHANNEL}
    )
    await recording.wait_until_idle()


async def _run_commands(recording: Recording) -> None:
    """Each word with the case's number, and lists."""
    number, held = recording.cases["bygg"].number, recording.cases["held"].number
    for text in (
        f"ta {recording.cases['free'].number}",
        f"lämna {number}",
        f"visa {number}",
        f"färg {number} blå",
    ):
        await recording.run_command(text)
    seq = (await recording.harness.load_case(recording.cases["bygg"])).seq
    for action_id, key in (("colour:chosen", "green"), ("status:chosen", "working")):
        case_id = recording.cases["bygg"].case_id
        await recording.press(button("x", action_id, encode(MenuChoice(key, case_id, seq))))
    await recording.run_command(f"notera Hej {held}")
    question = recording.anna.ephemerals()[-1]
    row = question["blocks"][1]["block_id"]
    await recording.anna.press(BYGG_CHANNEL, question["ts"], "ask:case", block_id=row)
    await recording.wait_until_idle()
    await recording.run_command(f"överlåt {held} full")
    recording.close_views()
    for text in (f"tilldela {held} anna full", f"status {held} under behandling", f"notera {number} Hej"):
        await recording.run_command(text)
    for text in (f"meddela {number} Hej", f"flagga {number} Egen", f"avflagga {number}", "hjälp", "xyzzy"):
        await recording.run_command(text)
    letters = ("begär komplettering", "avsluta med beslut", "underrätta om försening", "avslå begäran")
    for text in (f"{letter} {number}" for letter in (*letters, "verktyg")):
        await recording.run_command(text)
        recording.close_views()
    for text in ("", "lista alla", "lista obehandlade", "lista flaggade", "lista avslutade"):
        await recording.run_command(text)
    await recording.run_command(f"show {number}", "/case")
    await recording.run_command(f"historik {number}")
    await recording.run_command(f"sammanställning {number}")
    await recording.run_command("inställningar")
    await recording.submit()


async def _use_app_home(recording: Recording) -> None:
    """Home, with a list of more than one page."""
    for _ in range(PAGE_SIZE):
        await _open_case(recording, BYGG)
    await recording.anna.open_home()
    await recording.wait_until_idle()
    for action_id in ("home:tab:todo", "home:tab:mine", "home:tab:unhandled", "home:turn:next"):
        await recording.press_in_app_home(action_id)
    for action_id in ("home:turn:back", "home:refresh", "case:(show|read)"):
        await recording.press_in_app_home(action_id)
    await recording.press_in_view("case:step:next")
    await recording.press_in_view("case:step:back")
    await recording.press_in_app_home("home:find", "zzz")
    await recording.press_in_app_home("home:searchall")
    await recording.press_in_app_home("home:clear")
    await recording.press_in_app_home("home:tab:unhandled")
    await recording.press_in_app_home("home:find", " ")
    await recording.press_in_app_home("home:overview")
    recording.close_views()
    await recording.press_in_app_home("home:register")
    recording.close_views()
    await recording.press_in_app_home("home:settings")
    await recording.submit()
    await _set_absence(recording)
    await recording.press(button("x", "home:look:unhandled"))
    await _narrow_list(recording)
    await _save_views(recording)
    await recording.press(button("x", "home:list:unhandled"))


async def _set_absence(recording: Recording) -> None:
    """Anna is away, with a substitute, and comes back."""
    recording.close_views()
    await recording.press_in_app_home("home:absence")
    offered = await recording.anna.suggest(SUBSTITUTE_FIELD, "")
    await recording.submit(last="2026-12-24", substitute=offered[0]["value"])
    recording.close_views()
    await recording.run_command("frånvaro")
    await recording.press_in_view("absence:end")
    recording.close_views()


async def _narrow_list(recording: Recording) -> None:
    """The menus above the list, and the dialog with all parts of the filter."""
    recording.close_views()
    await recording.press_in_app_home("home:tab:unhandled")
    for field, value in (("home:service", BYGG), ("home:status", "-"), ("home:sort", "number:0")):
        if field != "home:sort":
            await recording.anna.suggest_at_home(field, "")
        await recording.press_in_app_home(field, value)
    await recording.press_in_app_home("home:filter")
    for field in ("only_services", "only_statuses", "only_assignees"):
        await recording.anna.suggest(field, "")
    await recording.submit(only_assignees=["nobody"])
    await recording.press_in_app_home("home:clear")
    await recording.press_in_app_home("home:columns")
    await recording.press_in_view("home:columns:reset")
    await recording.submit(column8="origin")
    service, anna = recording.harness.service, recording.harness.officer("anna")
    stale = SavedView("stale", "Guns", CaseQuery(filter=CaseFilter(assignees=("officer:gun",))))
    await service.database.write(lambda tx: saved_views.save_view(tx, anna, stale, service.clock()))
    await recording.press_in_app_home("home:refresh")
    await recording.press_in_app_home("home:view", stale.id)
    await recording.press_in_app_home("home:drop")


async def _save_views(recording: Recording) -> None:
    await recording.press_in_app_home("home:saveview")
    await recording.submit(name="Obehandlade bygglov")
    await recording.press_in_app_home("home:view", "Obehandlade bygglov")
    await recording.press_in_app_home("home:views")
    await recording.press_in_view("views:rename")
    await recording.submit(name="Lediga bygglov")
    await recording.press_in_view("views:delete")


def _catalog_with_internal_form() -> Catalog:
    """That of the roles, with an e-service that every employee uses, and whose cases nobody else handles."""
    catalog = catalog_of_people().model_dump(by_alias=True, exclude_unset=True)
    choices = [{"key": key, "label": key.title()} for key in ("huvudentre", "annan")]
    catalog["services"]["nycklar"] = {
        "key": "nycklar",
        "name": "Nycklar",
        "unit": "Enheten",
        "audience": "internal",
        "channel": "nycklar",
        "privacy": "standard",
        "retention": {"months": 24, "basis": "Planens 3 §"},
        "fields": [
            {"key": "dorr", "kind": "choice", "label": "Dörr", "choices": choices, "in_slack": True},
            {
                **{"key": "vilken", "kind": "text", "label": "Vilken?", "in_slack": True},
                "shown_if": {"field": "dorr", "is": "annan"},
            },
        ],
    }
    return Catalog.model_validate(catalog)


async def _search(recording: Recording) -> None:
    await recording.run_command("sök eva")
    recording.close_views()
    await recording.anna.shortcut("shortcut:mine")
    await recording.wait_until_idle()
    await recording.press_in_view("home:search")
    recording.close_views()
    await recording.anna.shortcut("shortcut:internal")
    await recording.wait_until_idle()
    await recording.press_in_view("internal:fill:nycklar")
    await recording.press_in_view("answer_dorr", "annan")
    await recording.submit(answer_vilken="Arkivet")
    await recording.press(button("x", "internal:open:service:0"))
    await recording.run_command("interna")
    recording.close_views()
    await recording.run_command("nytt")
    await recording.anna.shortcut("shortcut:register")
    await recording.wait_until_idle()
    recording.close_views()
    await recording.anna.shortcut("shortcut:search")
    await recording.wait_until_idle()
    await recording.submit(text="eva")
    await recording.press_in_view("hits:turn:next")
    await recording.press_in_view("hits:turn:back")
    await recording.press_in_view("case:(show|read)")
    await recording.press_in_view("hits:back")
    await recording.press_button("case:notes", recording.cases["bygg"])
    channel, ts = await recording.harness.post_known_card(recording.cases["bygg"], BYGG_CHANNEL)
    for shortcut in ("shortcut:show", "shortcut:note"):
        recording.close_views()
        await recording.anna.shortcut(shortcut, channel, ts)
        await recording.wait_until_idle()


async def _use_tools(recording: Recording) -> None:
    case, last = recording.cases["bygg"], recording.cases["last"]
    await recording.choose_in_menu("decision", case)
    await recording.press_button("case:delay", case)
    await recording.press_button("case:refusal", case)
    await recording.choose_in_menu("tools", case)
    await recording.press_button("case:handover", recording.cases["held"])
    await recording.anna.suggest("holders", "")
    await recording.submit(holders=["officer:begransad"], reason="x")
    await recording.press_button("case:hold", last)
    await recording.submit(hold="appeal", until="2027-11-23", reason="x")
    await recording.press_button("case:unhold", last)
    await recording.press_button("retention:page", last)
    await recording.press_button("case:protect", last)
    await recording.submit(reason="x")


async def _mark_unread(recording: Recording) -> None:
    await recording.press_button("case:unread", recording.cases["bygg"])


async def _link_cases(recording: Recording) -> None:
    """From the tools, undone, and by command."""
    one, other = await _open_case(recording, BYGG), await _open_case(recording, BYGG)
    await recording.press_button("case:link", one)
    await recording.submit(number=other.number, kind="follows")
    await recording.press(button("x", "case:unlink", encode(MenuChoice(other.case_id, one.case_id))))
    await recording.run_command(f"koppla {one.number} {other.number}")
    recording.close_views()


async def _edit_case(recording: Recording) -> None:
    """In Slack: the first step, and the changes."""
    case = recording.cases["bygg"]
    await recording.press_button("case:edit", case)
    await recording.submit(answer_typ="ny")
    await recording.submit(reason="x")
    await recording.run_command(f"ändra {case.number}")
    recording.close_views()


async def _delete_and_restore(recording: Recording) -> None:
    """By the coordinator: from the case's tools and by command; restored by the button of what is left of the card."""
    coordinator = recording.harness.person(BY_KEY["samordnare"].user)
    case = recording.cases["free"]
    value = case_value(await recording.harness.load_case(case))
    await recording.press(button("x", "case:delete", value), by=coordinator)
    filled = {"typed_number": case.number, "ground": "test"}
    result = await coordinator.fill_and_submit(filled)
    assert result["ok"] and not result["errors"], result
    await recording.wait_until_idle()
    await recording.press(button("x", "case:restore", encode(CaseRef(case.case_id))), by=coordinator)
    await recording.wait_until_idle()
    recording.harness.sandbox.shared.workspace.close_all(BY_KEY["samordnare"].user)
    for text in (f"ta bort {case.number}", f"återställ {case.number}"):
        await coordinator.slash(BYGG_CHANNEL, "/arende", text)
        await recording.wait_until_idle()


async def _look_at_batches(recording: Recording) -> None:
    """A batch that is over and has skipped more cases than a page shows, and one that has not begun."""
    harness = recording.harness
    anna, batches = harness.officer("anna"), harness.deps.batches
    ids = await harness.service.database.read(lambda tx: tx.conn.execute(select(CaseRow.id)).scalars().all())
    over, waiting = uuid.uuid4().hex, uuid.uuid4().hex
    await batches.begin(anna, ReleaseCases(), ids, batch_id=over)
    await batches.run_next()
    await recording.press(button("x", "batch:skipped", encode(BatchRef(over))))
    await recording.press_in_view("batch:turn:next")
    await recording.press_in_view("batch:turn:back")
    await recording.run_command("statistik")
    await recording.press(button("x", "figures:page"))
    await batches.begin(anna, FlagCases(), ids, batch_id=waiting)
    await recording.press(button("x", "batch:cancel", encode(BatchRef(waiting))))
    await recording.press(button("x", "batch:page", encode(BatchRef(over))))
    await recording.press_in_app_home("home:batches")
    await recording.press_in_view("batch:refresh")


async def _tick_cases(recording: Recording) -> None:
    """Cases are ticked in App Home and in a modal; of a status one is asked whether applicants are notified."""
    recording.close_views()
    await recording.press_in_app_home("home:tab:all")
    await recording.press_in_app_home("home:tick")
    for action_id in (
        "tick:set:page",
        "tick:turn:next",
        "tick:turn:back",
        "tick:set:none",
        "tick:set:unread",
        "tick:set:page",
    ):
        await recording.press_in_app_home(action_id)
    await recording.press_in_app_home("tick:do:assign")
    await recording.anna.suggest("assignees", "")
    recording.close_views()
    await recording.press_in_app_home("tick:do:colour")
    await recording.submit(colour="red")
    await recording.submit()
    recording.close_views()
    await recording.press_in_app_home("home:tick")
    await recording.press_in_app_home("tick:leave")
    await recording.press(button("x", "tick:open", encode(ListRef("all"))))
    await recording.submit()
    await recording.press(button("x", "tick:open", encode(ListRef("all"))))
    await recording.press_in_view("tick:set:all")
    await recording.press_in_view("tick:do:mailing")
    await recording.press_in_view("batch:list")
    recording.close_views()
    await _set_flag(recording)
    await recording.run_command("utskick flaggade")
    await recording.anna.suggest("mailing_template", "")
    await recording.press_in_view("mailing_template", "utskick")
    recording.close_views()
    await _page_examples(recording)
    for text in ("utskick", "exportera alla"):
        await recording.run_command(text)
    recording.close_views()


async def _page_examples(recording: Recording) -> None:
    """A mailing in all of Anna's flagged cases of one e-service, whose examples are read one by one."""
    harness, anna = recording.harness, recording.harness.officer("anna")

    def flag_all(tx: Tx) -> None:
        ids = tx.conn.execute(select(CaseRow.id).where(CaseRow.service == BYGG).limit(3)).scalars().all()
        for case_id in ids:
            flags.save(tx, anna, Flag(case_id, ""), harness.clock())

    await harness.service.database.write(flag_all)
    await recording.run_command("utskick flaggade")
    await recording.submit(text="Hej!")
    await recording.press_in_view("batch:example:next")
    await recording.press_in_view("batch:example:back")
    recording.close_views()


STEPS = (
    _open_tabs,
    _assign,
    _change_case,
    _press_without_forms,
    _flag_case,
    _edit_case,
    _link_cases,
    _mark_unread,
    _delete_and_restore,
    _send_message,
    _reply_in_thread,
    _run_commands,
    _use_tools,
    _use_app_home,
    _search,
    _look_at_batches,
    _tick_cases,
)


@contextlib.asynccontextmanager
async def record_requests(database: Database, clock: Clock) -> AsyncIterator[Recording]:
    """The office after the tour, with all that was asked of it."""
    archive, sleep = StoreSnapshots(database), ControlledSleep()
    async with open_harness(
        database,
        _catalog_with_internal_form(),
        clock,
        people=make_workspace(),
        client=RecordingClient,
        sleep=sleep,
    ) as harness:
        recording = Recording(harness, archive, sleep)
        harness.app.use(recording.record)
        for name, service, more in (
            ("bygg", BYGG, {}),
            ("held", BYGG, {}),
            ("free", BYGG, {}),
            ("last", BYGG, {}),
            ("oro", ORO, {}),
            ("protected", BYGG, {"protected": True}),
            ("park", PARK, {}),
        ):
            recording.cases[name] = await _open_case(recording, service, **more)
        for step in STEPS:
            await step(recording)
        recording.is_over = True
        yield recording
    archive.close()
