"""An e-service's form as it is kept between its pages, and the newest of what is filled in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from starlette.responses import PlainTextResponse, Response

from bot.catalog.definition import create_definition
from bot.catalog.services import EService
from bot.portal.applicant.submission.confirmation import CodeStep
from bot.portal.applicant.submission.filled_form import ANSWER_PREFIX, Form, form_path
from bot.portal.applicant.submission.form_reading import read_filled_form
from bot.portal.applicant.submission.review import is_control
from bot.portal.forms import form_drafts
from bot.portal.forms.form_drafts import DraftPlace, FormContents, FormDraft
from bot.portal.forms.posted_form import PostedForm, Upload, read_form
from bot.portal.forms.retained_uploads import sign_files
from bot.portal.page_context import PageContext
from bot.portal.signing import create_form_key, verify_form_key
from bot.store.files import unattached

StepName = Literal["", "kontroll", "kod"]
"""The form itself, and its pages after it, as their addresses name them."""

CHECK: StepName = "kontroll"
CODE: StepName = "kod"


@dataclass(frozen=True, slots=True)
class FormFiller:
    """Who fills in a form: `owner` is what their browser holds, or an officer's key; `binding` is that of its keys."""

    binding: Sequence[str]
    owner: str
    is_registration: bool = False

    def find_place(self, page: PageContext, service: EService) -> DraftPlace | None:
        path = form_path(service, is_registration=self.is_registration)
        return form_drafts.find_place(page, " ".join(self.binding[:2]), path, self.owner)


@dataclass(frozen=True)
class Step:
    """A page of the form, and what it says beside the answers: `name` is empty for the form itself.

    `is_checked`: with its problems. `alert` are the keys of sentences. `is_added`: a person was just added.
    """

    name: StepName = ""
    is_checked: bool = False
    alert: Sequence[str] = ()
    is_added: bool = False
    code: CodeStep | None = None


@dataclass(frozen=True)
class SavedForm:
    """The form of a request by GET, and what its pages say; `is_begun`: there is a draft."""

    form: Form
    step: Step
    is_begun: bool

    def step_at(self, name: StepName) -> Step:
        """The page of that name; what was said on another one is not said on it."""
        return replace(self.step, name=name, alert=self.step.alert if self.step.name == name else ())


@dataclass(frozen=True)
class SentForm:
    """A form that was sent, with the newest answers. `is_late`: its key is no longer valid.

    `is_outdated`: it was sent from a page that showed older answers, and on which none are changed.
    """

    form: Form
    is_late: bool
    is_outdated: bool


def read_step_name(page: PageContext) -> StepName:
    """The page that the request's address names."""
    name = form_drafts.read_step(page)
    return CHECK if name == CHECK else CODE if name == CODE else ""


async def open_form(page: PageContext, service: EService, filler: FormFiller, place: DraftPlace) -> SavedForm:
    """The form at the request's address: an empty one until something of it has been sent."""
    draft = await form_drafts.load(page, place)
    saved = draft or FormDraft()
    key = create_form_key(page.deps.keys, filler.binding, page.now, place.nonce)
    uploads = [
        Upload(field, name, refusal_key=reason) for field, name, reason in saved.state.get("refused", ())
    ]
    form = Form(
        service,
        create_definition(service),
        PostedForm(uploads=uploads),
        key,
        place.nonce,
        1,
        {},
        filler.is_registration,
        place,
        saved.create_mark(),
    )
    return SavedForm(await _fill(page, form, saved.contents), _read_state(saved.state), draft is not None)


async def read_sent_form(page: PageContext, service: EService, filler: FormFiller) -> SentForm:
    """The posted form; of a form that is kept, with what is newer than its page."""
    place = filler.find_place(page, service)
    posted = await read_form(page, lambda key: _verify(page, filler, key))
    nonce = _verify(page, filler, posted.get("key"))
    if place is not None and nonce not in ("", place.nonce):
        place = None
    is_late = not nonce
    nonce = nonce or (place.nonce if place is not None else "")
    key = create_form_key(page.deps.keys, filler.binding, page.now, nonce) if is_late else posted.get("key")
    form = await read_filled_form(page, service, posted, nonce)
    form = replace(
        form, key=key, place=place, mark=posted.get("mark"), is_registration=filler.is_registration
    )
    draft = await form_drafts.load(page, place) if place is not None else None
    if draft is None:
        return SentForm(form, is_late, is_outdated=False)
    if posted.get("step"):
        is_outdated = not draft.is_newest(form.mark)
        return SentForm(await _fill(page, form, draft.contents), is_late, is_outdated)
    return SentForm(await _fill(page, form, draft.merge(_contents(form), form.mark)), is_late, False)


async def show(
    page: PageContext, form: Form, step: Step, draw: Callable[[Form, Step], Awaitable[Response]]
) -> Response:
    """Lead to the page, at an address of its own; where the form cannot be kept, the page itself."""
    place = form.place
    if place is None:
        return await draw(form, step)
    is_saved = await form_drafts.save(page, place, _contents(form), form.mark, _write_state(form, step))
    if not is_saved:
        return await draw(form, step)
    response = page.redirect(place.step_address(step.name))
    if not form.is_registration:
        # Browsers that keep pages as they are, though they are not to be stored, give them up when a cookie changes.
        form_drafts.renew_owner_cookie(page, response)
    return response


async def version_response(page: PageContext, place: DraftPlace | None, *, is_sent: bool) -> Response:
    """The number of the draft's newest version, 0 where there is none; or that it is sent in."""
    draft = await form_drafts.load(page, place) if place is not None and not is_sent else None
    number = draft.number if draft is not None else 0
    return PlainTextResponse("sent" if is_sent else str(number))


async def forget(page: PageContext, form: Form) -> None:
    """Delete the form's draft."""
    if form.place is not None:
        await form_drafts.remove(page, form.place)


def _verify(page: PageContext, filler: FormFiller, key: str) -> str:
    return verify_form_key(page.deps.keys, filler.binding, key, page.now) or ""


def _contents(form: Form) -> FormContents:
    fields = [(name, value) for name, value in form.posted.fields if value and not is_control(name)]
    files = {field: [one.file.id for one in files] for field, files in form.retained.items() if files}
    return FormContents(fields, files, form.persons)


async def _fill(page: PageContext, form: Form, contents: FormContents) -> Form:
    """The form with these contents; of its files those that are still there."""
    ids = [file_id for ids in contents.files.values() for file_id in ids]
    found = await page.deps.service.database.read(lambda tx: unattached.find(tx, ids)) if ids else {}
    retained = {
        field: sign_files(
            page, [found[one] for one in ids if one in found], ANSWER_PREFIX + field, form.nonce
        )
        for field, ids in contents.files.items()
    }
    controls = [pair for pair in form.posted.fields if is_control(pair[0])]
    posted = PostedForm([*contents.fields, *controls], form.posted.uploads)
    return replace(form, posted=posted, persons=contents.persons, retained=retained)


def _write_state(form: Form, step: Step) -> dict[str, Any]:
    refused = [(one.field, one.name, one.refusal_key) for one in form.posted.uploads if one.refusal_key]
    return {
        "step": step.name,
        "checked": step.is_checked,
        "alert": list(step.alert),
        "added": step.is_added,
        "code": step.code.to_json() if step.code is not None else None,
        "refused": refused,
    }


def _read_state(state: Mapping[str, Any]) -> Step:
    code = state.get("code")
    return Step(
        name=state.get("step", ""),
        is_checked=state.get("checked", False),
        alert=state.get("alert", ()),
        is_added=state.get("added", False),
        code=CodeStep.from_json(code) if code is not None else None,
    )
