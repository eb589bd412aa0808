"""E-services: each a kind of case, with its form, statuses and officers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, ConfigDict, GetJsonSchemaHandler, StringConstraints, model_validator
from pydantic import Field as Given
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bot.catalog.base import Key, Language, Model, Text, also_allow
from bot.catalog.faults import FaultError, fault
from bot.catalog.fields import Condition, Field
from bot.catalog.people import Grant
from bot.catalog.presets import PresetName, Presets
from bot.catalog.statuses import DEFAULT_STATUSES, UNSETTABLE_KINDS, Status, StatusKind
from bot.catalog.templates import (
    MessageKind,
    Purpose,
    Template,
    default_delay_template,
    default_refusal_template,
)
from bot.text import Words, words
from bot.text.applicant_word import ApplicantWord, inflect

RegisteredMessageKind = Literal[MessageKind, "added"]
"""A kind of officers' messages, or what applicants add when they are asked to."""

REGISTERED_MESSAGE_KINDS: tuple[RegisteredMessageKind, ...] = (*get_args(MessageKind), "added")

_CHANNEL_NAME = re.compile(r"[a-z0-9åäöéü_-]{1,80}")
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,20}")


def is_channel_id(channel: str) -> bool:
    """Whether a channel is given by its Slack id rather than by its name, which has no capitals."""
    return _CHANNEL_ID.fullmatch(channel) is not None


def _check_channel(value: str) -> str:
    name = value.removeprefix("#")
    if not (_CHANNEL_NAME.fullmatch(name) or is_channel_id(name)):
        raise FaultError(fault("fault.channel_name"))
    return name


Channel = Annotated[str, AfterValidator(_check_channel)]


class Retention(Model):
    """When a case is disposed of: never, or months after it was closed or after that year's end."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"months": ["basis"]}})

    keep: bool = False
    """The cases are kept for ever. `retention: keep` says the same."""
    months: int | None = Given(default=None, ge=1, le=1200)
    """Months until a case is disposed of."""
    from_: Literal["closed", "year_end"] = Given(default="closed", alias="from")
    """What the months are counted from: the day the case was closed, or the end of that year."""
    basis: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    """The paragraph of the document management plan (dokumenthanteringsplan) that says so. Needed with `months`."""

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
            raise FaultError(fault("fault.retention_kind"))
        if not self.keep and not self.basis:
            raise FaultError(fault("fault.retention_basis"))
        return self


MemberChoice = Literal["round_robin", "least_loaded", "fewest_this_week"]
"""How one of a group's members is chosen: in turn, with the fewest open cases, or with the fewest new ones this week.

Of several with as few, the one whose turn it is.
"""


class AssignmentRule(Model):
    """Who is assigned automatically to a new case, or to one that gets the `status`, if the condition holds."""

    officer: Key | None = None
    """The officer's key; or"""
    group: Key | None = None
    """the group's."""
    choose: MemberChoice | None = Given(default=None, examples=["least_loaded"])
    """Assigns one of the group's members in place of the group: in turn, or the one with the fewest open cases, or
    with the fewest new ones this week.
    """
    status: Key | None = Given(default=None, examples=["in_progress"])
    """The status for which the rule holds; a new case, where it is left out."""
    replaces: bool = Given(default=False, examples=[True])
    """Whether those who have the case when it gets the status no longer do."""
    when: Condition | None = None
    """The answer for which the rule holds; any, where it is left out."""

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if (self.officer is None) == (self.group is None):
            raise FaultError(fault("fault.either_grantee"))
        if self.choose and self.group is None:
            raise FaultError(fault("fault.choose_of_group"))
        if self.replaces and self.status is None:
            raise FaultError(fault("fault.replaces_new"))
        return self


class Classification(Model):
    """Where cases stand in the municipality's classification scheme (klassificeringsstruktur)."""

    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    """The code of the activity, such as 3.5.2."""
    scheme: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    """The name of the scheme, with its version."""


class Notices(Model):
    """When the channel and the officers are notified about cases that wait."""

    morning: bool = Given(default=True, examples=[False])
    """Whether the channel gets a line on working mornings about what waits."""
    due_soon_days: int = Given(default=2, ge=0, le=60)
    """Working days before the due day from which a case is among its officers' tasks."""
    unhandled_days: int = Given(default=1, ge=1, le=60)
    """Working days that a case may be unassigned before the channel is notified."""
    answer_reminder_days: int = Given(default=2, ge=0, le=60, examples=[5])
    """Working days before the day to answer on which the applicant is reminded of it by mail.

    They are reminded once more when the day has passed. With 0 they never are.
    """


DEFAULT_PLATFORM = "open_eplatform"
"""The platform's name where the catalog gives none, as with a single installation of Open ePlatform."""


class OpenEPlatform(Model):
    """The corresponding e-services of one platform, and which of their questions Slack may show.

    `platform` names one installation; its case numbers and family ids are its own.
    """

    platform: Key = Given(default=DEFAULT_PLATFORM, examples=["intern"])
    """The name of the installation, where there are several."""
    families: tuple[int, ...] = Given(min_length=1)
    """The ids of the platform's e-services (flow families) that are this one."""
    questions_in_slack: tuple[str, ...] = ()
    """Names of the platform's questions whose answers may be shown in Slack, where they tell of no person."""
    confirmed_addresses: bool = False
    """Whether the platform has made sure that the applicants' mail addresses are theirs."""


class EService(Model):
    """An e-service: its form, and how its cases are handled."""

    key: Key
    """The name by which everything else knows the e-service. Never change it once there are cases."""
    name: Text
    """What people call it."""
    unit: Text
    """The unit that handles its cases."""
    description: Text | None = None
    """What applicants read before the form."""
    audience: Literal["external", "internal"] = "external"
    """Whether the public applies, or the municipality's own employees."""
    channel: Channel | None = None
    """The Slack channel of its cards, by name or id, without the #; the municipality's own where it is left out."""
    card_language: Language | None = Given(default=None, examples=["en"])
    """The language of its cards; the municipality's where it is left out."""
    privacy: Literal["standard", "strict"]
    """`standard`: cases are worked in Slack too. `strict`: Slack is told only that there is a case; it is worked on
    the case page.
    """
    record: Literal["here", "open_eplatform"] = "here"
    """Where the case is kept as a public record: here, or in Open ePlatform, whose form is then used."""
    login: Literal["email_code", "eid", "none"] = "email_code"
    """How an applicant proves who they are: a code by mail, an eID, or not at all."""
    applicant_follows: bool = True
    """Whether applicants can follow their case and write in it."""
    anonymous: bool = False
    """Whether one may apply without giving a name."""
    several_applicants: bool = False
    """Whether several people may apply together."""
    thread_notes: bool = Given(default=True, examples=[False])
    """Whether replies in the card's thread become working notes. Off where `privacy` is strict."""
    name_in_mail: bool = False
    """Whether mails to applicants may name the e-service."""
    applicant_word: Text = Text(sv="sökande", en="applicant")
    """What an applicant is called, in lower case. The other forms follow from it."""
    applicant_word_definite: Text | None = None
    """The definite form of that word, only where it is irregular."""
    applicant_word_genitive: Text | None = None
    """The definite genitive of that word, only where it is irregular."""
    classification: Classification | None = None
    """Where its cases stand in the classification scheme, as case files say it."""
    registered_messages: tuple[RegisteredMessageKind, ...] = Given(
        default=REGISTERED_MESSAGE_KINDS, examples=[["completion", "communication", "decision", "added"]]
    )
    """The kinds of messages that are registered (diarieförs); the others are kept in the case without being so."""
    fields: tuple[Field, ...] = ()
    """The questions of the form, in order."""
    # From a factory: the schema, which people read in their editor, does not write the five out.
    statuses: tuple[Status, ...] = Given(default_factory=lambda: DEFAULT_STATUSES, min_length=1)
    """The statuses of its cases; five usual ones where it is left out."""
    templates: tuple[Template, ...] = ()
    """Texts that officers begin messages, notes and mailings with."""
    presets: Presets = Presets()
    """What *Begär komplettering* and *Avsluta med beslut* are filled in with."""
    officers: tuple[Grant, ...] = ()
    """Who may work with its cases: officers and groups, with their rights."""
    protected_officers: tuple[Key, ...] = ()
    """Keys of those who may work with protected cases; others see of them only the card. With nobody here,
    nobody can open them.
    """
    assign: tuple[AssignmentRule, ...] = ()
    """Who gets a new case: the first rule that holds."""
    working_days: int | None = Given(default=None, ge=1, le=1000)
    """Working days allowed for the whole case, from its submission."""
    six_month_rule: bool | None = Given(default=None, examples=[False])
    """Whether the law's six months hold for its cases (förvaltningslagen 11 and 12 §§). Left out, they do for external
    ones; they do not for a report in which nobody is a party, such as that of a hole in a street.
    """
    retention: Retention
    """When its cases are disposed of."""
    notices: Notices = Notices()
    """When the channel and the officers are reminded."""
    open_eplatform: OpenEPlatform | None = None
    """The corresponding e-services of an Open ePlatform."""

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
        if preset in ("delay", "refusal"):
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
        if found is not None or preset in ("completion", "decision"):
            return found
        return default_delay_template() if preset == "delay" else default_refusal_template()

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
    named = service.words_in(plain.language) if service is not None else words(plain.language)
    return named.isolating() if plain.isolates else named


def words_for_all(services: Iterable[EService], plain: Words) -> Words:
    """The words in the same language that call an applicant as all the e-services do, as usual where they differ."""
    named = {one.applicant_forms(plain.language): one for one in services}
    return words_for(next(iter(named.values())) if len(named) == 1 else None, plain)
