"""Forms of a case that are looked through before they are sent: each page of them is fetched at an address of its own.

What is filled in is kept for the officer as `bot.portal.forms.form_drafts` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from bot.portal.flash import Flash
from bot.portal.forms import form_drafts
from bot.portal.forms.form_drafts import DraftPlace, FormContents
from bot.portal.forms.idempotency_keys import make_case_form_name
from bot.portal.forms.posted_form import PostedForm
from bot.portal.forms.retained_uploads import RetainedFile
from bot.portal.officer.case_redirect import redirect_to_case
from bot.portal.officer.officer_context import OfficerContext
from bot.store.engine import idempotency

REVIEW = "granska"
"""The step of the page on which a form is looked through."""

CONTROLS = frozenset({"key", "do", "mark"})
"""Fields that say something of the page itself."""


@dataclass(frozen=True, slots=True)
class FormKind:
    """A kind of form of a case: its name, which its keys and requests have too, and the last part of its address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class CaseForm:
    """A form of one case, of the officer in the context; `ref` is the case's number or id, as its addresses have it."""

    context: OfficerContext
    case_id: str
    ref: str
    kind: FormKind

    def find_place(self) -> DraftPlace | None:
        """Where the request's form is kept; None where its address has no label."""
        label = form_drafts.read_label(self.context.page)
        return self._place(label) if label else None

    def find_own_place(self, nonce: str | None) -> DraftPlace | None:
        """The same, of a posted form whose key has that nonce; None where its address is another form's."""
        place = self.find_place()
        return place if place is not None and place.nonce == nonce else None

    def address(self, place: DraftPlace | None) -> str:
        """The address that the form is sent to."""
        return place.address if place is not None else self.path

    def create_place(self) -> DraftPlace:
        """A place for a form that is opened now."""
        return self._place(form_drafts.create_label())

    def create_key(self, place: DraftPlace) -> str:
        """A key for the form that is kept there."""
        return self.context.create_form_key(self.kind.name, self.case_id, place.nonce)

    @property
    def path(self) -> str:
        return f"/handlaggare/{self.ref}/{self.kind.address}"

    def new_address(self) -> str:
        """The address of a form that is opened now, with the parameters of the request's."""
        label = {form_drafts.LABEL: form_drafts.create_label()}
        return f"{self.path}?{self.context.page.request.url.include_query_params(**label).query}"

    def _place(self, label: str) -> DraftPlace:
        owner_and_label = self.context.officer.key, label
        return form_drafts.place_at(
            self.context.page, f"{self.kind.name} {self.case_id}", self.path, owner_and_label
        )


async def is_sent(form: CaseForm, nonce: str) -> bool:
    """Whether a form with that nonce has been sent, and what it is for is done."""
    key = make_case_form_name(form.kind.name, nonce)
    stored = await form.context.page.deps.service.database.read(lambda tx: idempotency.find(tx, key))
    return stored is not None and "refused" not in stored


def redirect_to_sent(form: CaseForm, sentence: str) -> Response:
    """The case, with the sentence that the form was sent before; `sentence` is its key."""
    flash = Flash(alert=form.context.page.words(sentence))
    return redirect_to_case(form.context, form.case_id, form.ref, flash)


async def save(
    form: CaseForm,
    place: DraftPlace | None,
    posted: PostedForm,
    files: Mapping[str, Sequence[RetainedFile]],
) -> bool:
    """Keep what was posted. False where it cannot be kept: its pages are then answers to a POST."""
    if place is None:
        return False
    fields = [pair for pair in posted.fields if pair[0] not in CONTROLS and not pair[0].startswith("kept_")]
    ids = {name: [one.file.id for one in some] for name, some in files.items()}
    page = form.context.page
    if await form_drafts.save(page, place, FormContents(fields, ids), posted.get("mark"), {}):
        return True
    await form_drafts.remove(page, place)
    return False
