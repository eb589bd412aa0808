"""A small browser: forms are read from the page, filled in as they stand there, and sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import aiohttp

from sandbox.demo.papers import Paper

Answer = str | Sequence[str] | Sequence[Paper]
SKIPPED = ("button", "submit", "reset", "image")


class NotAsOnThePage(Exception):
    """The page has no such form, question, choice or button, or does not take what was sent."""


@dataclass
class Control:
    """Something in a form: `value` is what it sends, `on` whether it does (boxes), `options` those of a menu."""

    name: str
    kind: str
    value: str = ""
    on: bool = False
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    action: str
    method: str
    controls: list[Control] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def named(self, name: str) -> list[Control]:
        return [control for control in self.controls if control.name == name]

    def value(self, name: str) -> str:
        return next((control.value for control in self.named(name)), "")

    def sent(self, answers: Mapping[str, Answer], button: tuple[str, str] | None) -> aiohttp.FormData:
        """What a browser sends when this is filled in and that button is pressed."""
        self._must_have(answers, button)
        data = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
        for control in self.controls:
            for value in _values(control, answers.get(control.name)):
                _add(data, control.name, value)
        if button:
            data.add_field(*button)
        return data

    def _must_have(self, answers: Mapping[str, Answer], button: tuple[str, str] | None) -> None:
        for name, answer in answers.items():
            found = self.named(name)
            if not found:
                raise NotAsOnThePage(f"there is no question {name}")
            boxes = {control.value for control in found if control.kind in ("radio", "checkbox")}
            offered = boxes.union(*(control.options for control in found))
            missing = [one for one in _listed(answer) if offered and one not in offered]
            if missing:
                raise NotAsOnThePage(f"{name} does not offer {missing}")
        if button and button not in self.buttons:
            raise NotAsOnThePage(f"there is no button {button}")


def _listed(answer: Answer) -> list[object]:
    return [answer] if isinstance(answer, str) else list(answer)


def _values(control: Control, answer: Answer | None) -> Sequence[str | Paper]:
    if control.kind in ("radio", "checkbox"):
        on = control.on if answer is None else control.value in _listed(answer)
        return [control.value] if on else []
    if control.kind == "file":
        return [one for one in answer or () if isinstance(one, Paper)] or [
            Paper("", b"", "application/octet-stream")
        ]
    if control.kind == "multiple":
        return control.options if answer is None else [str(one) for one in _listed(answer)]
    return [control.value if answer is None else str(answer)]


def _add(data: aiohttp.FormData, name: str, value: str | Paper) -> None:
    if isinstance(value, Paper):
        data.add_field(name, value.content, filename=value.name, content_type=value.kind)
    else:
        data.add_field(name, value)


class _Reader(HTMLParser):
    """Finds the forms of a page, with what stands in them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._control: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        data = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(data.get("action", ""), data.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is None or "disabled" in data:
            return
        elif tag == "input" and data.get("type") not in SKIPPED:
            kind = data.get("type", "text")
            default = "on" if kind in ("radio", "checkbox") else ""
            self._add(Control(data.get("name", ""), kind, data.get("value", default), "checked" in data))
        elif tag == "textarea":
            self._control = self._add(Control(data.get("name", ""), "textarea"))
        elif tag == "select":
            self._control = self._add(
                Control(data.get("name", ""), "multiple" if "multiple" in data else "select")
            )
        elif tag == "option" and self._control:
            self._option(self._control, data)
        elif tag in ("button", "input") and data.get("type", "submit") == "submit":
            self._form.buttons.append((data.get("name", ""), data.get("value", "")))

    def _add(self, control: Control) -> Control:
        if self._form and control.name:
            self._form.controls.append(control)
        return control

    def _option(self, control: Control, data: Mapping[str, str]) -> None:
        if not control.options or "selected" in data:
            control.value = data.get("value", "")
        control.options.append(data.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._control and self._control.kind == "textarea":
            self._control.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            if self._control and tag == "textarea":
                self._control.value = self._control.value.removeprefix("\n")
            self._control = None
        elif tag == "form":
            self._form = None


@dataclass
class Page:
    url: str
    html: str
    status: int

    def form(self, holding: str) -> Form:
        """The form that has a control of that name."""
        reader = _Reader()
        reader.feed(self.html)
        for form in reader.forms:
            if form.named(holding):
                return form
        raise NotAsOnThePage(f"{self.url} has no form with {holding}")


class Browser:
    """Its own cookies, as one person's."""

    def __init__(self) -> None:
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(30)
        )

    async def __aenter__(self) -> Browser:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def open(self, url: str, language: str = "sv") -> Page:
        async with self._http.get(url, headers={"Accept-Language": language}) as answer:
            return Page(str(answer.url), await answer.text(), answer.status)

    async def send(
        self, page: Page, form: Form, answers: Mapping[str, Answer], button: tuple[str, str] | None = None
    ) -> Page:
        """Fills in, presses, and follows where that leads."""
        headers = {"Sec-Fetch-Site": "same-origin"}
        address = urljoin(page.url, form.action)
        async with self._http.post(address, data=form.sent(answers, button), headers=headers) as answer:
            return Page(str(answer.url), await answer.text(), answer.status)
