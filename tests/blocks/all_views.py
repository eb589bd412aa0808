"""Every picture the bot draws in Slack, in the ways that it may look."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, get_args

import bot.blocks
from bot.blocks import help, notice, private
from bot.blocks.block_kit import form_errors
from bot.blocks.block_kit.message import Message
from bot.blocks.block_kit.view import View
from bot.blocks.cases import card, case_modal, confirmation, thread
from bot.blocks.cases.case_modal import CaseModalState, Tab, UnfinishedDraft
from bot.blocks.cases.case_words import is_case_page_only
from bot.blocks.forms import absence, internal_form
from bot.blocks.forms import settings as choices
from bot.blocks.forms.cases import (
    assign,
    colour,
    delete,
    edit,
    flag,
    hold,
    link,
    message,
    note,
    protection,
    status,
    take,
)
from bot.blocks.forms.internal_form import InternalForm
from bot.blocks.forms.lists import batch_forms as batch_dialogs
from bot.blocks.forms.lists import filter as filter_dialog
from bot.blocks.forms.lists import saved_views, search, ticking
from bot.blocks.forms.lists.columns import ColumnForm, column_form
from bot.blocks.lists import batch, case_list, figures, home, internal, search_results
from bot.blocks.lists.home_state import HomeState, PageKeys, ShownList
from bot.blocks.lists.internal import MAX_SERVICES, InternalServices
from bot.catalog.definition import Definition
from bot.catalog.fields import Field
from bot.catalog.people import Access
from bot.domain.absence import Absence
from bot.domain.actors import Officer
from bot.domain.case import Link, LinkKind
from bot.domain.case_figures import DURATION_KINDS
from bot.domain.editing import AnswerChange, find_changes
from bot.domain.figure_tables import build_tables
from bot.domain.figures import (
    Durations,
    FigureReport,
    OverdueCases,
    Summary,
    last_months,
    last_weeks,
)
from bot.domain.flags import Flag
from bot.domain.internal_forms import MAX_QUESTIONS
from bot.domain.links import MAX_LINKS
from bot.domain.lists.batch_forms.action_forms import ACTION_FORMS, form_fields
from bot.domain.lists.batch_forms.chosen_cases import ChosenCases, describe_chosen
from bot.domain.lists.batch_forms.form_reading import FormContext
from bot.domain.lists.batch_wording import summarize
from bot.domain.lists.batches import (
    AssignCases,
    BatchAction,
    BatchPreview,
    BatchProgress,
    ColourCases,
    ExportCases,
    MailingExample,
    NoCasesChosen,
    NoSuchBatch,
    RefusedCases,
    SendMailing,
    SetStatuses,
    SkippedCase,
    TakeCases,
)
from bot.domain.lists.case_lists import CASE_LISTS, CaseList
from bot.domain.lists.case_query import (
    LIST_QUERIES,
    NOBODY,
    SLACK_COLUMNS,
    CaseCount,
    CaseFilter,
    CaseKey,
    CaseQuery,
    StoredQuery,
)
from bot.domain.lists.query_form import CHECKS, FilledFilter, fill_from_query, read_query
from bot.domain.lists.query_validation import NoSuchStatus
from bot.domain.lists.saved_views import MAX_VIEWS, SavedView
from bot.domain.notes import AddNote
from bot.domain.notice_reasons import NOTICE_KINDS, NOTICE_REASONS
from bot.domain.preference_form import SettingsForm
from bot.domain.preferences import Preferences
from bot.domain.retention_plan import Awaited
from bot.domain.rules import MAX_REASON_LENGTH
from bot.domain.stepwise_editing import KINDS, MAX_FIELDS, MAX_TYPED
from bot.domain.views import CaseView, ListPosition, Neighbours, UnsentMessage
from bot.store.officers.drafts import MAX_SHOWN
from tests.blocks.generated_cases import ID, TODAY, GeneratedCase
from tests.blocks.sample_catalog import NOW

Rendered = Message | View

UNSENT = [UnsentMessage(ID, "2026-000123")] * MAX_SHOWN


def _flag(generated: GeneratedCase) -> Flag:
    return Flag(ID, generated.text[:150], NOW)


def _internal_services(generated: GeneratedCase) -> Iterator[InternalServices]:
    """More e-services and cases than are shown, and none."""
    definition, _ = _editable(generated)
    fields = [one.model_copy(update={"in_slack": True}) for one in definition.fields[-MAX_QUESTIONS:]]
    small = {"audience": "internal", "record": "here", "privacy": "standard", "fields": tuple(fields)}
    services, cases = [*generated.catalog.services.values()], generated.rows()
    services.insert(0, generated.service.model_copy(update=small))
    for count in (0, MAX_SERVICES + 1):
        yield InternalServices(services * count, cases * count, "https://arenden.example", bool(count))


def _linked_view(generated: GeneratedCase) -> CaseView:
    """The case with as many links as it may have, every other one to a case that may not be seen."""
    others = [f"{n:032x}" for n in range(MAX_LINKS)]
    kinds = itertools.cycle(get_args(LinkKind))
    links = tuple(Link(other, kind, NOW, "officer:o99") for other, kind in zip(others, kinds, strict=False))
    linked = {one: replace(generated.case, id=one, number="2026-000124") for one in others[::2]}
    return replace(generated.view, case=replace(generated.case, links=links), linked=linked)


def _officer(key: str, generated: GeneratedCase, access: Access | None) -> Officer:
    """The officer with that access to the case's e-service."""
    granted = {generated.case.service: access} if access is not None else {}
    return Officer(key, generated.text, access=granted)


def _modals(generated: GeneratedCase) -> list[View]:
    """Each tab, at its beginning and its end; and as it is for who has the case, or may not give it to others.

    What is worked with on its page alone looks alike in all tabs.
    """
    on_slack = not is_case_page_only(generated.case, generated.known_service)
    bare = CaseModalState(
        view=generated.view,
        officer=_officer("o99", generated, generated.access),
        catalog=generated.catalog,
        today=TODAY,
    )
    place = (ID, ListPosition("search", 3, ID))
    full = replace(
        bare,
        note_id="n0",
        counts={"messages": 5, "notes": 3, "unread": 2, "files": 1},
        flag=_flag(generated),
        alert=generated.text,
        neighbours=Neighbours(place, place),
    )
    drafts = {
        "messages": UnfinishedDraft(NOW, "case:message", ID),
        "notes": UnfinishedDraft(NOW, "note:draft", ID),
    }
    tabs = [
        replace(
            bare if generated.is_new else replace(full, draft=drafts.get(tab)),
            tab=tab,
            page=page,
            metadata={"case": ID, "tab": tab, "list": ["search", 3, ID]},
        )
        for tab in (get_args(Tab) if on_slack else ("case",))
        for page in ((0,) if generated.is_new else (0, 1))
    ]
    others = [
        replace(bare, tab="tools", officer=_officer("o99", generated, None)),
        replace(full, view=_linked_view(generated)),
        replace(
            full, officer=_officer(next(iter(generated.case.officers), "o99"), generated, generated.access)
        ),
        replace(full, view=replace(generated.view, messages=generated.view.messages * 11), tab="messages"),
    ]
    return [case_modal.case_modal(shown, generated.words) for shown in (*tabs, *others)]


def _homes(generated: GeneratedCase) -> Iterator[HomeState]:
    """Each tab with its first cases and its last, and with none while there are or are not some that nobody has."""
    for tab, page in itertools.product(CASE_LISTS, (0, 1)):
        counts = {one: CaseCount(40 if one in ("todo", "mine") else 1001) for one in CASE_LISTS}
        key = CaseKey("", "2026-11-22T10:00:00+00:00", "2026-000123")
        keys = PageKeys(key, key, after=key)
        query = LIST_QUERIES[tab]
        yield _home(
            generated,
            tab,
            query,
            counts,
            rows=generated.rows(),
            page=page,
            keys=keys,
            delayed_count=4,
            unsent=UNSENT,
        )
    for tab, unassigned in itertools.product(CASE_LISTS, (0, 1000, 1001)):
        counts = {one: CaseCount(0) for one in CASE_LISTS}
        if tab != "unassigned":
            counts["unassigned"] = CaseCount(unassigned)
        yield _home(generated, tab, LIST_QUERIES[tab], counts)


def _narrowed_homes(generated: GeneratedCase) -> Iterator[HomeState]:
    """A view with every part of the filter, forty rows and eight columns; and lists that cannot be shown."""
    counts = {one: CaseCount(1001) for one in CASE_LISTS}
    views = [SavedView(f"v{n}", generated.text[:60] or "x", CaseQuery()) for n in range(MAX_VIEWS)]
    query = CaseQuery(filter=_everything(generated), text=generated.text[:300], columns=SLACK_COLUMNS[-8:])
    view, rows = replace(views[0], query=query), generated.rows(40)
    refusals = [NoSuchStatus(name="x" * 80)] * 100
    for given in (
        {"view": view, "layout": "table", "page_size": 40},
        {"view": view, "layout": "list", "page_size": 40, "is_changed": True},
        {"is_changed": True, "refusals": refusals},
        {"is_changed": True, "is_cut": True, "is_behind": True, "is_widened": True},
    ):
        found = rows if "page_size" in given else []
        yield _home(generated, "all", query, counts, rows=found, views=views, shown={"list_id": ID, **given})


def _everything(generated: GeneratedCase) -> CaseFilter:
    """A filter of which every part is used, some with values that the catalog does not have."""
    services = (generated.service.key, "gone")
    filled = dict.fromkeys(CHECKS, "1") | dict.fromkeys(("received_first", "due_before"), "2026-11-22")
    values = fill_from_query("all", CaseQuery()).values | filled
    chosen = {"services": services, "statuses": ("gone", "x"), "assignees": ("officer:gone", NOBODY)}
    read, _ = read_query(
        FilledFilter("all", values, {"kinds": (), "colours": ("red",), "origins": ("web",), **chosen}),
        CaseQuery(),
    )
    assert read is not None
    return read.filter


def _home(
    generated: GeneratedCase, tab: CaseList, query: CaseQuery, counts: dict[CaseList, CaseCount], **more: Any
) -> HomeState:
    shown = ShownList(**{"query": query, "count": counts[tab], **more.pop("shown", {})})
    facts = {"rows": [], "officer": generated.officer, "fetched_at": NOW, "today": TODAY, **more}
    return HomeState(tab=tab, counts=counts, catalog=generated.catalog, shown=shown, **facts)


def _filters(generated: GeneratedCase) -> list[View]:
    queries = (CaseQuery(), CaseQuery(filter=_everything(generated), text="x"))
    return [
        filter_dialog.filter_form(
            filter_dialog.FilterForm(
                "all", query, generated.catalog, {"home": True, "tab": "all", "page": 0}
            ),
            generated.words,
        )
        for query in queries
    ]


def _views(generated: GeneratedCase) -> list[SavedView]:
    name = " ".join(generated.text.split())[:60] or "x"
    return [SavedView(ID, name, None), SavedView(ID, name, CaseQuery(filter=_everything(generated)))]


def _lists(generated: GeneratedCase) -> list[Message]:
    some, none = (generated.rows(10), 999), (generated.rows(0), 0)
    return [
        case_list.case_list(kind, rows, total, generated.catalog, generated.words)
        for kind, (rows, total) in itertools.product(CASE_LISTS, (some, none))
    ]


def _query_lists(generated: GeneratedCase) -> list[Message]:
    query = CaseQuery(filter=CaseFilter(overdue=True, colours=("red",)), text=generated.text[:300])
    return [
        case_list.query_list(
            StoredQuery(ID, query),
            case_list.ShownCases(rows, total, is_cut=True),
            generated.catalog,
            generated.words,
        )
        for rows, total in ((generated.rows(10), 999), (generated.rows(0), 0))
    ]


def _search_results(generated: GeneratedCase) -> list[search_results.SearchResults]:
    """None, a page of many at either end and in the midst, and as many as are ever found."""
    most = [
        search_results.SearchResults(ID, generated.rows(search_results.PAGE_SIZE), count, page, list_id=ID)
        for count, page in ((100, 0), (100, 9), (10_000, 1))
    ]
    return [search_results.SearchResults(), search_results.SearchResults(ID, generated.rows(1), 1), *most]


def _searches(generated: GeneratedCase) -> list[View]:
    forms = [
        search.SearchForm(generated.officer, generated.catalog, found, generated.text, is_from_app_home=True)
        for found in _search_results(generated)
    ]
    return [
        search.search_form(form, generated.words)
        for form in (search.SearchForm(generated.officer, generated.catalog), *forms)
    ]


def _notices(generated: GeneratedCase) -> list[Message]:
    """For each reason, and for all of them at once."""
    reasons = [
        tuple(NOTICE_REASONS),
        *([reason] for reason in NOTICE_REASONS),
    ]
    return [
        notice.officer_notice(generated.case.number, generated.known_service, each, ID, generated.words)
        for each in reasons
    ]


def _digests(generated: GeneratedCase) -> list[Message]:
    """Of one notice, of several, and of more than fit, each with all the lines that it may have."""
    words = generated.words
    longest, *_ = _notices(generated)
    for line in (notice.substitute_line(_officer_names(generated) or ["x"], words), generated.text or "x"):
        longest = notice.with_line(longest, line)
    return [notice.digest_notice([longest] * count, words) for count in (1, 2, notice.MAX_IN_DIGEST + 2)]


def _which_questions(generated: GeneratedCase) -> list[Message]:
    choices = [confirmation.Choice("n" * 500, f"key:{ID}:1", effect) for effect in ("", "e" * 3_000)]
    question = generated.words("ask.which.status", word="w" * 60)
    return [
        confirmation.which_question(question, action_id, choices, generated.words)
        for action_id in ("status:chosen", "colour:chosen", "ask:case")
    ]


def _each_questions(generated: GeneratedCase) -> list[Message]:
    choices = [confirmation.Choice("n" * 500, f"{ID}:1")] * 5
    question = generated.words("ask.which.one")
    return [
        confirmation.each_question(question, action_id, choices, generated.words)
        for action_id in confirmation.ACTION_IDS.values()
    ]


def _confirmations(generated: GeneratedCase) -> list[Message]:
    return [
        confirmation.confirmation_question(action, generated.case, generated.known_service, generated.words)
        for action in confirmation.ACTION_IDS
    ]


COLOURING = ColourCases(colour="red")


def _batch(state: Any, skipped: int, action: BatchAction = COLOURING) -> BatchProgress:
    return BatchProgress(
        id=ID,
        officer="o99",
        action=action,
        state=state,
        total=100_000,
        done=7,
        skipped=skipped,
        created_at=NOW,
    )


def _batches(generated: GeneratedCase) -> list[Message]:
    return [
        batch.batch_message(_batch(state, skipped, action), generated.catalog, generated.words)
        for state in ("waiting", "running", "done", "cancelled")
        for skipped in (0, 50_000)
        for action in (COLOURING, ExportCases())
    ]


def _skipped(generated: GeneratedCase) -> list[View]:
    """The first page, one in the midst, and none."""
    cases = [SkippedCase(ID, generated.case.number, NoSuchBatch())] * batch.SKIPPED_PAGE_SIZE
    many, none = _batch("done", 50_000), _batch("done", 0)
    shown = ((many, cases, 0), (many, cases, 1), (none, [], 0))
    return [batch.skipped_modal(*each, generated.catalog, generated.words) for each in shown]


def _listed_batches(generated: GeneratedCase) -> list[View]:
    """More than it shows, and none."""
    many = [_batch("done", 50_000), _batch("running", 3, ExportCases())] * batch.MAX_LISTED_BATCHES
    return [batch.batches_modal(found, generated.catalog, generated.words) for found in (many, [])]


def _ticking(generated: GeneratedCase) -> list[ticking.TickingState]:
    """A page with some ticked, one in the midst with all that the list finds, the largest, and an empty one."""
    rows = generated.rows(40)
    query = CaseQuery(filter=CaseFilter(overdue=True, colours=("red",)))

    def state(page: int, count: int, *, ticked: bool, every: bool) -> ticking.TickingState:
        return ticking.TickingState(
            list_id=ID,
            query=query,
            page=page,
            rows=rows[:count],
            has_next=page < 3,
            total=100_001 if count else 0,
            ticked=[one.id for one in rows[:2]] if ticked else [],
            all_ticked=every,
            revision=page,
            catalog=generated.catalog,
        )

    return [
        state(1, 10, ticked=True, every=False),
        state(2, 40, ticked=False, every=True),
        state(3, 40, ticked=True, every=False),
        state(1, 0, ticked=False, every=False),
    ]


def _batch_forms(generated: GeneratedCase) -> list[View]:
    """Each action's form, with all statuses to choose among and none, and where texts may not be written."""
    services = (generated.service.key,)
    shown = []
    for kind, strict, targets in itertools.product(
        ACTION_FORMS, (False, True), (generated.service.statuses, ())
    ):
        templates = generated.service.templates if targets else ()
        chosen = ChosenCases(100_000, tuple(targets), CaseQuery(), services, templates, is_cut=strict)
        context = FormContext(generated.catalog, generated.words, NOW, chosen)
        form = batch_dialogs.BatchForm(
            kind,
            form_fields(kind, context),
            describe_chosen(chosen, generated.words),
            {"ticking": ID},
            generated.catalog.municipality.files,
            strict,
            templates,
        )
        form = (
            form.with_template("x", {"text": generated.text[:3000], "kind": "decision"}) if targets else form
        )
        shown.append(batch_dialogs.batch_form(form, generated.words))
    return shown


def _batch_confirmations(generated: GeneratedCase) -> list[View]:
    refusals = (RefusedCases(NoSuchBatch(), 300, ("2026-000001",) * 10), RefusedCases(NoCasesChosen(), 1))
    names = tuple(one.name for one in generated.people)
    examples = (MailingExample(ID, generated.case.number, names, generated.text[:3000] or "x"),) * 3
    previews = [
        BatchPreview(
            total=100_000,
            looked_at=1000,
            changed=996,
            unchanged=1,
            notified=9,
            refusals=refusals,
            examples=examples,
        ),
        BatchPreview(total=1, looked_at=1, changed=0, unchanged=0, notified=0, refusals=refusals[:1]),
    ]
    actions: list[BatchAction] = [
        COLOURING,
        ColourCases(colour=""),
        TakeCases(),
        SetStatuses(status="x"),
        AssignCases(assignees=tuple(generated.assignee_refs) or ("officer:o99",), replaces=True),
        SendMailing(text="x", send_at=NOW),
        ExportCases(),
    ]
    return [
        batch_dialogs.confirmation(
            one,
            summarize(one, preview, generated.catalog, generated.words),
            preview.examples,
            {"batch": ID},
            generated.words,
        )
        for action, preview in itertools.product(actions, previews)
        for one in [_batch("prepared", 0, action)]
    ]


def _moved_cases(generated: GeneratedCase) -> list[Message]:
    return [
        batch.moved_cases_message(name, role, 3, generated.words)
        for name in _officer_names(generated)[:2]
        for role in ("assigned", "removed")
    ]


def _figures(generated: GeneratedCase) -> list[figures.ShownFigures]:
    """Of many months and of weeks, of nothing and of more than any municipality has."""
    durations = {kind: Durations({90: 10**6, 500_000: 10**6}) for kind in DURATION_KINDS}
    much = Summary({"received": 10**9, "closed": 10**9, "overdue": 10**8}, durations, 10**9)
    shown = []
    for period, summary in itertools.product(
        (last_months(60, TODAY), last_weeks(13, TODAY)), (much, Summary())
    ):
        report = FigureReport(
            period=period,
            counted_at=NOW if summary is much else None,
            by_interval=tuple((interval, summary) for interval in period.intervals()),
            by_service=dict.fromkeys(generated.catalog.services, summary),
            ages={TODAY: 10**9},
            overdue_now=dict.fromkeys(generated.catalog.services, OverdueCases(10**8, 10**8, 1)),
            unassigned_now=10**9,
        )
        tables = build_tables(report, generated.catalog, TODAY, generated.words)
        title = generated.service.name.in_(generated.words.language)
        shown.append(figures.ShownFigures(title, report, tables, generated.words, summary is much))
    return shown


def _assigning(generated: GeneratedCase) -> list[View]:
    def form(chosen: list[str], *, over: bool = False) -> View:
        of = assign.AssignForm(
            generated.case, generated.catalog, chosen, generated.text, {}, generated.text, over
        )
        return assign.assign_form(of, generated.words)

    return [form(generated.assignee_refs), form(["officer:o99"], over=True), form([])]


def _colours(generated: GeneratedCase) -> list[View]:
    return [
        colour.colour_form(generated.case, generated.service, {}, generated.words, chosen)
        for chosen in (None, ("red", generated.text))
    ]


def _flags(generated: GeneratedCase) -> list[View]:
    known: tuple[tuple[Flag | None, str], ...] = (
        (None, ""),
        (None, generated.text),
        (_flag(generated), generated.text),
    )
    return [flag.flag_form(generated.case, generated.service, {}, generated.words, each) for each in known]


def _cards(generated: GeneratedCase) -> list[Message]:
    """The card, and what is left of it once the case is deleted."""
    deleted = replace(
        generated.case, deleted_at=NOW, deleted_by="officer:o99", deleted_until=TODAY, deletion_ground="test"
    )
    views = (generated.card, replace(generated.card, case=deleted))
    return [card.card(one, generated.catalog, generated.words, TODAY) for one in views]


def _editable(generated: GeneratedCase) -> tuple[Definition, dict[str, Any]]:
    """The questions that Slack can ask, of the kinds that made-up catalogs lack too, and an answer to each."""
    name = generated.service.name
    asked = [one for one in generated.service.fields if one.kind in KINDS]
    lacking: list[Field] = [
        Field(key=kind, kind=kind, label=name, help=name) for kind in ("organisation_number", "property")
    ]
    definition = Definition(service=generated.service.key, name=name, fields=(*asked, *lacking))
    answers = {
        key: one[:MAX_TYPED] if isinstance(one, str) else one for key, one in generated.answers.items()
    }
    typed = {one.key: generated.text[:200] for one in lacking}
    return definition, {one.key: (answers | typed).get(one.key) for one in definition.fields}


def _edit_steps(generated: GeneratedCase) -> list[View]:
    """Every step of a form with all its answers, and the first with none."""
    definition, answers = _editable(generated)
    starts = range(0, len(definition.fields), MAX_FIELDS)
    parts = [definition.fields[start : start + MAX_FIELDS] for start in starts]
    steps = [edit.EditStep(n, len(parts), part, answers) for n, part in enumerate(parts, 1)]
    return [
        edit.step_form(generated.case, generated.service, step, {"draft": ID}, generated.words)
        for step in (*steps, replace(steps[0], answers={}))
    ]


def _internal_forms(generated: GeneratedCase) -> list[View]:
    """As many questions as such a form may have, answered and not."""
    definition, answers = _editable(generated)
    url = "https://arenden.example/e-tjanster/bestallning"
    return [
        internal_form.internal_form(
            InternalForm(generated.service, definition.fields[:MAX_QUESTIONS], given, ID, url),
            generated.words,
        )
        for given in (answers, {})
    ]


def _edit_reviews(generated: GeneratedCase) -> list[View]:
    """With every answer given, with every answer taken away, and with one change that nobody is told of."""
    definition, answers = _editable(generated)

    def review(changes: Sequence[AnswerChange], *, is_offered: bool) -> View:
        shown = edit.EditReview(definition, changes, is_offered)
        return edit.review_form(generated.case, generated.service, shown, {"draft": ID}, generated.words)

    given, taken = find_changes(definition, {}, answers), find_changes(definition, answers, {})
    return [
        review(given, is_offered=True),
        review(taken, is_offered=True),
        review(given[:1], is_offered=False),
    ]


def _message_forms(generated: GeneratedCase) -> list[message.MessageForm]:
    """With all there can be in it, and with as little."""
    bare = {
        "files": (),
        "templates": (),
        "statuses": [],
        "values": message.MessageValues(),
        "alert": "",
        "people": (),
    }
    return [generated.message_form(), generated.message_form(**bare)]


def _statuses(generated: GeneratedCase) -> list[View]:
    """With each status chosen in turn, with none, and where there is none to choose."""
    typed = {"note": generated.short_text, "reason": generated.short_text}
    every = generated.service.statuses
    chosen = [typed | {"status": one.key} for one in every[:4]]
    forms = [
        status.StatusForm(generated.case, generated.service, every, each, {}, generated.text)
        for each in ({}, *chosen)
    ]
    none = status.StatusForm(generated.case, generated.service, ())
    return [status.status_form(form, generated.words) for form in (*forms, none)]


def _notes(generated: GeneratedCase) -> list[View]:
    limits = generated.catalog.municipality.files
    forms = [
        note.NoteForm(
            generated.case,
            generated.service,
            limits,
            {},
            AddNote(case_id=generated.case.id, text=text),
            generated.service.templates,
        )
        for text in ("", generated.text)
    ]
    return [note.note_form(noting, generated.words) for noting in forms]


def _officer_names(generated: GeneratedCase) -> list[str]:
    return [one.name for one in generated.catalog.municipality.officers]


def _protection(generated: GeneratedCase) -> View:
    return protection.protection_form(
        generated.case, generated.service, _officer_names(generated), {}, generated.words
    )


def _private(generated: GeneratedCase) -> list[Message]:
    buttons = [private.case_button(key, ID, generated.words) for key in private.CASE_BUTTONS]
    return [private.private_message(generated.text), private.private_message(generated.text, *buttons)]


def _settings(generated: GeneratedCase) -> list[View]:
    view = _views(generated)[0]
    forms = (
        SettingsForm(Preferences()),
        SettingsForm(
            Preferences("en", dict.fromkeys(NOTICE_KINDS, "nowhere"), "todo", wants_day=True),
            [view] * 30,
        ),
    )
    return [choices.settings_form(each, {}, generated.words) for each in forms]


def _column_forms(generated: GeneratedCase) -> list[View]:
    view = _views(generated)[0]
    forms = (ColumnForm(("applicants",), {}), ColumnForm(SLACK_COLUMNS[:8], {}, view.name).reset())
    return [column_form(each, generated.words) for each in forms]


def _absences(generated: GeneratedCase) -> list[View]:
    officer, today = generated.catalog.municipality.officers[0], NOW.date()
    forms = (
        absence.AbsenceForm(officer, today),
        absence.AbsenceForm(officer, today, Absence(officer.key, today, today), officer, is_own=False),
    )
    return [absence.absence_form(each, {}, generated.words) for each in forms]


def _troubles(generated: GeneratedCase) -> list[Message]:
    return [
        notice.channel_trouble_notice(generated.service, generated.catalog, trouble, generated.words)
        for trouble in ("not_in_channel", "something_new")
    ]


Builders = dict[str, Callable[[GeneratedCase], Rendered | list[Any]]]
BUILDERS: Builders = {
    "absence.absence_form": _absences,
    "absence.absence_saved": lambda x: absence.absence_saved(x.text or "x", x.words),
    "batch_forms.batch_form": _batch_forms,
    "batch_forms.confirmation": _batch_confirmations,
    "batch_forms.batch_begun": lambda x: [
        batch_dialogs.batch_begun(_batch(state, 0), x.catalog, x.words)
        for state in ("preparing", "waiting", "done")
    ],
    "ticking.ticking_home": lambda x: [ticking.ticking_home(one, x.words) for one in _ticking(x)],
    "ticking.ticking_modal": lambda x: [ticking.ticking_modal(one, x.words) for one in _ticking(x)],
    "ticking.ticking_loading_modal": lambda x: ticking.ticking_loading_modal(x.words),
    "batch.batch_message": _batches,
    "batch.batches_modal": _listed_batches,
    "batch.moved_cases_message": _moved_cases,
    "batch.skipped_modal": _skipped,
    "confirmation.confirmation_question": _confirmations,
    "confirmation.which_question": _which_questions,
    "confirmation.each_question": _each_questions,
    "card.card": _cards,
    "case_modal.case_modal": _modals,
    "case_modal.case_loading_modal": lambda x: case_modal.case_loading_modal(
        x.case.number, {"case": ID}, x.words
    ),
    "figures.figures_message": lambda x: [figures.figures_message(one) for one in _figures(x)],
    "figures.figures_without_charts": lambda x: [figures.figures_without_charts(one) for one in _figures(x)],
    "help.command_help": lambda x: help.command_help("/arende", x.words),
    "search_results.search_results_message": lambda x: [
        search_results.search_results_message(one, x.catalog, x.words)
        for one in _search_results(x)
        if one.page == 0
    ],
    "home.home": lambda x: [
        home.home(shown, x.words, notice=x.text) for shown in (*_homes(x), *_narrowed_homes(x))
    ],
    "home.home_modal": lambda x: [
        home.home_modal(shown, x.words) for shown in (next(_homes(x)), *_narrowed_homes(x))
    ],
    "filter.filter_form": _filters,
    "columns.column_form": _column_forms,
    "saved_views.save_form": lambda x: [
        saved_views.save_form(one, x.text, {"home": True}, x.words) for one in (None, *_views(x))
    ],
    "saved_views.rename_form": lambda x: saved_views.rename_form(_views(x)[0], {}, x.words),
    "saved_views.views_modal": lambda x: [
        saved_views.views_modal(views, x.catalog, {}, x.words) for views in ((), _views(x) * 15)
    ],
    "home.home_loading_modal": lambda x: home.home_loading_modal(x.words),
    "home.home_unavailable": lambda x: home.home_unavailable(x.text, x.words),
    "case_list.case_list": _lists,
    "case_list.query_list": _query_lists,
    "notice.officer_notice": _notices,
    "notice.channel_trouble_notice": _troubles,
    "private.private_message": _private,
    "private.personal_link": lambda x: private.personal_link(
        "https://arenden.example/handlaggare/in/x", x.words
    ),
    "thread.opening_message": lambda x: [thread.opening_message(use, x.words) for use in thread.OPENING_KEYS],
    "thread.thread_message": lambda x: thread.thread_message(
        list(x.events), x.catalog, x.service, x.words, ID
    ),
    "assign.assign_form": _assigning,
    "colour.colour_form": _colours,
    "delete.delete_form": lambda x: delete.delete_form(x.case, x.service, {}, x.words),
    "delete.case_gone": lambda x: delete.case_gone(
        x.case.number, x.words("ok.deleted", number=x.case.number), x.words
    ),
    "edit.step_form": _edit_steps,
    "edit.review_form": _edit_reviews,
    "edit.with_alert": lambda x: [
        edit.with_alert(one, x.text, x.text[:MAX_REASON_LENGTH]) for one in _edit_reviews(x)
    ],
    "flag.flag_form": _flags,
    "flag.marked_unread": lambda x: flag.marked_unread(x.words),
    "flag.flag_saved": lambda x: flag.flag_saved("flag.set", x.words),
    "message.message_form": lambda x: [message.message_form(letter, x.words) for letter in _message_forms(x)],
    "message.preview": lambda x: [message.preview(letter, x.words) for letter in _message_forms(x)],
    "message.sending": lambda x: message.sending({"case": ID}, NOW, x.words),
    "message.scheduled": lambda x: message.scheduled({"case": ID}, NOW, x.words),
    "message.sent": lambda x: message.sent({"case": ID}, [x.text[:3000] or "x"], x.words),
    "message.undone": lambda x: message.undone({"case": ID}, x.words),
    "note.note_form": _notes,
    "note.note_saved": lambda x: note.note_saved(x.words, x.text),
    "hold.hold_form": lambda x: hold.hold_form(x.case, x.service, {}, x.words),
    "notice.absence_notice": lambda x: [
        notice.absence_notice(
            notice.AbsenceFacts(x.text or "x", NOW.date(), NOW.date(), role, passed_on), x.words
        )
        for role in get_args(notice.AbsenceRole)
        for passed_on in ((), (x.text or "x",))
        if not passed_on or role in ("substitute", "released")
    ],
    "notice.catalog_notice": lambda x: notice.catalog_notice(
        "services/bygglov.yaml:12  privacy: måste vara standard eller strict", 3, x.words
    ),
    "notice.lost_access_notice": lambda x: notice.lost_access_notice(
        x.service, 12, [x.case.number] * 10, x.words, [(ID, x.case.number)] * 10
    ),
    "notice.with_line": lambda x: notice.with_line(
        notice.officer_notice(x.case.number, x.known_service, ["message"], ID, x.words),
        notice.substitute_line(_officer_names(x) or ["x"], x.words),
    ),
    "internal.internal_home": lambda x: [
        internal.internal_home(shown, x.catalog, x.text[:500] or "x", x.words)
        for shown in _internal_services(x)
    ],
    "internal_form.internal_form": _internal_forms,
    "internal_form.receipt": lambda x: internal_form.receipt(
        x.case.number, f"https://arenden.example/mina-sidor/arende/{ID}", x.words
    ),
    "internal.internal_services": lambda x: [
        internal.internal_services(shown, x.catalog, x.words) for shown in _internal_services(x)
    ],
    "link.link_form": lambda x: [
        link.link_form(link.LinkForm(_linked_view(x), x.service, statuses, number), x.catalog, {}, x.words)
        for number, statuses in (("", ()), ("2026-000124", x.service.statuses))
    ],
    "link.linked": lambda x: [
        link.linked(x.case, replace(x.case, number="2026-000124"), {}, x.words, closed_as)
        for closed_as in ("", x.text or "x")
    ],
    "link.unlinked": lambda x: link.unlinked(x.words("ok.unlinked"), {}, x.words),
    "notice.retention_notice": lambda x: [
        notice.retention_notice(x.service, 3, NOW.date(), x.words, awaited) for awaited in get_args(Awaited)
    ],
    "notice.unassigned_notice": lambda x: notice.unassigned_notice(x.service, 3, 2, x.words),
    "notice.digest_notice": _digests,
    "notice.day_notice": lambda x: notice.day_notice({"overdue": 5, "due": 1, "news": 0}, UNSENT, x.words),
    "notice.morning_line": lambda x: notice.morning_line({"new": 5, "unassigned": 1, "overdue": 0}, x.words),
    "protection.protection_form": _protection,
    "protection.with_warning": lambda x: protection.with_warning(_protection(x), x.words),
    "protection.case_hidden": lambda x: protection.case_hidden(x.case.number, _officer_names(x), x.words),
    "form_errors.view_with_alert": lambda x: form_errors.view_with_alert(
        message.message_form(x.message_form(), x.words), x.text
    ),
    "search.search_form": _searches,
    "settings.settings_form": _settings,
    "settings.settings_saved": lambda x: choices.settings_saved(x.words),
    "status.status_form": _statuses,
    # It is asked where someone has the case.
    "take.take_form": lambda x: take.take_form(x.case, x.catalog, {}, x.words) if x.case.officers else [],
}

ELEMENT_BUILDERS = {"view.modal", "view.with_metadata", "view.loading_modal"}
"""What pictures are made of."""


def builder_names() -> Iterator[str]:
    """Every function of the blocks that draws a whole message or view."""
    for module in pkgutil.walk_packages(bot.blocks.__path__, "bot.blocks."):
        found = inspect.getmembers(importlib.import_module(module.name), inspect.isfunction)
        for name, function in found:
            is_builder = function.__annotations__.get("return") in ("Message", "View")
            if is_builder and not name.startswith("_") and function.__module__ == module.name:
                yield f"{module.name.rpartition('.')[2]}.{name}"


def build_all(generated: GeneratedCase) -> Iterator[tuple[str, Rendered]]:
    """Every picture of the world, by name."""
    for name, build in BUILDERS.items():
        built = build(generated)
        for rendered in built if isinstance(built, list) else [built]:
            yield name, rendered


def element_ids(part: Any) -> set[str]:
    """What the buttons, fields and dialogs in it are listened for by."""
    if isinstance(part, Message):
        part = part.blocks
    if isinstance(part, dict):
        own = {str(part[name]) for name in ("action_id", "callback_id") if name in part}
        return own.union(*(element_ids(inner) for inner in part.values()))
    return set().union(*(element_ids(inner) for inner in part)) if isinstance(part, list) else set()
