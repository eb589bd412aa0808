"""What must be joined is joined: a forgotten row is found here, not by an officer."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import fields
from pathlib import Path

import pytest

import bot
import bot.domain
from bot.domain.notices import NOTICE_RULES
from bot.domain.rules import Event, Refused
from bot.settings import EXAMPLES, Settings
from bot.store.cases.texts import WRITERS
from bot.store.tables import Base
from bot.text import LANGUAGES, words

ROOT = Path(bot.__file__).parent.parent


def _all_below(kind: type) -> set[type]:
    """Those that can happen; what several of them are made of is named with an underscore."""
    for module in pkgutil.iter_modules(bot.domain.__path__, "bot.domain."):
        importlib.import_module(module.name)
    below = set(kind.__subclasses__())
    every = below.union(*(_all_below(one) for one in below))
    return {one for one in every if not one.__name__.startswith("_")}


def test_every_event_says_who_is_told() -> None:
    assert _all_below(Event) == set(NOTICE_RULES)


def test_every_text_of_an_event_has_a_row_to_live_in() -> None:
    with_texts = {kind for kind in _all_below(Event) if kind.stored_fields("row")}
    assert with_texts <= set(WRITERS)


def test_no_event_keeps_a_text_in_the_log() -> None:
    """What people wrote is in fields kept in rows or in erasable content, never in meta."""
    suspects = {"text", "note", "message", "reason", "name", "email", "answers", "people", "files"}
    for kind in _all_below(Event):
        assert not suspects.intersection(kind.stored_fields("meta")), kind.__name__


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_sentence(language: str) -> None:
    for kind in _all_below(Refused):
        assert words(language).has(kind.key), f"{kind.__name__} wants {kind.key}"


def test_every_setting_says_what_it_looks_like() -> None:
    assert set(EXAMPLES) == set(Settings.model_fields)


def test_the_readme_names_every_setting() -> None:
    result = set(re.findall(r"`([A-Z_]{4,})`", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {name.upper() for name in Settings.model_fields} <= result


def test_no_table_has_a_column_nobody_filled() -> None:
    """Every table is written by some module of the store beside the one that defines it."""
    written = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "bot/store").rglob("*.py"))
    for mapper in Base.registry.mappers:
        assert mapper.class_.__name__ in written, mapper.class_.__name__


def test_dataclass_fields_of_events_are_all_kept_somewhere() -> None:
    for kind in _all_below(Event):
        stored = {*kind.stored_fields("meta"), *kind.stored_fields("content"), *kind.stored_fields("row")}
        assert stored == {field.name for field in fields(kind)}, kind.__name__
