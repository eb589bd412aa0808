"""Checks between parts of the catalog: references, order, and combinations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import get_args

from bot.catalog.base import to_key
from bot.catalog.faults import Fault, fault
from bot.catalog.fields import (
    ANONYMOUS,
    CARD_LABEL_KINDS,
    CHOICE_KINDS,
    MAX_CARD_LABEL,
    PERSONAL_KINDS,
    AnswerRule,
    Condition,
    Field,
    as_tuple,
    is_sentence,
)
from bot.catalog.files.problems import KeyPath, did_you_mean
from bot.catalog.municipality import Municipality
from bot.catalog.people import Grant
from bot.catalog.presets import PresetName
from bot.catalog.services import AssignmentRule, EService
from bot.catalog.statuses import REQUIRED_KINDS
from bot.catalog.templates import ANSWER_BY, SWEDISH_TAGS, TAGS, Template, find_misformed, find_tags
from bot.text.mail_addresses import mailbox_of
from bot.text.nearest import find_named

FoundProblems = Iterator[tuple[KeyPath, Fault]]

MAX_STATUSES = 100
"""The most options that a menu of Slack's can have."""


@dataclass(frozen=True)
class KnownKeys:
    """The keys that the files define, also in invalid parts: each error is reported once, where it is."""

    # None where file or list could not be read: then nothing is said of what refers to it.
    officers: frozenset[str] | None
    groups: frozenset[str] | None
    services: frozenset[str]
    channel_for_all: bool
    fields: frozenset[str] | None = frozenset()
    statuses: frozenset[str] | None = frozenset()
    broken: frozenset[str] = frozenset()

    def for_service(
        self, fields: frozenset[str] | None, statuses: frozenset[str] | None, broken: frozenset[str]
    ) -> KnownKeys:
        """The keys within one e-service; `broken` parts, which have a problem already, are not checked further."""
        return replace(self, fields=fields, statuses=statuses, broken=broken)


def check_municipality(municipality: Municipality, known: KnownKeys) -> FoundProblems:
    yield from _check_duplicates(("officers",), (officer.key for officer in municipality.officers), "officer")
    emails = (mailbox_of(officer.email) for officer in municipality.officers)
    yield from _check_duplicates(("officers",), emails, "address")
    yield from _check_duplicates(("groups",), (group.key for group in municipality.groups), "group")
    yield from _check_duplicates(("sources",), (source.key for source in municipality.sources), "source")
    for index, group in enumerate(municipality.groups):
        yield from _check_keys(("groups", index, "members"), group.members, known.officers, "officer")
        yield from _check_duplicates(("groups", index, "members"), group.members, "member")
    for index, source in enumerate(municipality.sources):
        yield from _check_keys(("sources", index, "services"), source.services, known.services, "service")


def check_service(service: EService, known: KnownKeys) -> FoundProblems:
    """All cross checks of one e-service."""
    if service.channel is None and not known.channel_for_all and "channel" not in known.broken:
        yield (), fault("fault.no_channel")
    for check in _CHECKS:
        yield from check(service, known)


def _check_fields(service: EService, known: KnownKeys) -> FoundProblems:
    yield from _check_duplicates(("fields",), (field.key for field in service.fields), "field")
    earlier: dict[str, Field] = {}
    for index, field in enumerate(service.fields):
        if field.shown_if:
            place: KeyPath = ("fields", index, "shown_if")
            yield from _check_condition(place, field.shown_if, earlier, known)
        if service.strict and field.on_card:
            yield ("fields", index, "on_card"), fault("fault.strict_on_card")
        if service.strict and field.in_slack:
            yield ("fields", index, "in_slack"), fault("fault.strict_in_slack")
        if field.in_slack and field.kind in PERSONAL_KINDS:
            yield ("fields", index, "in_slack"), fault("fault.in_slack_personal", kind=field.kind)
        earlier[field.key] = field


def _check_labels(service: EService, known: KnownKeys) -> FoundProblems:
    """Labels that are sentences do not fit into the default sentences (Fyll i Beskriv vad du vill göra)."""
    for index, field in enumerate(service.fields):
        if not field.required or field.errors.empty or field.kind in (*CHOICE_KINDS, "yes_no", "file"):
            continue
        label = next((label for label in (field.label.sv, field.label.en) if is_sentence(label)), None)
        if label is not None:
            yield (
                ("fields", index, "label"),
                fault("fault.label_sentence", label=label),
            )


def _check_card_labels(service: EService, known: KnownKeys) -> FoundProblems:
    """A card says "24 m²", not "Hur många kvadratmeter gäller det? 24"."""
    for index, field in enumerate(service.fields):
        if not field.on_card or field.card_label is not None or field.kind not in CARD_LABEL_KINDS:
            continue
        labels = (field.label.sv, field.label.en)
        unfit = next((label for label in labels if label.rstrip().endswith("?") or is_sentence(label)), None)
        unfit = unfit or next((label for label in labels if len(label) > MAX_CARD_LABEL), None)
        if unfit is not None:
            yield (
                ("fields", index, "label"),
                fault("fault.label_card", label=unfit),
            )


def _check_condition(
    place: KeyPath, condition: Condition, earlier: dict[str, Field], known: KnownKeys
) -> FoundProblems:
    field = earlier.get(condition.field)
    if condition.field in known.broken:
        return
    if field is None:
        if known.fields is not None and condition.field in known.fields:
            yield (
                (*place, "field"),
                fault("fault.condition_order", field=condition.field),
            )
        else:
            yield from _check_key((*place, "field"), condition.field, known.fields, "field")
        return
    if field.kind in (*CHOICE_KINDS, "yes_no"):
        yield from _check_values((*place, "is"), field, condition.values)
    else:
        yield (*place, "field"), fault("fault.condition_kind", field=field.key, kind=field.kind)


def _check_values(place: KeyPath, field: Field, values: Iterable[bool | str]) -> FoundProblems:
    """Check that the values are possible answers to a yes/no or a choice."""
    if field.kind == "yes_no":
        wrong = [value for value in values if not isinstance(value, bool)]
        if wrong:
            yield place, fault("fault.yes_no_value", field=field.key, value=str(wrong[0]))
    else:
        choices = frozenset(choice.key for choice in field.choices)
        for index, value in enumerate(map(str, values)):
            if value not in choices:
                hint = did_you_mean(value, choices)
                yield (*place, index), fault("fault.unknown.choice", field=field.key, key=value, hint=hint)


def _check_rules(service: EService, known: KnownKeys) -> FoundProblems:
    fields = {field.key: field for field in service.fields}
    if ANONYMOUS in fields:
        yield ("fields",), fault("fault.field_anonymous", key=ANONYMOUS)
    for index, field in enumerate(service.fields):
        for name, rules in (("forbids", field.forbids), ("requires", field.requires)):
            for n, rule in enumerate(rules):
                yield from _check_rule(("fields", index, name, n), field, rule, (service, fields, known))


def _check_rule(
    place: KeyPath, field: Field, rule: AnswerRule, known: tuple[EService, dict[str, Field], KnownKeys]
) -> FoundProblems:
    service, fields, keys = known
    if field.kind in (*CHOICE_KINDS, "yes_no"):
        yield from _check_values((*place, "when"), field, as_tuple(rule.when))
    else:
        yield place, fault("fault.condition_kind", field=field.key, kind=field.kind)
    if rule.field == ANONYMOUS:
        if not service.anonymous:
            yield (*place, "field"), fault("fault.nobody_anonymous")
    elif rule.is_ is not None:
        yield from _check_condition(place, Condition(field=rule.field, is_=rule.is_), fields, keys)
    elif rule.field not in keys.broken:
        yield from _check_key((*place, "field"), rule.field, keys.fields, "field")


def _check_statuses(service: EService, known: KnownKeys) -> FoundProblems:
    yield from _check_duplicates(("statuses",), (status.key for status in service.statuses), "status")
    if len(service.statuses) > MAX_STATUSES:
        yield ("statuses",), fault("fault.statuses_many", n=len(service.statuses), most=MAX_STATUSES)
    for kind in REQUIRED_KINDS:
        if not any(status.kind == kind for status in service.statuses):
            yield ("statuses",), fault("fault.status_kind_none", kind=kind)
    set_by_applicant = [status.key for status in service.statuses if status.set_by == "applicant"]
    if len(set_by_applicant) > 1:
        yield ("statuses",), fault("fault.set_by_applicant_many", keys=tuple(set_by_applicant))
    submitted = [status for status in service.statuses if status.kind == "submitted"]
    if submitted and submitted[0].set_by == "applicant":
        yield (
            ("statuses",),
            fault("fault.submitted_by_applicant"),
        )
    for index, status in enumerate(service.statuses):
        place: KeyPath = ("statuses", index, "accepted_from")
        yield from _check_keys(place, status.accepted_from or (), known.statuses, "status")
        if status.requires == "message" and not service.applicant_follows:
            yield (
                ("statuses", index, "requires"),
                fault("fault.message_to_nobody"),
            )
    yield from _check_duplicate_status(service)


def _check_duplicate_status(service: EService) -> FoundProblems:
    """The status of duplicates is set by an officer who links the case, and writes nothing to the applicant."""
    chosen = [(index, status) for index, status in enumerate(service.statuses) if status.for_duplicates]
    if len(chosen) > 1:
        keys = tuple(status.key for _, status in chosen)
        yield ("statuses",), fault("fault.duplicates_many", keys=keys)
    for index, status in chosen:
        place: KeyPath = ("statuses", index, "for_duplicates")
        if status.kind != "closed":
            yield place, fault("fault.duplicates_kind", key=status.key, kind=status.kind)
        if status.requires == "message":
            yield place, fault("fault.duplicates_message")
        if status.set_by == "applicant":
            yield place, fault("fault.set_by_applicant", key=status.key)


def _check_templates(service: EService, known: KnownKeys) -> FoundProblems:
    yield from _check_duplicates(("templates",), (template.key for template in service.templates), "template")
    for index, template in enumerate(service.templates):
        place: KeyPath = ("templates", index)
        yield from _check_keys((*place, "statuses"), template.statuses or (), known.statuses, "status")
        yield from _check_tags(place, template)
        yield from _check_purpose(place, template)


def _check_purpose(place: KeyPath, template: Template) -> FoundProblems:
    if template.kind is not None and template.for_ == "note":
        yield (*place, "kind"), fault("fault.note_kind")
    for language in ("sv", "en"):
        if template.for_ != "message" and ANSWER_BY in find_tags(template.text.in_(language)):
            yield (*place, "text", language), fault("fault.tag_messages", tag=f"{{{ANSWER_BY}}}")


def _check_tags(place: KeyPath, template: Template) -> FoundProblems:
    used: set[str] = set()
    for language in ("sv", "en"):
        tags = find_tags(template.text.in_(language))
        used.update(tags)
        for tag in tags:
            if tag not in TAGS and tag not in template.gaps:
                hint = _tag_hint(tag)
                yield (*place, "text", language), fault("fault.tag_unknown", tag=f"{{{tag}}}", hint=hint)
        for found in find_misformed(template.text.in_(language)):
            gap = "_".join(re.findall(r"\w+", found))
            yield (
                (*place, "text", language),
                fault("fault.tag_form", tag=found, gap=f"{{{gap}}}")
                if gap and found.endswith("}")
                else fault("fault.tag_brace", sign=found),
            )
    for gap in template.gaps:
        if gap in TAGS:
            yield (*place, "gaps"), fault("fault.gap_tag", gap=gap)
        elif gap not in used:
            yield (*place, "gaps"), fault("fault.gap_unused", gap=gap)


def _tag_hint(tag: str) -> Fault | str:
    """A suggestion of the tag that was meant, in the language in which it was written."""
    known = {name.replace(".", " "): f"{{{name}}}" for name in (*TAGS, *SWEDISH_TAGS.values())}
    typed, _, rest = tag.partition(".")
    for looked_for in (f"{typed} {rest}".strip(), typed if rest else ""):
        if candidates := find_named(looked_for, known.items()).candidates:
            return fault("fault.hint", name=candidates[0])
    return ""


def _check_presets(service: EService, known: KnownKeys) -> FoundProblems:
    """A preset that is written in the catalog opens filled in wherever its status may be set."""
    for name in get_args(PresetName):
        preset, place = service.presets.get(name), ("presets", name)
        if not preset.model_fields_set:
            continue
        if not service.applicant_follows:
            yield place, fault("fault.preset_nobody")
        if preset.status is not None:
            yield from _check_preset_status((*place, "status"), name, service, known)
        if preset.template is not None:
            yield from _check_preset_template((*place, "template"), name, service, known)


def _check_preset_status(
    place: KeyPath, name: PresetName, service: EService, known: KnownKeys
) -> FoundProblems:
    key = str(service.presets.get(name).status)
    yield from _check_key(place, key, known.statuses, "status")
    status, kind = service.status(key), "closed" if name == "decision" else "waiting_for_completion"
    if status is None:
        return
    if status.kind != kind:
        yield place, fault("fault.preset_status_kind", key=key, kind=status.kind, expected=kind)
    elif status.set_by == "applicant":
        yield place, fault("fault.set_by_applicant", key=key)
    elif status.requires == "note":
        yield place, fault("fault.preset_status_note", key=key)


def _check_preset_template(
    place: KeyPath, name: PresetName, service: EService, known: KnownKeys
) -> FoundProblems:
    key, status = str(service.presets.get(name).template), service.preset_status(name)
    if key in known.broken:
        return
    messages = {one.key: one for one in service.templates if one.for_ == "message"}
    yield from _check_key(place, key, frozenset(messages), "template")
    template = messages.get(key)
    if template is None or template.statuses is None or status is None:
        return
    before = [
        one for one in service.statuses if one.kind != "closed" and status in service.targets_from(one.key)
    ]
    unfilled = [one.key for one in before if one.key not in template.statuses]
    if unfilled:
        yield place, fault("fault.preset_unfilled", key=key, statuses=tuple(unfilled), status=status.key)


def _check_people(service: EService, known: KnownKeys) -> FoundProblems:
    named: dict[str, tuple[Grant | AssignmentRule, ...]] = {
        "officers": service.officers,
        "assign": service.assign,
    }
    for part, entries in named.items():
        for index, entry in enumerate(entries):
            if entry.officer:
                place: KeyPath = (part, index, "officer")
                yield from _check_key(place, entry.officer, known.officers, "officer")
            if entry.group:
                yield from _check_key((part, index, "group"), entry.group, known.groups, "group")
    yield from _check_protected(service, known)
    yield from _check_assignment_rules(service, known)


def _check_assignment_rules(service: EService, known: KnownKeys) -> FoundProblems:
    fields = {field.key: field for field in service.fields}
    statuses = {status.key: status for status in service.statuses}
    for index, rule in enumerate(service.assign):
        if rule.when:
            yield from _check_condition(("assign", index, "when"), rule.when, fields, known)
        if rule.status is None:
            continue
        place: KeyPath = ("assign", index, "status")
        yield from _check_key(place, rule.status, known.statuses, "status")
        if rule.status in statuses and statuses[rule.status].kind == "closed":
            yield place, fault("fault.assign_closed", key=rule.status)


def _check_protected(service: EService, known: KnownKeys) -> FoundProblems:
    named = service.protected_officers
    yield from _check_keys(("protected_officers",), named, known.officers, "officer")
    yield from _check_duplicates(("protected_officers",), named, "officer")
    # The members of groups are not known: they are in another file.
    if "officers" in known.broken or any(grant.group for grant in service.officers):
        return
    granted = {grant.officer for grant in service.officers}
    for index, key in enumerate(named):
        if key not in granted and (known.officers is None or key in known.officers):
            yield (
                ("protected_officers", index),
                fault("fault.protected_no_access", key=key),
            )


def _check_combinations(service: EService, known: KnownKeys) -> FoundProblems:
    if service.strict and service.thread_notes:
        yield ("thread_notes",), fault("fault.strict_notes")
    if service.strict and service.name_in_mail:
        yield ("name_in_mail",), fault("fault.strict_name")
    if service.login == "none" and service.applicant_follows:
        yield ("applicant_follows",), fault("fault.login_follow")
    if (service.record == "open_eplatform") != (service.open_eplatform is not None):
        yield ("record",), fault("fault.record_platform")


_CHECKS: tuple[Callable[[EService, KnownKeys], FoundProblems], ...] = (
    _check_fields,
    _check_rules,
    _check_labels,
    _check_card_labels,
    _check_statuses,
    _check_templates,
    _check_presets,
    _check_people,
    _check_combinations,
)


def _check_duplicates(place: KeyPath, keys: Iterable[str], kind: str) -> FoundProblems:
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield (*place, index), fault(f"fault.twice.{kind}", key=key)
        seen.add(key)


def _check_keys(
    place: KeyPath, keys: Iterable[str], known: frozenset[str] | None, kind: str
) -> FoundProblems:
    for index, key in enumerate(keys):
        yield from _check_key((*place, index), key, known, kind)


def _check_key(place: KeyPath, key: str, known: frozenset[str] | None, kind: str) -> FoundProblems:
    """Check that the key is known. One known but for letters that no key may have is told of where it is defined."""
    if known is not None and key not in known and key not in map(to_key, known):
        yield place, fault(f"fault.unknown.{kind}", key=key, hint=did_you_mean(key, known))
