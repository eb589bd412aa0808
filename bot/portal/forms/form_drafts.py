"""Drafts of forms that have several pages: each page is fetched at an address of its own, with the newest answers.

A draft's id is made of what the browser or the officer holds and of a label in the address, so that nobody else's
request can name it, and forms in several windows stay apart.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.responses import Response

from bot.portal.page_context import PageContext
from bot.store import Keys
from bot.store.cases import form_drafts
from bot.text.typed_values import parse_count

DRAFT_COOKIE = "formular"
"""The cookie that shows a browser the forms that it has begun; it ends with the browser."""

LABEL = "formular"
STEP = "steg"
"""Parameters of an address: which form of the browser's, and which of its pages."""

MAX_VERSIONS = 20
"""Earlier versions of which is known what they were."""


@dataclass(frozen=True, slots=True)
class DraftPlace:
    """Where a form is kept: `path` and `label` make its address, and `nonce` is its id and that of its request."""

    path: str
    label: str
    nonce: str

    @property
    def address(self) -> str:
        return f"{self.path}?{LABEL}={self.label}"

    def step_address(self, step: str) -> str:
        """The address of one of the form's pages; the form itself has none of these names."""
        return f"{self.address}&{STEP}={step}" if step else self.address


def create_label() -> str:
    """A label for a form that is opened."""
    return secrets.token_urlsafe(9)


def read_label(page: PageContext) -> str:
    """The label in the request's address; empty where there is none."""
    label = page.request.query_params.get(LABEL, "")
    return label if re.fullmatch(r"[A-Za-z0-9_-]{12}", label) else ""


def read_step(page: PageContext) -> str:
    return page.request.query_params.get(STEP, "")


def find_place(page: PageContext, form: str, path: str, owner: str) -> DraftPlace | None:
    """The place of the request's form. `form` names its kind, and `owner` is a secret or the person who fills it in.

    None where the address has no label, or the browser has shown no cookie, so that nothing can be kept for it.
    """
    label = read_label(page)
    return place_at(page, form, path, (owner, label)) if label and owner else None


def place_at(page: PageContext, form: str, path: str, owner_and_label: tuple[str, str]) -> DraftPlace:
    """The place of a form of that kind; the owner is as in `find_place`."""
    return DraftPlace(path, owner_and_label[1], _nonce(page.deps.keys, (form, *owner_and_label)))


def read_owner(page: PageContext) -> str:
    """What a signed-out browser holds; empty where it has nothing."""
    return page.cookie(DRAFT_COOKIE).partition(".")[0]


def create_owner() -> str:
    """What a browser is to hold."""
    return secrets.token_urlsafe(18)


def set_owner_cookie(page: PageContext, response: Response, owner: str) -> None:
    """Let the browser hold it, until it is closed. The cookie is another one each time."""
    page.set_cookie(response, DRAFT_COOKIE, f"{owner}.{secrets.token_hex(4)}")


def renew_owner_cookie(page: PageContext, response: Response) -> None:
    """Change the cookie, and not what it stands for."""
    set_owner_cookie(page, response, read_owner(page))


def _nonce(keys: Keys, parts: Sequence[str]) -> str:
    return hmac.new(keys.derive("form draft"), "\n".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True)
class FormContents:
    """What is filled in: (name, value) of its fields, ids of files by field, and how many persons it is about."""

    fields: Sequence[tuple[str, str]] = ()
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    persons: int = 1

    def values(self) -> dict[str, list[str]]:
        """The values of each field that has any."""
        values: dict[str, list[str]] = {"persons": [str(self.persons)]}
        for name, value in self.fields:
            if value:
                values.setdefault(name, []).append(value)
        return values

    def to_json(self) -> dict[str, Any]:
        return {"fields": list(self.fields), "files": dict(self.files), "persons": self.persons}

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> FormContents:
        fields = [(name, value) for name, value in stored["fields"]]
        return FormContents(fields, stored["files"], stored["persons"])


@dataclass(frozen=True)
class Version:
    """A version of the contents, as digests of its fields' values; `page` is the mark of the page it was sent from."""

    page: str
    digests: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class FormDraft:
    """A form as it is kept: `number` counts its versions, `versions` are the last of them, `state` is the page's."""

    contents: FormContents = field(default_factory=FormContents)
    number: int = 0
    versions: Sequence[Version] = ()
    state: Mapping[str, Any] = field(default_factory=dict)

    def create_mark(self) -> str:
        """A mark for a page that shows this version: its number, and what tells the page from others."""
        return f"{self.number}.{secrets.token_hex(4)}"

    def changed(self, contents: FormContents, mark: str, state: Mapping[str, Any]) -> FormDraft:
        """The draft with contents that were sent from the page with that mark; the same ones are no new version."""
        version = Version(mark, _digests(contents), contents.files)
        if self.number and (version.digests, version.files) == (self._newest.digests, self._newest.files):
            return replace(self, contents=contents, state=state)
        return FormDraft(contents, self.number + 1, [*self.versions, version][-MAX_VERSIONS:], state)

    def is_newest(self, mark: str) -> bool:
        """Whether the page with that mark shows the newest version."""
        return _number(mark) >= self.number

    def is_shown_by(self, mark: str) -> bool:
        """Whether the page with that mark shows the newest version; one without a mark is none that shows any."""
        return not mark or self.is_newest(mark)

    def merge(self, sent: FormContents, mark: str) -> FormContents:
        """The newest contents with what was changed on the page with that mark.

        The browser may have kept such a page as it was, and what is newer was typed on another, or in another window.
        """
        if self.is_newest(mark):
            return sent
        base, own, newest = self._base(mark), sent.values(), self.contents.values()
        merged = {
            name: own.get(name, [])
            if _digest(own.get(name, [])) != base.digests.get(name, _EMPTY)
            else values
            for name, values in {**{name: [] for name in own}, **newest}.items()
        }
        (persons,) = merged.pop("persons")
        fields = [(name, value) for name, values in merged.items() for value in values]
        names = {**self.contents.files, **sent.files}
        files = {
            name: _merge_files(*(one.get(name, ()) for one in (base.files, sent.files, self.contents.files)))
            for name in names
        }
        return FormContents(fields, files, int(persons))

    @property
    def _newest(self) -> Version:
        return self.versions[-1]

    def _base(self, mark: str) -> Version:
        """What the page with that mark held when it was last sent, or else what it showed."""
        own = [one for one in self.versions if one.page == mark]
        if own:
            return own[-1]
        shown = _number(mark)
        place = shown - self.number - 1 + len(self.versions)
        return self.versions[place] if shown and place >= 0 else Version("", _digests(FormContents()))

    def to_json(self) -> dict[str, Any]:
        versions = [[one.page, dict(one.digests), dict(one.files)] for one in self.versions]
        stored = {"number": self.number, "versions": versions, "state": dict(self.state)}
        return {**self.contents.to_json(), **stored}

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> FormDraft:
        versions = [Version(*one) for one in stored["versions"]]
        return FormDraft(FormContents.from_json(stored), stored["number"], versions, stored["state"])


def _number(mark: str) -> int:
    """The number of the version in the mark; 0 where there is none."""
    return parse_count(mark.partition(".")[0], 0)


def _digests(contents: FormContents) -> dict[str, str]:
    return {name: _digest(values) for name, values in contents.values().items()}


def _digest(values: Iterable[str]) -> str:
    return hashlib.blake2b("\0".join(values).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


_EMPTY = _digest([])


def _merge_files(base: Sequence[str], sent: Sequence[str], newest: Sequence[str]) -> list[str]:
    removed = set(base) - set(sent)
    return [
        *(one for one in newest if one not in removed),
        *(one for one in sent if one not in base and one not in newest),
    ]


async def load(page: PageContext, place: DraftPlace) -> FormDraft | None:
    """The draft; None where there is none."""
    stored = await page.deps.service.database.read(lambda tx: form_drafts.find(tx, place.nonce, page.now))
    return FormDraft.from_json(stored) if stored is not None else None


async def save(
    page: PageContext, place: DraftPlace, contents: FormContents, mark: str, state: Mapping[str, Any]
) -> bool:
    """Save what was sent from the page with that mark. False where there is no more space for drafts."""
    size = sum(len(name) + len(value) for name, value in contents.fields)

    def change(stored: Mapping[str, Any] | None) -> Mapping[str, Any]:
        draft = FormDraft.from_json(stored) if stored is not None else FormDraft()
        return draft.changed(contents, mark, state).to_json()

    async with reserved_space(page, page.client_hash, size) as is_free:
        if is_free:
            await page.deps.service.database.write(
                lambda tx: form_drafts.change(tx, place.nonce, page.now, change)
            )
    return is_free


@asynccontextmanager
async def reserved_space(
    page: PageContext, who: str, size: int, *, known: bool = False
) -> AsyncIterator[bool]:
    """Reserve bytes for a draft of an address or person, `known` if signed in, while it is saved within.

    False where there is no more space for drafts.
    """
    budget, size = page.deps.draft_budget, max(form_drafts.MIN_SIZE, size)
    budget.set_stored(await page.deps.service.database.read(form_drafts.size))
    is_free = budget.reserve(who, size, page.now, known=known)
    try:
        yield is_free
    finally:
        if is_free:
            budget.settle(size, size)


async def remove(page: PageContext, place: DraftPlace) -> None:
    """Delete the draft."""
    await page.deps.service.database.write(lambda tx: form_drafts.remove(tx, place.nonce))
