"""The form of an officer's settings, the same in Slack and on the web: its fields, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.domain.lists.case_lists import CASE_LISTS, parse_case_list
from bot.domain.lists.saved_views import DEFAULT_PAGE_SIZE, PAGE_SIZES, PageSize, SavedView, parse_page_size
from bot.domain.notice_reasons import NOTICE_KINDS
from bot.domain.preferences import (
    LIST_LAYOUTS,
    NOTICE_PLACES,
    USUAL_PLACE,
    NoticePlace,
    Preferences,
)
from bot.text import LANGUAGES, Words

PLACE_FIELD = "place_"
"""Before the kind of a notice."""

VIEW_PREFIX = "view/"
"""Before the id of a view among the starts."""

QUIET_FIELD, DAY_FIELD, TICKED = "quiet", "day", "on"
"""Fields with one box, and its value."""


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """What the form shows. The rows are those of the list that it is opened from, which may be a view's."""

    chosen: Preferences
    views: Sequence[SavedView] = ()
    page_size: PageSize = DEFAULT_PAGE_SIZE


@dataclass(frozen=True, slots=True)
class SettingField:
    """A field: its `options` with their words, and the value that is chosen, empty for none.

    A `box` has one option. `heading` stands above the field that begins a group.
    """

    name: str
    label: str
    control: Literal["menu", "radio", "box"]
    options: tuple[tuple[str, str], ...]
    chosen: str
    hint: str = ""
    heading: str = ""


def setting_fields(form: SettingsForm, words: Words) -> list[SettingField]:
    """The fields in their order; where no language is chosen, that of `words`."""
    return [*_list_fields(form, words), *_personal_fields(form.chosen, words)]


def _list_fields(form: SettingsForm, words: Words) -> list[SettingField]:
    """How lists look in App Home, and where it starts."""
    chosen = form.chosen
    starts = [
        ("last", words("settings.start.last")),
        *((one, words(f"tab.{one}")) for one in CASE_LISTS),
        *((f"{VIEW_PREFIX}{one.id}", words("settings.start.view", view=one.name)) for one in form.views),
    ]
    start = f"{VIEW_PREFIX}{chosen.start_view}" if chosen.start_view else chosen.start
    layouts = tuple((one, words(f"settings.layout.{one}")) for one in LIST_LAYOUTS)
    sizes = tuple((str(one), str(one)) for one in PAGE_SIZES)
    return [
        SettingField("start", words("settings.start"), "menu", tuple(starts), start),
        SettingField("layout", words("settings.layout"), "radio", layouts, chosen.layout),
        SettingField("rows", words("settings.rows"), "menu", sizes, str(form.page_size)),
    ]


def _personal_fields(chosen: Preferences, words: Words) -> list[SettingField]:
    """The language, and private notices."""
    languages = tuple((one, words(f"language.{one}")) for one in LANGUAGES)
    places = tuple((one, words(f"settings.place.{one}")) for one in NOTICE_PLACES)
    return [
        SettingField(
            "language",
            words("settings.language"),
            "radio",
            languages,
            chosen.language or words.language,
            hint=words("settings.language.hint"),
        ),
        *(
            SettingField(
                f"{PLACE_FIELD}{kind}",
                words(f"settings.told.{kind}"),
                "menu",
                places,
                chosen.places.get(kind, USUAL_PLACE),
                heading=words("settings.told") if kind == NOTICE_KINDS[0] else "",
            )
            for kind in NOTICE_KINDS
        ),
        _box(QUIET_FIELD, words, is_on=chosen.is_quiet),
        _box(DAY_FIELD, words, is_on=chosen.wants_day),
    ]


def _box(name: str, words: Words, *, is_on: bool) -> SettingField:
    return SettingField(
        name,
        words(f"settings.{name}"),
        "box",
        ((TICKED, words(f"settings.{name}.on")),),
        TICKED if is_on else "",
        hint=words(f"settings.{name}.hint"),
    )


def read_settings(values: Mapping[str, Any]) -> Preferences:
    """What was chosen, from the fields' values; a box's is empty where it is not ticked.

    A form of before there was a field leaves that as it usually is. What else is chosen is kept by `with_settings`.
    """
    start = str(values.get("start"))
    places = {kind: _read_place(values.get(f"{PLACE_FIELD}{kind}")) for kind in NOTICE_KINDS}
    return Preferences(
        language=next((one for one in LANGUAGES if one == values.get("language")), ""),
        places={kind: place for kind, place in places.items() if place != USUAL_PLACE},
        start=parse_case_list(start) or "last",
        start_view=start.removeprefix(VIEW_PREFIX) if start.startswith(VIEW_PREFIX) else "",
        layout=next((one for one in LIST_LAYOUTS if one == values.get("layout")), "list"),
        page_size=parse_page_size(values.get("rows")),
        is_quiet=bool(values.get(QUIET_FIELD, TICKED)),
        wants_day=bool(values.get(DAY_FIELD)),
    )


def with_settings(chosen: Preferences, submitted: Preferences) -> Preferences:
    """What the form chose, with what it does not ask about as it was: columns, and rows on the officer's pages."""
    return replace(submitted, columns=chosen.columns, web_page_size=chosen.web_page_size)


def _read_place(value: Any) -> NoticePlace:
    return next((one for one in NOTICE_PLACES if one == value), USUAL_PLACE)
