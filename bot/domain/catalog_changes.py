"""What a change of the catalog does to open cases, templates, access, channels and retention, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from bot.catalog import Access, Catalog, EService, create_definition
from bot.catalog.base import Language, Text
from bot.domain.retention_plan import rule_text
from bot.text import Words


@dataclass(frozen=True)
class OpenCases:
    """The numbers of open cases, by e-service and status, and by kind (officer or group) and key of their assignees."""

    by_status: Mapping[tuple[str, str], int] = field(default_factory=dict)
    by_assignee: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def in_service(self, service: str) -> int:
        """How many an e-service has, in all its statuses."""
        return sum(count for (key, _), count in self.by_status.items() if key == service)


@dataclass(frozen=True)
class CatalogChanges:
    """The comparison of two catalogs, told in the new one's language; `today` and later days are looked at."""

    old: Catalog
    new: Catalog
    cases: OpenCases
    today: date
    say: Words

    def lines(self) -> list[str]:
        """A sentence for each change; none where nothing changes that is looked at."""
        found = list(self._people())
        for key, before in self.old.services.items():
            after = self.new.service(key)
            if after is None:
                found.append(self._line("service_removed", before, open_cases=self.cases.in_service(key)))
                continue
            for look in (self._rules, self._statuses, self._templates, self._questions, self._access):
                found += look(before, after)
        for key, after in self.new.services.items():
            if key not in self.old.services:
                found.append(self._line("service_added", after))
        return found

    def _line(self, kind: str, service: EService, *, open_cases: int = 0, **facts: str) -> str:
        text = self.say(f"cli.diff.{kind}", **facts)
        return f"{service.name.in_(self.say.language)}: {text}{self._affected(open_cases)}"

    def _affected(self, open_cases: int) -> str:
        return f" {self.say('cli.diff.affected', n=open_cases)}" if open_cases else ""

    def _people(self) -> Iterator[str]:
        for officer in self.old.municipality.officers:
            if self.new.officer(officer.key) is None:
                count = self.cases.by_assignee.get(("officer", officer.key), 0)
                yield self.say("cli.diff.officer_removed", officer=officer.name) + self._affected(count)
        for group in self.old.municipality.groups:
            if self.new.group(group.key) is None:
                count = self.cases.by_assignee.get(("group", group.key), 0)
                name = group.name.in_(self.say.language)
                yield self.say("cli.diff.group_removed", group=name) + self._affected(count)

    def _rules(self, before: EService, after: EService) -> Iterator[str]:
        """Channel, privacy and retention."""
        channels = [self.old.channel_of(before) or "–", self.new.channel_of(after) or "–"]
        if channels[0] != channels[1]:
            yield self._line("channel", after, before=channels[0], after=channels[1])
        open_cases = self.cases.in_service(after.key)
        if before.privacy != after.privacy:
            yield self._line(f"privacy_{after.privacy}", after, open_cases=open_cases)
        rules = [rule_text(one.retention, self.say) for one in (before, after)]
        if rules[0] != rules[1]:
            yield self._line("retention", after, before=rules[0], after=rules[1])

    def _statuses(self, before: EService, after: EService) -> Iterator[str]:
        for status in before.statuses:
            remaining = after.status(status.key)
            count = self.cases.by_status.get((before.key, status.key), 0)
            name = status.name.in_(self.say.language)
            if remaining is None:
                yield self._line("status_removed", after, open_cases=count, status=name)
                continue
            if remaining.kind != status.kind:
                yield self._line("status_kind", after, open_cases=count, status=name)
            for previous, current in self._new_names(status.name, remaining.name):
                yield self._line("status_renamed", after, open_cases=count, status=previous, name=current)
        for status in after.statuses:
            if before.status(status.key) is None:
                yield self._line("status_added", after, status=status.name.in_(self.say.language))

    def _new_names(self, before: Text, after: Text) -> Iterable[tuple[str, str]]:
        """The name before and after, in the language of what is told or else the other; empty where it is the same."""
        languages: tuple[Language, ...] = ("sv", "en") if self.say.language == "sv" else ("en", "sv")
        pairs = [(before.in_(language), after.in_(language)) for language in languages]
        return [pair for pair in pairs if pair[0] != pair[1]][:1]

    def _templates(self, before: EService, after: EService) -> Iterator[str]:
        remaining = {template.key: template for template in after.templates}
        for template in before.templates:
            if template != remaining.get(template.key):
                kind = "template_changed" if template.key in remaining else "template_removed"
                yield self._line(kind, after, template=template.name.in_(self.say.language))

    def _questions(self, before: EService, after: EService) -> Iterator[str]:
        if create_definition(before).fields != create_definition(after).fields:
            yield self._line("questions", after)
        for question in after.fields:
            earlier = before.field(question.key)
            if (question.in_slack or question.on_card) and not (
                earlier and (earlier.in_slack or earlier.on_card)
            ):
                yield self._line("shown_in_slack", after, question=question.label.in_(self.say.language))

    def _access(self, before: EService, after: EService) -> Iterator[str]:
        """For each officer in both catalogs, the first day on which their access is another."""
        days = self._days(before, after)
        for officer in self.old.municipality.officers:
            if self.new.officer(officer.key) is None:
                continue
            for day in days:
                previous, becomes = (one.access(officer.key, after.key, day) for one in (self.old, self.new))
                if previous != becomes:
                    kind = _kind_of_access_change(previous, becomes)
                    yield self._line(kind, after, officer=officer.name, day=self.say.day(day))
                    break
        for officer in self.new.municipality.officers:
            if self.old.officer(officer.key) is None:
                first = next((one for one in days if self.new.access(officer.key, after.key, one)), None)
                if first is not None:
                    yield self._line("access_gained", after, officer=officer.name, day=self.say.day(first))

    def _days(self, before: EService, after: EService) -> list[date]:
        """Today, and the later days on which a grant of either begins or has ended."""
        days = {self.today}
        for grant in (*before.officers, *after.officers):
            days.add(grant.from_ or self.today)
            days.add(grant.until + timedelta(days=1) if grant.until else self.today)
        return sorted(day for day in days if day >= self.today)


def _kind_of_access_change(previous: Access | None, becomes: Access | None) -> str:
    if previous is None:
        return "access_gained"
    return "access_lost" if becomes is None else "access_changed"
