"""The form of the case page in which the answers are edited, as it is filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.catalog.answers.validation import FieldProblem, ValidationResult, validate_answers
from bot.catalog.answers.values import to_stored
from bot.catalog.definition import Definition
from bot.domain.editing import FILE_SOURCES, EditCase, FileSource, file_ids, find_changes
from bot.domain.submission import FileRef
from bot.domain.views import CaseView
from bot.portal.forms.form_drafts import DraftPlace, FormDraft
from bot.portal.forms.form_questions import FormSection, typed_fields
from bot.portal.forms.posted_form import PostedForm
from bot.portal.forms.retained_uploads import (
    RetainedFile,
    collect_files,
    infected_texts,
    load_files,
    refusal_texts,
    sign_files,
)
from bot.portal.officer import case_forms
from bot.portal.officer.case_forms import CaseForm, FormKind
from bot.portal.officer.officer_context import OfficerContext
from bot.text.typed_values import parse_count
from bot.text.working_days import local_day

FORM = "edit"
EDIT = FormKind(FORM, "andra")
PREFIX = "svar-"


@dataclass(frozen=True)
class EditForm:
    """The form: `version` is that of the answers which the person saw, `retained` are its files by field.

    `newer_answers` are sentences about what a colleague has changed since, by field; `alert` is one about the whole.
    `place` is where the form is kept, and `mark` tells which version of it a review shows.
    """

    version: int
    posted: PostedForm
    retained: Mapping[str, Sequence[RetainedFile]]
    key: str
    newer_answers: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[FieldProblem] = ()
    reason_problem: str = ""
    alert: str = ""
    place: DraftPlace | None = None
    mark: str = ""

    @property
    def reason(self) -> str:
        return self.posted.get("reason")

    @property
    def is_notified(self) -> bool:
        """Whether the applicant is told of it: unless it was unticked."""
        return self.posted.get("notify") == "yes" or not self.posted.get("reviewed")

    @property
    def files_from(self) -> FileSource:
        """Whose document the added files are: the applicant's, unless the officer says otherwise."""
        posted = self.posted.get("files_from")
        return next((one for one in FILE_SOURCES if one == posted), FILE_SOURCES[0])

    def section(self, definition: Definition) -> FormSection:
        return FormSection(
            definition, PREFIX, self.posted, self.retained, newer_answers=self.newer_answers, is_own=False
        )

    def hidden_fields(self) -> Iterator[tuple[str, str]]:
        """(name, value) of hidden fields with the answers as typed, and references to the files."""
        for name, value in self.posted.fields:
            if name.startswith(PREFIX) and value:
                yield name, value
        for key, files in self.retained.items():
            yield from ((f"kept_{PREFIX}{key}", one.token) for one in files)


def case_form(context: OfficerContext, view: CaseView) -> CaseForm:
    return CaseForm(context, view.case.id, view.case.number, EDIT)


def create_form(context: OfficerContext, view: CaseView, place: DraftPlace) -> EditForm:
    """The form with the current answers, to be kept at that place."""
    form = EditForm(
        version=view.case.answers_version,
        posted=PostedForm(fields=typed_fields(view.definition, view.answers, PREFIX)),
        retained={},
        key="",
    )
    return _with_place(context, view, replace(form, retained=_files_of_answers(view)), place)


async def read_saved_form(
    context: OfficerContext, view: CaseView, place: DraftPlace, saved: FormDraft
) -> EditForm:
    """The form as it is kept at that place."""
    attached, contents = {file.id: file for file in view.files}, saved.contents
    retained = {
        name.removeprefix(PREFIX): [
            RetainedFile(file, "") for file in await load_files(context.page, ids, attached)
        ]
        for name, ids in contents.files.items()
    }
    posted = PostedForm(list(contents.fields))
    form = EditForm(parse_count(posted.get("version"), 0), posted, retained, key="", mark=saved.create_mark())
    return _with_place(context, view, form, place)


async def save_form(context: OfficerContext, view: CaseView, form: EditForm) -> bool:
    """Keep the form, with the version of the answers that it is about. False where it cannot be kept."""
    files = {PREFIX + name: files for name, files in form.retained.items()}
    return await case_forms.save(case_form(context, view), form.place, form.posted, files)


async def parse_form(context: OfficerContext, view: CaseView, posted: PostedForm, nonce: str) -> EditForm:
    """The posted form; new files are accepted, and those of the case retained, where its key is valid."""
    attached = {file.id: file for file in view.files}
    retained = {
        one.key: await collect_files(context.page, posted, PREFIX + one.key, nonce, attached)
        for one in view.definition.fields
        if one.kind == "file"
    }
    version = posted.get("version")
    return EditForm(
        version=parse_count(version, 0),
        posted=posted,
        retained=retained,
        key=posted.get("key"),
        place=case_form(context, view).find_own_place(nonce),
    )


def with_new_key(context: OfficerContext, view: CaseView, form: EditForm) -> EditForm:
    """The form with a key that has not been used, a place for it, and its files bound to that."""
    return _with_place(context, view, form, case_form(context, view).create_place())


def _with_place(context: OfficerContext, view: CaseView, form: EditForm, place: DraftPlace) -> EditForm:
    key = case_form(context, view).create_key(place)
    retained = {
        name: sign_files(context.page, [one.file for one in files], PREFIX + name, place.nonce)
        for name, files in form.retained.items()
    }
    return replace(form, key=key, retained=retained, place=place)


def _files_of_answers(view: CaseView) -> dict[str, list[RetainedFile]]:
    """The files of the current answers by field, without references yet."""
    ids, files = file_ids(view.answers, view.definition), {}
    for one in view.definition.fields:
        if one.kind == "file":
            files[one.key] = [
                RetainedFile(file, "") for file in view.files if file.field == one.key and file.id in ids
            ]
    return files


def validate_form(context: OfficerContext, view: CaseView, form: EditForm) -> ValidationResult:
    """The valid answers, and all problems, also those of files that were not accepted."""
    result = validate_answers(
        view.definition,
        form.section(view.definition).raw_answers(),
        context.page.language,
        today=local_day(context.page.now),
        anonymous=not view.case.applicants,
    )
    refused = [
        FieldProblem(one.key, "page.plain", {"text": text})
        for one in view.definition.fields
        if one.kind == "file"
        for text in [
            *refusal_texts(context.page, form.posted.refused_files(PREFIX + one.key)),
            *infected_texts(context.page, form.retained.get(one.key, ())),
        ]
    ]
    return replace(result, problems=(*result.problems, *refused))


def create_command(view: CaseView, form: EditForm, result: ValidationResult) -> EditCase:
    """The command that saves the valid answers in place of the current ones."""
    answers = {key: to_stored(value) for key, value in result.by_field().items()}
    before, after = file_ids(view.answers, view.definition), file_ids(answers, view.definition)
    return EditCase(
        case_id=view.case.id,
        expected=form.version,
        answers=answers,
        changes=find_changes(view.definition, view.answers, answers),
        reason=form.reason,
        files=tuple(file for file in _files(form) if file.id in after - before),
        withdrawn=tuple(file.id for file in view.files if file.id in before - after),
        is_notified=form.is_notified,
        files_from=form.files_from,
    )


def _files(form: EditForm) -> Iterator[FileRef]:
    for name, files in form.retained.items():
        yield from (replace(one.file, field=name) for one in files)


@dataclass(frozen=True, slots=True)
class Versions:
    """The stored answers that the person saw, and those that the case has now."""

    seen: Mapping[str, Any]
    current: Mapping[str, Any]


def rebase_form(view: CaseView, form: EditForm, versions: Versions) -> tuple[EditForm, list[str]]:
    """The form on the current answers: what the person has not touched is as it is now, what they typed is kept.

    Returned with the keys of the fields that have been changed meanwhile.
    """
    definition = view.definition
    fields: list[tuple[str, str]] = [pair for pair in form.posted.fields if not pair[0].startswith(PREFIX)]
    changed = [one.field for one in find_changes(definition, versions.seen, versions.current)]
    seen = typed_fields(definition, versions.seen, PREFIX)
    current = typed_fields(definition, versions.current, PREFIX)
    for one in definition.fields:
        own = _typed_of(form.posted.fields, one.key)
        is_touched = _stripped(own) != _stripped(_typed_of(seen, one.key))
        fields += own if is_touched or one.key not in changed else _typed_of(current, one.key)
    retained = {name: _rebase_files(view, files, (versions, name)) for name, files in form.retained.items()}
    posted = PostedForm(fields=fields, uploads=form.posted.uploads)
    rebased = replace(form, posted=posted, retained=retained, version=view.case.answers_version)
    return rebased, changed


def _typed_of(fields: Iterable[tuple[str, str]], key: str) -> list[tuple[str, str]]:
    """What was typed in the inputs of one field, without empty ones."""
    name = PREFIX + key
    return [pair for pair in fields if (pair[0] == name or pair[0].startswith(f"{name}.")) and pair[1]]


def _stripped(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, typed.strip()) for name, typed in fields]


def _rebase_files(
    view: CaseView, files: Sequence[RetainedFile], versions_of_field: tuple[Versions, str]
) -> list[RetainedFile]:
    """The current files of the field without those that the person has removed, and with those they added."""
    versions, name = versions_of_field
    seen, current = (
        {file["id"] for file in answers.get(name) or ()} for answers in (versions.seen, versions.current)
    )
    own = {one.file.id for one in files}
    remaining = [
        RetainedFile(file, "") for file in view.files if file.id in current and file.id not in seen - own
    ]
    return [*remaining, *(one for one in files if one.file.id not in seen | current)]
