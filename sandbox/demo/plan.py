"""Where everything of the demo is, and what the bot is told of it."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from sandbox.app import HOST
from sandbox.default_workspace import APP_TOKEN, BOT_TOKEN

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "bot" / "catalog" / "sample"
API_TOKEN = "demo-token-lindsjo"
# Everything is on this machine; through a proxy the bot would look for it elsewhere.
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")


class Stopped(Exception):
    """The demo cannot go on; the text is the one line that says why."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Plan:
    """Ports, the data folder and the catalog; moved by PORT, SLACK_PORT, SMTP_PORT, DATA and CATALOG."""

    port: int
    slack_port: int
    smtp_port: int
    data: Path
    fresh: bool = False
    catalog: Path = CATALOG

    @property
    def is_sample(self) -> bool:
        """Whether the catalog is the sample, which the sample cases are made for."""
        return self.catalog == CATALOG

    @property
    def web(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def slack(self) -> str:
        return f"http://{HOST}:{self.slack_port}"

    @property
    def log(self) -> Path:
        return self.data / "bot.log"

    @property
    def workspace(self) -> Path:
        return self.data / "workspace.json"

    @property
    def progress(self) -> Path:
        return self.data / "progress.json"


def planned(env: dict[str, str]) -> Plan:
    """The plan, with every port free right now. Stopped when one is not, or is no port."""
    ports = [
        _port(env, name, default)
        for name, default in (("PORT", 8000), ("SLACK_PORT", 8001), ("SMTP_PORT", 0))
    ]
    free: list[int] = []
    for name, port in ports:
        free.append(_free(name, port, free))
    fresh = env.get("FRESH", "").lower() not in ("", "0", "no", "false")
    data = Path(env.get("DATA") or ".data").expanduser().resolve()
    catalog = Path(env.get("CATALOG") or CATALOG).expanduser().resolve()
    if not (catalog / "municipality.yaml").is_file():
        raise Stopped(
            f"CATALOG={catalog} är ingen katalog: municipality.yaml saknas. Ange mappen som den ligger i."
        )
    return Plan(free[0], free[1], free[2], data, fresh, catalog)


def _port(env: dict[str, str], name: str, default: int) -> tuple[str, int]:
    given = env.get(name, "").strip() or str(default)
    if not given.isascii() or not given.isdecimal() or int(given) > 65535:
        raise Stopped(f"{name}={given} är inget portnummer. Välj ett tal mellan 1024 och 65535.")
    return name, int(given)


def _free(name: str, port: int, taken: list[int]) -> int:
    """The port itself, or any for 0, once it is seen that it can be listened on."""
    if port in taken:
        raise Stopped(
            f"{name}={port} är samma port som en annan av demons. Välj en annan: {name}={port + 10} make demo"
        )
    try:
        with socket.create_server((HOST, port)) as probe:
            return int(probe.getsockname()[1])
    except OSError:
        raise Stopped(
            f"Port {port} ({name}) är upptagen eller får inte användas. Välj en annan: {name}={port + 10} make demo"
        ) from None


def bot_environment(plan: Plan, secret_key: str) -> dict[str, str]:
    """All settings of the bot: nothing of the caller's own may reach another Slack or another database."""
    return {
        **{name: value for name, value in os.environ.items() if name.lower() not in PROXIES},
        "SLACK_API_URL": f"{plan.slack}/api/",
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_SIGNING_SECRET": "",
        "DATABASE_URL": f"sqlite:///{plan.data / 'case.db'}",
        "FILES_DIR": str(plan.data / "files"),
        "SMTP_URL": f"smtp://{HOST}:{plan.smtp_port}",
        "MAIL_FROM": "arenden@lindsjo.example",
        "PUBLIC_URL": plan.web,
        "CATALOG": str(plan.catalog),
        "SECRET_KEY": secret_key,
        "HOST": HOST,
        "PORT": str(plan.port),
        "PYTHONUNBUFFERED": "1",
    }
