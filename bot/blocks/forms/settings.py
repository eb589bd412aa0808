"""Inställningar: how an officer's lists look, where App Home starts, their language and private notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks.block_kit.elements import option, section
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.domain.lists.case_lists import parse_home_list
from bot.domain.lists.case_query import (
    DEFAULT_COLUMNS,
    LIST_COLUMNS,
    MAX_COLUMNS,
    ListColumn,
    parse_columns,
)
from bot.domain.lists.list_columns import column_title
from bot.domain.lists.saved_views import (
    DEFAULT_PAGE_SIZE,
    PAGE_SIZES,
    PageSize,
    SavedView,
    parse_page_size,
)
from bot.domain.notice_reasons import MUTE_SETTINGS
from bot.domain.preferences import HOME_STARTS, LIST_LAYOUTS, NOTICE_PLACES, Preferences
from bot.text import LANGUAGES, Words

ID = "settings:submit"
COLUMN_FIELD = "column"
NO_COLUMN = "-"
PLACE_FIELD, QUIET_FIELD = "place", "quiet"
VIEW_PREFIX = "view/"
"""Before the id of a view among the starts."""


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """The dialog's state. The columns and rows are those of the list that it is opened from, which may be a view's."""

    chosen: Preferences
    views: Sequence[SavedView] = ()
    shown_view: SavedView | None = None
    columns: Sequence[ListColumn] = DEFAULT_COLUMNS
    page_size: PageSize = DEFAULT_PAGE_SIZE


def settings_form(form: SettingsForm, metadata: Mapping[str, Any], words: Words) -> View:
    """The dialog with the current settings; where no language is chosen, that of `words`."""
    return modal(
        ID,
        words("settings.title"),
        [*_list_fields(form, words), *_personal_fields(form.chosen, words)],
        metadata,
        submit=words("btn.savesettings"),
        close=words("btn.cancel"),
    )


def _list_fields(form: SettingsForm, words: Words) -> list[Block]:
    """How lists look in App Home, and where it starts."""
    chosen = form.chosen
    layouts = [option(words(f"settings.layout.{one}"), one) for one in LIST_LAYOUTS]
    sizes = [option(str(one), str(one)) for one in PAGE_SIZES]
    starts = [
        *(option(words(f"settings.start.{one}"), one) for one in HOME_STARTS),
        *(
            option(words("settings.start.view", view=one.name), f"{VIEW_PREFIX}{one.id}")
            for one in form.views
        ),
    ]
    start = f"{VIEW_PREFIX}{chosen.start_view}" if chosen.start_view else chosen.start
    return [
        fields.input_block("start", words("settings.start"), fields.static_select(starts, start)),
        fields.input_block("layout", words("settings.layout"), fields.radio_buttons(layouts, chosen.layout)),
        fields.input_block("rows", words("settings.rows"), fields.static_select(sizes, str(form.page_size))),
        *_column_fields(form, words),
    ]


def _column_fields(form: SettingsForm, words: Words) -> list[Block]:
    """A menu for each place in the order: Slack's menu of several choices has none."""
    view = form.shown_view
    options = [option(words("settings.column.none"), NO_COLUMN)]
    options += [option(column_title(column, words), column) for column in LIST_COLUMNS]
    heading = (
        words("settings.columns.view", view=view.name) if view is not None else words("settings.columns")
    )
    chosen = [*form.columns, *[NO_COLUMN] * MAX_COLUMNS][:MAX_COLUMNS]
    return [
        section(heading),
        *(
            fields.input_block(
                f"{COLUMN_FIELD}{place}",
                words("settings.column", n=place),
                fields.static_select(options, column),
            )
            for place, column in enumerate(chosen, start=1)
        ),
    ]


def _personal_fields(chosen: Preferences, words: Words) -> list[Block]:
    languages = [option(words(f"language.{one}"), one) for one in LANGUAGES]
    notice_options = [option(words(f"settings.told.{one}"), one) for one in MUTE_SETTINGS]
    places = [option(words(f"settings.place.{one}"), one) for one in NOTICE_PLACES]
    quiet = option(words("settings.quiet.on"), "quiet")
    selected = [one for one in MUTE_SETTINGS if one not in chosen.muted]
    return [
        fields.input_block(
            "language",
            words("settings.language"),
            fields.radio_buttons(languages, chosen.language or words.language),
            hint=words("settings.language.hint"),
        ),
        fields.input_block(
            "told",
            words("settings.told"),
            fields.checkboxes(notice_options, selected),
            optional=True,
            hint=words("settings.told.hint"),
        ),
        fields.input_block(
            PLACE_FIELD,
            words("settings.place"),
            fields.static_select(places, chosen.notice_place),
        ),
        fields.input_block(
            QUIET_FIELD,
            words("settings.quiet"),
            fields.checkboxes([quiet], ["quiet"] if chosen.is_quiet else []),
            optional=True,
            hint=words("settings.quiet.hint"),
        ),
    ]


def settings_saved(words: Words) -> View:
    """The confirmation that replaces the dialog, in the chosen language."""
    return modal(
        "told", words("settings.title"), [section(words("settings.saved"))], {}, close=words("btn.close")
    )


@dataclass(frozen=True, slots=True)
class SettingsValues:
    """What was chosen. `columns` are those of the list that the dialog was opened from, in their order.

    `repeated` are the fields whose column stands in an earlier one too.
    """

    preferences: Preferences
    columns: tuple[ListColumn, ...]
    repeated: tuple[str, ...] = ()


def read(view: Mapping[str, Any]) -> SettingsValues:
    """What was chosen; without columns the usual ones."""
    values = fields.read_values(view)
    selected, start = values.get("told") or (), str(values.get("start"))
    chosen = Preferences(
        language=next((one for one in LANGUAGES if one == values.get("language")), ""),
        muted=frozenset(one for one in MUTE_SETTINGS if one not in selected),
        start=parse_home_list(start) or "last",
        start_view=start.removeprefix(VIEW_PREFIX) if start.startswith(VIEW_PREFIX) else "",
        layout=next((one for one in LIST_LAYOUTS if one == values.get("layout")), "list"),
        page_size=parse_page_size(values.get("rows")),
        notice_place=next((one for one in NOTICE_PLACES if one == values.get(PLACE_FIELD)), "slack"),
        # A dialog of before there was the field says nothing.
        is_quiet="quiet" in values.get(QUIET_FIELD, ("quiet",)),
    )
    names = [(f"{COLUMN_FIELD}{n}", values.get(f"{COLUMN_FIELD}{n}")) for n in range(1, MAX_COLUMNS + 1)]
    given = [(field, name) for field, name in names if name and name != NO_COLUMN]
    first = {name: field for field, name in reversed(given)}
    repeated = tuple(field for field, name in given if first[name] != field)
    return SettingsValues(chosen, parse_columns(name for _, name in given), repeated)
