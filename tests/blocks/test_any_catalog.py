"""Any text in any field, under any catalog that passes the check: every picture fits into Slack and pings nobody."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.blocks
from bot.blocks import asking, card, case_modal, help, hits, home, lists, notice, private, thread
from bot.blocks.case_modal import Begun, Tab
from bot.blocks.forms import assign, colour, flag, message, note, protection, returned, search, status, taking
from bot.blocks.forms import settings as choices
from bot.blocks.forms.fields import LONGEST
from bot.blocks.message import Message
from bot.blocks.view import View
from bot.catalog.definition import definition_of
from bot.catalog.models import Catalog
from bot.catalog.services import EService
from bot.domain.actors import officer_of
from bot.domain.case import Assignee, Case
from bot.domain.flags import Flag
from bot.domain.intake import FileRef, Person
from bot.domain.notices import NOTICES
from bot.domain.preferences import Preferences
from bot.domain.views import (
    Around,
    CardView,
    CaseView,
    FileLine,
    HistoryLine,
    InList,
    ListedCase,
    MessageLine,
    NoteLine,
    NoteVersion,
    OpeningLine,
)
from bot.letters.letter import Facts, Kind, letter
from bot.text import Words, clean, words
from sandbox.limits import judge_suggestions
from tests.blocks.seen import assert_fits
from tests.blocks.town import NOW
from tests.strategies import NASTY, TYPED, catalogs, examples

TODAY = date(2026, 11, 23)
ID = "f" * 32


@dataclass(frozen=True)
class World:
    """A catalog, a case of one of its e-services, and what people have written there."""

    catalog: Catalog
    service: EService
    case: Case
    wrote: list[str]
    w: Words

    @property
    def text(self) -> str:
        return self.wrote[0]

    @property
    def typed(self) -> str:
        """As much of it as Slack's own field takes."""
        return self.text[:LONGEST]

    @property
    def held(self) -> list[str]:
        return [one.ref for one in self.case.assignees]

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(Person(id=f"p{n}", name=text, email="e@e.example") for n, text in enumerate(self.wrote))

    @property
    def files(self) -> tuple[FileRef, ...]:
        return tuple(
            FileRef(id=f"a{n}", name=text[:250] or "x", size=10, kind="application/pdf", sha256="")
            for n, text in enumerate(self.wrote)
        )

    @property
    def answers(self) -> dict[str, Any]:
        """An answer of each field's kind, in words where it can be."""
        made: dict[str, Any] = {}
        for field in self.service.fields:
            keys = [choice.key for choice in field.choices]
            made[field.key] = {
                "number": "1234567.5",
                "date": "2026-11-23",
                "yes_no": True,
                "choice": keys[-1] if keys else "",
                "choices": keys,
                "file": [{"id": "a0", "name": self.text[:250], "size": 1, "kind": "application/pdf"}],
                "address": {"street": self.text, "postcode": "123 45", "city": self.text},
            }.get(field.kind, self.text)
        return made

    @property
    def card(self) -> CardView:
        on_card = {field.key for field in self.service.fields if field.on_card}
        answers = {key: value for key, value in self.answers.items() if key in on_card}
        return CardView(self.case, definition_of(self.service), answers, "message", "applicant")

    @property
    def view(self) -> CaseView:
        files = tuple(FileLine(file, NOW, "applicant", "answers") for file in self.files)
        return CaseView(
            case=self.case,
            definition=definition_of(self.service),
            answers=self.answers,
            people=self.people,
            messages=tuple(self._message(n, text) for n, text in enumerate(self.wrote)),
            notes=tuple(self._note(n, text) for n, text in enumerate(self.wrote)),
            history=tuple(self.happened),
            files=self.files,
            file_lines=files,
            openings=(OpeningLine(NOW, "officer:o99", self.text[:500]),),
        )

    def _message(self, n: int, text: str) -> MessageLine:
        return MessageLine(
            f"m{n}", "officer:o99", "", NOW, NOW, "decision", text, self.files, TODAY, receipt=True
        )

    def _note(self, n: int, text: str) -> NoteLine:
        versions = (NoteVersion(NOW, "officer:o99", text),) * 2
        when = {"edited_at": NOW, "removed_at": NOW}
        more: dict[str, Any] = {**when, "files": self.files, "earlier": versions}
        return NoteLine(f"n{n}", "officer:o99", NOW, "working", text, **more)

    @property
    def happened(self) -> Iterator[HistoryLine]:
        """Each event once, by someone there is and by someone there is not."""
        status_facts = {"was": "s0", "was_name": self.text, "status": "s1", "status_name": self.text}
        facts: dict[str, Any] = {
            **status_facts,
            **{"officer": "o99", "replaced": ("o1",), "kind": "officer", "key": "o99", "colour": "red"},
            **{"added": tuple(self.held), "removed": ("group:g99", "officer:gone"), "due_on": TODAY},
        }
        for n, kind in enumerate(NOTICES):
            by = "officer:o99" if n % 2 else "officer:gone"
            yield HistoryLine(n + 1, NOW, by, kind.__name__, facts, {"reason": self.text})

    @property
    def rows(self) -> list[ListedCase]:
        officers, groups = self.case.officers, self.case.groups
        why: Any = ("message", "overdue", "noanswer")
        return [
            ListedCase(
                ID, f"2026-{n:06d}", self.service.key, "s1", officers, groups, NOW, TODAY, None, why=why
            )
            for n in range(home.ROWS)
        ]

    @property
    def officer(self) -> Any:
        found = officer_of(self.catalog, "o99", TODAY)
        assert found is not None
        return found

    def letter(self, **more: Any) -> message.Letter:
        sender = self.catalog.officer("o99")
        assert sender is not None
        kept = message.Written(text=self.typed, kind="decision", said=self.typed, answer_by="2026-12-01")
        return message.Letter(
            case=self.case,
            service=self.service,
            sender=sender,
            people=self.people,
            templates=self.service.templates,
            waiting=self.service.status("s1"),
            ids={"case": ID, "draft": ID},
            written=kept,
            alert=self.text,
            **{"files": self.files, "limits": self.catalog.municipality.files, **more},
        )


def _modal(world: World, tab: Tab, page: int) -> View:
    place = InList("mine", 3)
    return case_modal.case_modal(
        case_modal.Shown(
            view=world.view,
            officer="o99",
            catalog=world.catalog,
            today=TODAY,
            access=world.officer.access.get(world.service.key),
            tab=tab,
            page=page,
            note="n0",
            ids={"case": ID, "tab": tab},
            counts={"messages": 5, "notes": 3, "unread": 2, "files": 1},
            draft=Begun(NOW, "case:message", ID),
            flag=Flag(ID, world.text[:150], NOW),
            alert=world.text,
            around=Around((ID, place), (ID, place)),
        ),
        world.w,
    )


def _status(world: World) -> status.StatusForm:
    typed = {"status": "s2", "message": world.typed, "note": world.typed, "reason": world.typed}
    return status.StatusForm(world.case, world.service, world.service.statuses, typed, {}, world.text)


def _home(world: World) -> home.Shown:
    counts: Any = {"todo": 20, "mine": 40, "unhandled": 1000}
    return home.Shown("todo", world.rows, counts, world.catalog, NOW, TODAY, page=1, delayed=4)


def _hits(world: World) -> hits.Hits:
    return hits.Hits(ID, world.rows[: hits.ROWS], 100, 1)


def _protection(world: World) -> View:
    named = [one.name for one in world.catalog.municipality.officers]
    return protection.protection_form(world.case, world.service, named, {}, world.w)


Pictures = dict[str, Callable[[World], Any]]
PICTURES: Pictures = {
    "asking.is_it_this": lambda x: asking.is_it_this("take", x.case, x.service, x.w),
    "card.card": lambda x: card.card(x.card, x.catalog, x.w, TODAY),
    "case_modal.case_modal": lambda x: [_modal(x, tab, page) for tab in get_args(Tab) for page in (0, 9)],
    "case_modal.loading": lambda x: case_modal.loading(x.case.number, {"case": ID}, x.w),
    "help.command_help": lambda x: help.command_help("/arende", x.w),
    "hits.hit_list": lambda x: [hits.hit_list(one, x.catalog, x.w) for one in (_hits(x), hits.Hits())],
    "home.home": lambda x: home.home(_home(x), x.w),
    "home.in_modal": lambda x: home.in_modal(_home(x), x.w),
    "home.opening": lambda x: home.opening(x.w),
    "home.closed_home": lambda x: home.closed_home(x.text, x.w),
    "lists.case_list": lambda x: lists.case_list("all", x.rows[:10], 999, x.catalog, x.w),
    "notice.officer_notice": lambda x: [
        notice.officer_notice(x.case.number, x.service, reasons, ID, x.w)
        for reasons in (get_args(notice.Reason), ["removed"], ["reminder"])
    ],
    "notice.channel_trouble": lambda x: notice.channel_trouble(x.service, x.catalog, "not_in_channel", x.w),
    "private.private": lambda x: private.private(x.text),
    "private.door": lambda x: private.door("https://arenden.example/handlaggare/in/x", x.w),
    "thread.opening_line": lambda x: [thread.opening_line(use, x.w) for use in thread.OPENINGS],
    "thread.lines": lambda x: thread.lines(list(x.happened), x.catalog, x.service, x.w, ID),
    "assign.assign_form": lambda x: [
        assign.assign_form(assign.AssignForm(x.case, x.catalog, chosen, x.text, {}, x.text, over), x.w)
        for chosen, over in ((x.held, False), (["officer:o99"], True))
    ],
    "colour.colour_form": lambda x: colour.colour_form(x.case, x.service, {}, x.w, ("red", x.text)),
    "flag.flag_form": lambda x: flag.flag_form(
        x.case, x.service, {}, x.w, (Flag(ID, x.text[:150], NOW), x.text)
    ),
    "flag.told": lambda x: flag.told("flag.set", x.w),
    "message.message_form": lambda x: message.message_form(x.letter(), x.w),
    "message.preview": lambda x: message.preview(x.letter(), x.w),
    "message.sending": lambda x: message.sending({"case": ID}, NOW, x.w),
    "message.sent": lambda x: message.sent({"case": ID}, [x.text[:3000] or "x"], x.w),
    "message.undone": lambda x: message.undone({"case": ID}, x.w),
    "note.note_form": lambda x: note.note_form(
        note.Noting(x.case, x.service, x.catalog.municipality.files, {}, x.text), x.w
    ),
    "note.noted": lambda x: note.noted(x.w, x.text),
    "protection.protection_form": _protection,
    "protection.with_warning": lambda x: protection.with_warning(_protection(x), x.w),
    "protection.away": lambda x: protection.away(
        x.case.number, [one.name for one in x.catalog.municipality.officers], x.w
    ),
    "returned.returned": lambda x: returned.returned(message.message_form(x.letter(), x.w), x.text),
    "search.search_form": lambda x: search.search_form(
        search.SearchForm(x.officer, x.catalog, _hits(x), x.text), x.w
    ),
    "settings.settings_form": lambda x: choices.settings_form(Preferences(), {}, x.w),
    "settings.saved": lambda x: choices.saved(x.w),
    "status.status_form": lambda x: status.status_form(_status(x), x.w),
    "taking.taking": lambda x: taking.taking(x.case, x.catalog, {}, x.w),
}

BRICKS = {"view.modal", "view.with_ids", "view.loading"}
"""What pictures are made of."""


def drawing() -> Iterator[str]:
    """Every function of the blocks that draws a whole message or view."""
    for package in (bot.blocks, importlib.import_module("bot.blocks.forms")):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            found = inspect.getmembers(importlib.import_module(module.name), inspect.isfunction)
            for name, function in found:
                draws = function.__annotations__.get("return") in ("Message", "View")
                if draws and not name.startswith("_") and function.__module__ == module.name:
                    yield f"{module.name.rpartition('.')[2]}.{name}"


def test_every_picture_is_tried() -> None:
    assert set(drawing()) == set(PICTURES) | BRICKS


@st.composite
def worlds(draw: st.DrawFn) -> World:
    catalog = draw(catalogs())
    service = catalog.services["e1"]
    people = [("officer", one.key) for one in catalog.municipality.officers]
    groups = [("group", one.key) for one in catalog.municipality.groups]
    held = (*people, *groups)[: draw(st.integers(1, 50))]
    closed = draw(st.booleans())
    case = Case(
        id=ID,
        number="2026-000123",
        service="e1",
        origin="web",
        received_at=NOW,
        status=draw(st.sampled_from(["s0", "s1", "s3", "gone"])),
        status_since=NOW,
        status_by=draw(st.sampled_from(["applicant", "officer:o99", "machine:x", "officer:gone"])),
        applicants=("p0",),
        assignees=tuple(Assignee(kind, key, NOW, "officer:o99") for kind, key in held),  # type: ignore[arg-type]
        due_on=draw(st.none() | st.just(TODAY + timedelta(days=3))),
        closed_at=NOW if closed else None,
        protected=draw(st.booleans()),
        colour=draw(st.sampled_from(["", "red", "gone"])),
        seq=5,
    )
    wrote = [clean(text) for text in draw(st.lists(TYPED, min_size=1, max_size=4))]
    return World(catalog, service, case, wrote, words(draw(st.sampled_from(["sv", "en"]))))


def pictures(drawn: Any) -> list[Message | View]:
    return drawn if isinstance(drawn, list) else [drawn]


@examples(25)
@given(world=worlds())
def test_whatever_people_write_every_picture_fits_and_pings_nobody(world: World) -> None:
    for name, draw in PICTURES.items():
        for picture in pictures(draw(world)):
            try:
                assert_fits(picture)
            except AssertionError as wrong:
                raise AssertionError(f"{name}: {wrong}") from None


@examples(25)
@given(world=worlds())
def test_whoever_there_is_to_choose_among_can_be_offered(world: World) -> None:
    town = world.catalog.municipality
    offered = assign.suggestions(town.officers, town.groups, world.w)
    assert judge_suggestions({"option_groups": offered}) == []


@examples(60)
@given(name=NASTY, kind=st.sampled_from(get_args(Kind)), language=st.sampled_from(["sv", "en"]))
def test_a_letter_has_one_line_for_its_subject_and_no_link_that_is_not_ours(
    name: str, kind: Any, language: str
) -> None:
    facts = Facts(
        municipality=name.strip() or "x",
        home="https://arenden.example/",
        number="2026-000001",
        link="https://arenden.example/m/x",
        service=name,
        code="123456",
        reason="message",
    )
    drawn = letter(kind, facts, words(language))
    assert drawn.subject.strip() and not {"\n", "\r"} & set(drawn.subject)
    assert drawn.html.count("<a ") == drawn.html.count('<a href="https://arenden.example/')
    assert "<script" not in drawn.html and "<!channel>" not in drawn.html


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_is_cleaned_can_be_stored_and_sent(language: str) -> None:
    for text in ("\ud800x", "a\x00b", "\u202egnp", "x\r\ny"):
        cleaned = clean(text)
        cleaned.encode()
        assert not {"\x00", "\r", "\u202e"} & set(cleaned)
