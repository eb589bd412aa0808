"""Who people are, and what each may: the rules of who sees and works with a case, stated once more for tests.

Nothing here asks the program. `may_work` says the rule in its own words, and tests hold the program to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from bot.catalog.models import Catalog
from bot.domain import actors
from tests.municipality import FIELDS, STATUSES, TODAY
from tests.scope import sample, sampler

Grants = dict[str, Any]

BYGG, ORO, PARK = "bygg", "oro", "park"
"""Standard, strict, and another e-service with people of its own."""

GROUP = "gruppen"


@dataclass(frozen=True)
class Role:
    """One kind of person. `access` is today's, in bygg and oro or in park, and None for none."""

    key: str
    access: Literal["full", "restricted"] | None = None
    services: tuple[str, ...] = (BYGG, ORO)
    grant: tuple[tuple[str, Any], ...] = ()
    """What the catalog says, where that is not just the access."""
    is_named_for_protected: bool = False
    """For cases marked as protected."""
    may_reassign: bool = True
    is_coordinator: bool = False
    is_in_group: bool = False
    is_in_catalog: bool = True
    account: tuple[tuple[str, Any], ...] = ()
    """What Slack says of the account, where that is not just a full member of ours."""

    @property
    def is_member(self) -> bool:
        return not self.account

    @property
    def user(self) -> str:
        """The Slack account."""
        return f"U0{self.key.upper():A<8}"[:10]


YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)

ROLES = (
    Role("anna", "full", is_named_for_protected=True),
    Role("full", "full"),
    Role("samordnare", "full", grant=(("coordinator", True),), is_coordinator=True),
    Role("fast", "full", grant=(("may_reassign", False),), may_reassign=False),
    Role("begransad", "restricted"),
    Role("annan", "restricted"),
    Role("namngiven", "restricted", is_named_for_protected=True),
    Role("medlem", "restricted", is_in_group=True),
    Role("sistadag", "full", grant=(("until", TODAY),)),
    Role("utgangen", None, grant=(("until", YESTERDAY),)),
    Role("kommande", None, grant=(("from", TOMORROW),)),
    Role("parkare", "full", services=(PARK,)),
    Role("ingenting", None, services=()),
    Role("medarbetare", None, services=(), is_in_catalog=False),
    # Whoever is below has full access in the catalog: only what Slack says of the account keeps them out.
    Role("gast", "full", account=(("is_restricted", True),)),
    Role("enkanal", "full", account=(("is_restricted", True), ("is_ultra_restricted", True))),
    Role("granne", "full", account=(("team_id", "T0GRANNEN1"),)),
    Role("slutat", "full", account=(("deleted", True),)),
    Role("robot", "full", account=(("is_bot", True),)),
)
"""`begransad` is the restricted officer who is given cases in tests, `annan` the one who is not."""

ROLES_FOR_EACH_DOOR = 1
"""How many roles try each door in `make test`, beside one who may."""


@sampler
def roles_to_try(index: int) -> tuple[Role, ...]:
    """All of them in `make long`; in `make test` each in turn, so that it has several of the doors."""
    return tuple(sample(ROLES, ROLES_FOR_EACH_DOOR, index))


BY_KEY = {role.key: role for role in ROLES}
OFFICERS = tuple(role for role in ROLES if role.is_in_catalog)


@dataclass(frozen=True)
class CaseFacts:
    """What of a case decides who may work with it."""

    service: str
    protected: bool = False
    officers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def may_work(role: Role, facts_of_case: CaseFacts) -> bool:
    """Full access: all the e-service's cases; restricted: those given to oneself or one's group; protected: the named.

    Guests, other organisations' people, bots, those who have left and those without a role: nothing.
    """
    if not role.is_in_catalog or not role.is_member or role.access is None:
        return False
    if facts_of_case.service not in role.services:
        return False
    if facts_of_case.protected and not role.is_named_for_protected:
        return False
    given = role.key in facts_of_case.officers or (role.is_in_group and GROUP in facts_of_case.groups)
    return role.access == "full" or given


def officer(catalog: Catalog, role: Role) -> actors.Officer:
    found = actors.find_officer(catalog, role.key, TODAY)
    assert found is not None
    return found


def catalog_of_people() -> Catalog:
    """A catalog in which each role is someone."""
    return Catalog.model_validate(
        {
            "municipality": {
                "name": "Rollers kommun",
                "short_name": "Roller",
                "contact": {"name": "Kontaktcenter", "email": "kontakt@roller.example"},
                "support": {"name": "It-stöd", "email": "it@roller.example"},
                "officers": [
                    {"key": role.key, "name": role.key.title(), "email": _email(role), "unit": "Enheten"}
                    for role in OFFICERS
                ],
                "groups": [
                    {"key": GROUP, "name": "Gruppen", "members": [r.key for r in ROLES if r.is_in_group]}
                ],
            },
            "services": {
                BYGG: _service(BYGG, channel="bygg"),
                ORO: _service(ORO, channel="oro", privacy="strict"),
                PARK: _service(PARK, channel="park"),
            },
        }
    )


def _email(role: Role) -> str:
    return f"{role.key}@roller.example"


def _service(key: str, **more: Any) -> Grants:
    people = [role for role in OFFICERS if key in role.services]
    # More than Slack lists, so that they are looked for by typing.
    templates = [
        {"key": key, "name": key.title(), "for": purpose, "text": "Vi hör av oss."}
        for purpose, first in (("message", "mall"), ("note", "notmall"), ("mailing", "utskick"))
        for key in (first, *(f"{first}{n}" for n in range(99)))
    ]
    return {
        "key": key,
        "name": key.title(),
        "unit": "Enheten",
        "privacy": "standard",
        "retention": {"months": 24, "basis": "Planens 3 §"},
        "statuses": [*STATUSES, {"key": "sist", "name": "Sist", "kind": "closed", "set_by": "coordinator"}],
        "fields": FIELDS,
        "templates": templates,
        "officers": [*({"officer": r.key} | _grant(r) for r in people if not r.is_in_group), *_group(people)],
        "protected_officers": [role.key for role in people if role.is_named_for_protected],
        **more,
    }


def _group(people: list[Role]) -> list[Grants]:
    return [{"group": GROUP, "access": "restricted"}] if any(role.is_in_group for role in people) else []


def _grant(role: Role) -> Grants:
    return {"access": role.access or "full", **dict(role.grant)}
