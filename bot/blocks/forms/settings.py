"""Inställningar: an officer's language, private notices, and where Home starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.block_kit.elements import option, section
from bot.blocks.block_kit.view import View, modal
from bot.blocks.forms import fields
from bot.domain.preferences import STARTS, TOLD, Preferences
from bot.text import LANGUAGES, Words

ID = "settings:submit"


def settings_form(chosen: Preferences, ids: Mapping[str, Any], words: Words) -> View:
    """The dialog with what is chosen; without a language of their own, the one that is spoken."""
    languages = [option(words(f"language.{one}"), one) for one in LANGUAGES]
    told = [option(words(f"settings.told.{one}"), one) for one in TOLD]
    starts = [option(words(f"settings.start.{one}"), one) for one in STARTS]
    wanted = [one for one in TOLD if one not in chosen.muted]
    return modal(
        ID,
        words("settings.title"),
        [
            fields.field(
                "language",
                words("settings.language"),
                fields.radio(languages, chosen.language or words.language),
                hint=words("settings.language.hint"),
            ),
            fields.field(
                "told",
                words("settings.told"),
                fields.ticks(told, wanted),
                optional=True,
                hint=words("settings.told.hint"),
            ),
            fields.field("start", words("settings.start"), fields.select(starts, chosen.start)),
        ],
        ids,
        submit=words("btn.savesettings"),
        close=words("btn.cancel"),
    )


def saved(words: Words) -> View:
    """What stands where the dialog was, in the language that was chosen."""
    return modal(
        "told", words("settings.title"), [section(words("settings.saved"))], {}, close=words("btn.close")
    )


def read(view: Mapping[str, Any]) -> Preferences:
    """What was chosen."""
    given = fields.values(view)
    wanted = given.get("told") or ()
    return Preferences(
        language=next((one for one in LANGUAGES if one == given.get("language")), ""),
        muted=frozenset(one for one in TOLD if one not in wanted),
        start=next((one for one in STARTS if one == given.get("start")), "last"),
    )
