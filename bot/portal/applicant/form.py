"""An e-service's form: shown, filled in, sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bot.catalog.answers import Checked, FieldProblem, check
from bot.catalog.definition import Definition, definition_of
from bot.catalog.services import EService
from bot.catalog.values import to_stored
from bot.domain.actors import Machine
from bot.domain.intake import Answers, FileRef, SubmitCase
from bot.portal.applicant import contacts
from bot.portal.applicant.receipt import receipt_path
from bot.portal.kept import KeptFile, files_of, refusals, said_late
from bot.portal.limits import SERVICE_FORM, takes, turn_of
from bot.portal.pace import Turn
from bot.portal.questions import Filled, Question, hiding_rules
from bot.portal.signing import form_key, read_form_key
from bot.portal.uploads import Posted, read_form
from bot.portal.visit import Here, Visit
from bot.text.working_days import local_day

router = APIRouter()

PREFIX = "svar-"


@dataclass(frozen=True)
class Form:
    """One filling-in: `key` is its signed key and `nonce` what the key holds."""

    service: EService
    definition: Definition
    posted: Posted
    key: str
    nonce: str
    persons: int
    kept: dict[str, list[KeptFile]]

    @property
    def about(self) -> Filled:
        """The part about who applies."""
        return Filled(
            contacts.contact_questions(self.service, self.persons), contacts.PREFIX, self.posted, {}
        )

    @property
    def matter(self) -> Filled:
        """The e-service's own part."""
        return Filled(self.definition, PREFIX, self.posted, self.kept)

    @property
    def files(self) -> dict[str, FileRef]:
        return {
            kept.file.id: replace(kept.file, field=field)
            for field, files in self.kept.items()
            for kept in files
        }


@dataclass(frozen=True)
class Problems:
    """What is wrong in each part of the form."""

    about: Sequence[FieldProblem] = ()
    matter: Sequence[FieldProblem] = ()

    @property
    def any(self) -> bool:
        return bool(self.about or self.matter)


NONE = Problems()


@router.get("/e-tjanster/{key}")
async def on_opened_form(visit: Here, key: str) -> Response:
    service = _published(visit, key)
    fresh = form_key(visit.kit.keys, ["form", service.key], visit.now)
    form = Form(service, definition_of(service), Posted(), fresh, "", 1, {})
    return _page(visit, form)


@router.get("/e-tjanster/{key}/villkor.css")
async def on_asked_for_style(visit: Here, key: str) -> Response:
    """Which questions hide, as a style sheet of the e-service's own."""
    service = _published(visit, key)
    about = contacts.contact_questions(service, contacts.MOST)
    rules = [hiding_rules(about, contacts.PREFIX), hiding_rules(definition_of(service), PREFIX)]
    return Response("\n".join(rules), media_type="text/css")


@router.post("/e-tjanster/{key}", dependencies=takes(SERVICE_FORM))
async def on_sent_form(visit: Here, key: str) -> Response:
    service = _published(visit, key)
    turn = turn_of(visit.request)
    posted = await read_form(visit, lambda given: _nonce(visit, service, given))
    form = await _form(visit, service, posted)
    if not turn.come:
        return _too_soon(visit, form, turn)
    do = posted.one("do")
    if do == "lang" or do.startswith(("add_person", "remove_")) or not form.nonce:
        late = said_late(visit, posted) if not form.nonce and posted.fields else ""
        return _page(visit, _changed(visit, form, do), alert=late)
    about, matter = _checked(visit, form)
    problems = Problems(about.problems, [*matter.problems, *_refused_files(visit, form)])
    if problems.any:
        return _page(visit, form, problems, status=422)
    return await _submit(visit, form, about, matter)


def _too_soon(visit: Visit, form: Form, turn: Turn) -> Response:
    """Nothing that was typed is lost: the form comes back as it was, to be sent again."""
    said = visit.words("page.form.wait", n=turn.minutes)
    response = _page(visit, form, status=429, alert=said)
    response.headers["retry-after"] = str(turn.minutes * 60)
    return response


def _published(visit: Visit, key: str) -> EService:
    service = visit.catalog.service(key)
    if service is None or not service.published:
        raise HTTPException(404)
    return service


def _nonce(visit: Visit, service: EService, key: str) -> str:
    return read_form_key(visit.kit.keys, ["form", service.key], key, visit.now) or ""


async def _form(visit: Visit, service: EService, posted: Posted) -> Form:
    key = posted.one("key")
    nonce = _nonce(visit, service, key)
    definition = definition_of(service)
    kept = {
        field.key: await files_of(visit, posted, PREFIX + field.key, nonce)
        for field in definition.fields
        if field.kind == "file" and nonce
    }
    given = posted.one("persons")
    persons = min(int(given), contacts.MOST) if given.isdecimal() and int(given[:3]) else 1
    return Form(service, definition, posted, key, nonce, persons if service.several_applicants else 1, kept)


def _changed(visit: Visit, form: Form, do: str) -> Form:
    """The form with what its smaller buttons ask for: one more person, one less; a fresh key for an old page."""
    if not form.nonce:
        form = replace(form, key=form_key(visit.kit.keys, ["form", form.service.key], visit.now))
    if do == "add_person" and form.service.several_applicants:
        return replace(form, persons=min(form.persons + 1, contacts.MOST))
    which = do.removeprefix("remove_person:")
    if which.isdecimal() and 0 < int(which) < form.persons:
        return replace(form, persons=form.persons - 1, posted=_without(form.posted, int(which), form.persons))
    return form


def _without(posted: Posted, gone: int, count: int) -> Posted:
    """The posted form without one person; those after it move up."""
    names = {f"{contacts.PREFIX}p{n}_": f"{contacts.PREFIX}p{n - 1}_" for n in range(gone + 1, count)}
    fields = []
    for name, value in posted.fields:
        start, sign, end = name.partition("_")
        if start + sign == f"{contacts.PREFIX}p{gone}_":
            continue
        fields.append((names.get(start + sign, start + sign) + end, value))
    return Posted(fields=fields, uploads=posted.uploads)


def _checked(visit: Visit, form: Form) -> tuple[Checked, Checked]:
    today = local_day(visit.now)
    about = check(form.about.definition, form.about.raw(), visit.language, today=today)
    return about, check(form.definition, form.matter.raw(), visit.language, today=today)


def _refused_files(visit: Visit, form: Form) -> list[FieldProblem]:
    return [
        FieldProblem(field.key, "page.plain", {"text": said})
        for field in form.definition.fields
        if field.kind == "file"
        for said in refusals(visit, form.posted.refused(PREFIX + field.key))
    ]


async def _submit(visit: Visit, form: Form, about: Checked, matter: Checked) -> Response:
    answers = about.by_field()
    values = {key: to_stored(value) for key, value in matter.by_field().items()}
    shown = {field.key for field in form.definition.shown(matter.by_field())}
    command = SubmitCase(
        service=form.service.key,
        answers=Answers(definition=form.definition.digest, values=values),
        people=contacts.people_in(answers, visit.language),
        files=tuple(file for file in form.files.values() if file.field in shown),
        protected=contacts.is_protected(answers),
    )
    done = await visit.kit.service.open_case(
        command, Machine("form"), form.definition, once=f"form:{form.nonce}"
    )
    again = "?igen=1" if done.repeated else ""
    return visit.go(receipt_path(visit, done.case_id) + again)


def _page(
    visit: Visit, form: Form, problems: Problems = NONE, *, status: int = 200, alert: str = ""
) -> Response:
    about = form.about.questions(problems.about, visit.words)
    matter = form.matter.questions(problems.matter, visit.words)
    return visit.page(
        "form.html",
        status,
        service=form.service,
        about=_by_person(about, form.persons),
        matter=matter,
        problems=[(one.target, said) for one in [*about, *matter] for said in one.problems],
        persons=form.persons,
        key=form.key,
        alert=alert,
        added=form.posted.one("do") == "add_person",
        conditional=any(one.condition for one in [*about, *matter]),
        most_persons=contacts.MOST,
        limits=visit.catalog.municipality.files,
    )


def _by_person(questions: list[Question], persons: int) -> dict[str, list[Question]]:
    """The questions before, for each person, and after."""
    groups: dict[str, list[Question]] = {"before": []}
    for question in questions:
        bare = question.name.removeprefix(contacts.PREFIX)
        number = bare[1 : bare.index("_")] if bare.startswith("p") and "_" in bare else ""
        name = number if number else "after" if bare == "protected" else "before"
        groups.setdefault(name, []).append(question)
    return groups
