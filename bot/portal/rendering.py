"""Rendering of templates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.domain.answer_formatting import format_phone
from bot.text.isolation import isolate

PORTAL_DIR = Path(__file__).parent
STATIC_DIR = PORTAL_DIR / "static"


def render_template(template: str, facts: Mapping[str, Any]) -> str:
    """Render the template; all facts are escaped."""
    return _environment().get_template(template).render(facts)


def preload() -> None:
    """Compile all templates, so that the first to see a page does not wait for them, nor anyone else meanwhile."""
    environment = _environment()
    for name in environment.list_templates():
        environment.get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PORTAL_DIR / "templates"),
        autoescape=True,
        auto_reload=False,
        cache_size=-1,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["phone"] = format_phone
    environment.filters["isolated"] = isolate
    environment.globals |= {"static": _static_url, "logo": _logo}
    return environment


@cache
def _static_url(name: str) -> str:
    """The address of a static file, with a hash of its content so that browsers may cache it."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@cache
def _logo() -> Markup:
    """The municipality's logo as inline SVG, so that it follows the page's colours."""
    return Markup((STATIC_DIR / "mark.svg").read_text(encoding="utf-8"))  # noqa: S704 - our own file
