"""Verification of a case file: whether it holds what its log says, and whether the log is the municipality's."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import ValidationError

from bot.domain.case import Case
from bot.domain.case_record import CaseRecord, LogEvent
from bot.store.cases.texts import file_digest_input, legacy_file_digest_input, person_digest_input
from bot.store.engine.keys import Keys, canonical_json
from bot.store.log import hash_chain, history
from bot.store.verification.findings import Finding, Findings
from bot.store.verification.stored_digests import logged_digests

_Name = tuple[str, str]


def verify_record(record: CaseRecord, keys: Keys) -> list[Finding]:
    """What is wrong with the record; nothing where it is whole. `keys` are those of the store that it was made from."""
    found, number = Findings(), record.view.case.number
    case = _replay(record, keys.derive("history"), found)
    _check_texts(record, found)
    if case is not None and not found.listed and case != record.view.case:
        found.add(number, "proof.state")
    return found.listed


def _replay(record: CaseRecord, key: bytes, found: Findings) -> Case | None:
    """The case worked out from the log, whose chain is verified."""
    number, case_id = record.view.case.number, record.view.case.id
    case, previous = None, hash_chain.START_HASH
    for place, event in enumerate(record.log, start=1):
        if event.seq != place:
            found.add(number, "proof.gap", n=place)
        elif event.prev != previous or not hash_chain.has_valid_event_hash(key, case_id, event):
            found.add(number, "proof.changed", n=event.seq)
        if not _has_valid_content(event):
            found.add(number, "proof.content", n=event.seq)
        previous = event.hash
        try:
            case = history.parse_event(event.meta).apply(case)
        except (ValueError, TypeError, KeyError, AttributeError, AssertionError, ValidationError):
            found.add(number, "proof.unknown", n=event.seq)
            return None
    return case


def _has_valid_content(event: LogEvent) -> bool:
    if event.content is None or event.salt is None:
        return event.content is None and event.salt is None
    return hash_chain.salted_digest(event.salt, event.content) == event.content_hash


def _check_texts(record: CaseRecord, found: Findings) -> None:
    """Compare the texts with the digests in the log. Undone messages, and notes that were left out, are not there."""
    check = _TextCheck(record, found)
    left_out = {one.id for one in record.documents if one.undone}
    if not record.has_notes:
        left_out |= {one.id for one in record.documents if one.kind == "note"}
    version, people = 0, dict[str, tuple[int, str]]()
    for event in record.log:
        meta = json.loads(event.meta)
        version += "answers" in meta.get("digests", {})
        if {meta.get("note_id"), meta.get("message_id")} & left_out:
            continue
        for kind, name, digest in logged_digests(meta, version):
            if kind == "person":  # corrected ones replace what was there, so the last digest counts
                people[name] = event.seq, digest
            else:
                check.check((kind, name), event.seq, digest)
    for name, (seq, digest) in people.items():
        check.check(("person", name), seq, digest)


class _TextCheck:
    """Compares a record's texts with their digests in the log."""

    def __init__(self, record: CaseRecord, found: Findings) -> None:
        self._number = record.view.case.number
        self._found = found
        self._texts = dict(_texts(record))
        self._salts: dict[_Name, str | None] = {(one.kind, one.name): one.salt for one in record.salts}

    def check(self, name: _Name, seq: int, digest: str) -> None:
        if name not in self._salts:
            self._found.add(self._number, "proof.text.gone", n=seq, what=name[0])
            return
        salt = self._salts[name]
        if salt is None:  # disposed of
            return
        if digest not in {hash_chain.salted_digest(salt, text) for text in self._texts.get(name, ())}:
            self._found.add(self._number, "proof.text", n=seq, what=name[0])


def _texts(record: CaseRecord) -> Iterator[tuple[_Name, tuple[str, ...]]]:
    """The texts whose digests the log has; a file's as two versions of the program worked it out."""
    view = record.view
    for answers in record.answers:
        yield ("answers", str(answers.version)), (canonical_json(answers.values),)
    for person in (*view.people, *view.ended_people):
        yield ("person", person.id), (person_digest_input(person),)
    for message in view.messages:
        yield ("message", message.id), (message.text or "",)
    for line in view.file_lines:
        file = line.file
        yield (
            ("file", file.id),
            (file_digest_input(file), legacy_file_digest_input(file.id, file.sha256)),
        )
    yield from _note_texts(record)


def _note_texts(record: CaseRecord) -> Iterator[tuple[_Name, tuple[str, ...]]]:
    versions: dict[str, list[str]] = {}
    for salt in record.salts:
        if salt.kind == "note":
            versions.setdefault(salt.owner, []).append(salt.name)
    for note in record.view.notes:
        written: list[str | None] = [*(one.text for one in note.earlier), note.text]
        for name, text in zip(versions.get(note.id, ()), written, strict=False):
            yield ("note", name), (text or "",)
