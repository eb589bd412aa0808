"""Editing of what the applicant submitted: the answers to the form, and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal, Self, get_args

from bot.catalog.definition import Definition
from bot.catalog.services import EService
from bot.domain.access import require_officer
from bot.domain.actors import Officer, officer_name
from bot.domain.case import Case, Edit, with_changes
from bot.domain.log_sentences import Fact, Sentence
from bot.domain.notices import CARD_AND_THREAD, ApplicantNotice, Notice
from bot.domain.protection import REASON_ON_PAGE, find_reason_refusal, validate_reason
from bot.domain.rules import CaseCommand, Context, Event, Refused, erasable_field, row_field
from bot.domain.scanning import require_not_infected
from bot.domain.status import current_status_name
from bot.domain.submission import FileRef
from bot.text import words

FileSource = Literal["applicant", "officer"]
FILE_SOURCES: tuple[FileSource, ...] = get_args(FileSource)
"""Whose document a file is that an officer adds: the applicant's, which is likelier and first, or the officer's own."""


class NotEditable(Refused):
    """The status does not allow that the case is edited."""

    key = "no.edit"


class RecordElsewhere(Refused):
    """The case's record is in Open ePlatform, where it is edited."""

    key = "no.edit.elsewhere"


class EditedMeanwhile(Refused):
    """A colleague has edited the answers since the person saw them."""

    key = "no.edited"


class EditedByYourself(EditedMeanwhile):
    """The person has edited the answers themselves, in another window."""

    key = "no.edited.you"


class NothingEdited(Refused):
    """The answers are those that the case has already."""

    key = "no.edit.nothing"


class EditReasonRequired(Refused):
    """Editing requires a reason."""

    key = "no.edit.reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChange:
    """A changed answer: the field's key, and the stored values before and after it; None for no answer."""

    field: str
    before: Any = dataclass_field(default=None, repr=False)
    after: Any = dataclass_field(default=None, repr=False)


# Changes may tell what Slack must not be told, so they are shown on the case page only.
_CHANGES = Sentence(
    "history.changes", {"changes": Fact("changes", "changes")}, only_with="changes", only_on_page=True
)


@dataclass(frozen=True, kw_only=True)
class CaseEdited(Event):
    """The answers were edited; `version` is that of the new ones, and the submission is version 1.

    `fields` are the keys of the changed ones, `files` the added files, `withdrawn` the ids of files that are no longer
    among the answers. `is_notified`: the applicants are told of it. `files_from` is whose the added files are; empty
    where there are none, and in events from before it was asked, whose files count as the officer's own.
    """

    version: int
    fields: tuple[str, ...]
    withdrawn: tuple[str, ...] = ()
    is_notified: bool = True
    files_from: FileSource | Literal[""] = ""
    answers: dict[str, Any] = row_field()
    files: tuple[FileRef, ...] = row_field(default=())
    changes: tuple[AnswerChange, ...] = erasable_field()
    reason: str = erasable_field()

    log = (Sentence("history.edited.told", only_with="is_notified"), Sentence("history.edited"))
    log_details = (_CHANGES, REASON_ON_PAGE)

    def decide_notices(self, case: Case, ctx: Context) -> list[Notice]:
        """The applicants are told that there is news, where they can follow the case and the officer let them."""
        if not self.is_notified or not ctx.service.applicant_follows:
            return list(CARD_AND_THREAD)
        return [*CARD_AND_THREAD, *(ApplicantNotice(applicant, "status") for applicant in case.applicants)]

    def change(self, case: Case) -> Case:
        return with_changes(case, latest_edit=Edit(version=self.version, at=self.at, by=self.by))


@dataclass(frozen=True, kw_only=True)
class EditCase(CaseCommand):
    """Replace the answers that have the version `expected`, which the person saw, by valid ones.

    `changes` are the differences between them, `files` are added with the new ones, and `withdrawn` are the ids of
    the files that these no longer have.
    """

    expected: int
    answers: dict[str, Any]
    changes: tuple[AnswerChange, ...]
    reason: str
    files: tuple[FileRef, ...] = ()
    withdrawn: tuple[str, ...] = ()
    is_notified: bool = True
    files_from: FileSource = "officer"

    audience = "works"

    def decide(self, case: Case | None, ctx: Context) -> list[Event]:
        case, officer = require_officer(case, ctx)
        require_editable(case, ctx.service)
        _require_latest(case, self.expected, ctx)
        if not self.changes:
            raise NothingEdited
        if refusal := find_edit_reason_refusal(self.reason):
            raise refusal
        require_not_infected(self.files)
        return [
            CaseEdited(
                at=ctx.now,
                by=officer.ref,
                version=case.answers_version + 1,
                fields=tuple(one.field for one in self.changes),
                withdrawn=self.withdrawn,
                is_notified=self.is_notified,
                files_from=self.files_from if self.files else "",
                answers=self.answers,
                files=self.files,
                changes=self.changes,
                reason=validate_reason(self.reason),
            )
        ]

    @classmethod
    def sample(cls, case: Case, ctx: Context) -> tuple[Case, Self]:
        editable = next(one for one in ctx.service.statuses if one.may_edit)
        changes = (AnswerChange(field="x", after="y"),)
        command = cls(
            case_id=case.id, expected=case.answers_version, answers={"x": "y"}, changes=changes, reason="x"
        )
        return with_changes(case, status=editable.key), command


def find_edit_reason_refusal(reason: str) -> Refused | None:
    """Why the reason for a change of the case's content is refused; None where it is not."""
    return find_reason_refusal(reason) if reason.strip() else EditReasonRequired()


def require_editable(case: Case, service: EService) -> None:
    """Raise RecordElsewhere or NotEditable where nobody may edit the case now."""
    if is_record_elsewhere(case, service):
        raise RecordElsewhere
    status = service.status(case.status)
    if status is None or not status.may_edit:
        raise NotEditable(status=status.name if status else current_status_name(service, case, words("sv")))


def is_record_elsewhere(case: Case, service: EService) -> bool:
    """Whether the case's record is in Open ePlatform."""
    return case.origin == "open_eplatform" or service.record == "open_eplatform"


def edit_refusal(case: Case, service: EService) -> Refused | None:
    """Why those who work with the case cannot edit it now; None where they can."""
    try:
        require_editable(case, service)
    except Refused as refusal:
        return refusal
    return None


def _require_latest(case: Case, expected: int, ctx: Context) -> None:
    latest = case.latest_edit
    if case.answers_version == expected or latest is None:
        return
    if isinstance(ctx.actor, Officer) and latest.by == ctx.actor.ref:
        raise EditedByYourself(time=latest.at)
    raise EditedMeanwhile(name=officer_name(latest.by, ctx.catalog) or case.number, time=latest.at)


def find_changes(
    definition: Definition, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[AnswerChange, ...]:
    """The differences between two versions of the stored answers, in the form's order.

    Answers to questions that the form does not have come last.
    """
    keys = dict.fromkeys((*(one.key for one in definition.fields), *before, *after))
    return tuple(
        AnswerChange(field=key, before=before.get(key), after=after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    )


def file_ids(answers: Mapping[str, Any], definition: Definition) -> frozenset[str]:
    """The ids of the files among stored answers."""
    return frozenset(
        file["id"]
        for one in definition.fields
        if one.kind == "file"
        for file in answers.get(one.key) or ()
        if isinstance(file, Mapping) and "id" in file
    )
