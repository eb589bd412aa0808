"""E-services: each a kind of case, with its form, statuses and officers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, GetJsonSchemaHandler, StringConstraints, model_validator
from pydantic import Field as Given
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bot.catalog.base import Key, Language, Model, Text, also_allow
from bot.catalog.fields import Condition, Field
from bot.catalog.people import Grant
from bot.catalog.presets import PresetName, Presets
from bot.catalog.statuses import UNSETTABLE_KINDS, Status, StatusKind, default_statuses
from bot.catalog.templates import Purpose, Template, default_delay_template
from bot.text import Words, words
from bot.text.applicant_word import ApplicantWord, inflect

_CHANNEL_NAME = re.compile(r"[a-z0-9åäöéü_-]{1,80}")
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,20}")


def is_channel_id(channel: str) -> bool:
    """Whether a channel is given by its Slack id rather than by its name, which has no capitals."""
    return _CHANNEL_ID.fullmatch(channel) is not None


def _check_channel(value: str) -> str:
    name = value.removeprefix("#")
    if not (_CHANNEL_NAME.fullmatch(name) or is_channel_id(name)):
        raise ValueError("is not a channel name: small letters, digits, - and _, at most 80")
    return name


Channel = Annotated[str, AfterValidator(_check_channel)]


class Retention(Model):
    """When a case is disposed of: never, or months after it was closed or after that year's end."""

    keep: bool = False
    months: int | None = Given(default=None, ge=1, le=1200)
    from_: Literal["closed", "year_end"] = Given(default="closed", alias="from")
    # The paragraph of the dokumenthanteringsplan.
    basis: Annotated[str, StringConstraints(strip_whitespace=True)] = ""

    @model_validator(mode="before")
    @classmethod
    def _from_keep(cls, value: object) -> object:
        return {"keep": True} if value == "keep" else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return also_allow({"const": "keep"}, handler(core_schema), handler)

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.keep == (self.months is not None):
            raise ValueError("must be keep, or a number of months")
        if not self.keep and not self.basis:
            raise ValueError("needs its basis: the paragraph of the dokumenthanteringsplan")
        return self


MemberChoice = Literal["round_robin", "least_loaded", "fewest_this_week"]
"""How one of a group's members is chosen: in turn, with the fewest open cases, or with the fewest new ones this week.

Of several with as few, the one whose turn it is.
"""


class AssignmentRule(Model):
    """Who is assigned automatically to a new case, or to one that gets the `status`, if the condition holds."""

    officer: Key | None = None
    group: Key | None = None
    # One of the group's members, in place of the group.
    choose: MemberChoice | None = None
    status: Key | None = None
    # Whether those who have the case when it gets the status no longer do.
    replaces: bool = False
    when: Condition | None = None

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if (self.officer is None) == (self.group is None):
            raise ValueError("needs either an officer or a group")
        if self.choose and self.group is None:
            raise ValueError("a member is chosen of a group; name it instead of the officer")
        if self.replaces and self.status is None:
            raise ValueError("nobody has a new case: replaces is for rules with a status")
        return self


class Notices(Model):
    """When the channel and the officers are notified about cases that wait."""

    morning: bool = True
    # Working days before the due day from which a case is among its officers' tasks.
    due_soon_days: int = Given(default=2, ge=0, le=60)
    # Working days that a case may be unassigned before the channel is notified.
    unhandled_days: int = Given(default=1, ge=1, le=60)


DEFAULT_PLATFORM = "open_eplatform"
"""The platform's name where the catalog gives none, as with a single installation of Open ePlatform."""


class OpenEPlatform(Model):
    """The corresponding e-services of one platform, and which of their questions Slack may show.

    `platform` names one installation; its case numbers and family ids are its own.
    """

    platform: Key = DEFAULT_PLATFORM
    families: tuple[int, ...] = Given(min_length=1)
    questions_in_slack: tuple[str, ...] = ()
    # Whether the platform has made sure that the applicants' mail addresses are theirs.
    confirmed_addresses: bool = False


class EService(Model):
    key: Key
    name: Text
    unit: Text
    description: Text | None = None
    audience: Literal["external", "internal"] = "external"
    # Without the #; the municipality's own channel where it is left out.
    channel: Channel | None = None
    card_language: Language | None = None
    privacy: Literal["standard", "strict"]
    record: Literal["here", "open_eplatform"] = "here"
    login: Literal["email_code", "eid", "none"] = "email_code"
    applicant_follows: bool = True
    anonymous: bool = False
    several_applicants: bool = False
    thread_notes: bool = True
    name_in_mail: bool = False
    # What an applicant is called, in lower case (anmälare). The other forms (anmälaren, anmälarens) follow from it,
    # and are given only where they are irregular.
    applicant_word: Text = Text(sv="sökande", en="applicant")
    applicant_word_definite: Text | None = None
    applicant_word_genitive: Text | None = None
    fields: tuple[Field, ...] = ()
    statuses: tuple[Status, ...] = Given(default_factory=default_statuses, min_length=1)
    templates: tuple[Template, ...] = ()
    presets: Presets = Presets()
    officers: tuple[Grant, ...] = ()
    # Keys of those who may work with protected cases; others see of them only the card.
    protected_officers: tuple[Key, ...] = ()
    assign: tuple[AssignmentRule, ...] = ()
    # Time allowed for the whole case, from its submission.
    working_days: int | None = Given(default=None, ge=1, le=1000)
    # Whether the law's six months hold for its cases (förvaltningslagen 11 and 12 §§). Left out, they do for external
    # ones; they do not for a report in which nobody is a party, such as that of a hole in a street.
    six_month_rule: bool | None = None
    retention: Retention
    notices: Notices = Notices()
    open_eplatform: OpenEPlatform | None = None

    @model_validator(mode="before")
    @classmethod
    def _apply_privacy_defaults(cls, value: object) -> object:
        if isinstance(value, dict) and value.get("privacy") == "strict":
            return {"thread_notes": False} | value
        return value

    @property
    def strict(self) -> bool:
        return self.privacy == "strict"

    @property
    def slug(self) -> str:
        """What its form is called in addresses: its key; of a strict one a number that says nothing in the history."""
        return _slug_of(self.key) if self.strict else self.key

    @property
    def is_published(self) -> bool:
        """Whether its form is on our own pages; an e-service of Open ePlatform has its form there."""
        return self.record == "here"

    @property
    def follows_six_month_rule(self) -> bool:
        """Whether those who apply are parties, who may ask for a decision after six months."""
        return self.six_month_rule if self.six_month_rule is not None else self.audience == "external"

    @property
    def initial_status(self) -> Status:
        """The status of a newly submitted case."""
        return self.first_status_of_kind("submitted")

    @property
    def completed_status(self) -> Status:
        """The status that a case gets when the applicant has added information."""
        set_by_applicant = (status for status in self.statuses if status.set_by == "applicant")
        return next(set_by_applicant, self.initial_status)

    def status(self, key: str) -> Status | None:
        """None for a status that the catalog no longer has."""
        return next((status for status in self.statuses if status.key == key), None)

    def words_in(self, language: str) -> Words:
        """The program's words, which call an applicant as the e-service does."""
        return words(language).naming_applicants(self.applicant_forms(language))

    def applicant_forms(self, language: str) -> ApplicantWord:
        """What the e-service calls an applicant, in that language."""
        definite, genitive = (
            form.in_(language) if form is not None else ""
            for form in (self.applicant_word_definite, self.applicant_word_genitive)
        )
        return inflect(self.applicant_word.in_(language), language, definite=definite, genitive=genitive)

    def first_status_of_kind(self, kind: StatusKind) -> Status:
        """The first status of a kind; KeyError where the e-service has none."""
        for status in self.statuses:
            if status.kind == kind:
                return status
        raise KeyError(f"{self.key} has no status of kind {kind}")

    def targets_from(self, key: str | None) -> tuple[Status, ...]:
        """The statuses an officer may set from `key`; from a removed status (or None), any.

        Who may set each is `Access.may_set`; leaving a closed status for one that is not is a reopening,
        which is a right of its own.
        """
        removed = key is None or self.status(key) is None
        return tuple(
            status
            for status in self.statuses
            if status.key != key
            and status.kind not in UNSETTABLE_KINDS
            and status.set_by != "applicant"
            and (removed or status.accepted_from is None or key in status.accepted_from)
        )

    def field(self, key: str) -> Field | None:
        return next((field for field in self.fields if field.key == key), None)

    def templates_for(self, purpose: Purpose, status: str | None = None) -> tuple[Template, ...]:
        return tuple(
            template
            for template in self.templates
            if template.for_ == purpose and (template.statuses is None or status in template.statuses)
        )

    def preset_status(self, preset: PresetName) -> Status | None:
        """The status that follows the preset's message; None where the e-service has no such preset.

        Where the catalog names none, it is the first of the preset's kind that requires a message, or else the first
        that requires nothing. Only an e-service with a template for decisions closes cases with one.
        """
        if preset == "delay":
            return None
        named = self.presets.get(preset)
        if named.status is not None:
            return self.status(named.status)
        is_decided = any(one.kind == "decision" for one in self.templates) or named.template is not None
        if preset == "decision" and not is_decided:
            return None
        kind: StatusKind = "closed" if preset == "decision" else "waiting_for_completion"
        may_follow = [one for one in self.statuses if one.kind == kind and one.requires != "note"]
        return next((one for one in may_follow if one.requires), next(iter(may_follow), None))

    def preset_template(self, preset: PresetName, status: str) -> Template | None:
        """The template of the preset's message, if offered in that status: the named one, or the first of its kind."""
        named, offered = self.presets.get(preset).template, self.templates_for("message", status)
        if named is not None:
            return next((one for one in offered if one.key == named), None)
        found = next((one for one in offered if one.kind == preset), None)
        return found or (default_delay_template() if preset == "delay" else None)

    def assignment_rules(self, status: str | None = None) -> tuple[AssignmentRule, ...]:
        """The rules for new cases, or those for cases that get the status."""
        return tuple(rule for rule in self.assign if rule.status == status)

    def find_assignment_rule(
        self, answers: Mapping[str, object], status: str | None = None
    ) -> AssignmentRule | None:
        """The first rule that holds for the answers of a new case, or of one that gets the status."""
        rules = self.assignment_rules(status)
        return next((rule for rule in rules if rule.when is None or rule.when.holds(answers)), None)


@cache
def _slug_of(key: str) -> str:
    """Ten digits, so that it is no other's key, and the same wherever and whenever the program runs."""
    digest = hashlib.sha256(f"address of {key}".encode()).digest()
    return f"{int.from_bytes(digest[:8]) % 10**10:010d}"


def words_for(service: EService | None, plain: Words) -> Words:
    """The words in the same language that call an applicant as the e-service does, or as usual without one."""
    return service.words_in(plain.language) if service is not None else words(plain.language)


def words_for_all(services: Iterable[EService], plain: Words) -> Words:
    """The words in the same language that call an applicant as all the e-services do, as usual where they differ."""
    named = {one.applicant_forms(plain.language): one for one in services}
    return words_for(next(iter(named.values())) if len(named) == 1 else None, plain)
