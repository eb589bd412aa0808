"""An e-service's form as it is filled in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from bot.catalog.definition import Definition
from bot.catalog.services import EService
from bot.domain.submission import FileRef
from bot.portal.applicant.submission import contacts
from bot.portal.forms.form_drafts import DraftPlace
from bot.portal.forms.form_questions import FormSection, Question
from bot.portal.forms.posted_form import PostedForm
from bot.portal.forms.retained_uploads import RetainedFile
from bot.text import Words

ANSWER_PREFIX = "svar-"


def form_path(service: EService, *, is_registration: bool = False) -> str:
    """The path of the e-service's form, for applicants or for officers."""
    return f"{'/handlaggare/registrera' if is_registration else '/e-tjanster'}/{service.slug}"


@dataclass(frozen=True)
class Form:
    """A form as it is filled in: `key` is its signed key, and `nonce` the random part of the key.

    `place` is where it is kept between its pages; None where it cannot be. `mark` is that of the page which showed it.
    `is_registration`: an officer fills it in for the applicant, who may have no mail address.
    """

    service: EService
    definition: Definition
    posted: PostedForm
    key: str
    nonce: str
    persons: int
    retained: dict[str, list[RetainedFile]]
    is_registration: bool = False
    place: DraftPlace | None = None
    mark: str = ""

    @property
    def address(self) -> str:
        """The address that the form is sent to: where it is kept that of its own page, which browsers then forget."""
        if self.place is not None:
            return self.place.address
        return f"{form_path(self.service, is_registration=self.is_registration)}?svar=1"

    @property
    def version_address(self) -> str:
        """Where a page that the browser has kept asks for the newest version; empty where the form is not saved."""
        place = self.place
        return place.address.replace(place.path, f"{place.path}/version", 1) if place is not None else ""

    @property
    def version(self) -> str:
        """The number of the version that the page shows."""
        return self.mark.partition(".")[0] or "0"

    @property
    def contact_section(self) -> FormSection:
        """The questions about the applicants."""
        definition = contacts.contact_definition(
            self.service, self.persons, is_registration=self.is_registration
        )
        return FormSection(definition, contacts.PREFIX, self.posted, {}, is_own=not self.is_registration)

    @property
    def service_section(self) -> FormSection:
        """The e-service's own questions."""
        is_own = not self.is_registration
        return FormSection(self.definition, ANSWER_PREFIX, self.posted, self.retained, is_own=is_own)

    @property
    def files(self) -> dict[str, FileRef]:
        return {
            retained.file.id: replace(retained.file, field=field)
            for field, files in self.retained.items()
            for retained in files
        }


class Named(Protocol):
    """Something with the name of a field in the form."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def list_problems(questions: Iterable[Question], persons: int, words: Words) -> list[tuple[str, str]]:
    """(id of the field, text) of each problem; of several persons' details with the person's number."""
    found = []
    for question in questions:
        number = _person_number(question)
        for problem in question.problems:
            is_of_several = number.isdecimal() and persons > 1
            text = words("page.person.problem", n=int(number) + 1, text=problem) if is_of_several else problem
            found.append((question.focus_id, text))
    return found


def _person_number(question: Named) -> str:
    """The number of the person whose detail it is, from 0; empty for other questions."""
    if not question.name.startswith(contacts.PREFIX):
        return ""
    name = question.name.removeprefix(contacts.PREFIX)
    return name[1 : name.index("_")] if name.startswith("p") and "_" in name else ""


def group_by_person(questions: Iterable[N]) -> dict[str, list[N]]:
    """The questions in groups: before the persons', of each person by number, and after them."""
    groups: dict[str, list[N]] = {"before": []}
    for question in questions:
        field_name, number = question.name.removeprefix(contacts.PREFIX), _person_number(question)
        name = number if number else "after" if field_name == "protected" else "before"
        groups.setdefault(name, []).append(question)
    return groups
