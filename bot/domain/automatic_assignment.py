"""Automatic assignment: whom the catalog's rules name for a new case, and for one that gets a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.catalog.services import AssignmentRule
from bot.domain.actors import Machine
from bot.domain.assignment import MAX_ASSIGNEES, CaseAssigned, may_be_assigned
from bot.domain.case import Case
from bot.domain.rules import Context

ASSIGNED_BY_RULE = Machine("assignment").ref
"""The actor of assignments by the catalog's rules."""


def find_new_case_rule(ctx: Context, values: Mapping[str, Any]) -> AssignmentRule | None:
    """The e-service's first rule that holds for a new case; `values` are its stored answers by field key."""
    return ctx.service.find_assignment_rule(_comparable(values))


def assign_new_case(
    ctx: Context, values: Mapping[str, Any], *, silent: bool = False, protected: bool = False
) -> list[CaseAssigned]:
    """The events that assign the new case by its rule; none where no rule holds or its assignee lacks access today."""
    rule = find_new_case_rule(ctx, values)
    found = _find_assignee(rule, ctx, protected=protected) if rule is not None else None
    return [_create_event(found, ctx, silent=silent)] if found is not None else []


def assign_on_status(case: Case, status: str, ctx: Context) -> list[CaseAssigned]:
    """The events that assign the case, which gets the status, by its rule.

    None where no rule holds, its assignee lacks access today or has the case already, also while absent, or a member
    of the group that one is to be chosen of has it.
    """
    if not ctx.service.assignment_rules(status):
        return []
    rule = ctx.service.find_assignment_rule(_comparable(ctx.staffing.load_answers(case.id)), status)
    if rule is None:
        return []
    found = _present_assignee(rule, case, ctx) or _find_assignee(rule, ctx, protected=case.protected)
    if found is None:
        return []
    removed = tuple(ref for ref in case.assignee_refs if ref != found.ref) if rule.replaces else ()
    is_new = found.ref not in case.assignee_refs
    if is_new and len(case.assignee_refs) - len(removed) >= MAX_ASSIGNEES:
        return []
    event = replace(_create_event(found, ctx), status=status, removed=removed)
    return [event] if is_new or removed else []


@dataclass(frozen=True, slots=True)
class _Found:
    """Whom a rule names: the group that they were chosen of, and how, or the absent officer for whom they stand in."""

    kind: Literal["officer", "group"]
    key: str
    group: str = ""
    choice: str = ""
    absent: str = ""

    @property
    def ref(self) -> str:
        return f"{self.kind}:{self.key}"


def _create_event(found: _Found, ctx: Context, *, silent: bool = False) -> CaseAssigned:
    return CaseAssigned(
        at=ctx.now,
        by=ASSIGNED_BY_RULE,
        kind=found.kind,
        key=found.key,
        silent=silent,
        group=found.group,
        choice=found.choice,
        absent=found.absent,
    )


def _find_assignee(rule: AssignmentRule, ctx: Context, *, protected: bool) -> _Found | None:
    """Whom the rule names today, or who stands in for them; the whole group where no member can be chosen."""
    if rule.officer:
        present = ctx.staffing.load_absences().find_present(rule.officer)
        if not may_be_assigned(ctx, "officer", present, protected=protected):
            return None
        return _Found("officer", present, absent=rule.officer if present != rule.officer else "")
    group = rule.group or ""
    if rule.choose:
        chosen = _choose_member(rule, group, ctx, protected=protected)
        if chosen is not None:
            return _Found("officer", chosen, group, rule.choose)
    return _Found("group", group) if may_be_assigned(ctx, "group", group, protected=protected) else None


def _choose_member(rule: AssignmentRule, group: str, ctx: Context, *, protected: bool) -> str | None:
    """The member who gets the case, of those who may and are not absent; None where there are none."""
    absences = ctx.staffing.load_absences()
    possible = _possible_members(group, ctx, protected=protected)
    members = [key for key in possible if not absences.is_absent(key)]
    if not members or rule.choose is None:
        return None
    workload = ctx.staffing.load_workload(ctx.service.key, group, members, rule.choose)
    everyone = _members(group, ctx)
    first = everyone.index(workload.chosen_last) + 1 if workload.chosen_last in everyone else 0
    rotated = [key for key in (*everyone[first:], *everyone[:first]) if key in members]
    # Of several with as few cases, the first: the one whose turn it is.
    return min(rotated, key=lambda key: workload.cases.get(key, 0))


def _present_assignee(rule: AssignmentRule, case: Case, ctx: Context) -> _Found | None:
    """The officer of the rule, or the member of its group where one is to be chosen, who has the case already.

    They keep it while they are absent: their substitute acts in it meanwhile, and has nothing of it afterwards.
    """
    if rule.officer:
        is_possible = may_be_assigned(ctx, "officer", rule.officer, protected=case.protected)
        possible = [rule.officer] if is_possible else []
    else:
        possible = _possible_members(rule.group or "", ctx, protected=case.protected) if rule.choose else []
    present = next((key for key in case.officers if key in possible), None)
    return _Found("officer", present) if present is not None else None


def _members(group: str, ctx: Context) -> tuple[str, ...]:
    found = ctx.catalog.group(group)
    return tuple(dict.fromkeys(found.members)) if found is not None else ()


def _possible_members(group: str, ctx: Context, *, protected: bool) -> list[str]:
    """The members who may work with the e-service's cases today, in the catalog's order."""
    members = _members(group, ctx)
    return [key for key in members if may_be_assigned(ctx, "officer", key, protected=protected)]


def _comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as conditions compare them."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
