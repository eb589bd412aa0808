"""A browser without scripts: pages are read, forms filled in and sent as they stand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from lxml import html

Upload = tuple[str, bytes]

REMEMBERED = ("text", "search", "email", "tel")
"""Kinds of fields whose content browsers keep for another time; they keep no text area's and no day's."""

OWN = {
    "name",
    "email",
    "tel",
    "address-line1",
    "postal-code",
    "address-level2",
    "country-name",
    "one-time-code",
}
"""What a browser may fill in of an applicant's own."""


@dataclass
class Page:
    """A page that was answered. What browsers remember of the fields that one types in is looked at on each."""

    answer: httpx.Response

    def __post_init__(self) -> None:
        if self._is_shown and self.answer.content:
            is_officers = self.answer.url.path.startswith("/handlaggare")
            wrong = {
                name: said
                for name, said in self.autocomplete().items()
                if said not in _allowed_autocomplete(name, is_officers=is_officers)
            }
            assert not wrong, f"{self.url}: what browsers may remember of each field: {wrong}"

    @property
    def _is_shown(self) -> bool:
        """Whether it is a page of the program's, and no file of somebody's to be fetched."""
        headers = self.answer.headers
        is_file = headers.get("content-disposition", "").startswith("attachment")
        return headers.get("content-type", "").startswith("text/html") and not is_file

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def url(self) -> str:
        return str(self.answer.url)

    @property
    def tree(self) -> Any:
        return html.fromstring(self.answer.content.decode("utf-8"))

    @property
    def text(self) -> str:
        """What a person reads, on one line."""
        return " ".join(self.tree.text_content().split())

    def form(self, action: str = "") -> Form:
        """The form that goes to an address that ends so, itself or by a button of its own; else the last of the main
        part."""
        forms = self.tree.xpath("//main//form")
        buttons = self.tree.xpath("//main//form//button[@formaction]")
        pressed = next((one for one in buttons if action and one.get("formaction").endswith(action)), None)
        if pressed is not None:
            (form,) = pressed.xpath("ancestor::form")
            own = [(pressed.get("name"), pressed.get("value"))] if pressed.get("name") else []
            return Form(pressed.get("formaction"), [*_form_values(form), *self._fields_elsewhere(form), *own])
        chosen = next((one for one in forms if action and _path_ends(one.action or "", action)), None)
        if chosen is None:
            assert not action, f"no form to {action}: {[one.action for one in forms]}"
            chosen = forms[-1]
        return Form(chosen.action, [*_form_values(chosen), *self._fields_elsewhere(chosen)])

    def autocomplete(self) -> dict[str, str]:
        """What is said to browsers of each field whose content they keep; empty for nothing."""
        return {
            str(one.get("name")): str(one.get("autocomplete", ""))
            for one in self.tree.xpath("//input")
            if one.get("type", "text") in REMEMBERED
        }

    def forms(self, action: str) -> list[Form]:
        """All forms that go to an address that ends so and are sent by post."""
        found = self.tree.xpath("//main//form[@method='post']")
        return [Form(one.action, _form_values(one)) for one in found if one.action.endswith(action)]

    def _fields_elsewhere(self, form: Any) -> list[tuple[str, str]]:
        """What is sent of the fields that name the form, and stand outside it."""
        if form.get("id") is None:
            return []
        fields = self.tree.xpath("//input[@form=$id][not(@disabled)]", id=form.get("id"))
        return [
            (str(one.get("name")), str(one.get("value", "")))
            for one in fields
            if one.get("type") != "checkbox" or one.get("checked") is not None
        ]

    def has_button(self, value: str) -> bool:
        return bool(self.tree.xpath(f"//main//button[@value='{value}']"))

    def links(self) -> list[str]:
        return [str(one) for one in self.tree.xpath("//main//a/@href")]


def _path_ends(address: str, end: str) -> bool:
    """Whether the address ends so, with what follows its path or without."""
    return address.endswith(end) or address.partition("?")[0].endswith(end)


def _allowed_autocomplete(name: str, *, is_officers: bool) -> set[str]:
    """An officer's field, and one about another person, is never remembered; an answer may be, for *Back* needs it."""
    if is_officers or (name.startswith("om-") and not name.startswith("om-p0_")):
        return {"off"}
    return {"", "off", *OWN}


@dataclass
class Form:
    """A form with what it holds; `uploads` are (name, content) by field."""

    action: str
    values: list[tuple[str, str]]
    uploads: list[tuple[str, Upload]] = field(default_factory=list)

    def fill(self, **given: str | list[str]) -> Form:
        """Put values in; `svar_vad` stands for `svar-vad`, and `svar_adress__city` for `svar-adress.city`."""
        for key, value in given.items():
            name = _name(key)
            self.values = [pair for pair in self.values if pair[0] != name]
            self.values += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return self

    def attach(self, key: str, name: str, content: bytes) -> Form:
        self.uploads.append((_name(key), (name, content)))
        return self

    def value(self, key: str) -> str:
        return next((value for name, value in self.values if name == _name(key)), "")


def _form_values(form: Any) -> list[tuple[str, str]]:
    """What a browser sends of the form: an empty radio button as empty, which lxml takes for one without a value."""
    empty = set(form.xpath(".//input[@type='radio'][@checked][@value='']/@name"))
    return [(name, "" if name in empty and value == "on" else value) for name, value in form.form_values()]


def _name(key: str) -> str:
    for start in ("svar_", "om_", "reg_"):
        if key.startswith(start):
            key = key.replace("_", "-", 1)
    return key.replace("__", ".")


def _is_fetched_by_get(page: Page) -> bool:
    """Whether it is no form that answers a POST itself, except to a browser that shows no cookies, or in an error."""
    answer = page.answer
    if answer.request.method == "GET" or "cookie" not in answer.request.headers:
        return True
    is_page = page.status in (200, 409, 422) and "text/html" in answer.headers.get("content-type", "")
    return not is_page or not page.tree.xpath("//main//form[@method='post']")


class Browser:
    """Someone at a browser. `find_code` reads the code for a form, which its page asks for; empty for none."""

    keeps_pages = True
    """Whether pages that answer its forms are kept; not where a test leaves no space for them."""

    def __init__(
        self, client: httpx.AsyncClient, find_code: Callable[[Page], Awaitable[str]] | None = None
    ) -> None:
        self.client = client
        self.find_code = find_code

    async def close(self) -> None:
        await self.client.aclose()

    async def get(self, path: str, **headers: str) -> Page:
        return Page(await self.client.get(path, follow_redirects=True, headers=headers))

    async def send(self, form: Form, do: str = "", *, follow: bool = True) -> Page:
        """Press a button of the form."""
        files: list[tuple[str, Any]] = [(name, (None, value)) for name, value in form.values]
        if do:
            files.append(("do", (None, do)))
        files += [(name, (given[0], given[1])) for name, given in form.uploads]
        answer = await self.client.post(form.action, files=files, follow_redirects=follow)
        page = Page(answer)
        assert not self.keeps_pages or _is_fetched_by_get(page), "no browser can come back to this page"
        return page

    async def submit(self, form: Form) -> Page:
        """Fill in an application, look through the answers, confirm the address and send it in.

        Or the page that tells what is wrong. Without a code it is sent in all the same.
        """
        return await self.finish(await self.send(form))

    async def finish(self, page: Page) -> Page:
        """Send in what has been looked through, and confirm the address."""
        if page.has_button("send"):
            page = await self.send(page.form(), "send")
        if not page.has_button("confirm"):
            return page
        code = await self.find_code(page) if self.find_code is not None else ""
        if not code:
            return await self.send(page.form(), "unconfirmed")
        return await self.send(page.form().fill(code=code), "confirm")


async def filled(browser: Browser, key: str = "altan") -> Form:
    """The form of an e-service as Eva has filled it in, before it is sent."""
    form = (await browser.get(f"/e-tjanster/{key}")).form()
    return form.fill(om_p0_name="Eva Ek", om_p0_email="eva@ek.example", svar_vad="En altan")
