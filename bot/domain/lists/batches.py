"""Batches: one action of an officer's on many cases, performed one by one in the background."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter

from bot.catalog.base import Language, Text
from bot.catalog.templates import MessageKind, find_typed_tags
from bot.domain.assignment import ChangeAssignees, ReleaseCase, TakeCase
from bot.domain.colour import Colour, ColourCase, parse_colour
from bot.domain.lists.case_query import DEFAULT_COLUMNS, ListColumn
from bot.domain.messages.correspondence import SendMessage, fill_answer_day
from bot.domain.messages.message_kinds import MAILING_KINDS, RefusedInEachCase
from bot.domain.messages.template_filling import TemplateFacts, fill_text
from bot.domain.messages.undoing import UNDO_PERIOD
from bot.domain.rules import CaseCommand, Refused
from bot.domain.status import SetStatus
from bot.domain.submission import STOPPED, FileRef
from bot.domain.summary import DEFAULT_PARTS, SummaryPart

MAX_CASES = 100_000
"""Cases of one batch."""

ROLE_OWNER, ROLE_ASSIGNED, ROLE_REMOVED = "owner", "assigned", "removed"
"""In which role an officer is told of a batch: it is theirs, or it gave them cases, or took cases from them."""

LIFETIME = timedelta(days=30)
"""How long a finished batch can be looked at."""


class NoCasesChosen(Refused):
    """The batch would have no case."""

    key = "no.batch.empty"


class TooManyChosen(Refused):
    """The batch would have more than `n` cases."""

    key = "no.batch.toomany"


class NoSuchBatch(Refused):
    """There is no such batch, it is another officer's, or it is too old to be looked at."""

    key = "no.batch.unknown"


class GapRemains(Refused):
    """The message to the applicants would have the gaps `gaps`: nothing is known of the case to fill them with."""

    key = "no.batch.gap"
    several_key = "no.batch.gap.several"


class MailingFileGone(Refused):
    """The mailing's file `file` is no longer stored."""

    key = "no.batch.file.gone"


class MailingFileStopped(Refused):
    """The virus scanner has stopped the mailing's file `file`."""

    key = "no.batch.file.stopped"


class MailingFileNotScanned(Refused):
    """The virus scanner has not found the mailing's file `file` to be clean yet."""

    key = "no.batch.file.notscanned"


class NotTypeset(Refused):
    """The case's summary could not be made: it is too large, or took too long."""

    key = "no.export.typeset"


class ProtectedNotExported(Refused):
    """The case is protected: its content leaves the pages in no file."""

    key = "no.export.protected"


class OnlyCoordinatorsExport(Refused):
    """The case's e-service is strict, and the officer is not its coordinator."""

    key = "no.export.strict"


@dataclass(frozen=True, slots=True)
class SeenCase:
    """A case as it was when the officer confirmed the batch: what has changed since is not overwritten."""

    id: str
    status: str = ""
    colour: str = ""
    assignees: tuple[str, ...] = ()

    def to_json(self) -> list[Any]:
        """As stored; the id stands beside it."""
        return [self.status, self.colour, list(self.assignees)]

    @staticmethod
    def from_json(case_id: str, stored: list[Any]) -> SeenCase:
        status, colour, assignees = stored
        return SeenCase(case_id, status, colour, tuple(assignees))


class _Action(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TakeCases(_Action):
    """Take the cases; those that a colleague has are skipped."""

    kind: Literal["take"] = "take"

    def command_for(self, seen: SeenCase) -> CaseCommand:
        return TakeCase(case_id=seen.id)


class ReleaseCases(_Action):
    """Release the cases that the officer has."""

    kind: Literal["release"] = "release"

    def command_for(self, seen: SeenCase) -> CaseCommand:
        return ReleaseCase(case_id=seen.id)


class SetStatuses(_Action):
    """Set the status with that key in each case; `note`, `reason` and `notifies` as in `SetStatus`."""

    kind: Literal["status"] = "status"
    status: str
    note: str = ""
    reason: str = ""
    notifies: bool = True

    def command_for(self, seen: SeenCase) -> CaseCommand:
        return SetStatus(
            case_id=seen.id,
            status=self.status,
            expected=seen.status,
            note=self.note,
            reason=self.reason,
            notifies=self.notifies,
        )


class AssignCases(_Action):
    """Give the cases these assignees, besides those that they have, or with `replaces` in their place; or with
    `removes` take the cases from them.

    With `handed_over`, a reference, only that assignee is replaced, in the cases that they have.
    """

    kind: Literal["assign"] = "assign"
    assignees: tuple[str, ...]
    replaces: bool = False
    removes: bool = False
    handed_over: str = ""
    reason: str = ""

    def assignees_after(self, seen: SeenCase) -> tuple[str, ...]:
        """References to those who have the case afterwards."""
        if self.removes:
            return tuple(ref for ref in seen.assignees if ref not in self.assignees)
        if self.handed_over and self.handed_over not in seen.assignees:
            return seen.assignees
        remaining = () if self.replaces else (ref for ref in seen.assignees if ref != self.handed_over)
        return tuple(dict.fromkeys((*remaining, *self.assignees)))

    def command_for(self, seen: SeenCase) -> CaseCommand:
        return ChangeAssignees(
            case_id=seen.id,
            assignees=self.assignees_after(seen),
            expected=seen.assignees,
            reason=self.reason,
        )


class ColourCases(_Action):
    """Set the colour of the cases; the empty one is no colour."""

    kind: Literal["colour"] = "colour"
    colour: Colour

    def command_for(self, seen: SeenCase) -> CaseCommand:
        return ColourCase(case_id=seen.id, colour=self.colour, expected=parse_colour(seen.colour))


class FlagCases(_Action):
    """Flag the cases for the officer, who alone sees it; cases with a flag keep it as it is."""

    kind: Literal["flag"] = "flag"
    note: str = ""


class SendMailing(_Action):
    """Write to the applicants of each case; the tags in `text` are filled in for each.

    A case where a gap remains is skipped. `status` is what each case is to get when its message leaves, empty for none;
    `send_at` the time from which the messages are written, None for at once. Each case gets copies of the `files`,
    which belong to no case themselves.
    """

    kind: Literal["mailing"] = "mailing"
    text: str
    message_kind: MessageKind = "information"
    answer_by: date | None = None
    receipt: bool = False
    status: str = ""
    send_at: datetime | None = None
    files: tuple[FileRef, ...] = ()

    def command_for(self, seen: SeenCase, facts: TemplateFacts, files: Sequence[FileRef] = ()) -> SendMessage:
        """The message with its tags filled in, and with these files. Raises GapRemains and RefusedInEachCase."""
        if self.message_kind not in MAILING_KINDS:
            raise RefusedInEachCase
        language = facts.people[0].language if facts.people else "sv"
        text = fill_answer_day(fill_text(self.text, facts, language), self.answer_by, language)
        if gaps := find_typed_tags(text):
            raise GapRemains(gaps=[_gap_text(gap) for gap in gaps])
        return SendMessage(
            case_id=seen.id,
            text=text,
            kind=self.message_kind,
            answer_by=self.answer_by,
            receipt=self.receipt,
            files=tuple(files),
            status=self.status,
            expected=seen.status,
        )


ExportFormat = Literal["xlsx", "csv"]


class ExportCases(_Action):
    """Write the cases to a file, in the order of the batch, with these columns.

    `answers_of` is the e-service whose answers are columns too, empty for none. `query` is what the list was limited
    to and `language` the file's language, both as the officer had them. `outcomes_of` is the batch of which each case's
    outcome is a column too, and why a case was skipped; empty for none.
    """

    kind: Literal["export"] = "export"
    file_format: ExportFormat = "xlsx"
    columns: tuple[ListColumn, ...] = DEFAULT_COLUMNS
    answers_of: str = ""
    outcomes_of: str = Field("", validation_alias=AliasChoices("outcomes_of", "skipped_by"))
    query: str = ""
    language: Language = "sv"


CaseFileContent = Literal["summary", "case_file"]

MAX_CASE_FILES = 1_000
"""Cases of one file with the whole content of each: each takes a second or so to be typeset."""


class ExportCaseFiles(_Action):
    """Write a zip with the summary of each case as PDF, or with its case file.

    `parts` are those of the summaries; of them a case file always has all but the notes. `query` and `language` are as
    in `ExportCases`.
    """

    kind: Literal["casefiles"] = "casefiles"
    content: CaseFileContent = "summary"
    parts: tuple[SummaryPart, ...] = tuple(sorted(DEFAULT_PARTS))
    query: str = ""
    language: Language = "sv"

    @property
    def file_format(self) -> str:
        return "zip"


FileAction = ExportCases | ExportCaseFiles
"""The actions that change no case, and write one file."""

CaseAction = TakeCases | ReleaseCases | SetStatuses | AssignCases | ColourCases
"""The actions whose command needs only the case as it was seen."""

BatchAction = Annotated[
    CaseAction | FlagCases | SendMailing | ExportCases | ExportCaseFiles,
    Field(discriminator="kind"),
]
_ACTIONS: TypeAdapter[BatchAction] = TypeAdapter(BatchAction)

ActionKind = Literal[
    "take", "release", "status", "assign", "colour", "flag", "mailing", "export", "casefiles"
]

BatchState = Literal["preparing", "prepared", "waiting", "running", "done", "cancelled"]
"""`preparing` while its cases are stored, `prepared` until the officer confirms it, `waiting` for its time or a free
runner, then `running`."""

UNCONFIRMED_STATES: tuple[BatchState, ...] = ("preparing", "prepared")

Outcome = Literal["done", "unchanged", "skipped"]
"""Of one case: the action was performed, it was so already, or a rule refused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """A batch as its officer sees it."""

    id: str
    officer: str
    action: BatchAction
    state: BatchState
    total: int
    done: int
    skipped: int
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def handled(self) -> int:
        """The cases that have an outcome."""
        return self.done + self.skipped

    @property
    def is_confirmed(self) -> bool:
        return self.state not in UNCONFIRMED_STATES

    @property
    def is_finished(self) -> bool:
        return self.state in ("done", "cancelled")

    @property
    def scheduled_at(self) -> datetime | None:
        """When a mailing that waits for its time begins; None for all others."""
        return (
            self.action.send_at if self.state == "waiting" and isinstance(self.action, SendMailing) else None
        )

    @property
    def has_file(self) -> bool:
        """Whether it has exported cases to a file, which may have been deleted since."""
        return self.state == "done" and isinstance(self.action, FileAction)


@dataclass(frozen=True, slots=True)
class MailingExample:
    """What the applicants of one case would read."""

    case_id: str
    number: str
    recipients: tuple[str, ...]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefusedCases:
    """Why `count` cases would be skipped, and the numbers of the first of them."""

    refusal: Refused
    count: int
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPreview:
    """What a batch would do to the cases as they are now, of which the first `looked_at` are looked at.

    `refusals` are the reasons for cases that would be skipped, the most frequent first. In `notified` of the changed
    cases the applicants would be notified of their status.
    """

    total: int
    looked_at: int
    changed: int
    unchanged: int
    notified: int
    refusals: tuple[RefusedCases, ...]
    examples: tuple[MailingExample, ...] = ()

    @property
    def skipped(self) -> int:
        return self.looked_at - self.changed - self.unchanged

    @property
    def is_partial(self) -> bool:
        return self.looked_at < self.total


@dataclass(frozen=True, slots=True)
class SkippedCase:
    """A case that a batch skipped, and why."""

    case_id: str
    number: str
    refusal: Refused


def _gap_text(gap: str) -> Text:
    """The gap as it is typed in the text, whoever reads of it."""
    return Text(sv=f"{{{gap}}}", en=f"{{{gap}}}")


def sendable_files(files: Iterable[FileRef], stored: Mapping[str, FileRef]) -> tuple[FileRef, ...]:
    """The files of a mailing as they are `stored` now, by id.

    Raises MailingFileGone, MailingFileStopped and MailingFileNotScanned for the first that may not be sent.
    """
    found = []
    for file in files:
        current = stored.get(file.id)
        if current is None:
            raise MailingFileGone(file=file.name)
        if current.scan in STOPPED:
            raise MailingFileStopped(file=file.name)
        if not current.is_offered:
            raise MailingFileNotScanned(file=file.name)
        found.append(current)
    return tuple(found)


def begins_at(action: BatchAction, now: datetime) -> datetime:
    """When the action begins that is confirmed now: a mailing at its time, or after that in which it can be undone."""
    return max(now + UNDO_PERIOD, action.send_at or now) if isinstance(action, SendMailing) else now


def action_from_json(stored: str) -> BatchAction:
    """The action that `action.model_dump_json()` stored."""
    return _ACTIONS.validate_json(stored)


def refusal_from_json(stored: Mapping[str, Any]) -> Refused:
    """The stored refusal of one case."""
    return Refused.from_json(stored)
