"""The gettext catalogs under locale/, read and merged."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locale"

# A sentence, or its singular and plural forms.
Forms = str | tuple[str, str]

_MSGID = re.compile(r'^msgid "(.+)"$', re.MULTILINE)


def read_translations(language: str, locales: Path = LOCALES) -> dict[str, Forms]:
    """All sentences of a language by key; ValueError when a key is there twice or a file is broken."""
    sentences: dict[str, Forms] = {}
    for file in sorted((locales / language).glob("*.po")):
        found = _read_file(file, language)
        if duplicates := sorted(found.keys() & sentences.keys()):
            raise ValueError(f"{file.name} ({language}): {', '.join(duplicates)} is already in another file")
        sentences |= found
    return sentences


def _read_file(file: Path, language: str) -> dict[str, Forms]:
    counted = Counter(_MSGID.findall(file.read_text(encoding="utf-8")))
    # Babel silently keeps the last of two.
    if duplicates := [key for key, times in counted.items() if times > 1]:
        raise ValueError(f"{file.name} ({language}): {', '.join(duplicates)} is there twice")
    with file.open("rb") as opened:
        catalog: Catalog = read_po(opened, locale=language, ignore_obsolete=True, abort_invalid=True)
    return dict(_entry(message) for message in catalog if message.id and _is_translated(message))


def _is_translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def _entry(message: Message) -> tuple[str, Forms]:
    translated = message.string
    if isinstance(translated, tuple | list):
        return message.id[0], (translated[0], translated[1])
    return str(message.id), str(translated)
