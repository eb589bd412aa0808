"""Inställningar: an officer's language, private notices, and where App Home starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import option, section
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.domain.case_lists import parse_home_list
from bot.domain.notice_reasons import MUTE_SETTINGS
from bot.domain.preferences import HOME_STARTS, Preferences
from bot.text import LANGUAGES, Words

ID = "settings:submit"


def settings_form(preferences: Preferences, metadata: Mapping[str, Any], words: Words) -> View:
    """The dialog with the current settings; where no language is chosen, that of `words`."""
    languages = [option(words(f"language.{one}"), one) for one in LANGUAGES]
    notice_options = [option(words(f"settings.told.{one}"), one) for one in MUTE_SETTINGS]
    starts = [option(words(f"settings.start.{one}"), one) for one in HOME_STARTS]
    selected = [one for one in MUTE_SETTINGS if one not in preferences.muted]
    return modal(
        ID,
        words("settings.title"),
        [
            fields.input_block(
                "language",
                words("settings.language"),
                fields.radio_buttons(languages, preferences.language or words.language),
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
                "start", words("settings.start"), fields.static_select(starts, preferences.start)
            ),
        ],
        metadata,
        submit=words("btn.savesettings"),
        close=words("btn.cancel"),
    )


def settings_saved(words: Words) -> View:
    """The confirmation that replaces the dialog, in the chosen language."""
    return modal(
        "told", words("settings.title"), [section(words("settings.saved"))], {}, close=words("btn.close")
    )


def read(view: Mapping[str, Any]) -> Preferences:
    """The preferences that were chosen."""
    values = fields.read_values(view)
    selected = values.get("told") or ()
    return Preferences(
        language=next((one for one in LANGUAGES if one == values.get("language")), ""),
        muted=frozenset(one for one in MUTE_SETTINGS if one not in selected),
        start=parse_home_list(str(values.get("start"))) or "last",
    )
