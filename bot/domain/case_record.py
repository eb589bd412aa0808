"""All that a case file (akt) holds of a case, with what proves that it is what the log says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.domain.documents import CaseDocument
from bot.domain.views import CaseView

RecordFormat = Literal["arendebot-akt-1"]
"""The format's name, which a reader of the file looks at first. It changes where an earlier reader would fail."""

TextKind = Literal["answers", "person", "message", "note", "file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """An event of the case as the log stores it.

    `meta` and `content` are JSON texts; `content` is what people wrote that only the log has, None where it is
    disposed of. `content_hash` is SHA-256 of salt, a unit separator (U+001F) and content. `hash` is HMAC-SHA-256, by a
    key of the municipality's, of `prev`, the case's id, `seq`, `meta` and `content_hash` with unit separators between;
    `prev` is the hash of the event before.
    """

    seq: int
    meta: str
    content: str | None = field(repr=False)
    salt: str | None = field(repr=False)
    content_hash: str
    prev: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersVersion:
    """The answers of one version, by the field's key; the submission is version 1. None where they are disposed of."""

    version: int
    values: dict[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSalt:
    """The salt by which a text's digest in the log can be worked out: SHA-256 of salt, U+001F and the text.

    `name` is the id of the person, message, note, note's version or file, or the version of the answers; `owner` is the
    note of a version. None where the text is disposed of.
    """

    kind: TextKind
    name: str
    salt: str | None = field(repr=False)
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """The e-service as it was when the file was made: its name, and by which rule the case is kept or disposed of.

    `retention` is "keep", or the months and from when they count. `classification` is the code, by the scheme named.
    """

    key: str
    name: str
    unit: str = ""
    retention: str = ""
    retention_basis: str = ""
    classification: str = ""
    classification_scheme: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A case as a case file holds it.

    `view` is without history, which `log` has, and has notes only where they are included (`has_notes`). Of the
    documents, `unregistered` are the ids of those that are not registered (diarieförda).
    """

    format: RecordFormat = "arendebot-akt-1"
    municipality: str
    made_at: datetime
    made_by: str
    has_notes: bool
    service: ServiceFacts
    status_name: str
    documents: tuple[CaseDocument, ...]
    unregistered: tuple[str, ...] = ()
    view: CaseView
    answers: tuple[AnswersVersion, ...]
    salts: tuple[TextSalt, ...]
    log: tuple[LogEvent, ...]
