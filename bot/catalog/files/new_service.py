"""The file of a new e-service, from a few answers: a first form to change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bot.catalog.files.loader import SERVICES_FOLDER, load
from bot.catalog.files.problems import CatalogError
from bot.catalog.files.schema import write_schemas


class ServiceExists(Exception):
    """The catalog has an e-service of that key, or a file of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewService:
    """What is asked about a new e-service.

    Texts are given in Swedish and English. `months` is None where its cases are kept for ever. `officers` is the key of
    the group that has its cases, and `coordinator` that of the officer who coordinates them.
    """

    key: str
    name: tuple[str, str]
    unit: tuple[str, str]
    channel: str
    is_strict: bool
    working_days: int
    months: int | None
    basis: str
    officers: str
    coordinator: str


def write_service(folder: Path, service: NewService) -> Path:
    """Write the e-service's file into the catalog. Returns its path.

    Raises ServiceExists, and CatalogError where the catalog would be wrong with it; nothing is then written.
    """
    path = folder / SERVICES_FOLDER / f"{service.key}.yaml"
    if path.exists() or service.key in load(folder).services:
        raise ServiceExists
    write_schemas(folder)
    path.write_text(service_text(service), encoding="utf-8")
    try:
        load(folder)
    except CatalogError:
        path.unlink()
        raise
    return path


def service_text(service: NewService) -> str:
    """The file's text, with comments on what else there is."""
    return f"""\
# yaml-language-server: $schema=../service.schema.json
#
# Nyckeln ändras inte när det finns ärenden. The key stays once there are cases.

key: {service.key}
name: {_text(service.name)}
unit: {_text(service.unit)}
channel: {_quoted(service.channel)}
privacy: {"strict" if service.is_strict else "standard"}
working_days: {service.working_days}
{_retention_text(service)}

{_form_text(is_strict=service.is_strict)}
officers:
  - {{group: {service.officers}}}
  - {{officer: {service.coordinator}, coordinator: true}}

# De som får öppna ärenden med skyddade personuppgifter. Those who may open cases with protected personal data.
protected_officers: [{service.coordinator}]
"""


def _retention_text(service: NewService) -> str:
    if service.months is None:
        return "retention: keep"
    return f"retention: {{months: {service.months}, from: closed, basis: {_quoted(service.basis)}}}"


def _form_text(*, is_strict: bool) -> str:
    """Three questions; of a strict form no answer is shown in Slack."""
    card = "" if is_strict else "    in_slack: true\n    on_card: true\n"
    return f"""\
# Frågorna i formuläret: byt dem mot era. Questions of the form: replace them with yours.
fields:
  - key: galler
    kind: choice
    label: {{sv: Vad gäller det?, en: What is it about?}}
    required: true
{card}    choices:
      - {{key: fraga, label: {{sv: En fråga, en: A question}}}}
      - {{key: annat, label: {{sv: Något annat, en: Something else}}}}
  - key: beskrivning
    kind: long_text
    label: {{sv: Vad vill du att vi gör?, en: What would you like us to do?}}
    required: true
    searchable: true
    max_length: 5000
  - key: bilagor
    kind: file
    label: {{sv: Bilagor, en: Attachments}}
"""


def _text(text: tuple[str, str]) -> str:
    return f"{{sv: {_quoted(text[0])}, en: {_quoted(text[1])}}}"


def _quoted(text: str) -> str:
    """The text as YAML's double-quoted scalar, of which JSON's strings are a part."""
    return json.dumps(text, ensure_ascii=False)
