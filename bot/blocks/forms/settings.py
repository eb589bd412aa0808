"""Inställningar: how an officer's lists look, where App Home starts, their language and private notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import Element, option, section
from bot.blocks.block_kit.message import Block
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.domain.preference_form import (
    SettingField,
    SettingsForm,
    read_settings,
    setting_fields,
)
from bot.domain.preferences import Preferences
from bot.text import Words

ID = "settings:submit"


def settings_form(form: SettingsForm, metadata: Mapping[str, Any], words: Words) -> View:
    """The dialog with the current settings; where no language is chosen, that of `words`."""
    return modal(
        ID,
        words("settings.title"),
        [block for field in setting_fields(form, words) for block in _blocks(field)],
        metadata,
        submit=words("btn.savesettings"),
        close=words("btn.cancel"),
    )


def _blocks(field: SettingField) -> list[Block]:
    block = fields.input_block(
        field.name, field.label, _element(field), optional=field.control == "box", hint=field.hint
    )
    return [section(field.heading), block] if field.heading else [block]


def _element(field: SettingField) -> Element:
    options = [option(text, value) for value, text in field.options]
    match field.control:
        case "menu":
            return fields.static_select(options, field.chosen)
        case "radio":
            return fields.radio_buttons(options, field.chosen)
        case "box":
            return fields.checkboxes(options, [field.chosen])


def settings_saved(words: Words) -> View:
    """The confirmation that replaces the dialog, in the chosen language."""
    return modal(
        "told", words("settings.title"), [section(words("settings.saved"))], {}, close=words("btn.close")
    )


def read(view: Mapping[str, Any]) -> Preferences:
    """What was chosen; the columns of lists are not part of it."""
    return read_settings(fields.read_values(view))
