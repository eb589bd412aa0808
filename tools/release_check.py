"""Installs what a release would give from a clean clone of what is committed, and runs it: `make release-check`.

It builds the wheel, installs it and its pinned dependencies with hashes into a fresh venv, writes an installation by
`init`, serves it until it is healthy, and lets `doctor` and `status` look at it. It reaches neither Slack nor a mail
server, so that `doctor` is to find just that.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
PORT = 8917
START_SECONDS = 180
"""How long the program may take until it is healthy, on a busy machine."""

UNREACHED = f"""
SLACK_BOT_TOKEN=xoxb-1
SLACK_SIGNING_SECRET={"0" * 32}
SLACK_API_URL=http://127.0.0.1:9/api/
SMTP_URL=smtp://127.0.0.1:9
MAIL_FROM=arenden@kommunen.example
PUBLIC_URL=http://127.0.0.1:{PORT}
PORT={PORT}
"""
"""Settings with which the program starts and reaches nobody."""


def main() -> None:
    """Build, install and try. Exits with 1 where a step fails."""
    with tempfile.TemporaryDirectory(prefix="release-") as name:
        folder = Path(name)
        run(["git", "clone", "-q", str(ROOT), str(folder / "clone")], folder)
        python = install(folder)
        bot = [str(python), "-m", "bot"]
        print(run([*bot, "--version"], folder).strip())
        run([*bot, "init", "hall"], folder)
        hall = folder / "hall"
        with (hall / ".env").open("a", encoding="utf-8") as file:
            file.write(UNREACHED)
        with serving(bot, hall):
            found = run([*bot, "doctor"], hall, may_fail=True)
            told = run([*bot, "status"], hall)
        for text, output in ((f"http://127.0.0.1:{PORT}", told), ("✓", found)):
            if text not in output:
                sys.exit(f"{text!r} is not in:\n{output}")
        print(told)
    print("The release can be installed and serves.")


def install(folder: Path) -> Path:
    """Build the wheel and install it into a fresh venv, all of it by hash. Returns the venv's Python."""
    clone, python = folder / "clone", folder / "venv" / "bin" / "python"
    run([sys.executable, "-m", "venv", str(folder / "venv")], folder)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "wheel", "-q", "--no-deps", "-w", str(folder), str(clone)], folder)
    (wheel,) = folder.glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "wheel.txt").write_text(
        f"arendebot @ {wheel.as_uri()} --hash=sha256:{digest}\n", encoding="utf-8"
    )
    run([*pip, "install", "-q", "--require-hashes", "-r", str(clone / "requirements.txt")], folder)
    run([*pip, "install", "-q", "--require-hashes", "--no-deps", "-r", str(folder / "wheel.txt")], folder)
    run([*pip, "check"], folder)
    return python


@contextmanager
def serving(bot: list[str], hall: Path) -> Iterator[None]:
    """The program, from when it is healthy until the block ends."""
    with (hall / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen([*bot, "serve"], cwd=hall, env=bare_environment(), stdout=log, stderr=log)
        try:
            wait_until_alive(process, hall)
            yield
        finally:
            process.terminate()
            process.wait(30)


def wait_until_alive(process: subprocess.Popen[bytes], hall: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{PORT}/livez", timeout=5):
                return
        except (URLError, TimeoutError):
            time.sleep(0.5)
    sys.exit(f"serve is not healthy:\n{(hall / 'log').read_text('utf-8')}")


def run(command: list[str], folder: Path, *, may_fail: bool = False) -> str:
    """The command's output. Exits where it fails, unless it `may_fail`."""
    print(" ".join(command)[:110], flush=True)
    done = subprocess.run(
        command, cwd=folder, env=bare_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0 and not may_fail:
        sys.exit(f"{command} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def bare_environment() -> dict[str, str]:
    """The environment without what would let the program be imported from elsewhere, or set it up."""
    passed = ("PATH", "HOME", "LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    return {
        name: value
        for name, value in os.environ.items()
        if name in passed or name.startswith("PIP_") or name.lower().endswith("_proxy")
    }


if __name__ == "__main__":
    main()
