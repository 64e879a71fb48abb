"""manage.py, called before the web server and the worker start."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from c2s_enrich.embedded.child import die_with_parent
from c2s_enrich.embedded.refusal import Refused
from c2s_enrich.embedded.supervisor import Supervisor

BASE_DIR = Path(__file__).resolve().parents[2]
APPS = ("c2s_enrich", "parties", "enrichment", "webhooks")
REFUSED_BY_SETTINGS = "django.core.exceptions.ImproperlyConfigured: "


@dataclass(frozen=True)
class Bootstrapped:
    admin_password: str | None
    api_key: str | None


def manage(env: Mapping[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(BASE_DIR / "manage.py"), *words],
        env=env,
        cwd=BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )


def finish(process: subprocess.Popen[str], supervisor: Supervisor) -> str:
    """Its output; the other children's lines go on meanwhile."""
    try:
        output, errors = _communicate(process, supervisor)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    if process.returncode:
        raise Refused(_why(process, errors))
    return output


def _communicate(process: subprocess.Popen[str], supervisor: Supervisor) -> tuple[str, str]:
    while True:
        try:
            return process.communicate(timeout=0.1)
        except subprocess.TimeoutExpired:
            supervisor.turn(0)


def _why(process: subprocess.Popen[str], errors: str) -> str:
    last = (errors.strip().splitlines() or [""])[-1]
    if last.startswith(REFUSED_BY_SETTINGS):
        return last.removeprefix(REFUSED_BY_SETTINGS)
    step = process.args[2] if isinstance(process.args, list) else "manage.py"
    return f"{errors.strip()}\n`manage.py {step}` failed; its reasons are above."


def bootstrap(env: Mapping[str, str], supervisor: Supervisor) -> Bootstrapped:
    """The tables, and who may look at them: to start Django takes a second, so that one process does both."""
    output = finish(manage(env, "bootstrap", "--migrate"), supervisor)
    answer = json.loads(output.strip().splitlines()[-1])
    return Bootstrapped(answer["admin_password"], answer["api_key"])


class StaticFiles:
    """Collected again only when something they are made of has changed."""

    def __init__(self, data_dir: Path, env: Mapping[str, str]) -> None:
        self._env = env
        self._stamp = data_dir / "static.stamp"
        self._root = Path(env.get("STATIC_ROOT") or data_dir / "static")
        self._process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        if not self._is_current():
            self._process = manage(self._env, "collectstatic", "--noinput", "--verbosity", "0")

    def finish(self, supervisor: Supervisor) -> None:
        if self._process is not None:
            finish(self._process, supervisor)
            self._stamp.write_text(self._fingerprint())

    def _is_current(self) -> bool:
        made = self._stamp.is_file() and self._root.is_dir()
        return made and self._stamp.read_text() == self._fingerprint()

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(os.fsencode(self._root) + self._env.get("APP_ENV", "").encode())
        for path in (BASE_DIR / "requirements.lock", BASE_DIR / "c2s_enrich" / "settings.py"):
            digest.update(path.read_bytes() if path.is_file() else b"")
        for path in sorted(file for app in APPS for file in (BASE_DIR / app / "static").rglob("*")):
            digest.update(f"{path}{path.stat().st_mtime_ns}".encode())
        return digest.hexdigest()
