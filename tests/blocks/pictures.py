"""Every picture the bot draws in Slack, in the ways that it may look."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, get_args

import bot.blocks
from bot.blocks import help, notice, private
from bot.blocks.block_kit import form_errors
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.view import View
from bot.blocks.cases import card, case_modal, confirmation, thread
from bot.blocks.cases.case_modal import Begun, Shown, Tab
from bot.blocks.cases.case_words import on_page_only
from bot.blocks.forms import assign, colour, flag, message, note, protection, search, status, take
from bot.blocks.forms import settings as choices
from bot.blocks.lists import case_list, home, search_results
from bot.domain.flags import Flag
from bot.domain.preferences import Preferences
from bot.domain.views import Around, InList
from tests.blocks.town import NOW
from tests.blocks.world import ID, TODAY, World

Picture = Message | View


def _flag(world: World) -> Flag:
    return Flag(ID, world.text[:150], NOW)


def _modals(world: World) -> list[View]:
    """Each tab, at its beginning and its end; and as it is for who has the case, or may not give it to others.

    What is worked with on its page alone looks alike in all tabs.
    """
    on_slack = not on_page_only(world.case, world.known)
    bare = Shown(view=world.view, officer="o99", catalog=world.catalog, today=TODAY, access=world.access)
    place = (ID, InList("search", 3, ID))
    full = replace(
        bare,
        note="n0",
        counts={"messages": 5, "notes": 3, "unread": 2, "files": 1},
        flag=_flag(world),
        alert=world.text,
        around=Around(place, place),
    )
    begun = {"messages": Begun(NOW, "case:message", ID), "notes": Begun(NOW, "note:draft", ID)}
    tabs = [
        replace(
            bare if world.fresh else replace(full, draft=begun.get(tab)),
            tab=tab,
            page=page,
            ids={"case": ID, "tab": tab, "list": ["search"]},
        )
        for tab in (get_args(Tab) if on_slack else ("case",))
        for page in ((0,) if world.fresh else (0, 1))
    ]
    others = [
        replace(bare, tab="tools", access=None),
        replace(full, officer=next(iter(world.case.officers), "")),
    ]
    return [case_modal.case_modal(shown, world.w) for shown in (*tabs, *others)]


def _homes(world: World) -> Iterator[home.Shown]:
    """Each tab with its first cases and its last, and with none while there are or are not some that nobody has."""
    for tab, page in itertools.product(home.PLACES, (0, 1)):
        counts: Any = {"todo": 40, "mine": 40, "unhandled": 1000}
        yield home.Shown(tab, world.rows(), counts, world.catalog, NOW, TODAY, page=page, delayed=4)
    for tab, free in itertools.product(home.PLACES, (0, 1000)):
        counts = {"todo": 0, "mine": 0, "unhandled": free if tab != "unhandled" else 0}
        yield home.Shown(tab, [], counts, world.catalog, NOW, TODAY)


def _lists(world: World) -> list[Message]:
    some, none = (world.rows(10), 999), (world.rows(0), 0)
    return [
        case_list.case_list(kind, rows, total, world.catalog, world.w)
        for kind, (rows, total) in itertools.product(get_args(case_list.Kind), (some, none))
    ]


def _hits(world: World) -> list[search_results.Hits]:
    """None, a page of many at either end and in the midst, and as many as are ever found."""
    most = [
        search_results.Hits(ID, world.rows(search_results.ROWS), count, page)
        for count, page in ((100, 0), (100, 9), (10_000, 1))
    ]
    return [search_results.Hits(), search_results.Hits(ID, world.rows(1), 1), *most]


def _searches(world: World) -> list[View]:
    forms = [
        search.SearchForm(world.officer, world.catalog, found, world.text, home=True)
        for found in _hits(world)
    ]
    return [
        search.search_form(form, world.w)
        for form in (search.SearchForm(world.officer, world.catalog), *forms)
    ]


def _notices(world: World) -> list[Message]:
    """For each reason, and for all of them at once."""
    reasons = [get_args(notice.Reason), *([reason] for reason in get_args(notice.Reason))]
    return [notice.officer_notice(world.case.number, world.known, each, ID, world.w) for each in reasons]


def _asked(world: World) -> list[Message]:
    return [confirmation.is_it_this(deed, world.case, world.known, world.w) for deed in confirmation.ACTIONS]


def _assigning(world: World) -> list[View]:
    def form(chosen: list[str], *, over: bool = False) -> View:
        of = assign.AssignForm(world.case, world.catalog, chosen, world.text, {}, world.text, over)
        return assign.assign_form(of, world.w)

    return [form(world.held), form(["officer:o99"], over=True), form([])]


def _colours(world: World) -> list[View]:
    return [
        colour.colour_form(world.case, world.service, {}, world.w, chosen)
        for chosen in (None, ("red", world.text))
    ]


def _flags(world: World) -> list[View]:
    known: tuple[tuple[Flag | None, str], ...] = ((None, ""), (None, world.text), (_flag(world), world.text))
    return [flag.flag_form(world.case, world.service, {}, world.w, each) for each in known]


def _letters(world: World) -> list[message.Letter]:
    """With all there can be in it, and with as little."""
    bare = {
        "files": (),
        "templates": (),
        "waiting": None,
        "written": message.Written(),
        "alert": "",
        "people": (),
    }
    return [world.letter(), world.letter(**bare)]


def _statuses(world: World) -> list[View]:
    """With each status chosen in turn, with none, and where there is none to choose."""
    typed = {"message": world.typed, "note": world.typed, "reason": world.typed}
    every = world.service.statuses
    chosen = [typed | {"status": one.key} for one in every[:4]]
    forms = [
        status.StatusForm(world.case, world.service, every, each, {}, world.text) for each in ({}, *chosen)
    ]
    none = status.StatusForm(world.case, world.service, ())
    return [status.status_form(form, world.w) for form in (*forms, none)]


def _notes(world: World) -> list[View]:
    limits = world.catalog.municipality.files
    notings = [note.Noting(world.case, world.service, limits, {}, text) for text in ("", world.text)]
    return [note.note_form(noting, world.w) for noting in notings]


def _named(world: World) -> list[str]:
    return [one.name for one in world.catalog.municipality.officers]


def _protection(world: World) -> View:
    return protection.protection_form(world.case, world.service, _named(world), {}, world.w)


def _private(world: World) -> list[Message]:
    buttons = [private.case_button(key, ID, world.w) for key in private.CASE_BUTTONS]
    return [private.private(world.text), private.private(world.text, *buttons)]


def _settings(world: World) -> list[View]:
    chosen = (Preferences(), Preferences("en", frozenset(choices.TOLD), "todo"))
    return [choices.settings_form(each, {}, world.w) for each in chosen]


def _troubles(world: World) -> list[Message]:
    return [
        notice.channel_trouble(world.service, world.catalog, trouble, world.w)
        for trouble in ("not_in_channel", "something_new")
    ]


Pictures = dict[str, Callable[[World], Picture | list[Any]]]
PICTURES: Pictures = {
    "confirmation.is_it_this": _asked,
    "card.card": lambda x: card.card(x.card, x.catalog, x.w, TODAY),
    "case_modal.case_modal": _modals,
    "case_modal.loading": lambda x: case_modal.loading(x.case.number, {"case": ID}, x.w),
    "help.command_help": lambda x: help.command_help("/arende", x.w),
    "search_results.hit_list": lambda x: [
        search_results.hit_list(one, x.catalog, x.w) for one in _hits(x) if one.page == 0
    ],
    "home.home": lambda x: [home.home(shown, x.w) for shown in _homes(x)],
    "home.in_modal": lambda x: home.in_modal(next(_homes(x)), x.w),
    "home.opening": lambda x: home.opening(x.w),
    "home.closed_home": lambda x: home.closed_home(x.text, x.w),
    "case_list.case_list": _lists,
    "notice.officer_notice": _notices,
    "notice.channel_trouble": _troubles,
    "private.private": _private,
    "private.door": lambda x: private.door("https://arenden.example/handlaggare/in/x", x.w),
    "thread.opening_line": lambda x: [thread.opening_line(use, x.w) for use in thread.OPENINGS],
    "thread.lines": lambda x: thread.lines(list(x.happened), x.catalog, x.service, x.w, ID),
    "assign.assign_form": _assigning,
    "colour.colour_form": _colours,
    "flag.flag_form": _flags,
    "flag.told": lambda x: flag.told("flag.set", x.w),
    "message.message_form": lambda x: [message.message_form(letter, x.w) for letter in _letters(x)],
    "message.preview": lambda x: [message.preview(letter, x.w) for letter in _letters(x)],
    "message.sending": lambda x: message.sending({"case": ID}, NOW, x.w),
    "message.sent": lambda x: message.sent({"case": ID}, [x.text[:3000] or "x"], x.w),
    "message.undone": lambda x: message.undone({"case": ID}, x.w),
    "note.note_form": _notes,
    "note.noted": lambda x: note.noted(x.w, x.text),
    "protection.protection_form": _protection,
    "protection.with_warning": lambda x: protection.with_warning(_protection(x), x.w),
    "protection.away": lambda x: protection.away(x.case.number, _named(x), x.w),
    "form_errors.returned": lambda x: form_errors.returned(message.message_form(x.letter(), x.w), x.text),
    "search.search_form": _searches,
    "settings.settings_form": _settings,
    "settings.saved": lambda x: choices.saved(x.w),
    "status.status_form": _statuses,
    # It is asked where someone has the case.
    "take.taking": lambda x: take.taking(x.case, x.catalog, {}, x.w) if x.case.officers else [],
}

BRICKS = {"view.modal", "view.with_ids", "view.loading"}
"""What pictures are made of."""


def drawing() -> Iterator[str]:
    """Every function of the blocks that draws a whole message or view."""
    for module in pkgutil.walk_packages(bot.blocks.__path__, "bot.blocks."):
        found = inspect.getmembers(importlib.import_module(module.name), inspect.isfunction)
        for name, function in found:
            draws = function.__annotations__.get("return") in ("Message", "View")
            if draws and not name.startswith("_") and function.__module__ == module.name:
                yield f"{module.name.rpartition('.')[2]}.{name}"


def drawn(world: World) -> Iterator[tuple[str, Picture]]:
    """Every picture of the world, by name."""
    for name, draw in PICTURES.items():
        made = draw(world)
        for picture in made if isinstance(made, list) else [made]:
            yield name, picture


def ids(part: Any) -> set[str]:
    """What the buttons, fields and dialogs in it are listened for by."""
    if isinstance(part, Message):
        part = part.blocks
    if isinstance(part, dict):
        own = {str(part[name]) for name in ("action_id", "callback_id") if name in part}
        return own.union(*(ids(inner) for inner in part.values()))
    return set().union(*(ids(inner) for inner in part)) if isinstance(part, list) else set()
