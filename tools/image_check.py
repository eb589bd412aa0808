"""Performs the Dockerfile's steps in a root of Debian's packages, and runs the program there as the image would.

Needs root, debootstrap and bubblewrap. It proves that the steps lead to an end, that no build tool is left, and that
`serve` is healthy and its SQLite store ready as the image's user, without capabilities, on a read-only root with fresh
volumes. It does not prove the base image, which it replaces by Debian's own packages, nor compose.yaml with its
PostgreSQL and proxy, nor that Slack is reached.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = ROOT / ".data" / "image"
BUILD_TOOLS = ("gcc", "cc", "make", "pip")
SERVE_SECONDS = 120
"""How long the program may take until it is healthy, on a busy machine."""
READINESS = """
from http.client import HTTPConnection
connection = HTTPConnection("127.0.0.1", 8000)
connection.request("GET", "/readyz")
print(connection.getresponse().read().decode())
"""
"""Prints what /readyz answers, which is 503 here, since Slack is not reached."""

UNREACHED = {
    "SECRET_KEY": "0" * 40,
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "0" * 32,
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
    "SMTP_URL": "smtp://127.0.0.1:9",
    "MAIL_FROM": "arenden@kommunen.example",
    "PUBLIC_URL": "https://arenden.kommunen.example",
}
"""Settings with which the program starts and reaches nobody."""


@dataclass
class Stage:
    """A root that is being built, and what its instructions have set."""

    root: Path
    folder: str = "/"
    user: str = "root"
    environment: dict[str, str] = field(default_factory=dict)
    commands: dict[str, list[str]] = field(default_factory=dict)
    volumes: list[str] = field(default_factory=list)


def main() -> None:
    """Build and try. Exits with 1 where a step fails."""
    for program in ("debootstrap", "bwrap"):
        if shutil.which(program) is None or os.geteuid() != 0:
            sys.exit(f"image-check needs root and {program} (apt-get install debootstrap bubblewrap)")
    stage = build(read_instructions(ROOT / "Dockerfile"))
    for name in BUILD_TOOLS:
        found = run(stage, ["sh", "-c", f"command -v {name} || ls .venv/bin/{name}"], may_fail=True)
        if found.returncode == 0:
            sys.exit(f"{name} is in the image: {found.stdout}")
    try_program(stage)
    print("The Dockerfile's steps lead to a program that runs as its own user on a read-only root.")


def read_instructions(path: Path) -> list[tuple[str, str]]:
    """The instructions, as (word, rest)."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def build(instructions: list[tuple[str, str]]) -> Stage:
    """Perform the instructions. Returns the last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(Path())
    for word, rest in instructions:
        print(f"{word} {rest}"[:110], flush=True)
        if word == "FROM":
            name = rest.partition(" AS ")[2] or "final"
            stage = stages[name] = Stage(copy_base(name))
        elif word == "RUN":
            run(stage, ["sh", "-ec", rest], is_build=True)
        elif word == "COPY":
            copy(stage, stages, shlex.split(rest))
        elif word != "ARG":
            configure(stage, word, rest)
    return stage


def copy_base(name: str) -> Path:
    """A fresh copy of a root with Debian's Python, which is made once."""
    base, root = WORK / "base", WORK / name
    if not (base / "usr" / "bin" / "python3").exists():
        release = dict(re.findall(r'^(\w+)="?(.*?)"?$', Path("/etc/os-release").read_text(), re.MULTILINE))
        packages = "--include=python3,python3-venv,ca-certificates"
        subprocess.run(
            ["debootstrap", "--variant=minbase", packages, release["VERSION_CODENAME"], str(base)], check=True
        )
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(root)], check=True)
    return root


def copy(stage: Stage, stages: dict[str, Stage], words: list[str]) -> None:
    """COPY of one path, from the build context or another stage."""
    source_root = (
        stages[words.pop(0).removeprefix("--from=")].root if words[0].startswith("--from=") else ROOT
    )
    source, to = (
        source_root / words[0].lstrip("/"),
        stage.root / stage.folder.lstrip("/") / words[1].rstrip("/"),
    )
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__") if source_root == ROOT else None
        shutil.copytree(source, to, symlinks=True, ignore=ignored)
    else:
        shutil.copy(source, to)


def configure(stage: Stage, word: str, rest: str) -> None:
    """The instructions that only set something."""
    if word == "WORKDIR":
        stage.folder = rest
        (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
    elif word == "USER":
        stage.user = rest
    elif word == "ENV":
        name, _, value = rest.partition("=")
        stage.environment[name] = value
    elif word == "VOLUME":
        stage.volumes = json.loads(rest)
    elif word in ("ENTRYPOINT", "CMD"):
        stage.commands[word] = json.loads(rest)
    elif word == "HEALTHCHECK":
        stage.commands[word] = json.loads(rest.partition("CMD ")[2])
    elif word != "EXPOSE":
        sys.exit(f"{word} is an instruction that image-check does not know")


def run(
    stage: Stage, command: list[str], *, is_build: bool = False, may_fail: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command in the stage: while it is built as root, with the network; else as its user, without, read-only."""
    sandbox = ["bwrap", "--die-with-parent", "--proc", "/proc", "--dev", "/dev"]
    sandbox += ["--perms", "1777", "--tmpfs", "/tmp"]
    sandbox[1:1] = ["--bind" if is_build else "--ro-bind", str(stage.root), "/"]
    sandbox += ["--chdir", stage.folder, "--clearenv", "--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin"]
    sandbox += host_index() if is_build else confined(stage)
    done = subprocess.run([*sandbox, *command], text=True, capture_output=not is_build, check=False)
    if done.returncode != 0 and not may_fail:
        sys.exit(f"{command} failed: {done.stdout or ''}{done.stderr or ''}")
    return done


def host_index() -> list[str]:
    """How this machine reaches its package registries, lent to the build."""
    lent = ["/etc/resolv.conf", "/etc/ssl/certs", "/etc/pip.conf", "/etc/apt/sources.list.d", "/opt"]
    options = [word for path in lent if Path(path).exists() for word in ("--ro-bind", path, path)]
    passed = [name for name in os.environ if name.startswith("PIP_") or name.lower().endswith("_proxy")]
    return options + [word for name in passed for word in ("--setenv", name, os.environ[name])]


def confined(stage: Stage) -> list[str]:
    """As compose.yaml confines it: its own user, no capability, no network but its own, only its volumes to write.

    There is no user namespace: it would hold one user only, who could not write to what the image's user owns.
    """
    fields = [line.split(":") for line in (stage.root / "etc/passwd").read_text().splitlines()]
    uid, gid = next((uid, gid) for name, _, uid, gid, *_ in fields if name == stage.user)
    options = [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup-try")]
    options += ["--cap-drop", "ALL"]
    options += [word for name in ("SETUID", "SETGID", "SETPCAP") for word in ("--cap-add", f"CAP_{name}")]
    options += ["--ro-bind", str(ROOT / "bot/catalog/first"), "/mnt", "--setenv", "CATALOG", "/mnt"]
    for name, value in {
        **UNREACHED,
        **{k: v for k, v in stage.environment.items() if k != "CATALOG"},
    }.items():
        options += ["--setenv", name, value]
    for number, volume in enumerate(stage.volumes):
        kept = WORK / f"volume{number}"
        # As Docker does: a fresh volume holds what the image has there, with its owner and mode.
        shutil.rmtree(kept, ignore_errors=True)
        subprocess.run(["cp", "-a", str(stage.root / volume.lstrip("/")), str(kept)], check=True)
        options += ["--bind", str(kept), volume]
    user = ["setpriv", "--reuid", uid, "--regid", gid, "--clear-groups"]
    return [*options, *user, "--bounding-set=-all", "--inh-caps=-all"]


def try_program(stage: Stage) -> None:
    """Run `catalog check`, serve until it is healthy and its store ready, and prove that the root is read-only."""
    entry = stage.commands["ENTRYPOINT"]
    print(run(stage, [*entry, "catalog", "check", "/mnt"]).stdout.strip())
    written = run(stage, ["sh", "-c", "echo x > /srv/arendebot/x"], may_fail=True)
    if "Read-only file system" not in written.stderr:
        sys.exit(f"the root is not read-only: {written.stderr}")
    serve, health, readiness = (
        shlex.join(words)
        for words in (
            [*entry, *stage.commands["CMD"]],
            stage.commands["HEALTHCHECK"],
            [entry[0], "-c", READINESS],
        )
    )
    script = f"""{serve} >&2 & pid=$!; well=1
    for second in $(seq {SERVE_SECONDS}); do {health} 2>/dev/null && well=0 && break; sleep 1; done
    [ $well = 0 ] && {readiness}; kill $pid; wait $pid; exit $well"""
    answer = run(stage, ["sh", "-c", script]).stdout.strip()
    if answer != "store ready, slack not ready":
        sys.exit(f"/readyz answers {answer!r}")
    print(f"serve is healthy; /readyz answers: {answer}")


if __name__ == "__main__":
    main()
